/**
 * A semaphore in 100,000 random steps of virtual time, against a list: who is inside, who waits and in which order, after
 * each event. Weights, priorities, aging, timeouts, changes of size, leaving at any place, and work that fails.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of steps.
 */
import { VirtualTimeScheduler } from 'rxjs';
import { acquireTimeout, semaphore, type Semaphore } from '../../lib/index.js';
import { Random } from '../../lib/testing/contracts/random.js';
import { reported } from '../support/journal.js';
import { Visitor } from '../support/visitors.js';
import { parameters, PATIENCE } from './support/parameters.js';

interface Guest {
  readonly id: number;
  readonly count: number;
  readonly priority: number;
  readonly came: number;
}

/** What a semaphore is meant to do: a list, looked through again and again. */
class Model {
  available: number;
  readonly inside = new Map<number, number>();
  line: Guest[] = [];
  /** Let in since the last look. */
  entered: number[] = [];
  refused: number[] = [];

  constructor(
    public total: number,
    private readonly aging: number,
  ) {
    this.available = total;
  }

  come(guest: Guest): void {
    if (guest.count > this.total) this.refused.push(guest.id);
    else this.line.push(guest);
    this.serve();
  }

  tryToCome({ id, count }: Guest): void {
    if (this.line.length > 0 || count > this.available) this.refused.push(id);
    else this.enter(id, count);
  }

  go(id: number): void {
    this.available += this.inside.get(id) ?? 0;
    this.inside.delete(id);
    this.line = this.line.filter((guest) => guest.id !== id);
    this.serve();
  }

  resize(total: number): void {
    this.available += total - this.total;
    this.total = total;
    for (const { id, count } of this.sorted()) if (count > total) this.refused.push(id);
    this.line = this.line.filter(({ count }) => count <= total);
    this.serve();
  }

  take(): { entered: number[]; refused: number[] } {
    const { entered, refused } = this;
    this.entered = [];
    this.refused = [];
    return { entered, refused: [...refused].sort((a, b) => a - b) };
  }

  sorted(): Guest[] {
    const rank = ({ priority, came }: Guest): number => priority - (this.aging === Infinity ? 0 : came / this.aging);
    return [...this.line].sort((a, b) => rank(b) - rank(a) || b.priority - a.priority || a.id - b.id);
  }

  private serve(): void {
    for (;;) {
      const [first] = this.sorted();
      if (first === undefined || first.count > this.available) return;
      this.line = this.line.filter((guest) => guest !== first);
      this.enter(first.id, first.count);
    }
  }

  private enter(id: number, count: number): void {
    this.available -= count;
    this.inside.set(id, count);
    this.entered.push(id);
  }
}

/** The semaphore and its model, doing the same. */
class Twins {
  readonly scheduler = new VirtualTimeScheduler();
  readonly guests = new Map<number, Visitor>();
  readonly real: Semaphore;
  readonly model: Model;
  private readonly entered: number[] = [];
  private readonly refused: number[] = [];
  private count = 0;
  /** Most that were inside and waiting: that the run was no idle one. */
  most = { inside: 0, waiting: 0, refused: 0, aged: 0 };

  constructor(
    private readonly dice: Random,
    private readonly aging: number,
  ) {
    this.real = semaphore(4, { scheduler: this.scheduler, ...(aging === Infinity ? {} : { aging }) });
    this.model = new Model(4, aging);
    this.scheduler.maxFrames = Infinity;
  }

  /** Does one thing, and compares. */
  step(): void {
    const { dice } = this;
    const kind = dice.below(20);
    if (kind < 9) this.come();
    else if (kind < 10) this.come(true);
    else if (kind < 11) this.resize(1 + dice.below(7));
    else if (kind < 17) this.end('inside');
    else this.end('waiting');
    this.compare();
  }

  empty(): void {
    while (this.model.inside.size > 0) {
      this.end('inside');
      this.compare();
    }
  }

  private come(tries = false): void {
    const { dice, model, real, scheduler } = this;
    const id = this.count++;
    const count = 1 + dice.below(model.total);
    const guest: Guest = { id, count, priority: dice.below(4) === 0 ? 1 + dice.below(2) : 0, came: scheduler.now() };
    if (tries) model.tryToCome(guest);
    else model.come(guest);
    const permits = tries ? real.tryPermits(count) : real.permits(count, { priority: guest.priority });
    const patience = dice.below(3) === 0 ? 10 * dice.below(8) + 5 : Infinity;
    const source = patience === Infinity ? permits : permits.pipe(acquireTimeout(patience, scheduler));
    const tell = (line: string): void => {
      if (line.endsWith(' in')) this.entered.push(id);
      else if (/ error (RangeError|CapacityError)$/.test(line)) this.refused.push(id);
      else if (line.endsWith(' error AcquireTimeoutError')) {
        this.guests.delete(id);
        model.go(id);
        this.compare();
      }
    };
    const visitor = new Visitor(String(id), source, tell, () => undefined);
    if (visitor.state === 'waiting' || visitor.state === 'inside') this.guests.set(id, visitor);
  }

  private resize(total: number): void {
    this.model.resize(total);
    this.real.resize(total);
    for (const [id, { state }] of this.guests) if (state === 'failed') this.guests.delete(id);
  }

  private end(state: 'inside' | 'waiting'): void {
    const { dice, guests, model } = this;
    const id = dice.pick(state === 'inside' ? [...model.inside.keys()] : model.line.map((guest) => guest.id));
    if (id === undefined) return;
    const visitor = guests.get(id);
    guests.delete(id);
    model.go(id);
    const way = state === 'waiting' ? 0 : dice.below(3);
    if (way === 0) visitor?.leave();
    else if (way === 1) visitor?.done();
    else visitor?.fail(new Error('of the work'));
  }

  private compare(): void {
    const { model, real, most } = this;
    const expected = model.take();
    const actual = { entered: this.entered.splice(0), refused: this.refused.splice(0).sort((a, b) => a - b) };
    // A mistake is told with all there is; most steps are fine, and fifty comparisons each would take minutes.
    const isFine =
      actual.entered.join() === expected.entered.join() &&
      actual.refused.join() === expected.refused.join() &&
      real.available === model.available &&
      real.waiting === model.line.length &&
      real.total === model.total;
    if (!isFine) {
      const { available, waiting, total } = real;
      expect({ ...actual, available, waiting, total }).toEqual({
        ...expected,
        available: model.available,
        waiting: model.line.length,
        total: model.total,
      });
    }
    most.inside = Math.max(most.inside, model.inside.size);
    most.waiting = Math.max(most.waiting, model.line.length);
    most.refused += expected.refused.length;
    if (this.aging !== Infinity && this.isAged()) most.aged++;
  }

  private isAged(): boolean {
    const [first] = this.model.sorted();
    return first !== undefined && this.model.line.some(({ priority }) => priority > first.priority);
  }
}

describe('semaphore', () => {
  const { seed = Math.floor(Math.random() * 2 ** 31), numRuns: steps = 0 } = parameters(100_000);

  it.each([
    ['strict priorities', Infinity],
    ['aging', 40],
  ])(
    `does what a list does, with %s, seed ${String(seed)}`,
    async (_, aging) => {
      const dice = new Random(seed);
      const twins = new Twins(dice, aging);
      const { scheduler } = twins;
      let left = steps;
      const next = (): void => {
        for (let burst = dice.below(3); burst >= 0 && left > 0; burst--, left--) twins.step();
        if (left > 0) scheduler.schedule(next, 10 * dice.below(2)); // timeouts are at odd frames, so never in the same as a step
      };
      scheduler.schedule(next);
      scheduler.flush();
      twins.empty();
      const { real, model, most } = twins;
      expect([real.available, real.waiting, model.line.length]).toEqual([real.total, 0, 0]);
      expect(most.inside).toBeGreaterThan(4);
      expect(most.waiting).toBeGreaterThan(5);
      expect(most.refused).toBeGreaterThan(steps / 100);
      if (aging !== Infinity) expect(most.aged).toBeGreaterThan(steps / 1000);
      expect(await reported()).toEqual([]);
    },
    PATIENCE,
  );

  describe('judged by its list', () => {
    it('the list serves in order of priority, and of arrival', () => {
      const model = new Model(1, Infinity);
      [0, 0, 2, 0].forEach((priority, id) => {
        model.come({ id, count: 1, priority, came: 0 });
      });
      for (let i = 0; i < 4; i++) for (const id of [...model.inside.keys()]) model.go(id);
      expect(model.take().entered).toEqual([0, 2, 1, 3]);
    });

    it('the list lets age count', () => {
      const model = new Model(1, 10);
      [[0, 0], [0, 0], [1, 5], [1, 15]].forEach(([priority = 0, came = 0], id) => {
        model.come({ id, count: 1, priority, came });
      }); // prettier-ignore
      for (let i = 0; i < 4; i++) for (const id of [...model.inside.keys()]) model.go(id);
      expect(model.take().entered).toEqual([0, 2, 1, 3]);
    });
  });
});
