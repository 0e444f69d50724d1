import { failed } from '../core/engine/exit.js';
import { ResourceLostError } from '../core/engine/errors.js';
import { Alarm } from './alarm.js';
import type { Loan } from './loan.js';
import { holderOf } from './pool-holder.js';
import type { Item } from './pool-item.js';
import type { Loans } from './pool-loans.js';
import type { PoolSettings } from './pool-options.js';
import type { Stock } from './pool-stock.js';
import type { Tally } from './tally.js';

/** What time does to the handles of a pool, and to its borrowers: one timer for all of them. */
export class Upkeep<T> {
  private readonly alarm: Alarm;

  constructor(
    private readonly settings: PoolSettings<T>,
    private readonly stock: Stock<T>,
    private readonly loans: Loans<T>,
    private readonly tally: Tally,
    private readonly proceed: () => void,
  ) {
    this.alarm = new Alarm(
      settings.scheduler,
      () => {
        this.ring();
      },
      !settings.unref,
    );
  }

  due(time: number): void {
    if (time !== Infinity) this.alarm.set(time);
  }

  lent(loan: Loan<T>): void {
    loan.stack ??= new Error().stack ?? null;
    this.due(this.dueOf(loan));
  }

  stop(): void {
    this.alarm.clear();
  }

  private ring(): void {
    const now = this.settings.scheduler.now();
    for (const item of this.stock.items) if (item.state === 'idle') this.look(item, now);
    for (const loan of this.loans.areWatched ? this.loans.all() : []) this.check(loan, now);
    for (const item of this.stock.items) {
      if (item.state === 'idle') this.due(Math.min(this.idleUntil(item), item.expiresAt, item.keepAliveAt));
    }
    this.proceed();
  }

  private look(item: Item<T>, now: number): void {
    if (now >= item.expiresAt) this.stock.destroy(item, 'expired');
    else if (now >= this.idleUntil(item)) this.stock.destroy(item, 'idle');
    else if (now >= item.keepAliveAt) this.stock.validate(item);
  }

  /** The last ones stay, however long nobody uses them. */
  private idleUntil(item: Item<T>): number {
    return this.stock.items.size - this.stock.ending > this.settings.min ? item.idleUntil : Infinity;
  }

  private check(loan: Loan<T>, now: number): void {
    const { leakAfter, reclaimAfter } = this.settings;
    const age = now - loan.startedAt(now);
    if (leakAfter > 0 && age >= leakAfter && !loan.isOverdue) {
      loan.isOverdue = true;
      this.tally.leaked++;
      this.tally.tell({ type: 'leaked', holder: holderOf(loan, this.settings.name, now) });
    }
    if (reclaimAfter > 0 && age >= reclaimAfter) this.reclaim(loan);
    else this.due(this.dueOf(loan));
  }

  private reclaim(loan: Loan<T>): void {
    const { name, reclaimAfter } = this.settings;
    const error = new ResourceLostError(
      `A handle of "${name}" was taken back: it had been borrowed for ${String(reclaimAfter)} ms, the longest that is allowed.`,
      { resource: name },
    );
    this.stock.retire(loan.item, 'reclaimed', failed(error));
    this.loans.end(loan, error);
  }

  private dueOf(loan: Loan<T>): number {
    const { leakAfter, reclaimAfter } = this.settings;
    const leak = leakAfter > 0 && !loan.isOverdue ? leakAfter : Infinity;
    return loan.since + Math.min(leak, reclaimAfter > 0 ? reclaimAfter : Infinity);
  }
}
