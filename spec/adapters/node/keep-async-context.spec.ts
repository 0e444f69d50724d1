import { AsyncLocalStorage } from 'node:async_hooks';
import { Subject, takeUntil, timer } from 'rxjs';
import {
  acquireTimeout,
  condition,
  lastValue,
  lease,
  mutex,
  pool,
  resource,
  semaphore,
  using,
  type Resource,
} from 'rxscope';
import { keepAsyncContext } from 'rxscope/node';

const request = new AsyncLocalStorage<string>();

/** What the body of one who waits sees, where it is served in the context of another one. */
async function seen(borrowed: Resource<unknown>): Promise<unknown> {
  const done = new Subject<void>();
  const first = request.run('first', () => lastValue(using(borrowed, () => timer(0, 1).pipe(takeUntil(done)))));
  let found: unknown = 'nothing';
  const second = request.run('second', () => lastValue(using(borrowed, () => [(found = request.getStore())])));
  request.run('first', () => {
    done.next();
  });
  await Promise.allSettled([first, second]);
  return found;
}

describe('keepAsyncContext', () => {
  let undo: (() => void) | undefined;

  afterEach(() => {
    undo?.();
    undo = undefined;
  });

  it.each([
    ['a mutex', () => mutex().lock],
    ['a semaphore', () => semaphore(1).permit],
    ['a lock with a limit on the waiting', () => mutex().lock.pipe(acquireTimeout(1000))],
  ])('keeps the context of one who waits for %s', async (_what, make) => {
    undo = keepAsyncContext();
    expect(await seen(make())).toBe('second');
  });

  it('keeps the context of one who waits for a handle of a pool', async () => {
    undo = keepAsyncContext();
    const held = await lease(pool(resource({ acquire: async () => 'handle' }), { max: 1 }));
    await using(held.value.lease, () => [1]).forEach(() => undefined);
    expect(await seen(held.value.lease)).toBe('second');
    await held.release();
  });

  it('keeps the context of one who is notified', () => {
    undo = keepAsyncContext();
    const bell = condition();
    const found: unknown[] = [];
    request.run('second', () => bell.wait().subscribe(() => found.push(request.getStore())));
    request.run('first', () => {
      bell.notify();
    });
    expect(found).toEqual(['second']);
  });

  it('is undone by what it answers', async () => {
    keepAsyncContext()();
    expect(await seen(mutex().lock)).toBe('first');
  });
});
