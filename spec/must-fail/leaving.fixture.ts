// Run by setup.spec.ts alone: each test here leaves something behind, and has to fail for it.
import { NEVER, Observable } from 'rxjs';
import { resource, using } from '../../lib/index.js';
import { nextMacrotask } from '../support/leaks.js';
import { takeUnhandledErrors } from '../support/unhandled.js';

it('leaves a resource open', () => {
  using(resource({ name: 'forgotten', acquire: () => 1 }), () => NEVER).subscribe();
});

it('leaves nothing itself', () => undefined);

it('leaves an error that nobody handles', () => {
  new Observable((subscriber) => {
    subscriber.error(new Error('nobody listens'));
  }).subscribe();
});

it('takes such an error', async () => {
  new Observable((subscriber) => {
    subscriber.error(new Error('expected'));
  }).subscribe();
  await nextMacrotask();
  expect(takeUnhandledErrors()).toEqual([new Error('expected')]);
});

it('leaves a promise rejected', () => {
  void Promise.reject(new Error('nobody awaits'));
});

it('leaves a release running', () => {
  using(resource({ name: 'slow', acquire: () => 1, release: () => NEVER }), () => NEVER)
    .subscribe()
    .unsubscribe();
});
