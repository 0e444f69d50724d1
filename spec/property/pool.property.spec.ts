/**
 * A pool in 100,000 random steps of virtual time, against lists: who is lent what, who is refused with what, what is
 * validated, reset, made and destroyed, after each event.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of steps.
 */
import { NEVER, Subject } from 'rxjs';
import { pool, using, type Pool } from '../../lib/index.js';
import { Random } from '../../lib/testing/contracts/random.js';
import { reported } from '../support/journal.js';
import { Frames } from '../support/pool-frames.js';
import { PoolModel, type Rules } from '../support/pool-model.js';
import { faultsOf, Plant, type Handle } from '../support/pool-plant.js';
import { Visitor } from '../support/visitors.js';
import { PATIENCE, parameters } from './support/parameters.js';

/** Steps of one pool, from its opening to its end. */
const LENGTH = 400;
/** Between two steps. All other times of a pool are no multiples of it, so that little happens at the same time. */
const TICK = 100;
const WORK = new Error('of the work');
const LARGEST = 5;

const PLAIN: Rules = {
  min: 0,
  order: 'lifo',
  maxLifetime: Infinity,
  idleTimeout: Infinity,
  maxUses: Infinity,
  reclaimAfter: Infinity,
  validateAfter: null,
  resets: false,
  checkTimeout: 411,
  backoff: { initial: 3, max: 777 },
};

/** What is to be seen of each, so that its run is no idle one: reasons to destroy a handle, and events. */
const kinds: readonly [string, Rules, string][] = [
  ['that only lends', PLAIN, 'failed lost evicted resized closed'],
  ['with ages', { ...PLAIN, maxLifetime: 1_301, idleTimeout: 331, order: 'fifo' }, 'idle expired'],
  ['with a minimum', { ...PLAIN, min: 2, maxUses: 5, maxLifetime: 1_501 }, 'used expired'],
  ['that validates', { ...PLAIN, validateAfter: 150, maxLifetime: 1_701 }, 'invalid validated'],
  ['that resets', { ...PLAIN, resets: true, reclaimAfter: 453 }, 'reset reclaimed'],
  [
    'with everything',
    { ...PLAIN, min: 1, order: 'fifo', maxLifetime: 1_901, maxUses: 9, reclaimAfter: 853, validateAfter: 150, resets: true },
    'invalid reset reclaimed expired lost evicted resized closed',
  ],
]; // prettier-ignore

interface Gate {
  readonly id: number;
  readonly subject: Subject<unknown>;
}

type Seen = Record<string, number>;

/** A pool and its model, doing the same. */
class Twins {
  readonly frames = new Frames();
  readonly plant: Plant;
  readonly model: PoolModel;
  it!: Pool<Handle>;
  private readonly guests = new Map<number, Visitor<Handle>>();
  private readonly lines: string[] = [];
  private readonly faults: string[] = [];
  private readonly creates: Gate[] = [];
  private readonly destroys: Gate[] = [];
  private readonly checks: Gate[] = [];
  private count = 0;
  private granted = 0;
  private timedOut = 0;
  private isClosed = false;
  private readonly leave: () => void;

  constructor(
    private readonly dice: Random,
    private readonly rules: Rules,
    private readonly seen: Seen,
  ) {
    const { frames } = this;
    this.model = new PoolModel(3, rules);
    this.plant = new Plant(LARGEST, { create: () => this.create(), destroy: (handle) => this.destroy(handle) });
    const source = pool(this.plant.resource, {
      max: 3,
      min: rules.min,
      order: rules.order,
      maxLifetime: rules.maxLifetime,
      idleTimeout: rules.idleTimeout,
      maxUses: rules.maxUses,
      ...(rules.reclaimAfter === Infinity ? {} : { reclaimAfter: rules.reclaimAfter }),
      ...(rules.validateAfter === null ? {} : { validate: (handle) => this.check('validate', handle) }),
      validateAfter: rules.validateAfter ?? 0,
      ...(rules.resets ? { reset: (handle) => this.check('reset', handle) } : {}),
      validateTimeout: rules.checkTimeout,
      backoff: rules.backoff,
      random: () => 0,
      scheduler: frames,
    });
    const owner = using(source, (it) => {
      this.it = it;
      it.events$.subscribe(({ type }) => {
        this.note(type);
      });
      return NEVER;
    }).subscribe();
    this.leave = () => {
      owner.unsubscribe();
    };
  }

  /** Does one thing, and compares. Answers whether the two can still be compared. */
  step(): boolean {
    const { dice, model } = this;
    const kind = dice.below(100);
    if (kind < 18) this.come();
    else if (kind < 21) this.attempt();
    else if (kind < 43) this.end();
    else if (kind < 46) this.leaveLine();
    else if (kind < 58) this.settleCreate();
    else if (kind < 68) this.settleDestroy();
    else if (kind < 82) this.settleCheck();
    else if (kind < 84) this.kill();
    else if (kind < 86) this.resize();
    else if (kind < 87) this.evict();
    else if (kind < 90) this.suspend();
    else this.pass(TICK * (1 + dice.below(4)));
    this.pass(0);
    if (model.isAmbiguous) return false;
    this.compare();
    return true;
  }

  /** Closes it, and lets everything come to its end. */
  close(): void {
    const { dice, it, model, frames, guests } = this;
    const force = dice.below(2) === 0;
    if (!model.isAmbiguous) {
      model.close(force);
      void it.close({ force });
      this.compare();
    } else void it.close({ force });
    this.isClosed = true;
    for (let round = 0; round < 50 && it.stats.total > 0; round++) {
      for (const gate of [...this.creates.splice(0), ...this.destroys.splice(0), ...this.checks.splice(0)]) {
        gate.subject.next(true);
        gate.subject.complete();
      }
      for (const visitor of guests.values()) if (visitor.state === 'inside') visitor.done();
      frames.advance(TICK);
    }
    for (const [reason, count] of Object.entries(it.stats.destroyed)) this.note(reason, count);
    this.note('direct', it.stats.direct);
    this.note('served', it.stats.served);
    this.leave();
    frames.advance(10_000);
    const open = [...guests.values()].filter(({ state }) => state === 'waiting' || state === 'inside');
    expect({ left: this.plant.leftovers, open: open.length, next: frames.next, faults: this.faults }).toEqual({
      left: [],
      open: 0,
      next: Infinity,
      faults: [],
    });
  }

  private come(): void {
    const { dice, model, frames, it, plant } = this;
    const id = this.count++;
    const priority = dice.below(4) === 0 ? dice.below(3) : 0;
    const timeout = dice.below(3) === 0 ? TICK * dice.below(12) + 7 : 1_000_000;
    model.come({ id, priority, deadline: frames.now() + timeout });
    this.visit(id, plant.watched(it.leaseWith({ priority, timeout })));
  }

  private attempt(): void {
    const id = this.count++;
    this.model.come({ id, priority: 0, deadline: Infinity });
    this.visit(id, this.plant.watched(this.it.tryLease));
    this.model.refuse(id);
  }

  private visit(id: number, source: ReturnType<Plant['watched']>): void {
    const tell = (line: string): void => {
      const failure = / error (\w+)$/.exec(line)?.[1];
      if (failure !== undefined && failure !== 'work') this.lines.push(`${id} ${failure}`);
    };
    const visitor = new Visitor<Handle>(String(id), source, tell, ({ handle }) => {
      this.lines.push(`${id} has ${(handle as Handle).id}`);
    });
    this.guests.set(id, visitor);
  }

  private end(): void {
    const { dice, model } = this;
    const id = dice.pick([...this.guests].filter(([, { state }]) => state === 'inside').map(([guest]) => guest));
    if (id === undefined) return;
    const visitor = this.guests.get(id) as Visitor<Handle>;
    this.guests.delete(id);
    const way = dice.below(6);
    if (way < 4) {
      model.giveBack(id, 'complete');
      visitor.done();
    } else if (way === 4) {
      model.giveBack(id, 'error');
      visitor.fail(WORK);
    } else {
      model.giveBack(id, 'unsubscribe');
      visitor.leave();
    }
  }

  private leaveLine(): void {
    const id = this.dice.pick(this.model.line)?.id;
    if (id === undefined) return;
    this.model.leaveLine(id);
    this.guests.get(id)?.leave();
    this.guests.delete(id);
  }

  private settleCreate(): void {
    const { dice, creates, model, plant } = this;
    if (creates.length === 0) return;
    const place = dice.below(creates.length);
    const [gate] = creates.splice(place, 1);
    if (dice.below(4) === 0) {
      model.notMade(place);
      gate?.subject.error(new Error('down'));
    } else {
      model.made(plant.handles.length, place);
      gate?.subject.next(true);
    }
  }

  private settleDestroy(): void {
    const { dice, destroys, model } = this;
    if (destroys.length === 0) return;
    const [gate] = destroys.splice(dice.below(destroys.length), 1);
    if (gate === undefined) return;
    model.gone(gate.id);
    if (dice.below(5) === 0) gate.subject.error(new Error('stuck'));
    else gate.subject.complete();
  }

  private settleCheck(): void {
    const { dice, checks, model } = this;
    if (checks.length === 0) return;
    const [gate] = checks.splice(dice.below(checks.length), 1);
    if (gate === undefined || !gate.subject.observed) return; // its time is over
    const way = dice.below(4);
    model.checked(gate.id, way > 0);
    if (way === 0) gate.subject.error(new Error('invalid'));
    else {
      gate.subject.next(way);
      gate.subject.complete();
    }
  }

  private kill(): void {
    const id = this.dice.pick([...this.model.items.keys()]);
    if (id === undefined) return;
    this.model.lost(id);
    this.plant.handles[id]?.lost.next('gone');
  }

  private resize(): void {
    const max = Math.max(1, this.rules.min) + this.dice.below(LARGEST - Math.max(1, this.rules.min) + 1);
    this.model.resize(max);
    this.it.resize(max);
  }

  private evict(): void {
    const isForAll = this.dice.below(2) === 0;
    const rest = this.dice.below(3);
    const isChosen = (id: number): boolean => isForAll || id % 3 === rest;
    this.model.evict(isChosen, isForAll);
    if (isForAll) this.it.evict();
    else this.it.evict(({ id }) => isChosen(id));
  }

  private suspend(): void {
    const { model, it } = this;
    if (model.isSuspended) {
      model.resume();
      it.resume();
    } else if (this.dice.below(2) === 0) {
      model.suspend();
      it.suspend();
    }
  }

  private pass(ms: number): void {
    this.frames.advance(ms, (at) => {
      this.model.advanceTo(at);
    });
    this.model.advanceTo(this.frames.now());
  }

  private create(): unknown {
    if (this.isClosed) return undefined;
    const { model, dice, plant } = this;
    const fault = model.begin();
    if (fault !== null && !model.isAmbiguous) this.faults.push(fault);
    const way = dice.below(6);
    if (way === 0) {
      model.notMade(model.making.length - 1);
      throw new Error('down');
    }
    if (way === 1) {
      model.made(plant.handles.length, model.making.length - 1);
      return undefined;
    }
    const subject = new Subject<unknown>();
    this.creates.push({ id: -1, subject });
    return subject;
  }

  private destroy({ id }: Handle): unknown {
    if (this.isClosed) return undefined;
    this.lines.push(`destroy ${id}`);
    if (this.dice.below(2) === 0) {
      this.model.gone(id);
      return undefined;
    }
    const subject = new Subject<unknown>();
    this.destroys.push({ id, subject });
    return subject;
  }

  private check(what: string, { id }: Handle): unknown {
    if (this.isClosed) return undefined;
    this.lines.push(`${what} ${id}`);
    const subject = new Subject<unknown>();
    this.checks.push({ id, subject });
    return subject;
  }

  private compare(): void {
    const { model, it } = this;
    const expected = model.take();
    const actual = this.lines.splice(0).sort();
    this.granted += expected.filter((line) => line.includes(' has ')).length;
    this.timedOut += expected.filter((line) => line.endsWith('AcquireTimeoutError')).length;
    const { total, idle, borrowed, creating, destroying, waiting, checking, direct, served, timedOut } = it.stats;
    const figures = [
      ...[total, idle, borrowed, creating, destroying, waiting, checking],
      direct + served,
      timedOut,
    ].join();
    const counts = [
      model.total,
      model.count('idle') + model.count('checking'),
      model.count('lent'),
      model.making.length,
      model.count('ending') + model.abandoned,
      model.line.length,
      model.count('checking'),
      this.granted,
      this.timedOut,
    ].join();
    const faults = [...this.faults, ...faultsOf(it, this.plant)];
    if (model.isIdling) faults.push('somebody waits, and nothing is made');
    if (actual.join() === expected.join() && figures === counts && faults.length === 0) return;
    expect({ at: it.stats.asked, lines: actual, figures, faults }).toEqual({
      at: it.stats.asked,
      lines: expected,
      figures: counts,
      faults: [],
    });
  }

  private note(what: string, times = 1): void {
    this.seen[what] = (this.seen[what] ?? 0) + times;
  }
}

describe('A pool', () => {
  const { seed = Math.floor(Math.random() * 2 ** 31), numRuns: steps = 0 } = parameters(100_000);

  it.each(kinds)(
    `%s does what lists do, seed ${seed}`,
    async (_, rules, wanted) => {
      const dice = new Random(seed);
      const seen: Seen = {};
      let compared = 0;
      for (let done = 0; done < steps / kinds.length;) {
        const twins = new Twins(dice, rules, seen);
        for (let step = 0; step < LENGTH; step++) {
          done++;
          if (!twins.step()) break;
          compared++;
        }
        twins.close();
      }
      expect(compared).toBeGreaterThan((steps / kinds.length) * 0.9);
      for (const what of `direct served created create-failed destroy-failed ${wanted}`.split(' ')) {
        if ((seen[what] ?? 0) < Math.floor(compared / 5_000))
          throw new Error(`too little of ${what}: ${JSON.stringify(seen)}`);
      }
      expect(await reported()).toEqual([]);
    },
    PATIENCE,
  );
});
