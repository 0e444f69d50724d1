import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  endWith,
  ignoreElements,
  merge,
  NEVER,
  of,
  Subject,
  takeUntil,
  tap,
  timeout,
  timer,
  type Observable,
} from 'rxjs';
import {
  acquireTimeout,
  andThen,
  awaitRelease,
  combine,
  condition,
  Condition,
  lastValue,
  lease,
  mutex,
  named,
  openResources,
  ResourceError,
  resource,
  scoped,
  settled,
  using,
  type Mutex,
  type Resource,
} from '../../lib/index.js';
import { describeError, Gate, inVirtualTime, Journal, notificationsOf, reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';

/** A scope that holds the lock, does as it is told, and writes down what comes of it, with `*` where nobody holds the lock then. */
class Worker {
  readonly lines: string[] = [];
  isOver = false;
  private readonly orders = new Subject<Observable<unknown>>();
  private readonly leaving = new Subject<void>();

  constructor(
    private readonly lock: Mutex,
    name: string,
    journal: Journal,
  ) {
    const note = (line: string): void => {
      journal.note(`${name} ${line}${lock.locked ? '' : '*'}`);
    };
    using(lock.lock, () => {
      note('in');
      return this.orders.pipe(concatMap((order) => order));
    })
      .pipe(takeUntil(this.leaving))
      .subscribe({
        next: (value) => {
          note(typeof value === 'string' ? value : 'goes on');
        },
        error: (error: unknown) => {
          journal.note(`${name} fails: ${describeError(error)}`);
        },
        complete: () => (this.isOver = true),
      });
  }

  do(order: Observable<unknown>): this {
    this.orders.next(order);
    return this;
  }

  done(): void {
    this.orders.complete();
  }

  leave(): void {
    this.leaving.next();
  }
}

describe('condition', () => {
  let journal: Journal;
  let lock: Mutex;
  let changed: Condition;
  const workers: Worker[] = [];

  /** Somebody takes the lock, or gets in line for it. */
  const come = (name: string): Worker => {
    const worker = new Worker(lock, name, journal);
    workers.push(worker);
    return worker;
  };
  /** The same, and it waits. */
  const wait = (name: string): Worker => come(name).do(changed.wait());
  /** Under the lock. */
  const notify = (count?: number): void => {
    using(lock.lock, () => {
      changed.notify(count);
      return EMPTY;
    }).subscribe();
  };

  beforeEach(() => {
    journal = new Journal();
    lock = mutex();
    changed = condition(lock);
  });

  afterEach(() => {
    for (const worker of workers.splice(0)) worker.leave();
    expect([lock.locked, lock.waiting, changed.waiting]).toEqual([false, 0, 0]);
  });

  describe('wait', () => {
    it('lets the lock go, and goes on with it once it is notified and the notifier has let it go', () => {
      wait('a');
      expect([lock.locked, changed.waiting]).toEqual([false, 1]);
      const notifier = come('b');
      changed.notify();
      expect([lock.waiting, changed.waiting]).toEqual([1, 0]);
      expect(journal.take()).toEqual(['a in', 'b in']);
      notifier.done();
      expect(journal.take()).toEqual(['a goes on']);
      expect(lock.locked).toBe(true);
    });

    it('goes on inside the call that lets the lock go (law 17), with the lock when it emits and when it completes', () => {
      const seen: string[] = [];
      using(lock.lock, () =>
        changed.wait().pipe(tap({ next: () => seen.push(`next ${String(lock.locked)}`), complete: () => seen.push(`end ${String(lock.locked)}`) })),
      ).subscribe(journal.observer());
      notify();
      expect(seen).toEqual(['next true', 'end true']);
      expect(journal.lines).toEqual(['next undefined', 'complete']);
      expect(lock.locked).toBe(false);
    }); // prettier-ignore

    it('hears of what happens the moment it lets the lock go', () => {
      const waiter = come('a');
      using(lock.lock, () => {
        changed.notify();
        return EMPTY;
      }).subscribe();
      waiter.do(changed.wait());
      expect(journal.take()).toEqual(['a in', 'a goes on']);
      expect(lock.locked).toBe(true);
    });

    it('is notified in order of arrival, and takes the lock one after the other', () => {
      const names = ['a', 'b', 'c', 'd'];
      const [a, b, c] = names.map(wait);
      journal.take();
      notify();
      expect(journal.take()).toEqual(['a goes on']);
      changed.notify(2);
      expect(journal.take()).toEqual([]);
      a?.done();
      expect(journal.take()).toEqual(['b goes on']);
      b?.done();
      expect(journal.take()).toEqual(['c goes on']);
      c?.done();
      expect([lock.locked, changed.waiting]).toEqual([false, 1]);
    });

    it('takes the lock after those who are in line for it already', () => {
      wait('a');
      const notifier = come('b');
      const next = come('c');
      changed.notify();
      notifier.done();
      expect(journal.take()).toEqual(['a in', 'b in', 'c in']);
      next.done();
      expect(journal.take()).toEqual(['a goes on']);
    });

    const ways: readonly (readonly [string, (lock: Resource<void>) => Resource<unknown>])[] = [
      ['under another name', (source) => source.pipe(named('other'))],
      ['as the first of andThen()', (source) => source.pipe(andThen(() => journal.resource('part')))],
      ['as the second of andThen()', (source) => journal.resource('part').pipe(andThen(() => source))],
      ['with combine()', (source) => combine([journal.resource('a'), source, journal.resource('b')])],
      ['with combine() side by side', (source) => combine([journal.resource('a'), source], { concurrent: true })],
      ['with a limit of time', (source) => source.pipe(acquireTimeout(1000))],
    ];

    it.each(ways)('finds the lock where that was entered %s', (_, entered) => {
      using(entered(lock.lock), () => changed.wait()).subscribe(journal.observer());
      expect([lock.locked, changed.waiting]).toEqual([false, 1]);
      notify();
      expect(journal.take().filter((line) => /next|complete$/.test(line))).toEqual(
        expect.arrayContaining(['next undefined', 'complete']),
      );
      expect(lock.locked).toBe(false);
    });

    it('finds the lock in an exit stack', async () => {
      const both = scoped((stack) => stack.enter(lock.lock));
      const waiting = lastValue(using(both, () => changed.wait()));
      await microtasks(10);
      expect([lock.locked, changed.waiting]).toEqual([false, 1]);
      notify();
      await waiting;
      expect(lock.locked).toBe(false);
    });

    it('can be repeated', () => {
      const waiter = wait('a');
      notify();
      waiter.do(changed.wait());
      expect(lock.locked).toBe(false);
      notify();
      waiter.do(of('done'));
      expect(journal.take()).toEqual(['a in', 'a goes on', 'a goes on', 'a done']);
    });

    it('does not hear of what was notified before it came', () => {
      notify();
      wait('a');
      expect(changed.waiting).toBe(1);
    });

    it('is a ResourceError where the lock is not held', () => {
      const printer = mutex({ name: 'printer' });
      const errors: unknown[] = [];
      condition(printer)
        .wait()
        .subscribe({ error: (error: unknown) => errors.push(error) });
      expect(errors[0]).toBeInstanceOf(ResourceError);
      expect(errors[0]).toMatchObject({
        resource: 'printer',
        message: '"printer" is not held. Wait on its condition inside a scope of it: using(mutex.lock, …).',
      });
    });

    it('is a ResourceError beside another one in the same scope, and takes the lock from nobody', () => {
      const second = new Subject<void>();
      const twice = merge(changed.wait(), second.pipe(concatMap(() => changed.wait())));
      using(lock.lock, () => twice).subscribe(journal.observer());
      const other = come('other');
      journal.take();
      second.next();
      expect(lock.stats()).toMatchObject({ holders: [{ permits: 1 }], waiting: 1 }); // the first one's, on its way out
      expect(journal.take()).toEqual([]);
      other.done();
      expect(journal.take()).toEqual(['error ResourceError']);
    });

    it('says so where it is the second one', () => {
      const errors: unknown[] = [];
      const waits = merge(changed.wait(), defer(() => changed.wait()).pipe(catchError((error: unknown) => (errors.push(error), EMPTY)))); // prettier-ignore
      const scope = using(lock.lock, () => waits).subscribe();
      expect((errors[0] as Error).message).toBe(
        '"mutex" has been let go already, by another wait in the same scope. ' +
          'Wait on its condition inside a scope of it: using(mutex.lock, …).',
      );
      expect([lock.locked, changed.waiting]).toEqual([false, 1]);
      scope.unsubscribe();
    });

    it('is on the list of what is open', () => {
      wait('a');
      expect(openResources()).toMatchObject([
        { name: 'mutex', state: 'held' },
        { name: 'condition', state: 'held' },
      ]);
    });

    it('lets ten thousand go on, one after the other, without using the stack (law 6)', () => {
      let count = 0;
      for (let i = 0; i < 10_000; i++) {
        using(lock.lock, () =>
          concat(
            changed.wait().pipe(ignoreElements()),
            defer(() => of(count++)),
          ),
        ).subscribe();
      }
      expect([count, changed.waiting]).toEqual([0, 10_000]);
      using(lock.lock, () => {
        changed.notifyAll();
        return EMPTY;
      }).subscribe();
      expect([count, changed.waiting]).toEqual([10_000, 0]);
    });

    it('lets ten thousand go on who notify each other, without using the stack (law 6)', () => {
      let count = 0;
      const next = defer(() => {
        count++;
        changed.notify();
        return EMPTY;
      });
      for (let i = 0; i < 10_000; i++) using(lock.lock, () => concat(changed.wait(), next)).subscribe();
      notify();
      expect(count).toBe(10_000);
    });

    it('has no time of its own (law 18)', () => {
      const { lines } = inVirtualTime((virtual) => {
        const printer = mutex();
        const free = condition(printer);
        using(printer.lock, () => concat(free.wait(), timer(5))).subscribe(virtual.observer('a '));
        timer(3).subscribe(() => {
          using(printer.lock, () => {
            free.notify();
            return timer(4);
          }).subscribe(virtual.observer('b '));
        });
      });
      expect(lines).toEqual([
        ...['7 b next 0', '7 a next undefined', '7 b complete'],
        ...['12 a next 0', '12 a complete'],
      ]);
    });
  });

  describe('waitFor', () => {
    it('asks at once, and needs neither waiting nor a lock where it is true', () => {
      expect(notificationsOf(changed.waitFor(() => [1]))).toEqual(['next undefined', 'complete']);
    });

    it('is a ResourceError where it is not, and the lock is not held', () => {
      expect(notificationsOf(changed.waitFor(() => false))).toEqual(['error ResourceError']);
    });

    it('asks again, with the lock, each time it is notified, and goes on once it is true', () => {
      let count = 0;
      const asked: boolean[] = [];
      const waiter = come('a').do(
        changed.waitFor(() => {
          asked.push(lock.locked);
          return count >= 2;
        }),
      );
      expect(asked).toEqual([true]);
      notify();
      expect(asked).toEqual([true, true]);
      expect([lock.locked, changed.waiting]).toEqual([false, 1]);
      count = 2;
      expect(journal.take()).toEqual(['a in']);
      notify();
      expect(journal.take()).toEqual(['a goes on']);
      expect(asked).toEqual([true, true, true]);
      waiter.done();
      expect(lock.locked).toBe(false);
    });

    it('asks at each subscribe (law 5)', () => {
      let isTrue = false;
      const waiting = changed.waitFor(() => isTrue);
      isTrue = true;
      expect(notificationsOf(waiting)).toEqual(['next undefined', 'complete']);
    });

    it.each(['at once', 'when it is notified'])('fails with what the predicate throws %s', (when) => {
      let calls = 0;
      come('a').do(
        changed.waitFor(() => {
          if (calls++ > 0 || when === 'at once') throw new Error('boom');
          return false;
        }),
      );
      if (when !== 'at once') notify();
      expect(journal.take()).toEqual(['a in', 'a fails: boom']);
      expect(lock.locked).toBe(false);
    });

    it('keeps no memory of the times it was in vain', () => {
      let rounds = 0;
      come('a').do(changed.waitFor(() => rounds++ >= 10_000));
      for (let i = 0; i < 10_000; i++) notify();
      expect([rounds, openResources().length]).toEqual([10_001, 1]);
      expect(journal.take()).toEqual(['a in', 'a goes on']);
    });

    it('refuses what is no function', () => {
      expect(() => changed.waitFor(true as never)).toThrow(
        new TypeError('Expected predicate to be a function, received boolean.'),
      );
    });
  });

  describe('notify and notifyAll', () => {
    it('do nothing where nobody waits', () => {
      notify();
      notify(5);
      expect([lock.locked, changed.waiting]).toEqual([false, 0]);
    });

    it.each([0, 1, 3, 4, 5, Infinity])('wake as many as there are, and %p at most', (count) => {
      for (const name of ['a', 'b', 'c', 'd']) wait(name);
      const notifier = come('notifier');
      changed.notify(count);
      expect([changed.waiting, lock.waiting]).toEqual([4 - Math.min(4, count), Math.min(4, count)]);
      notifier.done();
    });

    it('wake all', () => {
      for (const name of ['a', 'b', 'c']) wait(name);
      const notifier = come('notifier');
      changed.notifyAll();
      expect([changed.waiting, lock.waiting]).toEqual([0, 3]);
      notifier.done();
    });

    it('are ResourceErrors where the lock is not held', () => {
      const message = '"mutex" is not held. Call notify() and notifyAll() inside a scope of it: using(mutex.lock, …).';
      for (const call of [() => changed.notify(), () => changed.notifyAll()]) {
        expect(call).toThrow(ResourceError);
        expect(call).toThrow(message);
      }
    });

    it.each([-1, 0.5, NaN, 'all'])('refuse to wake %p', (count) => {
      expect(() => {
        changed.notify(count as number);
      }).toThrow(RangeError);
    });
  });

  describe('left by its consumer', () => {
    it('waits no longer, and holds the lock again', () => {
      const leaving = new Subject<void>();
      come('a').do(concat(changed.wait().pipe(takeUntil(leaving)), of('left')));
      expect([lock.locked, changed.waiting]).toEqual([false, 1]);
      leaving.next();
      expect([lock.locked, changed.waiting]).toEqual([true, 0]);
      expect(journal.take()).toEqual(['a in', 'a left']);
    });

    it('takes the lock again in the background, and the scope that holds it waits for that (laws 4 and 12)', () => {
      const leaving = new Subject<void>();
      const waiter = come('a').do(changed.wait().pipe(takeUntil(leaving)));
      const other = come('b');
      leaving.next();
      waiter.done();
      expect([lock.waiting, waiter.isOver]).toEqual([1, false]);
      const last = come('c');
      other.done();
      expect([waiter.isOver, journal.take()]).toEqual([true, ['a in', 'b in', 'c in']]);
      last.done();
    });

    it('does the same where the scope that holds the lock is left with it (law 4)', async () => {
      const inner = journal.resource('inner');
      const outer = journal.resource('outer');
      const scope = using(outer, () => using(lock.lock, () => using(inner, () => changed.wait()))).subscribe();
      const other = come('b');
      journal.take();
      scope.unsubscribe();
      expect([journal.take(), lock.waiting, changed.waiting]).toEqual([[], 1, 0]);
      const done = settled().then(() => journal.note('settled'));
      await microtasks(5);
      other.done();
      expect(journal.take()).toEqual(['-inner unsubscribe', '-outer unsubscribe']);
      expect(lock.locked).toBe(false);
      await done;
      expect(journal.take()).toEqual(['settled']);
    });

    it('by a timeout, has the error at once, and behind awaitRelease() with the lock', () => {
      const { lines } = inVirtualTime((virtual) => {
        const printer = mutex();
        const free = condition(printer);
        const observe = (name: string): Observable<unknown> =>
          defer(() => {
            const [holder] = printer.stats().holders;
            virtual.note(`${name}, held for ${String(holder?.heldFor)}`);
            return EMPTY;
          });
        const scope = (wait: Observable<void>, name: string): Observable<unknown> =>
          using(printer.lock, () => wait.pipe(catchError(() => observe(name))));
        timer(1).subscribe(() => scope(free.wait().pipe(timeout(5)), 'at once').subscribe(virtual.observer('first ')));
        timer(1).subscribe(() => scope(free.wait().pipe(timeout(5), awaitRelease()), 'with the lock').subscribe(virtual.observer('second '))); // prettier-ignore
        timer(2).subscribe(() => using(printer.lock, () => timer(10)).subscribe());
      });
      expect(lines).toEqual([
        ...['6 at once, held for 4', '12 first complete'],
        ...['12 with the lock, held for 0', '12 second complete'],
      ]);
    });

    it.each(['first', 'second', 'last'])('is not notified, the %s of three', (which) => {
      const names = ['first', 'second', 'last'];
      const all = names.map(wait);
      all[names.indexOf(which)]?.leave();
      journal.take();
      const notifier = come('notifier');
      changed.notifyAll();
      notifier.done();
      for (const worker of all) worker.done();
      expect(journal.take()).toEqual([
        'notifier in',
        ...names.filter((name) => name !== which).map((name) => `${name} goes on`),
      ]);
    });

    it('passes its notification on where it leaves while it waits for the lock (L7)', () => {
      const a = wait('a');
      wait('b');
      const notifier = come('notifier');
      changed.notify();
      a.leave();
      expect([lock.waiting, changed.waiting]).toEqual([1, 1]);
      journal.take();
      notifier.done();
      expect(journal.take()).toEqual(['b goes on']);
    });

    it('passes it on to nobody where it leaves before it is notified', () => {
      const a = wait('a');
      wait('b');
      a.leave();
      expect(changed.waiting).toBe(1);
      journal.take();
      come('c').done();
      expect([changed.waiting, journal.take()]).toEqual([1, ['c in']]);
    });

    it.each(['before', 'after'])('leaves %s the notification, in one tick, and the next one has it (L7)', (when) => {
      const a = wait('a');
      wait('b');
      wait('c');
      const notifier = come('notifier');
      journal.take();
      if (when === 'before') a.leave();
      changed.notify();
      a.leave();
      notifier.done();
      expect([journal.take(), changed.waiting]).toEqual([['b goes on'], 1]);
    });

    it('by whoever gets the lock, inside the call that lets it go, has the lock back and no place in the line', () => {
      const waiter = come('a');
      using(lock.lock, () => {
        waiter.leave();
        return EMPTY;
      }).subscribe();
      waiter.do(changed.wait());
      expect([lock.locked, lock.waiting, changed.waiting]).toEqual([false, 0, 0]);
      expect(journal.take()).toEqual(['a in']);
    });

    it('passes on what it was notified of inside the call that lets the lock go, where it is left there too (L7)', () => {
      const b = wait('b');
      const a = come('a');
      using(lock.lock, () => {
        changed.notifyAll();
        a.leave();
        return EMPTY;
      }).subscribe();
      journal.take();
      a.do(changed.wait());
      expect(journal.take()).toEqual(['b goes on']);
      b.do(changed.wait());
      expect(journal.take()).toEqual(['b goes on']);
      expect([lock.waiting, changed.waiting]).toEqual([0, 0]);
    });

    it('passes it on where one who was woken with it sends it away before it is told (L7)', () => {
      const bare = condition();
      bare.wait().subscribe(() => {
        second.unsubscribe();
      });
      const second = bare.wait().subscribe(journal.observer('second '));
      bare.wait().subscribe(journal.observer('third '));
      bare.notify(2);
      expect(journal.take()).toEqual(['third next undefined', 'third complete']);
      expect(bare.waiting).toBe(0);
    });

    it('passes it on from one that has waited in vain for what the other took (waitFor)', () => {
      let items = 0;
      const take = (name: string): Worker => come(name).do(concat(changed.waitFor(() => items > 0), defer(() => of(`has ${String(items--)}`)))); // prettier-ignore
      const a = take('a');
      const b = take('b');
      const notifier = come('notifier');
      items++;
      changed.notify();
      a.leave();
      journal.take();
      notifier.done();
      expect(journal.take()).toEqual(['b goes on', 'b has 1']);
      b.done();
    });
  });

  describe('in a promise', () => {
    const waitHere = (): Promise<void> => lastValue(changed.wait());

    it('lets the lock go and takes it again', async () => {
      const working = lastValue(
        using(lock.lock, async () => {
          journal.note('waits');
          await waitHere();
          journal.note(`goes on, locked: ${String(lock.locked)}`);
          return 'done';
        }),
      );
      expect([lock.locked, changed.waiting]).toEqual([false, 1]);
      notify();
      expect(await working).toBe('done');
      expect(journal.lines).toEqual(['waits', 'goes on, locked: true']);
    });

    it('works under a lease', async () => {
      {
        await using held = await lease(lock.lock);
        const waiting = waitHere();
        expect([held.value, lock.locked]).toEqual([undefined, false]);
        notify();
        await waiting;
        expect(lock.locked).toBe(true);
      }
      expect(lock.locked).toBe(false);
    });

    it('fails where the scope that held the lock ended before it was notified, and leaves the lock free', async () => {
      const gate = new Gate();
      const outer: Promise<void>[] = [];
      const work = lastValue(
        using(lock.lock, async () => {
          outer.push(waitHere());
          await gate.promise;
        }),
        { defaultValue: undefined },
      );
      gate.open();
      await work;
      wait('b');
      notify();
      const error = await rejection(outer[0] as Promise<void>);
      expect(error).toBeInstanceOf(ResourceError);
      expect(error).toMatchObject({
        message: 'The scope that held "mutex" ended while its condition was waited on. Await wait() inside that scope.',
      });
      expect(journal.take()).toEqual(['b in', 'b goes on']); // the notification was in vain, and passed on
    });

    it('does not get in line for a lock that its scope has given back', async () => {
      const outer: Promise<unknown>[] = [];
      const work = lastValue(
        using(lock.lock, async () => {
          outer.push(rejection(waitHere()));
          await Promise.resolve();
        }),
        { defaultValue: undefined },
      );
      await work;
      const notifier = come('notifier');
      changed.notify();
      expect(lock.waiting).toBe(0);
      expect(describeError(await outer[0])).toBe('ResourceError');
      notifier.done();
    });

    it('fails where it ended while the wait was in line for the lock, and leaves the lock free', async () => {
      const gate = new Gate();
      const outer: Promise<unknown>[] = [];
      const work = lastValue(
        using(lock.lock, async () => {
          outer.push(rejection(waitHere()));
          await gate.promise;
        }),
        { defaultValue: undefined },
      );
      const notifier = come('notifier');
      changed.notify();
      gate.open();
      await work;
      expect([lock.locked, lock.waiting]).toEqual([true, 1]);
      notifier.done();
      expect(describeError(await outer[0])).toBe('ResourceError');
      expect(lock.locked).toBe(false);
    });

    it('says nothing where it is left after the scope that held the lock', async () => {
      const leaving = new Subject<void>();
      const gate = new Gate();
      const work = lastValue(
        using(lock.lock, async () => {
          changed.wait().pipe(takeUntil(leaving)).subscribe(journal.observer());
          await gate.promise;
        }),
        { defaultValue: undefined },
      );
      gate.open();
      await work;
      leaving.next();
      expect([journal.take(), await reported(), lock.locked]).toEqual([['complete'], [], false]);
    });

    it('lets nobody see the lock held by a scope that has ended, wherever in its life that is left (interruption sweep)', async () => {
      for (let turns = 0; turns < 25; turns++) {
        const printer = mutex();
        const free = condition(printer);
        const scope = using(printer.lock, async () => {
          await Promise.resolve();
          await lastValue(free.wait());
          await Promise.resolve();
        }).subscribe();
        const other = using(printer.lock, async () => {
          await microtasks(3);
          if (free.waiting > 0) free.notify();
          await microtasks(3);
        }).subscribe();
        await microtasks(turns);
        scope.unsubscribe();
        await microtasks(30);
        if (free.waiting > 0) await lastValue(using(printer.lock, async () => { free.notifyAll(); await Promise.resolve(); })); // prettier-ignore
        await microtasks(30);
        expect([turns, other.closed, printer.locked, printer.waiting, free.waiting]).toEqual([
          turns,
          true,
          false,
          0,
          0,
        ]);
        expect(await reported()).toEqual([]);
      }
    });
  });

  describe('of a reentrant mutex', () => {
    it('lets it go however deep it is in it, and takes it again', () => {
      lock = mutex({ reentrant: true });
      changed = condition(lock);
      using(lock.lock, () => using(lock.lock, () => changed.wait().pipe(endWith('over')))).subscribe(
        journal.observer(),
      );
      expect([lock.locked, changed.waiting]).toEqual([false, 1]);
      notify();
      expect(journal.take()).toEqual(['next undefined', 'next over', 'complete']);
    });

    it('is refused where it has been let go around', () => {
      lock = mutex({ reentrant: true });
      changed = condition(lock);
      const inner = using(lock.lock, () =>
        merge(
          changed.wait(),
          defer(() => changed.wait()),
        ),
      );
      using(lock.lock, () => inner).subscribe(journal.observer());
      expect(journal.take()).toEqual(['error ResourceError']);
    });
  });

  describe('without a mutex', () => {
    it('waits until it is notified, and nothing else (law 17)', () => {
      const bare = condition();
      for (const name of ['a ', 'b ', 'c ']) bare.wait().subscribe(journal.observer(name));
      expect([bare.waiting, journal.take()]).toEqual([3, []]);
      bare.notify();
      expect(journal.take()).toEqual(['a next undefined', 'a complete']);
      bare.notifyAll();
      expect(journal.take()).toEqual(['b next undefined', 'b complete', 'c next undefined', 'c complete']);
    });

    it('does not wake who comes while others are woken', () => {
      const bare = condition();
      const leaving = new Subject<void>();
      let woken = 0;
      const again = (): void => {
        const waiting = bare.wait().pipe(takeUntil(leaving));
        waiting.subscribe(() => {
          woken++;
          again();
        });
      };
      again();
      again();
      bare.notifyAll();
      expect([woken, bare.waiting]).toEqual([2, 2]);
      bare.notify();
      expect([woken, bare.waiting]).toEqual([3, 2]);
      leaving.next();
      expect([woken, bare.waiting]).toEqual([3, 0]);
    });

    it('asks a predicate', () => {
      const bare = condition();
      let isOpen = false;
      bare.waitFor(() => isOpen).subscribe(journal.observer());
      bare.notify();
      expect(journal.take()).toEqual([]);
      isOpen = true;
      bare.notify();
      expect(journal.take()).toEqual(['next undefined', 'complete']);
    });
  });

  it('never has more in a bounded buffer than there is room, loses nothing, and leaves nobody waiting', () => {
    const { lines } = inVirtualTime((virtual) => {
      const buffer: number[] = [];
      const guard = mutex();
      const [notFull, notEmpty] = [condition(guard), condition(guard)];
      let most = 0;
      const put = (item: number): Observable<never> =>
        using(guard.lock, () =>
          concat(notFull.waitFor(() => buffer.length < 3).pipe(ignoreElements()), defer(() => {
            most = Math.max(most, buffer.push(item));
            notEmpty.notify();
            return timer(1).pipe(ignoreElements());
          })),
        ); // prettier-ignore
      const take = using(guard.lock, () =>
        concat(notEmpty.waitFor(() => buffer.length > 0).pipe(ignoreElements()), defer(() => {
          notFull.notify();
          return of(buffer.shift());
        })),
      ); // prettier-ignore
      const items = Array.from({ length: 20 }, (_, index) => index);
      merge(...items.map(put)).subscribe();
      const taken: unknown[] = [];
      merge(...items.map((index) => timer(index * 2).pipe(concatMap(() => take)))).subscribe({
        next: (item) => taken.push(item),
        complete: () => virtual.note(`${String(most)} at most, ${taken.join(' ')}`),
      });
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/ 3 at most, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19$/);
  });

  it('has the lock free wherever in its life it is left, with no notification lost (interruption sweep)', () => {
    for (let frame = 0; frame <= 16; frame++) {
      const { lines } = inVirtualTime((virtual) => {
        const guard = mutex();
        const ready = condition(guard);
        let items = 0;
        const take = using(guard.lock, () =>
          concat(ready.waitFor(() => items > 0).pipe(ignoreElements()), defer(() => {
            items--;
            return timer(2);
          })),
        ); // prettier-ignore
        const put = using(guard.lock, () => {
          items++;
          ready.notify();
          return timer(3);
        });
        take.pipe(takeUntil(timer(frame))).subscribe();
        take.subscribe(virtual.observer('second '));
        for (const at of [2, 8]) timer(at).subscribe(() => put.subscribe());
        timer(40).subscribe(() => {
          virtual.note(`locked: ${String(guard.locked)}, ${String(guard.waiting)} and ${String(ready.waiting)} wait`);
        });
      });
      expect([frame, ...lines.map((line) => line.replace(/^\d+ /, ''))]).toEqual([
        ...[frame, 'second next 0', 'second complete', 'locked: false, 0 and 0 wait'],
      ]);
    }
  });

  it('can be waited on by the release of a part inside the lock', () => {
    const part = resource({ acquire: () => 1, release: () => changed.wait() });
    using(lock.lock, () => using(part, () => EMPTY)).subscribe(journal.observer());
    expect([lock.locked, changed.waiting, journal.take()]).toEqual([false, 1, []]);
    notify();
    expect([lock.locked, journal.take()]).toEqual([false, ['complete']]);
  });

  it.each([null, {}, 'mutex', 1])('refuses %p as a mutex', (value) => {
    expect(() => condition(value as never)).toThrow(TypeError);
  });

  it('waits for ever where nobody notifies', () => {
    const scope = using(lock.lock, () => merge(changed.wait(), NEVER)).subscribe(journal.observer());
    expect([journal.take(), changed.waiting]).toEqual([[], 1]);
    scope.unsubscribe();
    expect(changed).toBeInstanceOf(Condition);
  });
});
