import { Subscription } from 'rxjs';
import { pool, type Pool, type PoolEvent, type PoolOptions, type PoolStats } from '../../lib/index.js';
import { Clock } from './clock.js';
import { Depot, type Handle } from './depot.js';
import { describeError } from './journal.js';
import { Visitors, type Visitor } from './visitors.js';

/** A pool in virtual time, what it lends, and those who come to it. */
export class PoolTest {
  readonly clock: Clock;
  readonly depot: Depot;
  readonly visitors = new Visitors();
  /** What was told on `events$` since {@link listen}. */
  readonly events: string[] = [];
  /** What is left at the end. */
  readonly guests = new Subscription();
  private readonly opened = new Subscription();
  private readonly pools: Pool<Handle>[] = [];
  private most = 0;

  constructor(start = 0) {
    this.clock = new Clock(start);
    this.depot = new Depot(this.clock);
  }

  /** Opens a pool until {@link end}. */
  open(options: PoolOptions<Handle> = {}): Pool<Handle> {
    const opened: Pool<Handle>[] = [];
    const source = pool(this.depot.resource, { scheduler: this.clock, random: () => 0, ...options });
    this.opened.add(source.subscribe((one) => opened.push(one)));
    const [made] = opened;
    if (made === undefined) throw new Error('a pool is there at once');
    this.pools.push(made);
    this.most = options.max ?? 10;
    return made;
  }

  /** Writes down what a pool tells. */
  listen(made: Pool<Handle>): string[] {
    made.events$.subscribe((event) => this.events.push(describeEvent(event)));
    return this.events;
  }

  /** Lets time pass, and has a look at the figures. */
  pass(ms: number): void {
    this.clock.pass(ms);
    for (const { stats } of this.pools) {
      checkStats(stats);
      this.most = Math.max(this.most, stats.max);
    }
  }

  /** So many borrow one handle each, and have it; answers them. */
  borrow(made: Pool<Handle>, count: number): Visitor<Handle>[] {
    const borrowers = this.visitors.crowd(count, made.lease);
    for (const { state, name } of borrowers) if (state !== 'inside') throw new Error(`${name} is ${state}`);
    return borrowers;
  }

  /** The end of its scope comes: everybody leaves, and all has to be gone in the end. */
  end(): void {
    this.depot.heal();
    for (const visitor of this.visitors.all) visitor.leave();
    this.guests.unsubscribe();
    this.opened.unsubscribe();
    this.pass(100_000);
    for (const { stats } of this.pools) {
      expect(stats).toMatchObject({ total: 0, idle: 0, borrowed: 0, creating: 0, destroying: 0, checking: 0 });
      expect(stats).toMatchObject({ waiting: 0, leases: 0 });
    }
    if (this.pools.length === 1) expect(this.depot.peak).toBeLessThanOrEqual(this.most);
  }
}

/** What holds of the figures of a pool at any time (P1, P16). */
export function checkStats(stats: PoolStats): void {
  const { total, idle, borrowed, creating, destroying, checking } = stats;
  const { asked, direct, served, timedOut, left, refused, waiting } = stats;
  expect(asked).toBe(direct + served + timedOut + left + refused + waiting);
  expect(total).toBe(idle + borrowed + creating + destroying);
  for (const count of Object.values({ idle, borrowed, creating, destroying, waiting })) expect(count).toBeGreaterThanOrEqual(0); // prettier-ignore
  expect(checking).toBeLessThanOrEqual(idle);
}

/** An event in short: `borrowed 5`, `destroyed 0 idle`. */
export function describeEvent(event: PoolEvent): string {
  switch (event.type) {
    case 'created':
      return `created ${String(event.took)}`;
    case 'create-failed':
      return `create-failed ${String(event.took)} ${describeError(event.error)}, again in ${String(event.retryIn)}`;
    case 'borrowed':
      return `borrowed ${String(event.waited)}`;
    case 'returned':
      return `returned ${String(event.used)}`;
    case 'gave-up':
      return `gave-up ${String(event.waited)} ${describeError(event.error)}`;
    case 'validated':
    case 'reset':
      return `${event.type} ${String(event.took)} ${event.isValid ? 'valid' : 'invalid'}${event.error === null ? '' : ` ${describeError(event.error)}`}`;
    case 'destroyed':
      return `destroyed ${String(event.took)} ${event.reason}`;
    case 'destroy-failed':
      return `destroy-failed ${String(event.took)} ${event.reason} ${describeError(event.error)}`;
    case 'leaked':
    case 'unleaked':
      return `${event.type} ${event.holder.name} ${String(event.holder.heldFor)}`;
  }
}
