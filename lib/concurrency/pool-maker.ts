import { Alarm } from './alarm.js';
import type { Item } from './pool-item.js';
import type { PoolSettings } from './pool-options.js';
import type { Tally } from './tally.js';

/** How many are made at a time while there is none that could come back. */
const COLD = 4;

/**
 * When the next handle is made.
 *
 * Making takes long, and while it does, others come back: so a pool that has some makes one more at a time, and more only
 * where nothing has come back while it did (as HikariCP does it). After a failure it waits, twice as long each time.
 */
export class Maker<T> {
  /** How many of them have taken longer than anybody waits: nothing is expected of those. */
  hanging = 0;
  /** How many have come back so far. */
  returns = 0;
  private parallel = 1;
  private failures = 0;
  private retryAt = -Infinity;
  private readonly current = new Set<Item<T>>();
  private readonly alarm: Alarm;

  constructor(
    private readonly settings: PoolSettings<T>,
    private readonly tally: Tally,
    proceed: () => void,
  ) {
    this.alarm = new Alarm(settings.scheduler, proceed, true);
  }

  /** How many are made just now. */
  get making(): number {
    return this.current.size;
  }

  /**
   * Whether one more is to be made: for `wanted` who have nothing in prospect, or because there are `missing` to the minimum.
   * `live` are there and may come back. Where it is too soon after a failure, it rings when it is time.
   */
  mayMake(wanted: number, missing: number, live: number): boolean {
    this.alarm.need(wanted > 0 || !this.settings.unref); // what nobody waits for keeps no process alive
    if (wanted <= 0 && missing <= 0) {
      if (this.making === 0) this.parallel = 1;
      return false;
    }
    const most = missing > 0 || live === 0 ? Math.max(COLD, this.parallel) : this.parallel;
    if (this.making - this.hanging >= (this.failures > 0 ? 1 : most)) return false;
    if (this.failures === 0 || this.settings.scheduler.now() >= this.retryAt) return true;
    this.alarm.set(this.retryAt);
    return false;
  }

  begin(item: Item<T>): void {
    this.current.add(item);
    item.parallel = this.parallel;
    item.startedAt = this.settings.scheduler.now();
    item.returns = this.returns;
  }

  /** Answers what is due by now: `isWanted` says whether somebody waits still. */
  made(item: Item<T>, isWanted: boolean): void {
    this.forget(item);
    item.failures = this.failures;
    this.failures = 0;
    this.retryAt = -Infinity;
    this.tally.created++;
    this.tally.lastCreateError = null;
    const isShort = isWanted && item.returns === this.returns; // nothing has come back meanwhile
    this.parallel = isShort ? Math.max(this.parallel, item.parallel * 2) : 1;
    if (this.tally.isHeard) this.tally.tell({ type: 'created', took: this.settings.scheduler.now() - item.startedAt });
  }

  notMade(item: Item<T>, error: unknown): void {
    const now = this.settings.scheduler.now();
    this.forget(item);
    this.parallel = 1;
    if (item.startedAt >= this.retryAt) this.putOff(now); // else made beside one that has failed before it
    this.tally.createFailures++;
    this.tally.lastCreateError = error;
    this.tally.tell({
      type: 'create-failed',
      took: now - item.startedAt,
      error,
      retryIn: Math.max(0, this.retryAt - now),
    });
  }

  /** One has died before anybody had it: as bad as not to have been made. */
  diedYoung(item: Item<T>): void {
    this.failures = item.failures;
    this.putOff(this.settings.scheduler.now());
  }

  /** One who waited has gone without. What takes as long as that to be made is not to be waited for. */
  timedOut(): void {
    const { scheduler, acquireTimeout } = this.settings;
    const since = scheduler.now() - acquireTimeout;
    for (const item of this.current) {
      if (item.isHanging || item.startedAt > since) continue;
      item.isHanging = true;
      this.hanging++;
    }
  }

  /** It is not being made any more. */
  forget(item: Item<T>): void {
    this.current.delete(item);
    if (item.isHanging) this.hanging--;
  }

  stop(): void {
    this.alarm.clear();
  }

  private putOff(now: number): void {
    const { initial, max } = this.settings.backoff;
    this.retryAt = now + Math.min(max, initial * 2 ** this.failures) * (1 - this.settings.random() / 2);
    this.failures++;
  }
}
