import { EMPTY, from, mergeMap, NEVER, of, take, throwError, timer, toArray, VirtualTimeScheduler } from 'rxjs';
import {
  acquireTimeout,
  AcquireTimeoutError,
  CapacityError,
  DeadlockError,
  firstValue,
  lastValue,
  lease,
  named,
  openResources,
  orElse,
  resource,
  retryAcquire,
  Semaphore,
  semaphore,
  settled,
  use,
  using,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { inVirtualTime, Journal, notificationsOf, reported } from '../support/journal.js';
import { Visitors } from '../support/visitors.js'; // prettier-ignore

describe('semaphore', () => {
  let visitors: Visitors;

  beforeEach(() => {
    visitors = new Visitors();
  });

  const rangeError = (message: string): Error =>
    expect.objectContaining({ name: 'RangeError', message: expect.stringContaining(message) as string }) as Error;

  describe('made', () => {
    it('has all its permits, and nobody waits', () => {
      const three = semaphore(3);
      expect(three).toBeInstanceOf(Semaphore);
      expect(three).toMatchObject({ total: 3, available: 3, waiting: 0 });
    });

    it.each([0, -1, 1.5, NaN, '2', null, undefined])('of %p permits is a RangeError', (permits) => {
      expect(() => semaphore(permits as number)).toThrow(
        rangeError('Expected permits to be a whole number, 1 or more'),
      );
    });

    it('of Infinity lets everybody in', () => {
      const open = semaphore(Infinity);
      visitors.crowd(100, open.permit);
      expect(visitors.are('inside')).toHaveLength(100);
      expect(open.available).toBe(Infinity);
      visitors.empty();
    });

    it.each([0, -1, NaN, '5'])('with an aging of %p is a RangeError', (aging) => {
      expect(() => semaphore(1, { aging: aging as number })).toThrow(rangeError('Expected aging'));
    });

    it('is called semaphore, or what it is named', () => {
      expect(semaphore(1).permit.name).toBe('semaphore');
      const files = semaphore(2, { name: 'files' });
      expect([files.permit, files.permits(2), files.tryPermit, files.tryPermits(1)].map(({ name }) => name)).toEqual(
        Array(4).fill('files'),
      );
    });
  });

  describe('permit', () => {
    it('lets in as many as there are; the others in order of arrival, one for each that goes', () => {
      const two = semaphore(2);
      const [first, second] = visitors.crowd(5, two.permit);
      expect(visitors.are('inside')).toEqual(['1', '2']);
      expect(two).toMatchObject({ available: 0, waiting: 3 });
      second?.done();
      expect(visitors.are('inside')).toEqual(['1', '3']);
      first?.done();
      expect(visitors.are('inside')).toEqual(['3', '4']);
      expect(two).toMatchObject({ available: 0, waiting: 1 });
      visitors.empty();
      expect(visitors.order).toEqual(['1', '2', '3', '4', '5']);
      expect(two).toMatchObject({ total: 2, available: 2, waiting: 0 });
    });

    it('is taken and given back inside subscribe where it is free (law 17)', () => {
      const one = semaphore(1);
      const seen: number[] = [];
      expect(notificationsOf(using(one.permit, () => (seen.push(one.available), of('x'))))).toEqual([
        'next x',
        'complete',
      ]);
      expect([...seen, one.available]).toEqual([0, 1]);
    });

    it('takes nothing before it is subscribed (law 5)', () => {
      const one = semaphore(1);
      const scope = one.permit.pipe(use(() => NEVER));
      expect(one.available).toBe(1);
      const subscription = scope.subscribe();
      expect(one.available).toBe(0);
      subscription.unsubscribe();
    });

    it('has nothing for a handle, and is held as long as it is subscribed itself', () => {
      const one = semaphore(1);
      const journal = new Journal();
      const subscription = one.permit.subscribe(journal.observer());
      expect(journal.lines).toEqual(['next undefined']);
      expect(one.available).toBe(0);
      subscription.unsubscribe();
      expect(one.available).toBe(1);
    });

    it.each([
      ['completion', () => EMPTY],
      ['an error', () => throwError(() => new Error('boom'))],
      ['an unsubscribe', () => NEVER],
      ['a body that cannot be made', () => { throw new Error('boom'); }],
    ])('comes back after %s (law 1)', (_, body) => {
      const one = semaphore(1);
      using(one.permit, body).subscribe({ error: () => undefined }).unsubscribe();
      expect(one.available).toBe(1);
    }); // prettier-ignore

    it('comes back before the consumer is told the end (law 3)', () => {
      const one = semaphore(1);
      const seen: number[] = [];
      using(one.permit, () => EMPTY).subscribe({ complete: () => seen.push(one.available) });
      expect(seen).toEqual([1]);
    });

    it('comes back where the consumer takes what it wants and leaves, inside subscribe (law 15)', () => {
      const one = semaphore(1);
      expect(notificationsOf(using(one.permit, () => from([1, 2, 3])).pipe(take(1)))).toEqual(['next 1', 'complete']);
      expect(one.available).toBe(1);
    });

    it('keeps virtual time (law 18)', () => {
      testResources(({ cold, expectObservable, hot }) => {
        const two = semaphore(2);
        const work = hot('a-b-c-d|').pipe(mergeMap((name) => using(two.permit, () => cold('----(x|)', { x: name }))));
        // a at 0, b at 2; c waits for a, d for b
        expectObservable(work).toBe('----a-b-c-(d|)');
        expectObservable(timer(5)).toBe('-----(0|)', [0]);
      });
    });

    it('limits what runs side by side', async () => {
      const three = semaphore(3);
      let [running, most] = [0, 0];
      const job = async (n: number): Promise<number> => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        return n;
      };
      const jobs = from([1, 2, 3, 4, 5, 6, 7]).pipe(mergeMap((n) => using(three.permit, () => job(n))), toArray()); // prettier-ignore
      expect(await lastValue(jobs)).toHaveLength(7);
      expect(most).toBe(3);
    });

    it('is shown by openResources, under its name', () => {
      const one = semaphore(1, { name: 'printer' });
      visitors.come(one.permit);
      const queued = visitors.come(one.permit.pipe(named('page 2')));
      expect(openResources().map(({ name, state }) => `${name} ${state}`)).toEqual(['printer held', 'page 2 entering']);
      queued.leave();
      visitors.empty();
    });
  });

  describe('leaving the line', () => {
    it('takes nothing and delays nobody, from whatever place', () => {
      for (const place of [0, 1, 2]) {
        const crowd = new Visitors();
        const one = semaphore(1);
        const holder = crowd.come(one.permit);
        const line = crowd.crowd(3, one.permit);
        line[place]?.leave();
        expect(one.waiting).toBe(2);
        holder.done();
        crowd.empty();
        expect(crowd.order).toHaveLength(3);
        expect(line[place]?.state).toBe('left');
        expect(one).toMatchObject({ available: 1, waiting: 0 });
      }
    });

    it('of a heavy one lets in the light ones behind it, at that moment', () => {
      const two = semaphore(2);
      visitors.come(two.permit, 'holder');
      const heavy = visitors.come(two.permits(2), 'heavy');
      visitors.come(two.permit, 'light');
      expect(visitors.are('inside')).toEqual(['holder']);
      heavy.leave();
      expect(visitors.are('inside')).toEqual(['holder', 'light']);
      visitors.empty();
    });

    it('of all of them leaves nobody waiting', () => {
      const one = semaphore(1);
      const [holder, ...line] = visitors.crowd(5, one.permit);
      line.reverse().forEach((visitor) => {
        visitor.leave();
      });
      expect(one.waiting).toBe(0);
      holder?.done();
      expect(one).toMatchObject({ available: 1, waiting: 0 });
    });

    it('is done at once with acquireTimeout, at its limit (L4)', () => {
      inVirtualTime((_, { flush }, scheduler) => {
        const two = semaphore(2);
        const holder = visitors.come(two.permit, 'holder');
        visitors.come(two.permits(2).pipe(acquireTimeout(5)), 'heavy');
        visitors.come(two.permit, 'light');
        expect(visitors.are('inside')).toEqual(['holder']);
        scheduler.schedule(() => {
          expect(visitors.are('inside')).toEqual(['holder', 'light']);
          expect(two.waiting).toBe(0);
          holder.done();
        }, 6);
        flush();
      });
      expect(visitors.all[1]?.error).toBeInstanceOf(AcquireTimeoutError);
      expect(visitors.lines).toContain('heavy error AcquireTimeoutError');
      visitors.empty();
    });

    it('through the signal of a lease rejects it and leaves no listener behind', async () => {
      const one = semaphore(1);
      const holder = visitors.come(one.permit);
      const controller = new AbortController();
      const { signal } = controller;
      const listeners = counting(signal);
      const waiting = lease(one.permit, { signal });
      expect(one.waiting).toBe(1);
      controller.abort();
      await expect(waiting).rejects.toBe(signal.reason);
      expect(one.waiting).toBe(0);
      expect(listeners.size).toBe(0);
      holder.done();
    });

    it('is not needed: a lease that was served leaves no listener behind once it is released', async () => {
      const one = semaphore(1);
      const { signal } = new AbortController();
      const listeners = counting(signal);
      for (let i = 0; i < 20; i++) {
        const held = await lease(one.permit, { signal });
        await held.release();
      }
      await firstValue(
        using(one.permit, () => of(1)),
        { signal },
      );
      expect(listeners.size).toBe(0);
    });

    it('takes constant time: ten thousand leave from the middle, the rest is served', () => {
      const one = semaphore(1);
      const [holder, ...line] = visitors.crowd(10_001, one.permit);
      line.forEach((visitor, index) => {
        if (index % 5 !== 0) visitor.leave();
      });
      expect(one.waiting).toBe(2_000);
      let served = 0;
      holder?.done();
      for (const visitor of line) {
        if (visitor.state !== 'inside') continue;
        served++;
        visitor.done();
      }
      expect(served).toBe(2_000);
      expect(one).toMatchObject({ available: 1, waiting: 0 });
    });
  });

  describe('permits(count)', () => {
    it.each([0, -1, 0.5, NaN, '1'])('of %p is a RangeError at the call', (count) => {
      expect(() => semaphore(3).permits(count as number)).toThrow(rangeError('Expected count'));
      expect(() => semaphore(3).tryPermits(count as number)).toThrow(rangeError('Expected count'));
    });

    it('of more than there are is a RangeError at the call that names both (law 35)', () => {
      const files = semaphore(3, { name: 'files' });
      const message = 'Expected 3 permits of "files" at most, as there are no more, received 4.';
      expect(() => files.permits(4)).toThrow(rangeError(message));
      expect(() => files.tryPermits(4)).toThrow(rangeError(message));
    });

    it.each([NaN, Infinity, -Infinity, '1', null])('with a priority of %p is a RangeError at the call', (priority) => {
      expect(() => semaphore(1).permits(1, { priority: priority as number })).toThrow(rangeError('Expected priority'));
    });

    it('takes so many, and gives as many back', () => {
      const five = semaphore(5);
      const heavy = visitors.come(five.permits(3));
      expect(five.available).toBe(2);
      const other = visitors.come(five.permits(2));
      expect(five.available).toBe(0);
      heavy.done();
      expect(five.available).toBe(3);
      other.leave();
      expect(five.available).toBe(5);
    });

    it('may be all there are', () => {
      const five = semaphore(5);
      const [all] = visitors.crowd(2, five.permits(5));
      expect(five).toMatchObject({ available: 0, waiting: 1 });
      all?.done();
      expect(visitors.are('inside')).toEqual(['2']);
      visitors.empty();
    });

    it('waits for all of them without holding any (L5)', () => {
      const three = semaphore(3);
      const [a, b] = visitors.crowd(2, three.permit);
      visitors.come(three.permits(3), 'heavy');
      expect(three.available).toBe(1);
      a?.done();
      expect(three.available).toBe(2);
      b?.done();
      expect(three.available).toBe(0);
      expect(visitors.are('inside')).toEqual(['heavy']);
      visitors.empty();
    });

    it('holds up smaller ones that came later, although they would fit (law 35)', () => {
      const three = semaphore(3);
      const holder = visitors.come(three.permits(2), 'holder');
      visitors.come(three.permits(2), 'heavy');
      visitors.come(three.permit, 'light');
      expect(three).toMatchObject({ available: 1, waiting: 2 });
      holder.done();
      expect(visitors.are('inside')).toEqual(['heavy', 'light']);
      visitors.empty();
    });

    it('is served in the end, however many light ones keep coming', () => {
      const two = semaphore(2);
      let count = 0;
      const again = (): void => {
        if (++count < 100) visitors.come(two.permit, `light ${String(count)}`);
      };
      again();
      again();
      visitors.come(two.permits(2), 'heavy');
      again();
      for (const visitor of visitors.all) {
        if (visitor.state !== 'inside') continue;
        if (visitor.name === 'heavy') break;
        again(); // one more comes for each that goes
        visitor.done();
      }
      expect(visitors.order.slice(0, 3)).toEqual(['light 1', 'light 2', 'heavy']);
      for (const { name, state } of visitors.all) if (name === 'heavy') expect(state).toBe('inside');
      visitors.empty();
    });

    it('may be entered again and again, as one resource', () => {
      const two = semaphore(2);
      const both = two.permits(2);
      for (let i = 0; i < 3; i++)
        expect(notificationsOf(using(both, () => of(i)))).toEqual([`next ${String(i)}`, 'complete']);
      expect(two.available).toBe(2);
    });
  });

  describe('priority', () => {
    it('serves the higher one first, and in order of arrival where it is the same', () => {
      const one = semaphore(1);
      visitors.come(one.permit, 'holder');
      for (const [name, priority] of Object.entries({ a: 0, b: -1, c: 2, d: 0, e: 2, f: 0.5 })) {
        visitors.come(one.permits(1, { priority }), name);
      }
      visitors.empty();
      expect(visitors.order).toEqual(['holder', 'c', 'e', 'f', 'a', 'd', 'b']);
    });

    it('passes a heavy one at the head of the line, at once where it fits', () => {
      const two = semaphore(2);
      visitors.come(two.permit, 'holder');
      visitors.come(two.permits(2), 'heavy');
      visitors.come(two.permits(1, { priority: 1 }), 'light');
      expect(visitors.are('inside')).toEqual(['holder', 'light']);
      visitors.empty();
    });

    it('counts for a heavy one too: light ones of a lower priority wait behind it', () => {
      const two = semaphore(2);
      const [a] = visitors.crowd(2, two.permit);
      visitors.come(two.permit, 'light');
      visitors.come(two.permits(2, { priority: 1 }), 'heavy');
      a?.done();
      expect(visitors.are('inside')).toEqual(['2']);
      visitors.empty();
      expect(visitors.order).toEqual(['1', '2', 'heavy', 'light']);
    });

    it('does not take anything from those who are in', () => {
      const one = semaphore(1);
      visitors.come(one.permits(1, { priority: -5 }), 'low');
      visitors.come(one.permits(1, { priority: 5 }), 'high');
      expect(visitors.are('inside')).toEqual(['low']);
      visitors.empty();
    });
  });

  describe('aging', () => {
    const at = (time: number, scheduler: VirtualTimeScheduler, act: () => void): unknown =>
      scheduler.schedule(act, time);

    it('counts so many milliseconds of waiting as one step of priority', () => {
      const scheduler = new VirtualTimeScheduler();
      const one = semaphore(1, { aging: 10, scheduler });
      const holder = visitors.come(one.permit, 'holder');
      visitors.come(one.permit, 'low, at 0');
      at(9, scheduler, () => visitors.come(one.permits(1, { priority: 1 }), 'high, at 9'));
      at(11, scheduler, () => visitors.come(one.permits(1, { priority: 1 }), 'high, at 11'));
      at(12, scheduler, () => visitors.come(one.permit, 'low, at 12'));
      at(100, scheduler, () => {
        holder.done();
      });
      scheduler.flush();
      visitors.empty();
      expect(visitors.order).toEqual(['holder', 'high, at 9', 'low, at 0', 'high, at 11', 'low, at 12']);
    });

    it('serves the higher priority first where both are as much worth', () => {
      const scheduler = new VirtualTimeScheduler();
      const one = semaphore(1, { aging: 10, scheduler });
      visitors.come(one.permit, 'holder');
      visitors.come(one.permit, 'low, at 0');
      at(10, scheduler, () => visitors.come(one.permits(1, { priority: 1 }), 'high, at 10'));
      scheduler.flush();
      visitors.empty();
      expect(visitors.order).toEqual(['holder', 'high, at 10', 'low, at 0']);
    });

    it('keeps those with a low priority from waiting for ever', () => {
      const order = (aging?: number): string[] => {
        const crowd = new Visitors();
        const scheduler = new VirtualTimeScheduler();
        const one = semaphore(1, { scheduler, ...(aging === undefined ? {} : { aging }) });
        const serveNext = (time: number): void => {
          at(time, scheduler, () => {
            crowd.come(one.permits(1, { priority: 3 }), 'high');
            crowd.all.find(({ state }) => state === 'inside')?.done();
          });
        };
        crowd.come(one.permit, 'holder');
        crowd.come(one.permit, 'low');
        for (let time = 1; time <= 60; time++) serveNext(time);
        scheduler.flush();
        const { order: served } = crowd;
        crowd.empty();
        return served;
      };
      expect(order().includes('low')).toBe(false);
      // Three steps of ten milliseconds later it comes before those who come then; one is served in each.
      expect(order(10).indexOf('low')).toBe(31);
    });

    it('takes virtual time inside a TestScheduler, and nothing else where none is given', () => {
      const { lines } = inVirtualTime((journal, { flush }, scheduler) => {
        const one = semaphore(1, { aging: 10 });
        const holder = one.permit.subscribe();
        using(one.permit, () => EMPTY).subscribe({ complete: () => journal.note('low') });
        const high = (): void => {
          using(one.permits(1, { priority: 1 }), () => EMPTY).subscribe({ complete: () => journal.note('high') });
        };
        scheduler.schedule(high, 5);
        scheduler.schedule(high, 15);
        scheduler.schedule(() => {
          holder.unsubscribe();
        }, 20);
        flush();
      });
      expect(lines).toEqual(['20 high', '20 low', '20 high']);
    });
  });

  describe('tryPermit and tryPermits', () => {
    it('take what is free', () => {
      const three = semaphore(3);
      visitors.come(three.tryPermit);
      visitors.come(three.tryPermits(2));
      expect(visitors.are('inside')).toEqual(['1', '2']);
      expect(three.available).toBe(0);
      visitors.empty();
      expect(three.available).toBe(3);
    });

    it('fail at once with a CapacityError where they would have to wait', () => {
      const files = semaphore(3, { name: 'files' });
      visitors.come(files.permits(2), 'holder');
      const late = visitors.come(files.tryPermits(2), 'late');
      expect(late.error).toBeInstanceOf(CapacityError);
      expect(late.error).toMatchObject({ resource: 'files', code: 'RXSCOPE_CAPACITY' });
      expect((late.error as Error).message).toBe('"files" is not free: 2 wanted, 1 of 3 available, 0 waiting.');
      expect(files).toMatchObject({ available: 1, waiting: 0 });
      visitors.empty();
    });

    it('do not overtake those who wait, although there is one free (L2)', () => {
      const three = semaphore(3);
      visitors.come(three.permits(2), 'holder');
      visitors.come(three.permits(2), 'heavy');
      const late = visitors.come(three.tryPermit, 'late');
      expect(late.error).toMatchObject({ name: 'CapacityError' });
      expect(three.available).toBe(1);
      visitors.empty();
    });

    it('are nothing to wait for: orElse and retryAcquire say what to do', () => {
      inVirtualTime((_, { expectObservable, cold }) => {
        const one = semaphore(1);
        const busy = using(one.permit, () => cold('---|'));
        const free = resource({ acquire: () => 'instead' });
        expectObservable(busy).toBe('---|');
        expectObservable(using(one.tryPermit.pipe(orElse(() => free)), (handle) => of(handle))).toBe('(i|)', {
          i: 'instead',
        });
        expectObservable(using(one.tryPermit.pipe(retryAcquire({ delay: 2 })), () => of('in'))).toBe('----(i|)', {
          i: 'in',
        });
      });
    });
  });

  describe('resize', () => {
    it.each([0, -1, 1.5, NaN, '2'])('to %p is a RangeError, and changes nothing', (total) => {
      const two = semaphore(2);
      expect(() => {
        two.resize(total as number);
      }).toThrow(rangeError('Expected total'));
      expect(two).toMatchObject({ total: 2, available: 2 });
    });

    it('up lets in as many as fit, in order (L10)', () => {
      const one = semaphore(1);
      visitors.crowd(5, one.permit);
      one.resize(4);
      expect(visitors.are('inside')).toEqual(['1', '2', '3', '4']);
      expect(one).toMatchObject({ total: 4, available: 0, waiting: 1 });
      visitors.empty();
      expect(one.available).toBe(4);
    });

    it('up lets in weights as far as they fit, and holds up those behind one that does not', () => {
      const four = semaphore(4);
      const holder = visitors.come(four.permits(4), 'holder');
      for (const count of [1, 2, 4, 1]) visitors.come(four.permits(count), `of ${String(count)}`);
      four.resize(7);
      expect(visitors.are('inside')).toEqual(['holder', 'of 1', 'of 2']);
      expect(four).toMatchObject({ available: 0, waiting: 2 });
      holder.done();
      expect(visitors.are('inside')).toEqual(['of 1', 'of 2', 'of 4']);
      visitors.empty();
      expect(four.available).toBe(7);
    });

    it('down takes nothing from those who are in; what comes back goes nowhere until it is enough (L10)', () => {
      const three = semaphore(3);
      const [a, b, c] = visitors.crowd(3, three.permit);
      visitors.come(three.permit, 'd');
      three.resize(1);
      expect(three).toMatchObject({ total: 1, available: -2, waiting: 1 });
      a?.done();
      b?.leave();
      expect(three).toMatchObject({ available: 0, waiting: 1 });
      c?.done();
      expect(visitors.are('inside')).toEqual(['d']);
      visitors.empty();
      expect(three).toMatchObject({ total: 1, available: 1 });
    });

    it('down and up again is as before', () => {
      const three = semaphore(3);
      visitors.crowd(4, three.permit);
      three.resize(1);
      three.resize(3);
      expect(three).toMatchObject({ total: 3, available: 0, waiting: 1 });
      visitors.empty();
      expect(three.available).toBe(3);
    });

    it('fails those who wait for more than there can be now, and lets in who waited behind them', () => {
      const three = semaphore(3);
      visitors.come(three.permit, 'holder');
      const heavy = visitors.come(three.permits(3), 'heavy');
      visitors.come(three.permit, 'light');
      three.resize(2);
      expect(heavy.error).toEqual(rangeError('Expected 2 permits of "semaphore" at most'));
      expect(visitors.are('inside')).toEqual(['holder', 'light']);
      expect(three).toMatchObject({ total: 2, available: 0, waiting: 0 });
      visitors.empty();
    });

    it('tells nothing to one who is sent away by the first that is told', async () => {
      const three = semaphore(3);
      const holder = visitors.come(three.permits(3), 'holder');
      using(three.permits(3), () => NEVER).subscribe({
        error: () => {
          second.leave();
        },
      });
      const second = visitors.come(three.permits(2), 'second');
      three.resize(1);
      holder.done();
      await settled();
      expect(await reported()).toEqual([]);
      expect(second.state).toBe('left');
      expect(visitors.lines).toEqual(['holder in', 'holder out']);
      expect(three).toMatchObject({ total: 1, available: 1, waiting: 0 });
    });

    it('down makes a resource fail that was made for more, when it is entered', () => {
      const three = semaphore(3);
      const all = three.permits(3);
      three.resize(2);
      expect(visitors.come(all).error).toEqual(rangeError('Expected 2 permits of "semaphore" at most'));
      three.resize(3);
      expect(visitors.come(all).state).toBe('inside');
      visitors.empty();
    });

    it('inside being served serves on', () => {
      const one = semaphore(1);
      const holder = visitors.come(one.permit, 'holder');
      visitors.come(one.permit, 'a', () => {
        one.resize(3);
      });
      visitors.come(one.permit, 'b');
      visitors.come(one.permit, 'c');
      visitors.come(one.permit, 'd');
      holder.done();
      expect(visitors.are('inside')).toEqual(['a', 'b', 'c']);
      visitors.empty();
    });

    it('to Infinity lets in all', () => {
      const one = semaphore(1);
      visitors.crowd(10, one.permit);
      one.resize(Infinity);
      expect(visitors.are('inside')).toHaveLength(10);
      visitors.empty();
    });
  });

  describe('inside a scope that holds some of it', () => {
    const nested = (outer: number, inner: number, total: number): string[] => {
      const of3 = semaphore(total, { name: 'few' });
      const lines = notificationsOf(using(of3.permits(outer), () => using(of3.permits(inner), () => of('in'))));
      expect(of3.available).toBe(total);
      return lines;
    };

    it('takes more where there is some free', () => {
      expect(nested(1, 2, 3)).toEqual(['next in', 'complete']);
    });

    it.each([[3, 1, 3], [1, 3, 3], [2, 2, 3], [1, 1, 1]])(
      'is a DeadlockError where there can never be enough: holding %p, wanting %p of %p (L11)',
      (outer, inner, total) => {
        expect(nested(outer, inner, total)).toEqual(['error DeadlockError']);
      },
    ); // prettier-ignore

    it('names what is held, and of how many', () => {
      const few = semaphore(3, { name: 'few' });
      const inner = visitors.come(few.permits(2), 'outer', () => undefined);
      inner.done();
      using(few.permits(2), () => using(few.permits(2), () => NEVER)).subscribe({
        error: (error: unknown) => {
          expect(error).toBeInstanceOf(DeadlockError);
          expect(error).toMatchObject({ resource: 'few', code: 'RXSCOPE_DEADLOCK' });
          expect((error as Error).message).toMatch(
            /^"few" would be waited for inside a scope that holds it \(2 of 3\)/,
          );
          visitors.lines.push('told');
        },
      });
      expect(visitors.lines.at(-1)).toBe('told');
    });

    it('waits where others hold what it wants', () => {
      const two = semaphore(2);
      const other = visitors.come(two.permit, 'other');
      const journal = new Journal();
      using(two.permit, () => using(two.permit, () => of('in'))).subscribe(journal.observer());
      expect(journal.lines).toEqual([]);
      other.done();
      expect(journal.lines).toEqual(['next in', 'complete']);
      expect(two.available).toBe(2);
    });
  });
});

/** How many listeners a signal has. */
function counting(signal: AbortSignal): Set<unknown> {
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  jest.spyOn(signal, 'addEventListener').mockImplementation((...args: unknown[]) => {
    listeners.add(args[1]);
    addEventListener.apply(signal, args as never);
  });
  jest.spyOn(signal, 'removeEventListener').mockImplementation((...args: unknown[]) => {
    listeners.delete(args[1]);
    removeEventListener.apply(signal, args as never);
  });
  return listeners;
}
