// Run by kit.spec.ts alone, with its own setup file: stacks, releases, a short limit, and the hooks of @jest/globals.
import { expect, it } from '@jest/globals';
import { NEVER } from 'rxjs';
import { fromAsyncIterable, fromValue, resource, using } from 'rxscope';

it('tells where a scope was opened', () => {
  using(resource({ name: 'socket', acquire: () => 1 }), () => NEVER).subscribe();
});

it('has the matchers of @jest/globals', () => {
  expect(1).toHaveReleased();
});

it('leaves the return() of an iterator running', () => {
  const never = new Promise<IteratorResult<number>>(() => undefined);
  const endless = { [Symbol.asyncIterator]: () => ({ next: () => never, return: () => never }) };
  fromAsyncIterable(endless).subscribe().unsubscribe();
});

it('leaves a release running for longer than its own limit', () => {
  using(resource({ name: 'slow', acquire: () => 1, release: () => NEVER }), () => NEVER)
    .subscribe()
    .unsubscribe();
});

it('holds what nothing releases', () => {
  using(resource({ name: 'forgotten', acquire: () => 1 }), () => [1]).subscribe();
});

it('holds what is said to need no release', () => {
  using(fromValue('settings'), () => [1]).subscribe();
});
