/**
 * One of several visitors leaves at every single moment of a recorded run, and pairs of events come in both orders, ten
 * thousand times each: nobody is forgotten, nobody served twice, every permit back.
 */
import { tap, timer, VirtualTimeScheduler } from 'rxjs';
import { lease, mutex, onExit, semaphore, type Resource, type Semaphore } from '../../lib/index.js';
import { Random } from '../../lib/testing/contracts/random.js';
import { reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { Visitors, type Visitor } from '../support/visitors.js';
import { PATIENCE } from '../property/support/parameters.js';

const TIMES = 10_000;

/** Counts moments, and does something in one of them. */
class Moments {
  count = 0;

  constructor(
    private readonly at: number,
    private readonly act: () => void,
  ) {}

  pass(): void {
    if (this.count++ === this.at) this.act();
  }
}

interface Lot {
  readonly lock: (index: number) => Resource<void>;
  readonly free: () => boolean;
  readonly resize?: (total: number) => void;
}

const lots: readonly [name: string, make: () => Lot][] = [
  ['a mutex', () => { const it = mutex(); return { lock: () => it.lock, free: () => !it.locked && it.waiting === 0 }; }],
  ['a semaphore of two', () => { const it = semaphore(2); return { lock: () => it.permit, free: () => isFree(it, 2) }; }],
  ['a semaphore of three with weights', () => { const it = semaphore(3); return { lock: (index) => it.permits(1 + (index % 3)), free: () => isFree(it, 3) }; }],
  ['a semaphore of three with weights and priorities', () => { const it = semaphore(3); return { lock: (index) => it.permits(1 + ((index * 2) % 3), { priority: index % 2 }), free: () => isFree(it, 3) }; }],
  ['a semaphore that is resized on the way', () => { const it = semaphore(2); return { lock: (index) => it.permits(1 + (index % 2)), free: () => isFree(it, 2), resize: (total) => { it.resize(total); } }; }],
]; // prettier-ignore

function isFree(it: Semaphore, total: number): boolean {
  return it.total === total && it.available === total && it.waiting === 0;
}

describe('Leaving a lock', () => {
  describe.each(lots)('%s', (_, make) => {
    const COUNT = 6;

    /** Six come, stay and go by a fixed plan; one of them leaves at the given moment. Answers how many moments there were. */
    const play = (victim: number, at: number): { moments: number; faults: string[] } => {
      const { lock, free, resize } = make();
      const visitors = new Visitors();
      const all: Visitor<void>[] = [];
      const moments = new Moments(at, () => all[victim]?.leave());
      const pass = (): void => {
        moments.pass();
      };
      const enter = (index: number): void => {
        const watched = lock(index).pipe(onExit(pass));
        visitors.come(watched, String(index), (self) => {
          all[index] = self;
          pass();
        });
        all[index] ??= visitors.all[index] as Visitor<void>;
        pass();
      };
      const leave = (index: number): void => {
        if (all[index]?.state === 'inside') all[index].done();
        pass();
      };
      const plan: (() => void)[] = [
        ...[0, 1, 2].map((index) => () => { enter(index); }),
        () => { leave(0); },
        ...[3, 4].map((index) => () => { enter(index); }),
        () => { resize?.(3); pass(); },
        () => { leave(1); },
        () => { leave(2); },
        () => { resize?.(2); pass(); },
        () => { enter(5); },
        ...[3, 4, 5, 0, 1].map((index) => () => { leave(index); }),
      ]; // prettier-ignore
      for (const step of plan) step();
      visitors.empty();
      const faults: string[] = [];
      const served = new Map<string, number>();
      for (const name of visitors.order) served.set(name, (served.get(name) ?? 0) + 1);
      for (let index = 0; index < COUNT; index++) {
        const times = served.get(String(index)) ?? 0;
        if (times > 1) faults.push(`${String(index)} was served ${String(times)} times`);
        if (times < 1 && index !== victim) faults.push(`${String(index)} was not served`);
        const { state } = visitors.all[index] as Visitor;
        if (index !== victim && state !== 'gone') faults.push(`${String(index)} is ${state}`);
        if (index === victim && at < moments.count && state !== 'left' && state !== 'gone')
          faults.push(`the victim is ${state}`);
      }
      if (!free()) faults.push('not everything is back');
      return { moments: moments.count, faults };
    };

    it.each([0, 1, 2, 3, 4, 5])(
      'has every permit back, and the next one served, at whatever moment number %p leaves',
      (victim) => {
        const { moments, faults: before } = play(victim, Infinity);
        expect(before).toEqual([]);
        expect(moments).toBeGreaterThan(20);
        for (let at = 0; at < moments; at++)
          expect({ at, faults: play(victim, at).faults }).toEqual({ at, faults: [] });
      },
    );
  });

  describe('by the signal of a lease', () => {
    /** Three leases of a semaphore of one, each given back after a microtask; the second is aborted after so many. */
    const play = async (ticks: number): Promise<{ served: string[]; ended: boolean }> => {
      const one = semaphore(1);
      const served: string[] = [];
      let ended = false;
      const controller = new AbortController();
      const work = async (name: string, signal?: AbortSignal): Promise<void> => {
        const held = await lease(one.permit, signal === undefined ? {} : { signal });
        served.push(name);
        await Promise.resolve();
        await held.release();
      };
      const all = Promise.allSettled([work('a'), work('b', controller.signal), work('c')]).then(() => (ended = true));
      for (let i = 0; i < ticks; i++) await Promise.resolve();
      const before = ended as boolean;
      controller.abort();
      await all;
      await nextMacrotask();
      expect(one).toMatchObject({ available: 1, waiting: 0 });
      return { served, ended: before };
    };

    it('at whatever microtask it aborts, the others are served and the permit is back', async () => {
      let seen = { with: 0, without: 0 };
      for (let ticks = 0; ; ticks++) {
        const { served, ended } = await play(ticks);
        expect(served.filter((name) => name !== 'b')).toEqual(['a', 'c']);
        if (served.includes('b')) seen = { ...seen, with: seen.with + 1 };
        else seen = { ...seen, without: seen.without + 1 };
        if (ended) break;
      }
      expect(seen.with).toBeGreaterThan(0);
      expect(seen.without).toBeGreaterThan(0);
      expect(await reported()).toEqual([]);
    });
  });
});

describe(`Two things at once, in both orders, ${String(TIMES)} times`, () => {
  interface Scene {
    readonly it: Semaphore;
    readonly visitors: Visitors;
    readonly dice: Random;
    readonly total: number;
  }

  /** A busy semaphore with a line of random weights and priorities. */
  const scene = (dice: Random): Scene => {
    const total = 1 + dice.below(3);
    const it = semaphore(total);
    const visitors = new Visitors();
    for (let i = 0; i < total; i++) visitors.come(it.permit);
    const length = 1 + dice.below(4);
    for (let i = 0; i < length; i++) visitors.come(it.permits(1 + dice.below(total), { priority: dice.below(2) }));
    return { it, visitors, dice, total };
  };

  const any = ({ visitors, dice }: Scene, state: 'inside' | 'waiting'): Visitor | undefined =>
    dice.pick(visitors.all.filter((visitor) => visitor.state === state));

  const release = (at: Scene): void => any(at, 'inside')?.done();
  const leaveLine = (at: Scene): void => any(at, 'waiting')?.leave();
  const leaveInside = (at: Scene): void => any(at, 'inside')?.leave();
  const grow = ({ it, dice }: Scene): void => {
    it.resize(it.total + 1 + dice.below(2));
  };
  const shrinkAndBack = ({ it, total, dice }: Scene): void => {
    it.resize(Math.max(1, total - dice.below(2)));
  };
  const come = ({ it, visitors, total }: Scene): unknown => visitors.come(it.permits(Math.min(it.total, total)));
  const attempt = ({ it, visitors }: Scene): unknown => visitors.come(it.tryPermit);

  /** Everybody is served or has left, nobody twice, all is back. Only one who wanted too much may have failed. */
  const judge = ({ it, visitors }: Scene): string[] => {
    const faults: string[] = [];
    visitors.empty();
    if (it.available !== it.total || it.waiting !== 0)
      faults.push(`${String(it.available)} of ${String(it.total)} are back`);
    if (new Set(visitors.order).size !== visitors.order.length) faults.push('served twice');
    for (const { state, error, name } of visitors.all) {
      if (state === 'gone' || state === 'left') continue;
      if (state === 'failed' && ['RangeError', 'CapacityError'].includes((error as Error).name)) continue;
      faults.push(`${name} is ${state}`);
    }
    return faults;
  };

  const pairs: readonly [string, (at: Scene) => unknown, (at: Scene) => unknown][] = [
    ['a release and a leaving of the line', release, leaveLine],
    ['a grant and a leaving from inside', release, leaveInside],
    ['two releases', release, release],
    ['more permits and a leaving of the line', grow, leaveLine],
    ['fewer permits and a leaving of the line', shrinkAndBack, leaveLine],
    ['fewer permits and a release', shrinkAndBack, release],
    ['more permits and a newcomer', grow, come],
    ['a release and a newcomer', release, come],
    ['a release and one who only tries', release, attempt],
  ];

  it.each(pairs)(
    '%s',
    async (_, first, second) => {
      const seed = Number(process.env['FC_SEED'] ?? 20_261_121);
      const dice = new Random(seed);
      for (let i = 0; i < TIMES; i++) {
        const at = scene(dice);
        const [a, b] = i % 2 === 0 ? [first, second] : [second, first];
        a(at);
        b(at);
        const faults = judge(at);
        if (faults.length > 0) throw new Error(`seed ${String(seed)}, round ${String(i)}: ${faults.join(', ')}`);
      }
      expect(await reported()).toEqual([]);
    },
    PATIENCE,
  );

  it(
    'a leaving inside the grant, at each of its moments',
    () => {
      const dice = new Random(1);
      for (let i = 0; i < TIMES; i++) {
        const at = scene(dice);
        const [waiter] = at.visitors.all.filter(({ state }) => state === 'waiting');
        const subscribed = at.it.permit.pipe(tap(() => i % 3 === 0 && waiter?.leave())).subscribe();
        at.visitors.come(at.it.permit, 'leaver', (self) => {
          if (i % 2 === 0) waiter?.leave();
          self.leave();
        });
        release(at);
        subscribed.unsubscribe();
        expect(judge(at)).toEqual([]);
      }
    },
    PATIENCE,
  );

  it('a timeout and a release in the same frame', () => {
    const scheduler = new VirtualTimeScheduler();
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const it = semaphore(1);
      const visitors = new Visitors();
      const holder = visitors.come(it.permit);
      const act = [
        () => visitors.come(it.permit, 'waiter'),
        () => timer(5, scheduler).subscribe(() => visitors.all[1]?.leave()),
        () => timer(5, scheduler).subscribe(() => { holder.done(); }),
      ]; // prettier-ignore
      for (const index of i % 2 === 0 ? [0, 1, 2] : [0, 2, 1]) act[index]?.();
      visitors.come(it.permit, 'next');
      scheduler.flush();
      expect(visitors.all[2]?.state).toBe('inside');
      seen.add(visitors.order.join());
      visitors.empty();
      expect(it).toMatchObject({ available: 1, waiting: 0 });
    }
    expect([...seen].sort()).toEqual(['1,next', '1,waiter,next']);
  });
});
