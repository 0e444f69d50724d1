import { defer, delay, EMPTY, from, map, mergeMap, NEVER, Observable, of, switchMap, take, tap, timer } from 'rxjs';
import {
  acquireTimeout,
  andThen,
  CapacityError,
  combine,
  DeadlockError,
  lastValue,
  lease,
  mutex,
  Mutex,
  named,
  orElse,
  resource,
  scoped,
  use,
  using,
  type Resource,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { inVirtualTime, Journal, notificationsOf, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { Visitors } from '../support/visitors.js'; // prettier-ignore

describe('mutex', () => {
  let visitors: Visitors;

  beforeEach(() => {
    visitors = new Visitors();
  });

  it('is free when it is made', () => {
    expect(mutex()).toBeInstanceOf(Mutex);
    expect(mutex()).toMatchObject({ locked: false, waiting: 0 });
  });

  it('is called mutex, or what it is named', () => {
    expect(mutex().lock.name).toBe('mutex');
    const { lock, tryLock } = mutex({ name: 'printer' });
    expect([lock.name, tryLock.name]).toEqual(['printer', 'printer']);
  });

  describe('lock', () => {
    it('lets in one at a time, in order of arrival', () => {
      const printer = mutex();
      const [a, b, c] = visitors.crowd(3, printer.lock);
      expect(printer).toMatchObject({ locked: true, waiting: 2 });
      a?.done();
      expect(visitors.are('inside')).toEqual(['2']);
      b?.leave();
      expect(visitors.are('inside')).toEqual(['3']);
      expect(printer).toMatchObject({ locked: true, waiting: 0 });
      c?.fail(new Error('boom'));
      expect(printer).toMatchObject({ locked: false, waiting: 0 });
      expect(visitors.order).toEqual(['1', '2', '3']);
    });

    it('is had and let go inside subscribe where it is free (law 17)', () => {
      const printer = mutex();
      const seen: boolean[] = [];
      const scope = printer.lock.pipe(use(() => of((seen.push(printer.locked), 'x'))));
      expect(notificationsOf(scope)).toEqual(['next x', 'complete']);
      expect([...seen, printer.locked]).toEqual([true, false]);
    });

    it('keeps virtual time (law 18)', () => {
      testResources(({ cold, expectObservable, hot }) => {
        const printer = mutex();
        const pages = hot('abc|').pipe(mergeMap((name) => using(printer.lock, () => cold('---(x|)', { x: name }))));
        expectObservable(pages).toBe('---a--b--(c|)');
      });
    });

    it('is held while its scope is being released, and handed over after that (law 4)', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        const printer = mutex();
        const job = (name: string): Resource<string> => {
          const part = journal.resource(name, { release: () => timer(3) });
          return printer.lock.pipe(andThen(() => part));
        };
        using(job('a'), () => timer(1)).subscribe();
        using(job('b'), () => EMPTY).subscribe();
        flush();
      });
      expect(lines).toEqual(['0 +a', '1 -a complete', '4 -a ok', '4 +b', '4 -b complete', '7 -b ok']);
    });

    it('keeps steps of promises apart', async () => {
      const account = mutex();
      let balance = 100;
      const withdraw = (amount: number): Promise<number> =>
        lastValue(
          using(account.lock, async () => {
            const before = balance;
            await Promise.resolve();
            return (balance = before - amount);
          }),
        );
      expect(await Promise.all([withdraw(30), withdraw(50), withdraw(5)])).toEqual([70, 20, 15]);
    });

    it('passes on what the body fails with, and is free again', () => {
      const printer = mutex();
      const boom = new Error('boom');
      expect(notificationsOf(using(printer.lock, () => { throw boom; }))).toEqual(['error boom']); // prettier-ignore
      expect(printer.locked).toBe(false);
    });

    it('is held by a lease until it is released, once (L6)', async () => {
      const printer = mutex();
      const held = await lease(printer.lock);
      const [next, last] = visitors.crowd(2, printer.lock);
      await held.release();
      expect(visitors.are('inside')).toEqual(['1']);
      await held.release();
      expect(visitors.are('inside')).toEqual(['1']);
      expect(printer).toMatchObject({ locked: true, waiting: 1 });
      next?.done();
      last?.done();
      expect(printer.locked).toBe(false);
    });

    it('is not waited for any longer than acquireTimeout allows', () => {
      inVirtualTime((_, { cold, expectObservable }) => {
        const printer = mutex();
        expectObservable(using(printer.lock, () => cold('------|'))).toBe('------|');
        const impatient = printer.lock.pipe(acquireTimeout(3), use(() => of('in')), mergeMap(() => EMPTY)); // prettier-ignore
        expectObservable(impatient).toBe('---#', {}, expect.objectContaining({ name: 'AcquireTimeoutError' }));
        expectObservable(using(printer.lock, () => of('in'))).toBe('------(i|)', { i: 'in' });
      });
    });
  });

  describe('tryLock', () => {
    it('takes it where it is free', () => {
      const printer = mutex();
      visitors.come(printer.tryLock);
      expect(printer.locked).toBe(true);
      visitors.empty();
      expect(printer.locked).toBe(false);
    });

    it('fails at once with a CapacityError where it is not', () => {
      const printer = mutex({ name: 'printer' });
      visitors.crowd(2, printer.lock);
      const late = visitors.come(printer.tryLock, 'late');
      expect(late.error).toBeInstanceOf(CapacityError);
      expect(late.error).toMatchObject({
        resource: 'printer',
        message: '"printer" is not free: 1 wanted, 0 of 1 available, 1 waiting.',
      });
      visitors.empty();
    });

    it('fails in the tick in which the lock goes to one who waits (L2)', () => {
      const printer = mutex();
      const states: string[] = [];
      const holder = visitors.come(printer.lock, 'holder', () => undefined);
      visitors.come(printer.lock, 'next', () => states.push(visitors.come(printer.tryLock, 'inside').state));
      using(printer.lock, () => EMPTY).subscribe(); // a third one, so that the line is not empty
      holder.done();
      states.push(visitors.come(printer.tryLock, 'after').state);
      expect(states).toEqual(['failed', 'failed']);
      visitors.empty();
    });
  });

  describe('entered inside a scope that holds it', () => {
    const body = (lock: Resource<void>): Observable<string> => using(lock, () => of('in'));
    const ways: readonly [name: string, nest: (lock: Resource<void>) => Observable<unknown>][] = [
      ['as its body', (lock) => using(lock, () => body(lock))],
      ['behind operators', (lock) => using(lock, () => body(lock).pipe(map((x) => x), tap(), switchMap((x) => of(x))))],
      ['by one of its values', (lock) => using(lock, () => of(1, 2).pipe(mergeMap(() => body(lock))))],
      ['three scopes further in', (lock) => using(lock, () => using(mutex().lock, () => using(mutex().lock, () => body(lock))))],
      ['with use()', (lock) => lock.pipe(use(() => lock.pipe(use(() => of('in')))))],
      ['as the second of andThen()', (lock) => using(lock.pipe(andThen(() => lock)), () => of('in'))],
      ['as the second of combine()', (lock) => using(combine([lock, lock]), () => of('in'))],
      ['as a part of what is entered inside', (lock) => using(lock, () => using(combine([mutex().lock, lock]), () => of('in')))],
      ['where the outer one is a part', (lock) => using(combine([mutex().lock, lock, mutex().lock]), () => body(lock))],
      ['where the outer one is a concurrent part', (lock) => using(combine([mutex().lock, lock], { concurrent: true }), () => body(lock))],
      ['where the outer one has another name', (lock) => using(lock.pipe(named('other')), () => body(lock))],
      ['as a fallback', (lock) => using(lock, () => using(resource<void>({ acquire: () => { throw new Error('down'); } }).pipe(orElse(() => lock)), () => of('in')))],
      ['subscribed directly', (lock) => using(lock, () => lock)],
    ]; // prettier-ignore

    it.each(ways)('is a DeadlockError at once: %s (L11)', (_, nest) => {
      const printer = mutex();
      expect(notificationsOf(nest(printer.lock))).toEqual(['error DeadlockError']);
      expect(printer).toMatchObject({ locked: false, waiting: 0 });
    });

    it.each(ways)('is fine where it is reentrant: %s', (_, nest) => {
      const printer = mutex({ reentrant: true });
      const lines = notificationsOf(nest(printer.lock).pipe(map(() => 'in'), take(1)));
      expect(new Set(lines)).toEqual(new Set(['next in', 'complete']));
      expect(printer).toMatchObject({ locked: false, waiting: 0 });
    }); // prettier-ignore

    it('names itself, and says what to do', () => {
      const printer = mutex({ name: 'printer' });
      const errors: unknown[] = [];
      using(printer.lock, () => using(printer.lock, () => NEVER)).subscribe({
        error: (error: unknown) => errors.push(error),
      });
      expect(errors).toEqual([expect.any(DeadlockError)]);
      expect(errors[0]).toMatchObject({ resource: 'printer', code: 'RXSCOPE_DEADLOCK', name: 'DeadlockError' });
      expect((errors[0] as Error).message).toBe(
        '"printer" would be waited for inside a scope that holds it (1 of 1), and can be free only after that has ended. ' +
          'Enter it once, around both.',
      );
    });

    it('is a DeadlockError later in its body too', () => {
      const { lines } = inVirtualTime((journal) => {
        const printer = mutex();
        using(printer.lock, () => timer(3).pipe(switchMap(() => body(printer.lock)))).subscribe(journal.observer());
      });
      expect(lines).toEqual(['3 error DeadlockError']);
    });

    it('is a DeadlockError where the release of a part inside wants it', () => {
      const printer = mutex();
      const part = resource({ acquire: () => 1, release: () => body(printer.lock) });
      expect(notificationsOf(using(printer.lock, () => using(part, () => of('x'))))).toEqual([
        'next x',
        'error DeadlockError',
      ]);
      expect(printer.locked).toBe(false);
    });

    it('can be caught, and the outer scope goes on', () => {
      const printer = mutex();
      const inner = printer.lock.pipe(orElse(() => resource<void>({ acquire: () => undefined })));
      expect(notificationsOf(using(printer.lock, () => using(inner, () => of('in'))))).toEqual(['next in', 'complete']);
    });

    it('fails through tryLock with what it always fails with', () => {
      const printer = mutex();
      expect(notificationsOf(using(printer.lock, () => using(printer.tryLock, () => NEVER)))).toEqual([
        'error CapacityError',
      ]);
    });

    it('of another mutex is fine', () => {
      const [a, b] = [mutex(), mutex()];
      expect(notificationsOf(using(a.lock, () => body(b.lock)))).toEqual(['next in', 'complete']);
    });
  });

  describe('entered by what only runs beside or after the holder', () => {
    it('waits where the body of the holder subscribes it on its own', () => {
      const printer = mutex();
      const journal = new Journal();
      const outer = using(printer.lock, () => {
        using(printer.lock, () => of('apart')).subscribe(journal.observer());
        return NEVER;
      }).subscribe();
      expect(journal.take()).toEqual([]);
      expect(printer.waiting).toBe(1);
      outer.unsubscribe();
      expect(journal.take()).toEqual(['next apart', 'complete']);
    });

    it('waits where it follows from what the holder emits', () => {
      const printer = mutex();
      const scope = using(printer.lock, () => of(1, 2)).pipe(mergeMap((n) => using(printer.lock, () => of(n * 10))));
      expect(notificationsOf(scope)).toEqual(['next 10', 'next 20', 'complete']);
    });

    it('waits where it is leased in an async body', async () => {
      const printer = mutex();
      const journal = new Journal();
      const outer = using(printer.lock, () =>
        defer(async () => {
          void lease(printer.lock).then((held) => {
            journal.note('leased');
            return held.release();
          });
        }),
      ).pipe(delay(0));
      outer.subscribe();
      await nextMacrotask();
      expect(journal.lines).toEqual(['leased']);
      expect(printer.locked).toBe(false);
    });

    it('goes to one after the other where scopes follow each other', () => {
      const printer = mutex();
      const scope = from([1, 2, 3]).pipe(mergeMap((n) => using(printer.lock, () => of(n)), 1));
      expect(notificationsOf(scope)).toEqual(['next 1', 'next 2', 'next 3', 'complete']);
    });
  });

  describe('reentrant', () => {
    it('is free only when the outermost scope has ended', () => {
      const printer = mutex({ reentrant: true });
      const journal = new Journal();
      const other = (): void => {
        visitors.come(printer.lock, 'other');
      };
      const inner = using(printer.lock, () => (other(), of('inner'))); // prettier-ignore
      using(printer.lock, () =>
        inner.pipe(tap({ complete: () => journal.note(visitors.are('waiting').join()) })),
      ).subscribe();
      expect(journal.lines).toEqual(['other']);
      expect(visitors.are('inside')).toEqual(['other']);
      visitors.empty();
      expect(printer.locked).toBe(false);
    });

    it('comes before those who wait', () => {
      const printer = mutex({ reentrant: true });
      const scope = using(printer.lock, () => {
        visitors.come(printer.lock, 'other');
        return using(printer.lock, () => of(visitors.are('waiting').join()));
      });
      expect(notificationsOf(scope)).toEqual(['next other', 'complete']);
      visitors.empty();
    });

    it('holds it once, however often it is entered', () => {
      const printer = mutex({ reentrant: true });
      const depth = (left: number): Observable<unknown> =>
        left === 0 ? of(printer.stats().holders.length) : using(printer.lock, () => depth(left - 1));
      expect(notificationsOf(depth(50))).toEqual(['next 1', 'complete']);
      expect(printer.locked).toBe(false);
    });

    it('is entered by tryLock too', () => {
      const printer = mutex({ reentrant: true });
      expect(notificationsOf(using(printer.lock, () => using(printer.tryLock, () => of('in'))))).toEqual([
        'next in',
        'complete',
      ]);
      expect(notificationsOf(using(printer.tryLock, () => using(printer.lock, () => of('in'))))).toEqual([
        'next in',
        'complete',
      ]);
    });

    it('has strangers wait', () => {
      const printer = mutex({ reentrant: true });
      const [a] = visitors.crowd(2, printer.lock);
      expect(visitors.are('inside')).toEqual(['1']);
      a?.done();
      visitors.empty();
    });

    it('left from the inside or the outside is free again', () => {
      const printer = mutex({ reentrant: true });
      using(printer.lock, () => using(printer.lock, () => NEVER)).subscribe().unsubscribe(); // prettier-ignore
      expect(printer.locked).toBe(false);
      expect(notificationsOf(using(printer.lock, () => using(printer.lock, () => of(1, 2)).pipe(take(1))))).toEqual([
        'next 1',
        'complete',
      ]);
      expect(printer.locked).toBe(false);
    });
  });

  describe('a scoped() that waits for it', () => {
    it('does not hold it any more once it has been left and the holder has gone', async () => {
      const printer = mutex();
      const holder = visitors.come(printer.lock);
      using(scoped(async (stack) => stack.enter(printer.lock)), () => NEVER).subscribe().unsubscribe(); // prettier-ignore
      await nextMacrotask();
      holder.done();
      await nextMacrotask();
      expect(printer).toMatchObject({ locked: false, waiting: 0 });
      expect(await reported()).toEqual([]);
    });
  });
});
