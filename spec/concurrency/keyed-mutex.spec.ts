import { EMPTY, mergeMap, NEVER, of } from 'rxjs';
import { CapacityError, DeadlockError, keyedMutex, KeyedMutex, named, using } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { notificationsOf } from '../support/journal.js';
import { Visitors } from '../support/visitors.js';

describe('keyedMutex', () => {
  let visitors: Visitors;

  beforeEach(() => {
    visitors = new Visitors();
  });

  it('has no keys when it is made, nor after a lock was only made', () => {
    const files = keyedMutex();
    expect(files).toBeInstanceOf(KeyedMutex);
    void files.lock('a');
    void files.tryLock('a');
    expect(files.keys).toEqual([]);
    expect([files.locked('a'), files.waiting('a')]).toEqual([false, 0]);
    expect(files.keys).toEqual([]);
  });

  it('lets one in at a time for each key, in order of arrival', () => {
    const files = keyedMutex();
    const [a] = [visitors.come(files.lock('a'), 'a'), visitors.come(files.lock('b'), 'b')];
    visitors.come(files.lock('a'), 'second a');
    visitors.come(files.lock('a'), 'third a');
    expect(visitors.are('inside')).toEqual(['a', 'b']);
    expect([files.waiting('a'), files.waiting('b'), files.waiting('c')]).toEqual([2, 0, 0]);
    expect([files.locked('a'), files.locked('b'), files.locked('c')]).toEqual([true, true, false]);
    a.done();
    expect(visitors.are('inside')).toEqual(['b', 'second a']);
    visitors.empty();
    expect(visitors.order).toEqual(['a', 'b', 'second a', 'third a']);
    expect(files.keys).toEqual([]);
  });

  it('is had and let go inside subscribe where it is free (law 17)', () => {
    const files = keyedMutex();
    const scope = using(files.lock('a'), () => of(files.keys.join()));
    expect(notificationsOf(scope)).toEqual(['next a', 'complete']);
    expect(files.locked('a')).toBe(false);
  });

  it('keeps virtual time (law 18)', () => {
    testResources(({ cold, expectObservable, hot }) => {
      const files = keyedMutex();
      const work = hot('aabb|').pipe(mergeMap((key) => using(files.lock(key), () => cold('---(x|)', { x: key }))));
      expectObservable(work).toBe('---a-ba-(b|)');
    });
  });

  it('looks the key up at each subscribe, so that one lock of it can be kept', () => {
    const files = keyedMutex();
    const lock = files.lock('a');
    for (let i = 0; i < 3; i++) expect(notificationsOf(using(lock, () => of(i)))).toEqual([`next ${String(i)}`, 'complete']);
    visitors.come(lock);
    visitors.come(files.lock('a'));
    expect(files.waiting('a')).toBe(1);
    visitors.empty();
  }); // prettier-ignore

  it('lists the keys in use, in the order of being taken, as a copy', () => {
    const files = keyedMutex();
    const [b] = [visitors.come(files.lock('b')), visitors.come(files.lock('a')), visitors.come(files.lock('a'))];
    const { keys } = files;
    expect(keys).toEqual(['b', 'a']);
    b.done();
    expect([keys, files.keys]).toEqual([['b', 'a'], ['a']]);
    visitors.empty();
  });

  it.each(['done', 'leave', 'fail'] as const)('forgets a key when the last one goes who holds it: %s', (way) => {
    const files = keyedMutex();
    const [first, second] = visitors.crowd(2, files.lock('a'));
    first?.[way](new Error('boom'));
    expect(files.keys).toEqual(['a']);
    second?.[way](new Error('boom'));
    expect(files.keys).toEqual([]);
  });

  it('keeps a key as long as somebody holds it, whoever leaves the line', () => {
    const files = keyedMutex();
    const [holder, waiting] = visitors.crowd(2, files.lock('a'));
    waiting?.leave();
    expect([files.keys, files.waiting('a')]).toEqual([['a'], 0]);
    visitors.come(files.lock('a'), 'next');
    expect(visitors.are('inside')).toEqual(['1']);
    holder?.done();
    expect(visitors.are('inside')).toEqual(['next']);
    visitors.empty();
    expect(files.keys).toEqual([]);
  });

  it('keeps a key where one who is served lets go at once, and others are still to be served', () => {
    const files = keyedMutex();
    const holder = visitors.come(files.lock('a'), 'holder');
    using(files.lock('a'), () => EMPTY).subscribe({ complete: () => visitors.come(files.lock('a'), 'late') });
    visitors.come(files.lock('a'), 'next');
    holder.done();
    expect([visitors.are('inside'), visitors.are('waiting')]).toEqual([['next'], ['late']]);
    visitors.empty();
    expect(files.keys).toEqual([]);
  });

  it('forgets a key where the last who waits leaves while nobody holds it any more', () => {
    const files = keyedMutex();
    const holder = visitors.come(files.lock('a'), 'holder');
    using(files.lock('a'), () => EMPTY).subscribe({
      complete: () => {
        last.leave();
      },
    });
    const last = visitors.come(files.lock('a'), 'last');
    holder.done();
    expect([files.locked('a'), files.keys]).toEqual([false, []]);
  });

  it('begins anew with a key that is taken again inside the call that lets it go', () => {
    const files = keyedMutex();
    const again = using(files.lock('a'), () => of('again'));
    const lines: string[] = [];
    using(files.lock('a'), () => EMPTY).subscribe({
      complete: () => lines.push(...notificationsOf(again), files.keys.join()),
    });
    expect(lines).toEqual(['next again', 'complete', '']);
    const holder = visitors.come(files.lock('b'));
    visitors.come(files.lock('b'), 'next', () => visitors.come(files.lock('b'), 'last'));
    holder.done();
    expect(visitors.are('waiting')).toEqual(['last']);
    visitors.empty();
    expect(files.keys).toEqual([]);
  });

  it('remembers nothing of a hundred thousand keys (law 38)', () => {
    const files = keyedMutex<number>();
    let most = 0;
    for (let key = 0; key < 100_000; key++) {
      const scope = files.lock(key).subscribe();
      if (key % 10_000 === 0) most = Math.max(most, files.keys.length);
      scope.unsubscribe();
    }
    expect([most, files.keys]).toEqual([1, []]);
  });

  it('uses no stack for a line of ten thousand that go at once (law 6)', () => {
    const files = keyedMutex();
    const first = visitors.come(files.lock('a'));
    let served = 0;
    for (let i = 0; i < 10_000; i++) using(files.lock('a'), () => of(served++)).subscribe();
    first.done();
    expect([served, files.keys]).toEqual([10_000, []]);
  });

  describe('keys', () => {
    it('are the same as in a Map', () => {
      const locks = keyedMutex<unknown>();
      const [one, other] = [{ id: 1 }, { id: 1 }];
      for (const key of [one, other, NaN, NaN, 0, -0, '0']) visitors.come(locks.lock(key));
      expect(visitors.are('waiting')).toEqual(['4', '6']); // NaN and -0
      expect(locks.keys).toEqual([one, other, NaN, 0, '0']);
      visitors.empty();
      expect(locks.keys).toEqual([]);
    });

    it('are the same where keyOf answers the same, and listed as the first one was', () => {
      const users = keyedMutex<{ id: number; name: string }>({ keyOf: ({ id }) => id });
      visitors.come(users.lock({ id: 1, name: 'first' }));
      visitors.come(users.lock({ id: 1, name: 'second' }));
      visitors.come(users.lock({ id: 2, name: 'other' }));
      expect(visitors.are('waiting')).toEqual(['2']);
      expect(users.keys.map(({ name }) => name)).toEqual(['first', 'other']);
      expect(users.waiting({ id: 1, name: '' })).toBe(1);
      visitors.empty();
      expect(users.keys).toEqual([]);
    });

    it('are forgotten also where they have changed meanwhile', () => {
      const users = keyedMutex<{ id: number }>({ keyOf: ({ id }) => id });
      const key = { id: 1 };
      const holder = visitors.come(users.lock(key));
      key.id = 2;
      holder.done();
      expect(users.keys).toEqual([]);
    });

    it('fail the scope with what keyOf throws', () => {
      const users = keyedMutex({ keyOf: () => { throw new Error('no key'); } }); // prettier-ignore
      expect(notificationsOf(using(users.lock('a'), () => NEVER))).toEqual(['error no key']);
    });

    it('are part of the name where they are strings or numbers', () => {
      expect(keyedMutex().lock('a').name).toBe('keyedMutex(a)');
      expect(keyedMutex<number>({ name: 'user' }).tryLock(7).name).toBe('user(7)');
      expect(keyedMutex<object>({ name: 'user' }).lock(Object.create(null) as object).name).toBe('user');
    });

    it('are made the same by a function, or refused', () => {
      expect(() => keyedMutex({ keyOf: 'id' as never })).toThrow(
        new TypeError('Expected keyOf to be a function, received string.'),
      );
    });
  });

  describe('tryLock', () => {
    it('takes the lock of a key that is free', () => {
      const files = keyedMutex();
      visitors.come(files.lock('a'));
      visitors.come(files.tryLock('b'));
      expect(files.keys).toEqual(['a', 'b']);
      visitors.empty();
      expect(files.keys).toEqual([]);
    });

    it('fails at once with a CapacityError where it is not, and leaves no trace', () => {
      const files = keyedMutex({ name: 'file' });
      const holder = visitors.come(files.lock('a'));
      const { error } = visitors.come(files.tryLock('a'));
      expect(error).toBeInstanceOf(CapacityError);
      expect(error).toMatchObject({
        resource: 'file(a)',
        message: '"file(a)" is not free: 1 wanted, 0 of 1 available, 0 waiting.',
      });
      holder.done();
      expect(files.keys).toEqual([]);
    });
  });

  describe('entered inside a scope that holds it', () => {
    it('is a DeadlockError at once for the same key, and fine for another one (L11)', () => {
      const files = keyedMutex();
      const nested = (first: string, second: string): string[] =>
        notificationsOf(using(files.lock(first), () => using(files.lock(second), () => of('in'))));
      expect(nested('a', 'a')).toEqual(['error DeadlockError']);
      expect(nested('a', 'b')).toEqual(['next in', 'complete']);
      expect(files.keys).toEqual([]);
    });

    it('says which', () => {
      const files = keyedMutex({ name: 'file' });
      const errors: unknown[] = [];
      using(files.lock('a'), () => using(files.lock('a'), () => NEVER)).subscribe({ error: (error: unknown) => errors.push(error) });
      expect(errors[0]).toBeInstanceOf(DeadlockError);
      expect((errors[0] as Error).message).toMatch(/^"file\(a\)" would be waited for inside a scope that holds it/);
    }); // prettier-ignore

    it('is let in where it is reentrant, and forgotten after the outer one', () => {
      const files = keyedMutex({ reentrant: true });
      const scope = using(files.lock('a'), () => using(files.lock('a'), () => of(files.keys.join())));
      expect(notificationsOf(scope)).toEqual(['next a', 'complete']);
      expect(files.keys).toEqual([]);
    });
  });

  describe('stats', () => {
    it('tells who holds the lock of a key, and who waits', () => {
      const files = keyedMutex();
      visitors.come(files.lock('a').pipe(named('editor')));
      visitors.come(files.lock('a'));
      expect(files.stats('a')).toMatchObject({
        ...{ permits: 1, available: 0, waiting: 1 },
        holders: [{ name: 'editor', permits: 1 }],
        waiters: [{ name: 'keyedMutex(a)', permits: 1 }],
      });
      visitors.empty();
    });

    it('tells of a key that is not in use that it is free, and does not keep it', () => {
      const files = keyedMutex();
      expect(files.stats('a')).toEqual({ permits: 1, available: 1, waiting: 0, holders: [], waiters: [] });
      expect(files.keys).toEqual([]);
    });
  });
});
