import { EMPTY, timer, VirtualTimeScheduler } from 'rxjs';
import { andThen, mutex, named, resource, semaphore, using, type LockStats } from '../../lib/index.js';
import { inVirtualTime } from '../support/journal.js';
import { Visitors } from '../support/visitors.js';

describe('stats() of a lock', () => {
  let visitors: Visitors;

  beforeEach(() => {
    visitors = new Visitors();
  });

  it('says how many there are, are free and wait', () => {
    const three = semaphore(3);
    expect(three.stats()).toEqual({ permits: 3, available: 3, waiting: 0, holders: [], waiters: [] });
    visitors.come(three.permits(2));
    visitors.crowd(2, three.permits(2));
    expect(three.stats()).toMatchObject({ permits: 3, available: 1, waiting: 2 });
    visitors.empty();
    expect(three.stats()).toEqual({ permits: 3, available: 3, waiting: 0, holders: [], waiters: [] });
  });

  it('says of a mutex what it says of a semaphore of one', () => {
    const printer = mutex({ name: 'printer' });
    visitors.crowd(2, printer.lock);
    expect(printer.stats()).toMatchObject({
      permits: 1,
      available: 0,
      waiting: 1,
      holders: [{ name: 'printer', permits: 1 }],
      waiters: [{ name: 'printer', permits: 1, priority: 0 }],
    });
    visitors.empty();
  });

  it('names who is in, in the order of being let in, and who waits, in the order in which they are served', () => {
    const five = semaphore(5, { name: 'slots' });
    const first = visitors.come(five.permits(3).pipe(named('import')));
    visitors.come(five.permit.pipe(named('search')));
    visitors.come(five.permits(2).pipe(named('export')));
    visitors.come(five.permits(4, { priority: 2 }).pipe(named('urgent')));
    visitors.come(five.permit);
    const about = ({ holders, waiters }: LockStats): unknown => [
      holders.map(({ name, permits }) => `${name} ${String(permits)}`),
      waiters.map(({ name, permits, priority }) => `${name} ${String(permits)} at ${String(priority)}`),
    ];
    expect(about(five.stats())).toEqual([
      ['import 3', 'search 1'],
      ['urgent 4 at 2', 'export 2 at 0', 'slots 1 at 0'],
    ]);
    first.done();
    expect(about(five.stats())).toEqual([
      ['search 1', 'urgent 4'],
      ['export 2 at 0', 'slots 1 at 0'],
    ]);
    visitors.empty();
    expect(visitors.order).toEqual(['1', '2', '4', '3', '5']);
  });

  it('lists those who wait in the order in which they are served with aging too', () => {
    const scheduler = new VirtualTimeScheduler();
    const one = semaphore(1, { aging: 10, scheduler });
    visitors.come(one.permit, 'holder');
    visitors.come(one.permit.pipe(named('low')), 'low');
    scheduler.schedule(() => {
      visitors.come(one.permits(1, { priority: 1 }).pipe(named('high')), 'high');
    }, 50);
    scheduler.flush();
    const listed = one.stats().waiters.map(({ name }) => name);
    visitors.empty();
    expect(listed).toEqual(['low', 'high']);
    expect(visitors.order.slice(1)).toEqual(listed);
  });

  describe('counts the milliseconds', () => {
    const ages = ({ holders, waiters }: LockStats): unknown => [
      holders.map(({ heldFor }) => heldFor),
      waiters.map(({ waitingFor }) => waitingFor),
    ];

    it('in virtual time, from the first frame on', () => {
      const seen: unknown[] = [];
      inVirtualTime((_, { flush }, scheduler) => {
        const one = semaphore(1);
        const [holder] = visitors.crowd(3, one.permit);
        scheduler.schedule(() => visitors.come(one.permit), 3);
        scheduler.schedule(() => seen.push(ages(one.stats())), 5);
        scheduler.schedule(() => {
          holder?.done();
        }, 6);
        scheduler.schedule(() => seen.push(ages(one.stats())), 10);
        flush();
      });
      expect(seen).toEqual([
        [[5], [5, 5, 2]],
        [[4], [10, 7]], // let in at 6, not when it came
      ]);
      visitors.empty();
    });

    it('from when it was taken, where it was free', () => {
      const seen: unknown[] = [];
      inVirtualTime((_, { flush }, scheduler) => {
        const three = semaphore(3);
        visitors.come(three.permit);
        scheduler.schedule(() => visitors.come(three.permit), 3);
        scheduler.schedule(() => seen.push(ages(three.stats())), 3);
        scheduler.schedule(() => seen.push(ages(three.stats())), 10);
        flush();
      });
      expect(seen).toEqual([
        [[3, 0], []],
        [[10, 7], []],
      ]);
      visitors.empty();
    });

    it('by the scheduler that it is given', () => {
      const scheduler = new VirtualTimeScheduler();
      const one = semaphore(1, { scheduler });
      visitors.crowd(2, one.permit);
      const seen: unknown[] = [];
      scheduler.schedule(() => seen.push(ages(one.stats())), 5);
      scheduler.flush();
      expect(seen).toEqual([[[5], [5]]]);
      visitors.empty();
    });

    it('from when it was let in, where the scope had acquired something else before', () => {
      const seen: unknown[] = [];
      inVirtualTime((_, { flush }) => {
        const one = semaphore(1);
        const slow = resource({ acquire: () => timer(4) });
        const [holder] = visitors.crowd(2, slow.pipe(andThen(() => one.permit))); // prettier-ignore
        timer(7).subscribe(() => seen.push(ages(one.stats())));
        flush();
        holder?.done();
      });
      expect(seen).toEqual([[[3], [3]]]);
      visitors.empty();
    });
  });

  it('counts a reentrant holder once', () => {
    const printer = mutex({ reentrant: true });
    const seen: number[] = [];
    using(printer.lock, () =>
      using(printer.lock, () => {
        seen.push(printer.stats().holders.length);
        return EMPTY;
      }),
    ).subscribe();
    expect(seen).toEqual([1]);
  });

  it('shows how many too many are out', () => {
    const three = semaphore(3);
    visitors.crowd(3, three.permit);
    three.resize(1);
    expect(three.stats()).toMatchObject({ permits: 1, available: -2, waiting: 0 });
    visitors.empty();
  });

  it('is a frozen copy', () => {
    const one = semaphore(1);
    visitors.crowd(2, one.permit);
    const stats = one.stats();
    for (const part of [stats, stats.holders, stats.waiters, ...stats.holders, ...stats.waiters]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    visitors.empty();
    expect(stats).toMatchObject({ available: 0, waiting: 1, holders: [{ permits: 1 }], waiters: [{ permits: 1 }] });
  });
});
