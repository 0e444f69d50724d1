/**
 * Two things happen to a pool in the same moment, in both orders, ten thousand times, in pools that are busy in as many
 * ways: nobody is forgotten, nobody served twice, no handle kept, lent twice or destroyed while it is lent.
 */
import { NEVER, timer } from 'rxjs';
import { pool, using, type Pool, type PoolStats, type Resource } from '../../lib/index.js';
import { Random } from '../../lib/testing/contracts/random.js';
import { PATIENCE, parameters } from '../property/support/parameters.js';
import { reported } from '../support/journal.js';
import { Frames } from '../support/pool-frames.js';
import { faultsOf, Plant, type Handle } from '../support/pool-plant.js';
import { Visitors, type Visitor } from '../support/visitors.js';

/** `FC_RUNS` sets it, `FC_SEED` repeats the run of a seed that a failure printed. */
const { seed = Math.floor(Math.random() * 2 ** 31), numRuns: TIMES = 0 } = parameters(10_000);
/** For what is less likely to go wrong. */
const FEWER = TIMES / 5;
const LIFETIME = 40;
const IDLE = 20;
const OF_THE_WORK = new Error('of the work');
const EXPLAINED = ['AcquireTimeoutError', 'CapacityError', 'ClosedError', 'ResourceLostError'];

/** A pool that is at something. */
class Scene {
  readonly frames = new Frames();
  readonly visitors = new Visitors();
  readonly plant: Plant;
  readonly max: number;
  /** How many may borrow one handle. */
  readonly most: number;
  it!: Pool<Handle>;
  isSlow: boolean;
  private readonly leave: () => void;

  constructor(readonly dice: Random) {
    const { frames } = this;
    this.max = 1 + dice.below(3);
    this.isSlow = dice.below(3) === 0;
    const pause = (): unknown => (this.isSlow ? timer(1 + dice.below(3), frames) : undefined);
    this.plant = new Plant(this.max, { create: pause, destroy: pause });
    const checks = dice.below(3);
    this.most = dice.below(4) === 0 ? 2 : 1;
    const source = pool(this.plant.resource, {
      max: this.max,
      concurrency: this.most,
      min: dice.below(this.max + 1),
      order: dice.below(2) === 0 ? 'lifo' : 'fifo',
      maxLifetime: LIFETIME,
      idleTimeout: IDLE,
      validateAfter: 0,
      validateTimeout: 10,
      ...(checks === 1 ? { validate: pause } : {}),
      ...(checks === 2 ? { reset: pause } : {}),
      random: () => 0,
      scheduler: frames,
    });
    const owner = using(source, (it) => {
      this.it = it;
      return NEVER;
    }).subscribe();
    this.leave = () => {
      owner.unsubscribe();
    };
    for (let i = dice.below(this.max + 3); i > 0; i--) this.come();
    if (dice.below(2) === 0) frames.advance(dice.below(8));
    for (let i = dice.below(3); i > 0; i--) this.any('inside')?.done();
    for (let i = dice.below(2); i > 0; i--) this.come();
  }

  come(timeout = 1_000): Visitor<Handle> {
    return this.visitors.come(this.watched(this.it.leaseWith({ timeout, priority: this.dice.below(2) })));
  }

  watched(source: Resource<Handle>): Resource<Handle> {
    return this.plant.watched(source, this.most);
  }

  any(state: 'inside' | 'waiting'): Visitor | undefined {
    return this.dice.pick(this.visitors.all.filter((visitor) => visitor.state === state));
  }

  handle(isBorrowed: boolean): Handle | undefined {
    return this.dice.pick(
      this.plant.handles.filter(({ state, users }) => state === 'open' && users > 0 === isBorrowed),
    );
  }

  /** Everybody goes on to the end; then what is wrong is told. */
  judge(): string[] {
    const { it, frames, visitors, plant } = this;
    const faults = faultsOf(it, plant);
    this.isSlow = this.isSlow && this.dice.below(2) === 0;
    for (let round = 0; round < 40 && visitors.are('inside').length + it.stats.waiting > 0; round++) {
      for (const visitor of visitors.all) if (visitor.state === 'inside') visitor.done();
      frames.advance(5);
    }
    faults.push(...faultsOf(it, plant));
    if (new Set(visitors.order).size !== visitors.order.length) faults.push('served twice');
    for (const { state, error, name } of visitors.all) {
      if (state === 'gone' || state === 'left') continue;
      if (error === OF_THE_WORK) continue;
      if (state !== 'failed' || !EXPLAINED.includes((error as Error).name)) faults.push(`${name} is ${state}`);
    }
    this.leave();
    frames.advance(100);
    return [...faults, ...plant.faults, ...plant.leftovers];
  }
}

type Act = (at: Scene) => unknown;

const release: Act = (at) => at.any('inside')?.done();
const fail: Act = (at) => at.any('inside')?.fail(OF_THE_WORK);
const leaveLine: Act = (at) => at.any('waiting')?.leave();
const leaveInside: Act = (at) => at.any('inside')?.leave();
const come: Act = (at) => at.come();
const attempt: Act = (at) => at.visitors.come(at.watched(at.it.tryLease));
const close: Act = ({ it, dice }) => void it.close({ force: dice.below(2) === 0 });
const evict: Act = ({ it, dice }) => {
  it.evict(dice.below(2) === 0 ? undefined : ({ id }) => id % 2 === 0);
};
const killIdle: Act = (at) => at.handle(false)?.lost.next('gone');
const killLent: Act = (at) => at.handle(true)?.lost.next('gone');
const resize: Act = ({ it, dice, plant, max }) => {
  const size = Math.max(it.stats.min, 1 + dice.below(max + 1), 1);
  plant.limit = Math.max(size, plant.limit);
  it.resize(size);
};
const suspend: Act = ({ it, frames }) => {
  it.suspend();
  frames.schedule(() => {
    it.resume();
  }, 2);
};
const resume: Act = ({ it }) => {
  it.resume();
};
/** So that what was made first is due, or what is unused: whatever happens in that frame is in the midst of it. */
const ofAge: Act = ({ frames, dice }) => {
  const due = dice.below(2) === 0 ? LIFETIME : IDLE;
  frames.advance(Math.max(0, due - frames.now() - dice.below(2)));
};

const pairs: readonly [string, Act, Act, number][] = [
  ['a return and a close', release, close, TIMES],
  ['a leaving of the line and a grant', leaveLine, release, TIMES],
  ['the end of a lifetime and a borrow', ofAge, come, TIMES],
  ['an eviction and a borrow of what is idle', evict, come, TIMES],
  ['a death and a return', killLent, release, TIMES],
  ['a death and a borrow of what is idle', killIdle, come, TIMES],
  ['another size and a return', resize, release, TIMES],
  ['a suspension and a grant', suspend, release, TIMES],
  ['a leaving of the line and a close', leaveLine, close, FEWER],
  ['the end of a lifetime and a return', ofAge, release, FEWER],
  ['an eviction and a return', evict, release, FEWER],
  ['a death and a leaving', killLent, leaveInside, FEWER],
  ['a death and one who only tries', killIdle, attempt, FEWER],
  ['a death and a close', killLent, close, FEWER],
  ['another size and a borrow', resize, come, FEWER],
  ['another size and a close', resize, close, FEWER],
  ['a suspension and a borrow', suspend, come, FEWER],
  ['a resumption and a leaving', resume, leaveLine, FEWER],
  ['a failing user and a borrow', fail, come, FEWER],
  ['two returns', release, release, FEWER],
  ['two closes', close, close, FEWER],
];

jest.setTimeout(PATIENCE);

describe('Two things at once in a pool, in both orders', () => {
  /** `round` plays once in a scene, and answers what it is about. */
  const repeat = async (times: number, round: (at: Scene, index: number) => void): Promise<void> => {
    const dice = new Random(seed);
    for (let index = 0; index < times; index++) {
      const at = new Scene(dice);
      round(at, index);
      const faults = at.judge();
      if (faults.length > 0) throw new Error(`seed ${seed}, round ${index}: ${faults.slice(0, 5).join('; ')}`);
    }
    expect(await reported()).toEqual([]);
  };

  it.each(pairs)('%s', async (_, first, second, times) => {
    await repeat(times, (at, index) => {
      const [a, b] = index % 2 === 0 ? [first, second] : [second, first];
      a(at);
      b(at);
    });
  });

  it('a timeout and a grant, in the same frame', async () => {
    const seen = new Set<string>();
    await repeat(TIMES, (at, index) => {
      const { frames, dice } = at;
      const ms = dice.below(4);
      const waiter = index % 2 === 0 ? at.come(ms) : null;
      frames.schedule(() => release(at), ms);
      const other = waiter ?? at.come(ms);
      const before = other.state;
      frames.advance(ms);
      if (before === 'waiting') seen.add(other.state);
    });
    expect([...seen].sort()).toEqual(['failed', 'gone', 'inside']); // one that is inside may be the one who is released
  });

  it('a leaving inside the grant of another, or of its own', async () => {
    await repeat(FEWER, (at, index) => {
      const { it, visitors } = at;
      const waiter = at.any('waiting');
      visitors.come(at.watched(it.lease), 'leaver', (self) => {
        if (index % 2 === 0) waiter?.leave();
        self.leave();
        if (index % 4 < 2) waiter?.leave();
      });
      release(at);
    });
  });

  it('a return inside the grant of another', async () => {
    await repeat(FEWER, (at) => {
      const { it, visitors } = at;
      visitors.come(at.watched(it.lease), 'hasty', () => {
        release(at);
        at.come();
      });
      release(at);
    });
  });

  it('a close inside a grant, a return or an event', async () => {
    await repeat(FEWER, (at, index) => {
      const { it, visitors, dice } = at;
      if (index % 2 === 0) {
        let left = dice.below(4);
        it.events$.subscribe(() => {
          if (left-- === 0) close(at);
        });
      }
      visitors.come(at.watched(it.lease), 'last', () => {
        if (index % 2 === 1) close(at);
      });
      release(at);
      leaveLine(at);
    });
  });
});

describe('A handle that may be shared', () => {
  it('has one place among the idle ones when its only user has given it back', async () => {
    const plant = new Plant(2);
    const visitors = new Visitors();
    let after: PoolStats | null = null;
    await using(pool(plant.resource, { max: 2, concurrency: 2 }), async (it) => {
      visitors.come(plant.watched(it.lease, 2)).done();
      it.evict();
      after = it.stats;
      visitors.come(plant.watched(it.lease, 2)).done();
      await Promise.resolve();
    }).forEach(() => undefined);
    expect(after).toMatchObject({ total: 0, idle: 0 });
    expect(visitors.all.map(({ handle }) => (handle as Handle).id)).toEqual([0, 1]);
    expect(plant.faults).toEqual([]);
  });
});

describe('A newcomer', () => {
  it('overtakes nobody, not even out of the grant of one who waited before it (law 35)', async () => {
    const plant = new Plant(2);
    const visitors = new Visitors();
    let before: PoolStats | null = null;
    let served: string[] = [];
    await using(pool(plant.resource, { max: 2 }), async (it) => {
      visitors.crowd(2, it.lease).forEach((visitor) => { visitor.done(); }); // prettier-ignore
      visitors.take();
      it.suspend();
      visitors.come(it.lease, 'first', () => visitors.come(it.lease, 'newcomer'));
      visitors.come(it.lease, 'second');
      before = it.stats;
      it.resume();
      served = visitors.take();
      visitors.empty();
      await Promise.resolve();
    }).forEach(() => undefined);
    expect(before).toMatchObject({ idle: 2, waiting: 2 });
    expect(served).toEqual(['first in', 'second in']);
    expect(visitors.order).toEqual(['newcomer']);
  });
});
