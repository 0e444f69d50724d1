/** What generic-pool, tarn and Effect's Pool test of themselves, asked of this pool. See docs/ported-behaviours.md. */
import { map, of, throwError, timer, VirtualTimeScheduler, type Observable, type Subscription } from 'rxjs';
import {
  acquireTimeout,
  AcquireTimeoutError,
  andThen,
  CapacityError,
  ClosedError,
  lastValue,
  pool,
  releaseTimeout,
  ReleaseTimeoutError,
  resource,
  retryAcquire,
  settled,
  using,
  type Awaitable,
  type Pool,
  type PoolEvent,
  type PoolOptions,
  type Resource,
} from '../../lib/index.js';
import { Random } from '../../lib/testing/contracts/random.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { nextMacrotask } from '../support/macrotask.js';
import { Visitors } from '../support/visitors.js'; // prettier-ignore

const boom = new Error('boom');

/** Makes numbers, in a time of its own, and remembers which of them are alive. */
class Works {
  made = 0;
  readonly alive = new Set<number>();
  readonly destroyed: number[] = [];
  /** When each making began. */
  readonly calls: number[] = [];
  most = 0;
  create: (n: number) => Awaitable<unknown> = () => undefined;
  destroy: (n: number) => Awaitable<unknown> = () => undefined;

  constructor(private readonly now: () => number) {}

  readonly resource: Resource<number> = resource({
    name: 'thing',
    acquire: () => {
      const n = ++this.made;
      this.calls.push(this.now());
      const born = (): number => {
        this.alive.add(n);
        this.most = Math.max(this.most, this.alive.size);
        return n;
      };
      const answer = this.create(n);
      if (answer === undefined) return born();
      return answer instanceof Promise ? answer.then(born) : (answer as Observable<unknown>).pipe(map(born));
    },
    release: (n) => {
      this.alive.delete(n);
      this.destroyed.push(n);
      return this.destroy(n);
    },
  });
}

describe('pool', () => {
  let scheduler: VirtualTimeScheduler;
  let works: Works;
  let visitors: Visitors;
  let scopes: Subscription[];

  beforeEach(() => {
    scheduler = new VirtualTimeScheduler();
    works = new Works(() => scheduler.now());
    visitors = new Visitors();
    scopes = [];
  });

  afterEach(async () => {
    for (const visitor of visitors.all) visitor.leave();
    for (const scope of scopes) scope.unsubscribe();
    advance(1_000_000);
    await settled();
  });

  const of_ = (made: Resource<number>, options: PoolOptions<number> = {}): Pool<number> => {
    let opened: Pool<number> | null = null;
    const scope = pool(made, { scheduler, random: () => 0, ...options }).subscribe((it) => (opened = it));
    scopes.push(scope);
    return opened as unknown as Pool<number>;
  };
  const open = (options: PoolOptions<number> = {}): Pool<number> => of_(works.resource, options);
  const after = (ms: number): Observable<0> => timer(ms, scheduler);
  const advance = (ms: number): void => {
    scheduler.maxFrames = scheduler.frame + ms;
    scheduler.flush();
    scheduler.frame = scheduler.maxFrames;
  };
  const handles = (): unknown[] => visitors.all.map(({ handle }) => handle);
  const eventsOf = (it: Pool<number>): PoolEvent[] => {
    const events: PoolEvent[] = [];
    it.events$.subscribe((event) => events.push(event));
    return events;
  };
  const typesOf = (events: readonly PoolEvent[]): string[] => events.map(({ type }) => type);
  /** Borrows and gives back at once. */
  const visit = (it: Pool<number>): number | undefined => {
    const visitor = visitors.come(it.lease);
    visitor.done();
    return visitor.handle;
  };

  describe('limits', () => {
    it('are ten at most and none to begin with', () => {
      const it = open();
      expect(it.stats).toMatchObject({ max: 10, min: 0, total: 0 });
      visitors.crowd(11, it.lease);
      expect(visitors.are('inside')).toHaveLength(10);
      expect(works.made).toBe(10);
    });

    it.each<[keyof PoolOptions<number>, unknown]>([
      ['max', 0], ['max', -1], ['max', 1.5], ['max', 'asf'], ['max', []], ['max', NaN],
      ['min', -1], ['min', 0.5], ['min', 'asf'],
      ['concurrency', 0], ['maxUses', 0], ['maxWaiting', -1], ['maxWaiting', 0.5],
      ['acquireTimeout', -1], ['acquireTimeout', NaN], ['acquireTimeout', '1'],
      ['idleTimeout', -1], ['maxLifetime', -1], ['validateAfter', -1], ['validateTimeout', -1], ['keepAlive', -1],
      ['leakAfter', -1], ['reclaimAfter', -1], ['aging', 0],
    ])('that are wrong are a RangeError at the call: %s %p', (option, value) => {
      expect(() => pool(works.resource, { [option]: value })).toThrow(RangeError);
    }); // prettier-ignore

    it.each<[string, unknown]>([
      ['order', 'random'],
      ['createErrors', 'none'],
      ['validate', true],
      ['reset', 1],
      ['destroyOn', 'x'],
      ['random', 1],
      ['evictionRunIntervalMillis', 10],
    ])(
      'and words that are wrong, functions that are none, and unknown options are a TypeError: %s',
      (option, value) => {
        expect(() => pool(works.resource, { [option]: value })).toThrow(TypeError);
      },
    );

    it('refuse a min above max', () => {
      expect(() => pool(works.resource, { min: 5, max: 3 })).toThrow(RangeError);
    });

    it('refuse what is no resource', () => {
      expect(() => pool({} as never)).toThrow(TypeError);
    });
  });

  describe('borrowing', () => {
    it('makes as many as max at a time where they are wanted, with an observable', () => {
      works.create = () => after(10);
      const it = open({ min: 2, max: 4 });
      visitors.crowd(4, it.lease);
      expect(it.stats).toMatchObject({ borrowed: 0, idle: 0, waiting: 4, creating: 4 });
      advance(10);
      expect(visitors.are('inside')).toHaveLength(4);
      expect(it.stats).toMatchObject({ borrowed: 4, idle: 0, waiting: 0, creating: 0 });
      expect(handles().sort()).toEqual([1, 2, 3, 4]);
    });

    it('makes as many as max at a time where they are wanted, with a promise', async () => {
      works.create = async () => undefined;
      const it = open({ max: 4 });
      visitors.crowd(4, it.lease);
      expect(it.stats).toMatchObject({ waiting: 4, creating: 4 });
      await nextMacrotask();
      expect(it.stats).toMatchObject({ borrowed: 4, waiting: 0, creating: 0 });
      expect([works.made, works.destroyed]).toEqual([4, []]);
    });

    it('makes them inside subscribe where that is possible (law 17)', () => {
      const it = open({ max: 4 });
      visitors.crowd(4, it.lease);
      expect(handles()).toEqual([1, 2, 3, 4]);
      expect(it.stats).toMatchObject({ borrowed: 4, created: 4 });
    });

    it('has one more wait, and serves those who wait in order with what is given back', () => {
      const it = open({ max: 5 });
      const first = visitors.crowd(5, it.lease);
      visitors.crowd(3, it.lease);
      expect(it.stats).toMatchObject({ borrowed: 5, waiting: 3 });
      for (const index of [2, 3, 4]) first[index]?.done();
      expect(handles().slice(5)).toEqual([3, 4, 5]);
      expect(works.made).toBe(5);
      expect(it.stats).toMatchObject({ borrowed: 5, waiting: 0 });
    });

    it('lends the same one again, the one given back last', () => {
      const it = open({ max: 4 });
      const [a, b, c] = visitors.crowd(3, it.lease);
      c?.done();
      b?.done();
      expect(it.stats).toMatchObject({ borrowed: 1, idle: 2 });
      visitors.crowd(3, it.lease);
      expect(handles().slice(3)).toEqual([2, 3, 4]);
      a?.done();
    });

    it("goes round with order 'fifo'", () => {
      const it = open({ min: 2, max: 2, order: 'fifo' });
      expect([1, 2, 3, 4, 5, 6].map(() => visit(it))).toEqual([1, 2, 1, 2, 1, 2]);
      const last = open({ min: 2, max: 2 });
      const one = visit(last);
      expect([1, 2, 3].map(() => visit(last))).toEqual([one, one, one]);
      expect(works.made).toBe(4);
    });

    it('serves those with a higher priority first', () => {
      const it = open({ max: 1 });
      visitors.come(it.lease, 'holder');
      for (let i = 0; i < 5; i++) visitors.come(it.leaseWith({ priority: 0 }), 'low');
      for (let i = 0; i < 5; i++) visitors.come(it.leaseWith({ priority: 1 }), 'high');
      visitors.empty();
      expect(visitors.order).toEqual(['holder', ...Array<string>(5).fill('high'), ...Array<string>(5).fill('low')]);
    });

    it('gives back before the result is told, after success, failure and leaving', async () => {
      const it = open({ max: 1 });
      const seen: unknown[] = [];
      using(it.lease, (n) => of(n * 10)).subscribe({
        next: (x) => seen.push(x),
        complete: () => seen.push(it.stats.borrowed),
      });
      using(it.lease, () => throwError(() => boom)).subscribe({
        error: (error: unknown) => seen.push(error, it.stats.borrowed),
      });
      visitors.come(it.lease).leave();
      seen.push(it.stats.borrowed);
      expect(seen).toEqual([10, 0, boom, 0, 0]);
      expect(await lastValue(using(it.lease, async () => 'value'))).toBe('value');
    });

    it('is counted: all there are, those lent, those unused, those who wait', () => {
      const it = open({ max: 2 });
      const counts = (): number[] => {
        const { total, borrowed, idle, waiting } = it.stats;
        return [total, borrowed, idle, waiting];
      };
      expect(counts()).toEqual([0, 0, 0, 0]);
      const [a, b] = visitors.crowd(2, it.lease);
      expect(counts()).toEqual([2, 2, 0, 0]);
      const c = visitors.come(it.lease);
      expect(counts()).toEqual([2, 2, 0, 1]);
      c.leave();
      a?.done();
      expect(counts()).toEqual([2, 1, 1, 0]);
      b?.done();
      expect(counts()).toEqual([2, 0, 2, 0]);
    });

    it('is shown: who has borrowed, and for how long', () => {
      const it = open({ max: 2 });
      advance(5);
      const first = visitors.come(it.lease);
      advance(10);
      visitors.come(it.lease);
      expect(it.holders().map(({ heldFor }) => heldFor)).toEqual([10, 0]);
      first.done();
      expect(it.holders()).toHaveLength(1);
    });

    it('has no more wait than maxWaiting, where 0 means nobody, and says what it is at', () => {
      const it = open({ max: 2, maxWaiting: 0 });
      visitors.crowd(2, it.lease);
      const third = visitors.come(it.lease);
      expect(third.error).toBeInstanceOf(CapacityError);
      expect((third.error as Error).message).toContain('max 2, total 2, idle 0, borrowed 2');
      const other = open({ max: 1, maxWaiting: 2 });
      visitors.crowd(4, other.lease);
      expect(visitors.all.slice(3).map(({ state }) => state)).toEqual(['inside', 'waiting', 'waiting', 'failed']);
    });

    it('serves ten who wait for the one that is being made, and give back at once, each once', () => {
      works.create = () => after(10);
      const it = open({ max: 1 });
      let served = 0;
      for (let i = 0; i < 10; i++) using(it.lease, () => of(served++)).subscribe();
      advance(10);
      expect(served).toBe(10);
      expect(it.stats).toMatchObject({ waiting: 0, borrowed: 0, leases: 0, created: 1 });
    });
  });

  describe('waiting', () => {
    it('can be left, and then uses nothing', () => {
      const it = open({ max: 1 });
      const holder = visitors.come(it.lease);
      const line = visitors.crowd(10, it.lease);
      for (const visitor of line) visitor.leave();
      expect(it.stats).toMatchObject({ waiting: 0, borrowed: 1, left: 10 });
      holder.done();
      expect(it.stats).toMatchObject({ borrowed: 0, idle: 1 });
    });

    it('can be left while its handle is made: that is kept for the next one', () => {
      works.create = () => after(50);
      const it = open({ max: 4 });
      const impatient = visitors.come(it.lease);
      advance(10);
      impatient.leave();
      expect(it.stats).toMatchObject({ waiting: 0, creating: 1 });
      advance(100);
      expect(it.stats).toMatchObject({ idle: 1, borrowed: 0 });
      expect(visitors.come(it.lease).handle).toBe(1);
      expect([works.made, works.destroyed]).toEqual([1, []]);
    });

    it('fails after acquireTimeout, and what comes later is kept for the next one', () => {
      works.create = () => after(100);
      const it = open({ acquireTimeout: 20 });
      const late = visitors.come(it.lease);
      advance(19);
      expect(late.state).toBe('waiting');
      advance(1);
      expect(late.error).toBeInstanceOf(AcquireTimeoutError);
      advance(100);
      expect(it.stats).toMatchObject({ idle: 1, waiting: 0 });
      expect(visitors.come(it.lease).handle).toBe(1);
    });

    it('in time is over: nothing happens when the limit comes', () => {
      works.create = () => after(10);
      const it = open({ acquireTimeout: 400 });
      const visitor = visitors.come(it.lease);
      advance(1_000);
      expect(visitor.state).toBe('inside');
      visitor.done();
      expect(it.stats).toMatchObject({ timedOut: 0, idle: 1 });
    });

    it('of one more than max fails after acquireTimeout, and nothing of it stays', () => {
      works.create = () => after(10);
      const it = open({ max: 5, acquireTimeout: 100 });
      visitors.crowd(6, it.lease);
      advance(110);
      expect(visitors.are('inside')).toHaveLength(5);
      expect(visitors.are('failed')).toEqual(['6']);
      expect(works.made).toBe(5);
      expect(it.stats).toMatchObject({ borrowed: 5, waiting: 0, creating: 0, timedOut: 1 });
    });
  });

  describe('a handle that cannot be made', () => {
    it('fails the first in line with the identical error, and the next one is served', () => {
      works.create = (n) => (n === 1 ? throwError(() => boom) : undefined);
      const it = open({ max: 5 });
      expect(visitors.come(it.lease).error).toBe(boom);
      expect(it.stats).toMatchObject({ total: 0, createFailures: 1, borrowed: 0, waiting: 0 });
      const next = visitors.come(it.lease);
      advance(10);
      expect(next.handle).toBe(2);
    });

    it('fails each borrower with what was tried for it', () => {
      works.create = (n) => throwError(() => n);
      const it = open({ max: 10 });
      for (let i = 0; i < 9; i++) {
        visitors.come(it.lease);
        advance(5_000);
      }
      expect(visitors.all.map(({ error }) => error)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('is tried again by retryAcquire until it is there, each failure an event', () => {
      works.create = (n) => (n <= 5 ? throwError(() => boom) : undefined);
      const it = open({ max: 1 });
      const events = eventsOf(it);
      const visitor = visitors.come(it.lease.pipe(retryAcquire({ count: 5 })));
      advance(1_000);
      expect(visitor.handle).toBe(6);
      expect(typesOf(events).filter((type) => type === 'create-failed')).toHaveLength(5);
      expect(it.stats).toMatchObject({ total: 1, createFailures: 5, waiting: 0 });
    });

    it('is tried after 10 ms, and after twice as long each time, up to 5 s, however eager the borrowers are', () => {
      works.create = () => throwError(() => boom);
      const it = open({ max: 10 });
      const eager = it.lease.pipe(retryAcquire({ delay: () => after(1) }));
      for (let i = 0; i < 20; i++) visitors.come(eager);
      advance(500);
      expect(works.calls.length).toBeLessThan(10);
      advance(60_000);
      const gaps = works.calls.map((time, index) => time - (works.calls[index - 1] ?? 0)).slice(1);
      expect(gaps.slice(0, 6)).toEqual([10, 20, 40, 80, 160, 320]);
      expect(Math.max(...gaps)).toBe(5_000);
    });

    it('that could be made once more starts with 10 ms again', () => {
      works.create = (n) => (n === 4 ? undefined : throwError(() => boom));
      const it = open({ max: 10 });
      const eager = it.lease.pipe(retryAcquire({ delay: () => after(1) }));
      visitors.crowd(2, eager);
      advance(200);
      const gaps = works.calls.map((time, index) => time - (works.calls[index - 1] ?? 0)).slice(1);
      expect(gaps.slice(0, 3)).toEqual([10, 20, 40]);
      expect(gaps.slice(4, 6)).toEqual([10, 20]);
    });

    it('does not use up a place: a hundred failures later there are as many as before', () => {
      works.create = (n) => (n <= 100 ? throwError(() => boom) : undefined);
      const it = open({ max: 1 });
      const visitor = visitors.come(it.lease.pipe(retryAcquire({ count: 200 })));
      advance(600_000);
      expect(visitor.handle).toBe(101);
      expect(it.stats).toMatchObject({ total: 1, borrowed: 1, createFailures: 100 });
    });

    it('is the cause of a later timeout', () => {
      works.create = () => throwError(() => boom);
      const it = open({ max: 4, acquireTimeout: 50, backoff: { initial: 1_000 } });
      const [first] = visitors.crowd(1, it.lease);
      expect(first?.error).toBe(boom);
      const second = visitors.come(it.lease);
      advance(50);
      expect(second.error).toBeInstanceOf(AcquireTimeoutError);
      expect((second.error as Error).cause).toBe(boom);
      expect(works.made).toBe(1);
      expect(it.stats).toMatchObject({ total: 0, waiting: 0, creating: 0 });
    });

    it('in time fails its borrower, and what comes late is destroyed', () => {
      works.create = (n) => after(n === 1 ? 200 : 0);
      const limited = works.resource.pipe(acquireTimeout(100, scheduler));
      const it = of_(limited, { max: 4 });
      const first = visitors.come(it.lease);
      advance(100);
      expect(first.error).toBeInstanceOf(AcquireTimeoutError);
      const next = visitors.come(it.lease);
      advance(100);
      expect(next.handle).toBe(2);
      expect([works.made, works.destroyed]).toEqual([2, [1]]);
    });

    it('gives back what it had acquired on the way (law 11)', () => {
      const failing = works.resource.pipe(andThen(() => resource<number>({ acquire: () => throwError(() => boom) })));
      const it = of_(failing, { max: 10 });
      expect(visitors.come(it.lease).error).toBe(boom);
      expect([works.made, works.destroyed, works.alive.size]).toEqual([1, [1], 0]);
    });
  });

  describe('validate', () => {
    it('is asked before one that was unused is lent again; one that is not valid is destroyed, and another one lent', () => {
      const asked: number[] = [];
      const it = open({ max: 2, validateAfter: 0, validate: (n) => { asked.push(n); return n !== 1; } }); // prettier-ignore
      const [a, b] = visitors.crowd(2, it.lease);
      expect(asked).toEqual([]); // new ones are taken for valid
      b?.done();
      a?.done();
      advance(1);
      visitors.crowd(2, it.lease);
      expect(handles().slice(2)).toEqual([2, 3]);
      expect(works.destroyed).toEqual([1]);
      expect(it.stats.destroyed.invalid).toBe(1);
    });

    it('is not asked where it was used a moment ago', () => {
      const asked: number[] = [];
      const it = open({ max: 1, validate: (n) => asked.push(n) });
      visit(it);
      advance(499);
      visit(it);
      expect(asked).toEqual([]);
      advance(500);
      visit(it);
      expect(asked).toEqual([1]);
    });

    it.each<[string, () => Awaitable<unknown>]>([
      ['throws', () => { throw boom; }],
      ['rejects', () => Promise.reject(boom)],
      ['fails', () => throwError(() => boom)],
      ['answers false later', () => Promise.resolve(false)],
      ['never answers', () => new Promise<never>(() => undefined)],
    ])('that %s has its handle destroyed, and costs no place', async (_, validate) => {
      const it = open({ max: 1, validateAfter: 0, validateTimeout: 20, validate });
      visit(it);
      advance(1);
      const next = visitors.come(it.lease);
      await nextMacrotask();
      advance(20);
      expect(next.handle).toBe(2);
      expect(works.destroyed).toEqual([1]);
      expect(it.stats).toMatchObject({ total: 1, borrowed: 1, checking: 0 });
    }); // prettier-ignore

    it.each([true, false])('that is asked for one who leaves meanwhile goes on: valid %p', async (isValid) => {
      const it = open({ max: 1, validateAfter: 0, validate: () => after(20).pipe(map(() => isValid)) });
      visit(it);
      advance(1);
      const impatient = visitors.come(it.lease);
      expect(it.stats).toMatchObject({ checking: 1, waiting: 1 });
      impatient.leave();
      advance(20);
      expect(it.stats).toMatchObject({ checking: 0, idle: isValid ? 1 : 0, waiting: 0 });
      expect(works.destroyed).toEqual(isValid ? [] : [1]);
      expect(visitors.come(it.lease).handle).toBe(isValid ? 1 : 2); // as it was asked just now
    });

    it('that fails now and then has everybody served', () => {
      let [asked, failed] = [0, 0];
      const validate = (): Observable<boolean> => {
        const isValid = ++asked % 3 !== 0 || failed >= 10;
        if (!isValid) failed++;
        return after(10).pipe(map(() => isValid));
      };
      const it = open({ max: 3, validateAfter: 0, validate });
      let served = 0;
      for (let i = 0; i < 100; i++) {
        using(it.lease, () => after(5)).subscribe(() => served++);
        if (i % 3 === 2) advance(20);
      }
      advance(10_000);
      expect([served, failed]).toEqual([100, 10]);
      expect(works.destroyed).toHaveLength(10);
      expect(works.made).toBe(13);
      expect(works.most).toBe(3);
    });

    it('that always fails has each borrower lent a new one, and is no endless loop', () => {
      const it = open({ max: 2, validateAfter: 0, validate: () => false });
      const lent = [1, 2, 3, 4, 5].map(() => {
        advance(1);
        return visit(it);
      });
      expect(lent).toEqual([1, 2, 3, 4, 5]);
      expect(it.stats.destroyed.invalid).toBe(4);
    });
  });

  describe('a handle that must go', () => {
    it('is destroyed where its borrower fails, and the one who waits gets a new one', () => {
      const it = open({ max: 1 });
      const holder = visitors.come(it.lease);
      const next = visitors.come(it.lease);
      holder.fail(boom);
      expect(next.handle).toBe(2);
      expect(works.destroyed).toEqual([1]);
      expect(works.most).toBe(1);
    });

    it('counts until it is gone: one at most means one at most, however slow the destroying is (law 36)', () => {
      works.destroy = () => after(100);
      works.create = () => after(1);
      const it = open({ max: 1 });
      for (let i = 0; i < 5; i++) {
        using(it.lease, () => throwError(() => boom)).subscribe({ error: () => visitors.lines.push('told') });
        advance(20);
        expect(it.stats.total).toBe(1);
      }
      advance(1_000);
      expect(works.made).toBe(5);
    });

    it('by evict() is replaced where it is wanted; evicting all of them hangs nobody', () => {
      const it = open({ min: 2, max: 2 });
      expect(works.made).toBe(2);
      it.evict((n) => n === 1);
      expect([works.destroyed, works.made]).toEqual([[1], 3]);
      it.evict();
      expect(works.destroyed).toEqual([1, 2, 3]);
      const visitor = visitors.come(it.lease);
      expect(visitor.state).toBe('inside');
      expect([works.made, works.alive.size]).toEqual([5, 2]);
    });

    it('by evict() is not taken from its borrower', () => {
      const it = open({ max: 1 });
      const holder = visitors.come(it.lease);
      it.evict();
      expect([holder.state, works.destroyed]).toEqual(['inside', []]);
      holder.done();
      expect(works.destroyed).toEqual([1]);
    });

    it('slowly is given up with releaseTimeout, told, and makes room', () => {
      works.destroy = (n) => (n === 1 ? after(100) : undefined);
      const it = of_(works.resource.pipe(releaseTimeout(20, scheduler)), { max: 1 });
      const events = eventsOf(it);
      const holder = visitors.come(it.lease);
      const next = visitors.come(it.lease);
      holder.fail(boom);
      advance(19);
      expect(next.state).toBe('waiting');
      advance(1);
      expect(next.state).toBe('inside');
      const failed = events.find(({ type }) => type === 'destroy-failed');
      expect(failed).toMatchObject({ reason: 'failed', error: expect.any(ReleaseTimeoutError) as unknown });
    });

    it('and cannot be destroyed is reported where nobody listens (law 12)', async () => {
      works.destroy = (n) => (n === 1 ? throwError(() => boom) : undefined);
      const it = open({ max: 2 });
      visitors.come(it.lease).done();
      it.evict();
      await nextMacrotask();
      expect(await takeUnhandledErrors()).toEqual([boom]);
      expect(it.stats).toMatchObject({ total: 0, destroyFailures: 1 });
    });

    it('in time is told as destroyed', () => {
      works.destroy = () => after(10);
      const it = of_(works.resource.pipe(releaseTimeout(400, scheduler)), { max: 1 });
      const events = eventsOf(it);
      visitors.come(it.lease).fail(boom);
      advance(20);
      expect(typesOf(events).slice(-1)).toEqual(['destroyed']);
      advance(1_000);
      expect(typesOf(events)).not.toContain('destroy-failed');
    });
  });

  describe('time', () => {
    it('takes unused ones after idleTimeout', () => {
      works.create = () => after(10);
      const it = open({ max: 4, idleTimeout: 100 });
      const [a, b] = visitors.crowd(3, it.lease);
      advance(20);
      a?.done();
      b?.done();
      advance(99);
      expect([works.destroyed, it.stats.idle]).toEqual([[], 2]);
      advance(1);
      expect([works.destroyed.sort(), it.stats.idle, it.stats.borrowed]).toEqual([[1, 2], 0, 1]);
    });

    it('keeps min of them', () => {
      const it = open({ min: 2, max: 4, idleTimeout: 100 });
      const crowd = visitors.crowd(4, it.lease);
      for (const visitor of crowd.slice(0, 3)) visitor.done();
      advance(1_000);
      expect(works.destroyed).toHaveLength(2);
      expect(it.stats).toMatchObject({ borrowed: 1, idle: 1, total: 2 });
    });

    it('takes those that are not needed although others are lent and given back all the time', () => {
      const it = open({ max: 4, idleTimeout: 100 });
      for (const visitor of visitors.crowd(4, it.lease)) visitor.done();
      for (let i = 0; i < 50; i++) {
        const pair = visitors.crowd(2, it.lease);
        advance(2);
        for (const visitor of pair) visitor.done();
        advance(3);
      }
      expect(works.made).toBe(4);
      expect(works.destroyed).toHaveLength(2);
      expect(it.stats.total).toBe(2);
    });

    it('takes none where idleTimeout and maxLifetime are Infinity', () => {
      const it = open({ max: 2, idleTimeout: Infinity, maxLifetime: Infinity });
      visit(it);
      advance(1e9);
      expect([works.destroyed, it.stats.idle]).toEqual([[], 1]);
    });

    it('sets a timer only where there is something to take, or somebody waits', () => {
      const it = open({ max: 2, idleTimeout: 100, acquireTimeout: 50 });
      const timers = (): number => scheduler.actions.length;
      expect(timers()).toBe(0);
      visit(it);
      expect(timers()).toBeGreaterThan(0);
      advance(100);
      expect([works.destroyed, timers()]).toEqual([[1], 0]);
      expect(visit(it)).toBe(2);
      advance(100);
      expect([works.destroyed, timers()]).toEqual([[1, 2], 0]);
    });

    it('replaces the kept ones after maxLifetime, so that old ones are not lent', () => {
      const it = open({ min: 2, max: 2, idleTimeout: 50, maxLifetime: 100 });
      advance(99);
      expect(works.destroyed).toEqual([]);
      advance(21);
      expect(works.destroyed.sort()).toEqual([1, 2]);
      expect(visitors.come(it.lease).handle).toBeGreaterThan(2);
    });

    it('lets no maxLifetime end what is lent: it goes when it comes back', () => {
      const it = open({ min: 10, max: 15, maxLifetime: 60_000 });
      const crowd = visitors.crowd(15, it.lease);
      advance(60_000);
      expect(works.destroyed).toEqual([]);
      for (const visitor of crowd) visitor.done();
      expect(works.destroyed.sort((a, b) => a - b)).toEqual(
        crowd.map(({ handle }) => handle).sort((a, b) => Number(a) - Number(b)),
      );
      expect(it.stats).toMatchObject({ total: 10, idle: 10 });
    });

    it.each([10, 0])('lets it grow to max, and shrink to a min of %p after the idle time', (min) => {
      const it = open({ min, max: 15, idleTimeout: 60_000 });
      const crowd = visitors.crowd(15, it.lease);
      expect(works.alive.size).toBe(15);
      for (const visitor of crowd) visitor.done();
      advance(60_000);
      expect([works.alive.size, it.stats.total]).toEqual([min, min]);
    });
  });

  describe('min', () => {
    it('of them are made at the start', () => {
      const it = open({ min: 10, max: 10 });
      expect(works.alive.size).toBe(10);
      expect(it.stats).toMatchObject({ idle: 10, total: 10 });
    });

    it('of them are waited for by ready()', async () => {
      works.create = () => after(10);
      const it = open({ min: 2, max: 4 });
      let isReady = false;
      const ready = it.ready().then(() => (isReady = true));
      await nextMacrotask();
      expect(isReady).toBe(false);
      advance(10);
      await ready;
      expect(it.stats.idle).toBeGreaterThanOrEqual(2);
    });

    it('that cannot be made have ready() fail', async () => {
      works.create = () => after(10).pipe(map(() => { throw boom; })); // prettier-ignore
      const it = open({ min: 2, max: 4 });
      const ready = it.ready();
      advance(10);
      await expect(ready).rejects.toBe(boom);
    });
  });

  describe('concurrency', () => {
    it('lends each one to so many at a time', () => {
      const it = open({ min: 10, max: 15, concurrency: 3, idleTimeout: 60_000 });
      const crowd = visitors.crowd(46, it.lease);
      expect(visitors.are('inside')).toHaveLength(45);
      expect([works.alive.size, it.stats.leases]).toEqual([15, 45]);
      for (const visitor of crowd) visitor.done();
      advance(60_000);
      expect(works.alive.size).toBe(10);
    });

    it('lends one again that has room again', () => {
      const it = open({ max: 2, concurrency: 2, idleTimeout: 60_000 });
      const [first] = visitors.crowd(2, it.lease);
      visit(it);
      advance(60_000);
      first?.done();
      const more = visitors.crowd(3, it.lease);
      expect(more.map(({ state }) => state)).toEqual(['inside', 'inside', 'inside']);
      expect(works.alive.size).toBe(2);
      expect(more.map(({ handle }) => handle)).toContain(1);
    });
  });

  describe('drain()', () => {
    it('waits until everybody who waits has been served and has given back; the pool stays open', async () => {
      const it = open({ max: 2 });
      const crowd = visitors.crowd(5, it.lease);
      let isDrained = false;
      const drained = it.drain().then(() => (isDrained = true));
      for (const visitor of crowd) {
        await nextMacrotask();
        expect(isDrained).toBe(false);
        visitor.done();
      }
      await drained;
      expect(visitors.order).toHaveLength(5);
      expect(visitors.come(it.lease).state).toBe('inside');
    });
  });

  describe('close()', () => {
    it('has new ones refused, those who wait too, and waits for what is lent', async () => {
      const it = open({ max: 2 });
      const [a, b, c] = visitors.crowd(3, it.lease);
      const closed = it.close();
      expect(c?.error).toBeInstanceOf(ClosedError);
      expect(visitors.come(it.lease).error).toBeInstanceOf(ClosedError);
      await expect(it.acquire()).rejects.toBeInstanceOf(ClosedError);
      expect([a?.state, b?.state]).toEqual(['inside', 'inside']);
      a?.done();
      b?.done();
      expect(await closed).toEqual({ destroyed: 2, forced: [] });
      expect(works.alive.size).toBe(0);
    });

    it('waits for what is being made, and destroys it', async () => {
      works.create = () => after(50);
      works.destroy = () => after(200);
      const it = open({ max: 10 });
      visitors.crowd(2, it.lease);
      advance(50);
      const late = visitors.come(it.lease);
      let isClosed = false;
      const closed = it.close().then((report) => ((isClosed = true), report));
      expect(late.error).toBeInstanceOf(ClosedError);
      advance(10);
      visitors.all[0]?.done();
      advance(90);
      visitors.all[1]?.done();
      advance(199);
      await nextMacrotask();
      expect(isClosed).toBe(false);
      advance(1);
      await closed;
      expect([works.made, works.destroyed.length]).toEqual([3, 3]);
      expect(it.stats).toMatchObject({ total: 0, waiting: 0, creating: 0 });
    });

    it('right after the start destroys what min has begun', async () => {
      works.create = (n) => (n % 2 === 1 ? after(10) : undefined);
      const it = open({ min: 3, max: 10, validate: () => true });
      await it.drain();
      const closed = it.close();
      advance(10);
      await closed;
      expect(works.alive.size).toBe(0);
      expect(works.destroyed).toHaveLength(works.made);
    });

    it('waits for destroys that were running before', async () => {
      works.destroy = (n) => after(200 - 50 * n);
      const it = open({ max: 10, idleTimeout: 1 });
      for (const visitor of visitors.crowd(3, it.lease)) visitor.done();
      advance(10);
      expect(it.stats.destroying).toBe(3);
      let isClosed = false;
      const closed = it.close().then(() => (isClosed = true));
      advance(100);
      await nextMacrotask();
      expect(isClosed).toBe(false);
      advance(100);
      await closed;
      expect(works.alive.size).toBe(0);
    });

    it.each<[string, (n: number) => Awaitable<unknown>]>([
      ['throw', () => { throw boom; }],
      ['reject', () => Promise.reject(boom)],
    ])('destroys all of them although they %s, and rejects with that', async (_, destroy) => {
      works.destroy = destroy;
      const it = open({ min: 3, max: 10 });
      await expect(it.close()).rejects.toMatchObject({ name: 'SuppressedError', error: boom });
      expect(works.destroyed).toHaveLength(3);
      expect(it.stats).toMatchObject({ total: 0, destroyFailures: 3 });
    }); // prettier-ignore

    it('does not hang where a destroy does, with releaseTimeout', async () => {
      works.destroy = () => new Promise<never>(() => undefined);
      const it = of_(works.resource.pipe(releaseTimeout(100, scheduler)), { max: 10 });
      visit(it);
      const closed = it.close();
      const told = expect(closed).rejects.toBeInstanceOf(ReleaseTimeoutError);
      advance(100);
      await told;
      expect(it.stats.total).toBe(0);
    });

    it('while handles are validated destroys them when that is over', async () => {
      const it = open({ max: 3, validateAfter: 0, validate: () => after(80).pipe(map(() => true)) });
      for (const visitor of visitors.crowd(3, it.lease)) visitor.done();
      advance(1);
      const line = visitors.crowd(20, it.lease);
      expect(it.stats.checking).toBe(3);
      const closed = it.close();
      expect(line.map(({ error }) => (error as Error).name)).toEqual(Array(20).fill('ClosedError'));
      advance(80);
      expect(await closed).toMatchObject({ destroyed: 3 });
      expect([works.made, works.alive.size]).toEqual([3, 0]);
    });

    it('with a hundred borrowers, inside and in line, ends with nothing alive', async () => {
      const it = open({ max: 10 });
      const crowd = visitors.crowd(100, it.lease);
      const closed = it.close();
      expect(visitors.are('failed')).toHaveLength(90);
      for (const visitor of crowd) visitor.done();
      await closed;
      expect(works.alive.size).toBe(0);
    });

    it('by force ends those inside', async () => {
      const it = open({ max: 10 });
      visitors.crowd(100, it.lease);
      const { forced } = await it.close({ force: true });
      expect(forced).toHaveLength(10);
      expect(visitors.all.map(({ error }) => (error as Error).name)).toEqual(Array(100).fill('ClosedError'));
      expect(works.alive.size).toBe(0);
    });

    it('is what the end of its scope does', () => {
      open({ min: 10, max: 10 });
      scopes[0]?.unsubscribe();
      expect(works.destroyed).toHaveLength(10);
    });
  });

  describe('events$', () => {
    it('tells of each making, loan, return and destroying, how it ended, and completes with the pool', async () => {
      works.create = (n) => (n === 3 ? throwError(() => boom) : undefined);
      works.destroy = (n) => (n === 2 ? throwError(() => boom) : undefined);
      const it = open({ max: 3 });
      const events = eventsOf(it);
      const seen: string[] = [];
      it.events$.subscribe({ complete: () => seen.push('complete') });
      const crowd = visitors.crowd(3, it.lease);
      for (const visitor of crowd.slice(0, 2)) visitor.done();
      await expect(it.close()).rejects.toBe(boom);
      const types = ['created', 'borrowed', 'created', 'borrowed', 'create-failed', 'gave-up', 'returned', 'returned'];
      expect(typesOf(events).slice(0, 8).sort()).toEqual([...types].sort());
      expect(typesOf(events).slice(8).sort()).toEqual(['destroy-failed', 'destroyed', 'destroyed']);
      expect(events).toContainEqual(expect.objectContaining({ type: 'destroy-failed', error: boom, reason: 'closed' }));
      expect(seen).toEqual(['complete']);
    });

    it('tells of timeouts: of borrowers, of making and of destroying', async () => {
      works.create = (n) => after(n === 1 ? 100 : 1);
      works.destroy = (n) => after(n === 1 ? 0 : 100);
      const limited = works.resource.pipe(acquireTimeout(20, scheduler), releaseTimeout(20, scheduler));
      const it = of_(limited, { max: 1, acquireTimeout: 50, idleTimeout: 10 });
      const events = eventsOf(it);
      visitors.come(it.lease); // cannot be made in time
      advance(20);
      const second = visitors.come(it.lease);
      visitors.come(it.lease); // waits in vain
      advance(60);
      second.done();
      advance(1_000);
      const told = events.filter(({ type }) => ['create-failed', 'gave-up', 'destroy-failed'].includes(type));
      expect(told.map((event) => `${event.type} ${('error' in event ? (event.error as Error) : boom).name}`)).toEqual([
        'gave-up AcquireTimeoutError',
        'create-failed AcquireTimeoutError',
        'gave-up AcquireTimeoutError',
        'destroy-failed ReleaseTimeoutError',
      ].sort((a, b) => told.findIndex((x) => a.startsWith(x.type)) - told.findIndex((x) => b.startsWith(x.type))));
    }); // prettier-ignore

    it('is not stopped by a consumer that throws', async () => {
      const it = open({ max: 3 });
      let heard = 0;
      const bad = it.events$.subscribe(() => { throw boom; }); // prettier-ignore
      it.events$.subscribe(() => heard++);
      visit(it);
      expect(heard).toBe(3);
      bad.unsubscribe();
      await nextMacrotask();
      expect(await takeUnhandledErrors()).toEqual([boom, boom, boom]); // for each of the events
    });

    it('tells nothing to one who has unsubscribed', () => {
      const it = open({ max: 3 });
      let heard = 0;
      const listening = it.events$.subscribe(() => heard++);
      visit(it);
      listening.unsubscribe();
      visit(it);
      expect(heard).toBe(3);
    });
  });

  describe.each([1, 3])(
    'in 20,000 random steps with failing creations, validations and destroys, concurrency %p',
    (concurrency) => {
      const seed = Number(process.env['FC_SEED'] ?? 20_261_121);

      it(`keeps its bounds, lends nothing to more than it may, and destroys all it has made, seed ${String(seed)}`, async () => {
        const dice = new Random(seed);
        const chance = (percent: number): boolean => dice.below(100) < percent;
        const soon = <R>(answer: () => R): Observable<R> => after(dice.below(20)).pipe(map(answer));
        works.create = () => {
        const fails = chance(20);
        if (chance(30)) return fails ? throwError(() => boom) : undefined;
        return soon(() => { if (fails) throw boom; });
      }; // prettier-ignore
        works.destroy = () => (chance(10) ? throwError(() => boom) : chance(50) ? soon(() => 0) : undefined);
        const it = open({
        max: 6, min: 2, concurrency, idleTimeout: 60, maxLifetime: 200, maxUses: 20, acquireTimeout: 40, validateAfter: 3, validateTimeout: 15,
        backoff: { initial: 2, max: 20 }, random: () => dice.below(100) / 100,
        validate: () => (chance(10) ? soon(() => false) : chance(5) ? throwError(() => boom) : soon(() => !chance(5))),
      }); // prettier-ignore
        it.events$.subscribe();
        const out = new Map<number, number>(); // how many use it
        let [lent, most] = [0, 0];
        const faults: string[] = [];
        let crowd = visitors.crowd(0, it.lease);
        for (let step = 0; step < 20_000; step++) {
          const kind = dice.below(10);
          const inside = crowd.filter(({ state }) => state === 'inside');
          if (kind < 4) {
            const visitor = visitors.come(it.leaseWith({ priority: dice.below(2) }), String(step), ({ handle }) => {
              const users = (out.get(handle as number) ?? 0) + 1;
              if (users > concurrency)
                faults.push(`step ${String(step)}: ${String(handle)} was lent to ${String(users)}`);
              if (!works.alive.has(handle as number)) faults.push(`step ${String(step)}: a dead one was lent`);
              out.set(handle as number, users);
              lent++;
            });
            crowd.push(visitor);
          } else if (kind < 8) {
            const visitor = dice.pick(inside);
            if (visitor !== undefined) {
              // Before it ends: what it gives back may be lent again at once.
              const users = (out.get(visitor.handle as number) ?? 0) - 1;
              if (users > 0) out.set(visitor.handle as number, users);
              else out.delete(visitor.handle as number);
              const way = dice.below(7);
              if (way === 0) visitor.fail(boom);
              else if (way === 1) visitor.leave();
              else visitor.done();
            }
          } else if (kind < 9) dice.pick(crowd.filter(({ state }) => state === 'waiting'))?.leave();
          else advance(dice.below(15));
          if (chance(1) && chance(20)) it.evict((n) => n % 2 === 0);
          if (step % 50 === 0) crowd = crowd.filter(({ state }) => state === 'inside' || state === 'waiting');
          const { stats } = it;
          const { total, borrowed, waiting } = stats;
          const parts = borrowed + stats.idle + stats.creating + stats.destroying;
          const answered = stats.direct + stats.served + stats.timedOut + stats.left + stats.refused;
          most = Math.max(most, total);
          if (total > 6 || works.alive.size > 6) faults.push(`step ${String(step)}: ${String(total)} there`);
          if (total !== parts) faults.push(`step ${String(step)}: ${String(total)} are not ${String(parts)}`);
          if (borrowed !== out.size)
            faults.push(`step ${String(step)}: ${String(borrowed)} lent, ${String(out.size)} out`);
          if (stats.asked !== answered + waiting) faults.push(`step ${String(step)}: wrong tally`);
          if (faults.length > 0) break;
        }
        expect(faults).toEqual([]);
        expect(most).toBe(6);
        expect(lent).toBeGreaterThan(2_000);
        const reasons = Object.entries(it.stats.destroyed).filter(([, count]) => count > 0).map(([reason]) => reason); // prettier-ignore
        expect(reasons).toEqual(expect.arrayContaining(['idle', 'expired', 'used', 'invalid', 'evicted']));
        for (const visitor of visitors.all) visitor.leave();
        const closed = it.close().catch(() => undefined);
        advance(1_000);
        await closed;
        expect(works.alive.size).toBe(0);
        expect(it.stats).toMatchObject({ total: 0, waiting: 0 });
      });
    },
  );
});
