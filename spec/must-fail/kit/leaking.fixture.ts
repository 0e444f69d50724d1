// Run by kit.spec.ts alone, with the setup file of rxscope/testing/jest: what is said to leave something has to fail.
import { NEVER } from 'rxjs';
import { resource, using } from 'rxscope';
import { allowLeaks, takeUnhandledErrors } from 'rxscope/testing/jest';

const socket = resource({ name: 'socket', acquire: () => 1 });
const slow = resource({ name: 'slow', acquire: () => 1, release: () => NEVER });
const broken = resource({
  name: 'broken',
  acquire: () => 1,
  release: () => Promise.reject(new Error('cannot close')),
});

it('leaves a scope open', () => {
  using(socket, () => NEVER).subscribe();
});

it('leaves nothing itself', () => undefined);

it('leaves an acquire waiting', () => {
  resource({ name: 'stuck', acquire: () => NEVER }).subscribe();
});

it('leaves an error of a release', () => {
  using(broken, () => NEVER)
    .subscribe()
    .unsubscribe();
});

it('takes such an error', async () => {
  using(broken, () => NEVER)
    .subscribe()
    .unsubscribe();
  expect(await takeUnhandledErrors()).toEqual([new Error('cannot close')]);
});

it('fails for a reason of its own', () => {
  using(socket, () => NEVER).subscribe();
  expect(1).toBe(2);
});

it('allows a leak with its reason', () => {
  allowLeaks('it is shown that it may');
  using(socket, () => NEVER).subscribe();
});

it('allows a leak without one', () => {
  allowLeaks('');
});

describe('a describe that cleans up', () => {
  const open: { unsubscribe(): void }[] = [];

  afterEach(() => {
    for (const subscription of open.splice(0)) subscription.unsubscribe();
  });

  it('leaves nothing in the end', () => {
    open.push(socket.subscribe());
  });
});

it('leaves a release running', () => {
  using(slow, () => NEVER)
    .subscribe()
    .unsubscribe();
});

it('leaves nothing beside such a release', () => undefined);
