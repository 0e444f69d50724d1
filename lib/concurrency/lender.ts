import { Subject } from 'rxjs';

import type { Exit } from '../core/engine/exit.js';
import type { Node, Scope } from '../core/engine/scope.js';
import { rxLayer } from '../core/layer.js';
import type { Loan } from './loan.js';
import { refusalToWait } from './pool-admission.js';
import { PoolClosing } from './pool-closing.js';
import type { PoolHolder, PoolStats } from './pool-events.js';
import type { Item } from './pool-item.js';
import type { StockKeeper } from './pool-keeper.js';
import { PoolLine, type LineOwner } from './pool-line.js';
import type { LoanDesk } from './pool-lease.js';
import { Loans } from './pool-loans.js';
import { Maker } from './pool-maker.js';
import type { PoolSettings } from './pool-options.js';
import { poolStats } from './pool-stats.js';
import { Stock } from './pool-stock.js';
import { clear } from './pool-thinning.js';
import { Upkeep } from './pool-upkeep.js';
import * as words from './pool-words.js';
import { Rounds } from './rounds.js';
import { Tally } from './tally.js';

/** The inside of a pool: who borrows, who waits, and what comes back. */
export class Lender<T> implements LoanDesk<T>, LineOwner, StockKeeper<T> {
  readonly tally = new Tally();
  readonly loans: Loans<T>;
  readonly line: PoolLine;
  readonly maker: Maker<T>;
  readonly stock: Stock<T>;
  /** Told after something has changed. */
  readonly changes = new Subject<void>();
  isSuspended = false;
  closing: PoolClosing | null = null;
  private readonly upkeep: Upkeep<T>;
  private readonly rounds = new Rounds(
    () => this.serve() || this.make(),
    () => this.changed(),
  );
  /** Serves those who wait, and makes what is missing. */
  readonly proceed = this.rounds.run;

  constructor(
    /** Of what is lent. */
    readonly name: string,
    node: Node,
    readonly settings: PoolSettings<T>,
  ) {
    this.loans = new Loans(this, name, settings, this.tally);
    this.line = new PoolLine(settings, this.tally, this);
    this.maker = new Maker(settings, this.tally, this.proceed);
    this.stock = new Stock(name, node, settings, this.maker, this.tally, this);
    this.upkeep = new Upkeep(settings, this.stock, this.loans, this.tally, this.proceed);
  }

  get stats(): PoolStats {
    return poolStats(this);
  }

  get holders(): readonly PoolHolder[] {
    return this.loans.holders;
  }

  /** A loan, or one who waits for it. `scope` is null where a promise borrows. */
  borrow(scope: Scope | null, priority: number, timeout: number): unknown {
    this.tally.asked++;
    if (this.closing !== null) throw this.refused(words.closedError(this.settings.name));
    const item = this.line.length === 0 && !this.isSuspended ? this.stock.take(0) : null;
    if (item === null) return this.wait(scope, priority, timeout);
    this.tally.direct++;
    const loan = this.lend(item, scope, null);
    if (this.changes.observed) this.changes.next();
    return loan;
  }

  giveBack(loan: Loan<T>, exit: Exit): void {
    this.loans.back(loan);
    this.maker.returns++;
    this.loans.at = this.stock.back(loan.item, exit);
    if (this.line.length > 0) this.proceed();
    else this.changed();
    this.loans.at = -1;
  }

  lost(item: Item<T>, error: unknown): void {
    for (const loan of this.loans.all()) if (loan.item === item) this.loans.end(loan, error);
  }

  close(force: boolean): PoolClosing {
    const closing = (this.closing ??= new PoolClosing());
    this.maker.stop();
    this.line.stop();
    clear(this.stock);
    if (force) this.loans.force(closing.forced);
    this.changed();
    return closing;
  }

  notMade(error: unknown): void {
    const told = this.settings.createErrors === 'all' ? this.line.all() : [this.line.first()];
    for (const waiting of told) if (waiting !== null) this.line.refuse(waiting, error);
    this.proceed();
  }

  shelved(due: number): void {
    this.upkeep.due(due);
  }

  gone(wasMade: boolean, failures: readonly unknown[]): void {
    if (this.closing !== null) this.closing.gone(wasMade, failures);
    else if (!this.tally.isHeard) for (const error of failures) rxLayer.report(error);
  }

  private serve(): boolean {
    const next = this.isSuspended ? null : this.line.first();
    const item = next === null ? null : this.stock.take(this.wanted());
    if (next === null || item === null) return false;
    if (next.row === null) return true; // left because of what `validate` did
    this.line.leave(next);
    this.tally.served++;
    next.serve(this.lend(item, next.scope, next));
    return true;
  }

  private make(): boolean {
    const { stock, maker, settings } = this;
    if (this.closing !== null || stock.items.size >= settings.max) return false;
    const wanted = this.isSuspended ? 0 : this.wanted() - stock.checking - maker.making + maker.hanging;
    const missing = settings.min - (stock.items.size - stock.ending);
    if (!maker.mayMake(wanted, missing, stock.live)) return false;
    stock.make();
    return true;
  }

  /** How many handles those who wait need. */
  private wanted(): number {
    const { length } = this.line;
    return length === 0 ? 0 : Math.max(1, Math.ceil(length / this.settings.concurrency));
  }

  private wait(scope: Scope | null, priority: number, timeout: number): unknown {
    const refusal = refusalToWait(this, scope);
    if (refusal !== null) throw this.refused(refusal);
    const waiting = this.loans.note(this.line.join(scope, priority, timeout));
    if (this.stock.idle.next !== null || this.stock.items.size < this.settings.max) this.proceed();
    else this.changed();
    return waiting.settled();
  }

  private lend(item: Item<T>, scope: Scope | null, waiting: ReturnType<PoolLine['first']>): Loan<T> {
    this.stock.lend(item);
    const loan = this.loans.lend(item, scope, waiting);
    if (this.loans.areWatched) this.upkeep.lent(loan);
    return loan;
  }

  private refused(error: Error): Error {
    this.tally.refused++;
    if (this.changes.observed) this.changes.next();
    return error;
  }

  private changed(): void {
    if (this.changes.observed) this.changes.next();
    if (this.closing === null || this.stock.items.size > 0) return;
    this.upkeep.stop();
    this.closing.finish();
    this.changes.complete();
    this.tally.events.complete();
  }
}
