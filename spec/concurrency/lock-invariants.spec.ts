/** L1 to L6 and L10 to L12: what every lock of the package keeps, each by its name. */
import { EMPTY, NEVER, of } from 'rxjs';
import { acquireTimeout, lease, limit, mutex, resource, semaphore, use, using } from '../../lib/index.js';
import { inVirtualTime, notificationsOf, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { Visitors } from '../support/visitors.js';

describe('Locks', () => {
  let visitors: Visitors;

  beforeEach(() => {
    visitors = new Visitors();
  });

  describe('L1: never more permits out than there are', () => {
    it('whatever the weights, and whoever comes and goes', () => {
      const seven = semaphore(7);
      let [out, most] = [0, 0];
      for (let i = 0; i < 500; i++) {
        const count = 1 + ((i * 5) % 7);
        visitors.come(seven.permits(count), String(count), () => (most = Math.max(most, (out += count))));
        const guest = visitors.all[(i * 7) % visitors.all.length];
        if (guest?.state === 'inside') {
          out -= Number(guest.name);
          guest.done();
        }
        expect(seven.available).toBe(7 - out);
      }
      expect(most).toBe(7);
      for (const guest of visitors.all) {
        if (guest.state === 'waiting') guest.leave();
        if (guest.state === 'inside') guest.done();
      }
      expect(seven.available).toBe(7);
    });

    it('a mutex has one holder', () => {
      const printer = mutex();
      let [inside, most] = [0, 0];
      const job = resource({ acquire: () => (most = Math.max(most, ++inside)), release: () => --inside });
      for (let i = 0; i < 50; i++) visitors.come(printer.lock);
      for (let i = 0; i < 50; i++) using(printer.lock, () => using(job, () => EMPTY)).subscribe();
      visitors.empty();
      expect([inside, most, printer.locked]).toEqual([0, 1, false]);
    });
  });

  describe('L2: a permit that is let go is reserved for the first in line', () => {
    it('so that nobody gets in between, trying or coming, inside the release or after it', () => {
      const one = semaphore(1);
      const tried: string[] = [];
      const attempt = (): void => {
        tried.push(visitors.come(one.tryPermit, 'try').state, visitors.come(one.permit, 'late').state);
      };
      const watched = resource({ acquire: () => 1, release: attempt });
      const scope = using(one.permit, () => using(watched, () => NEVER)).subscribe();
      visitors.come(one.permit, 'first', attempt);
      scope.unsubscribe();
      attempt();
      expect(tried).toEqual(['failed', 'waiting', 'failed', 'waiting', 'failed', 'waiting']);
      visitors.empty();
      expect(visitors.order[0]).toBe('first');
    });

    it('so that who lets go and comes again at once is behind those who wait', () => {
      const printer = mutex();
      const holder = visitors.come(printer.lock, 'a1');
      visitors.come(printer.lock, 'b1');
      visitors.come(printer.lock, 'c1');
      holder.done();
      visitors.come(printer.lock, 'a2');
      visitors.empty();
      expect(visitors.order).toEqual(['a1', 'b1', 'c1', 'a2']);
    });
  });

  describe('L3: who leaves before being served consumes nothing, and who leaves while being served passes it on', () => {
    it.each([
      ['before the permit comes back', (leave: () => void, free: () => void) => { leave(); free(); }],
      ['after it has been served', (leave: () => void, free: () => void) => { free(); leave(); }],
    ])('%s', (_, act) => {
      const one = semaphore(1);
      const holder = visitors.come(one.permit);
      const waiter = visitors.come(one.permit);
      const next = visitors.come(one.permit);
      act(() => { waiter.leave(); }, () => { holder.done(); });
      expect(next.state).toBe('inside');
      expect(waiter.state).toBe('left');
      visitors.empty();
      expect(one).toMatchObject({ available: 1, waiting: 0 });
    }); // prettier-ignore

    it.each([0, 1, 2, 3, 4, 5])(
      'a lease whose signal aborts %p microtasks after the permit came back',
      async (ticks) => {
        const one = semaphore(1);
        const holder = visitors.come(one.permit);
        const controller = new AbortController();
        const leased = lease(one.permit, { signal: controller.signal }).then(
          (held) => held.release(),
          () => undefined,
        );
        const next = visitors.come(one.permit);
        holder.done();
        for (let i = 0; i < ticks; i++) await Promise.resolve();
        controller.abort();
        await leased;
        await nextMacrotask();
        expect(next.state).toBe('inside');
        visitors.empty();
        expect(one).toMatchObject({ available: 1, waiting: 0 });
        expect(await reported()).toEqual([]);
      },
    );
  });

  describe('L4: who has waited too long does not stay in the line', () => {
    it('so that a heavy one that gives up lets in a light one behind it', () => {
      inVirtualTime((_, { expectObservable, cold }) => {
        const two = semaphore(2);
        const heavy = two.permits(2).pipe(acquireTimeout(3), use(() => NEVER)); // prettier-ignore
        expectObservable(using(two.permit, () => cold('---------|'))).toBe('---------|');
        expectObservable(heavy).toBe('---#', {}, expect.objectContaining({ name: 'AcquireTimeoutError' }));
        expectObservable(using(two.permit, () => cold('x|'))).toBe('---x|');
      });
    });

    it('so that ten thousand that gave up leave nothing behind', () => {
      const one = semaphore(1);
      inVirtualTime((_, { flush }, scheduler) => {
        const holder = visitors.come(one.permit);
        let failed = 0;
        const impatient = one.permit.pipe(acquireTimeout(5));
        for (let i = 0; i < 10_000; i++) using(impatient, () => NEVER).subscribe({ error: () => failed++ });
        expect(one.waiting).toBe(10_000);
        scheduler.schedule(() => {
          expect([failed, one.waiting]).toEqual([10_000, 0]);
          expect(one.stats().waiters).toEqual([]);
          holder.done();
        }, 6);
        flush();
      });
      expect(one.available).toBe(1);
    });
  });

  it('L5: one who wants several holds none of them while it waits for the others', () => {
    const three = semaphore(3);
    const holders = visitors.crowd(3, three.permit);
    const a = visitors.come(three.permits(2), 'a');
    visitors.come(three.permits(2), 'b');
    holders[0]?.done();
    expect(three.available).toBe(1);
    a.leave();
    expect(three.available).toBe(1);
    holders[1]?.done();
    expect(visitors.are('inside')).toEqual(['3', 'b']);
    visitors.empty();
    expect(three.available).toBe(3);
  });

  describe('L6: what was given is given back once', () => {
    it('however often a lease is released, by whatever way', async () => {
      const two = semaphore(2);
      const [a, b] = [await lease(two.permit), await lease(two.permit)];
      await Promise.all([a.release(), a.release(), a[Symbol.asyncDispose]()]);
      await a.release();
      expect(two.available).toBe(1);
      await b.release();
      expect(two.available).toBe(2);
    });

    it('however often a scope is left, and after it has ended', () => {
      const two = semaphore(2);
      const scopes = [two.permit.subscribe(), two.permit.subscribe()];
      for (let i = 0; i < 3; i++) scopes[0]?.unsubscribe();
      expect(two.available).toBe(1);
      scopes[1]?.unsubscribe();
      expect(two.available).toBe(2);
    });
  });

  it('L10: fewer permits take nothing away, more let in as many as fit', () => {
    const two = semaphore(2);
    visitors.crowd(5, two.permit);
    two.resize(1);
    expect([visitors.are('inside'), two.available]).toEqual([['1', '2'], -1]);
    two.resize(4);
    expect([visitors.are('inside'), two.available]).toEqual([['1', '2', '3', '4'], 0]);
    visitors.empty();
    expect(two.available).toBe(4);
  });

  describe('L11: entering what is held around fails at once, or counts where it is reentrant', () => {
    it.each([
      ['a mutex', () => mutex().lock, 'error DeadlockError'],
      ['a reentrant mutex', () => mutex({ reentrant: true }).lock, 'next in,complete'],
      ['a semaphore of one', () => semaphore(1).permit, 'error DeadlockError'],
      ['a semaphore of two', () => semaphore(2).permit, 'next in,complete'],
      ['limit(1)', () => resource<void>({ acquire: () => undefined }).pipe(limit(1)), 'error DeadlockError'],
    ])('%s', (_, make, expected) => {
      const lock = make();
      for (let i = 0; i < 2; i++)
        expect(notificationsOf(using(lock, () => using(lock, () => of('in')))).join()).toBe(expected);
    });
  });

  describe('L12: letting in is not re-entrant', () => {
    it('so that one who lets go inside being let in skips nobody and serves nobody twice', () => {
      const two = semaphore(2);
      const [a, b] = visitors.crowd(2, two.permit);
      visitors.come(two.permit, 'c', (self) => {
        b?.done();
        self.leave();
        visitors.come(two.permit, 'late');
      });
      const names = ['d', 'e', 'f', 'g'];
      for (const name of names) visitors.come(two.permit, name, (self) => { if (name === 'd') self.leave(); }); // prettier-ignore
      a?.done();
      expect(visitors.are('inside')).toEqual(['e', 'f']);
      visitors.empty();
      expect(visitors.order).toEqual(['1', '2', 'c', ...names, 'late']);
    });

    it('so that one is let in from inside the letting in of another only when that has returned', () => {
      const one = semaphore(1);
      const depth: number[] = [];
      let now = 0;
      const holder = visitors.come(one.permit);
      for (let i = 0; i < 5; i++) {
        visitors.come(one.permit, String(i), (self) => {
          depth.push(++now);
          self.leave(); // frees it, with others in line
          now--;
        });
      }
      holder.done();
      expect(depth).toEqual([1, 1, 1, 1, 1]);
    });
  });
});
