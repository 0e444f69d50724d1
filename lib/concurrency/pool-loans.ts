import { asyncScheduler } from 'rxjs';

import { lose } from '../core/engine/ending.js';
import type { Scope } from '../core/engine/scope.js';
import { Claims, type Claim } from './claim.js';
import { claimsAround } from './held-around.js';
import { Loan } from './loan.js';
import type { PoolHolder } from './pool-events.js';
import { holderOf } from './pool-holder.js';
import type { Item } from './pool-item.js';
import { PoolLease, type LoanDesk } from './pool-lease.js';
import type { PoolSettings } from './pool-options.js';
import { forcedError } from './pool-words.js';
import type { Tally } from './tally.js';
import type { Waiting } from './waiting.js';

/** What is lent just now, and to whom. */
export class Loans<T> extends Claims<Loan<T>> {
  /** Whether it matters how long things are borrowed. */
  readonly areWatched: boolean;
  private readonly stacks = new WeakMap<Waiting, string | null>();
  /** When the handle came back that is lent next, in the same call: the time of that as well. -1: none did. */
  at = -1;
  private readonly hasClock: boolean;

  constructor(
    private readonly desk: LoanDesk<T>,
    private readonly name: string,
    private readonly settings: PoolSettings<T>,
    private readonly tally: Tally,
  ) {
    super();
    this.areWatched = settings.leakAfter > 0 || settings.reclaimAfter > 0;
    this.hasClock = this.areWatched || settings.scheduler !== asyncScheduler;
  }

  /** Who has borrowed, the one who has had it longest first. */
  get holders(): readonly PoolHolder[] {
    const now = this.settings.scheduler.now();
    return Object.freeze(this.all().map((loan) => holderOf(loan, this.settings.name, now)));
  }

  /** Notes where one borrows that has to wait: when it is served, somebody else is on the stack. */
  note(waiting: Waiting): Waiting {
    if (this.areWatched) this.stacks.set(waiting, new Error().stack ?? null);
    return waiting;
  }

  /** `waiting`: null where the borrower did not wait. */
  lend(item: Item<T>, scope: Scope | null, waiting: Waiting | null): Loan<T> {
    const { scheduler } = this.settings;
    const loan = scope === null ? new PoolLease(this.desk, item, this.name) : new Loan<T>(this.desk, scope, item);
    // One that is lent as its scope is opened has the age of that.
    if (scope === null || waiting !== null || scope.since !== -1 || this.hasClock) {
      loan.since = this.at === -1 ? scheduler.now() : this.at;
    }
    this.at = -1; // who is lent something next may come long after what this one does now
    if (waiting !== null && this.areWatched) loan.stack = this.stacks.get(waiting) ?? null;
    this.add(loan);
    if (this.tally.isHeard) {
      const waited = waiting === null ? 0 : loan.since - waiting.startedAt(loan.since);
      this.tally.tell({ type: 'borrowed', waited });
    }
    return loan;
  }

  back(loan: Loan<T>): void {
    this.remove(loan);
    if (loan.isOverdue || this.tally.isHeard) this.tell(loan);
  }

  /** Ends a borrower. */
  end(loan: Loan<T>, error: unknown): void {
    if (loan instanceof PoolLease) loan.end(error);
    else lose(loan.scope as Scope, error);
  }

  /** Ends all borrowers that have not begun to end, and puts them on the list before. */
  force(list: PoolHolder[]): void {
    const now = this.settings.scheduler.now();
    const present = this.all().filter(isPresent);
    list.push(...present.map((loan) => holderOf(loan, this.settings.name, now)));
    for (const loan of present) this.end(loan, forcedError(this.settings.name));
  }

  /** Whether everything is lent to scopes that wait for one more inside of them, `scope` among them. */
  areStuck(scope: Scope, line: { all(): Waiting[] }): boolean {
    const own = claimsAround(scope, this.desk);
    if (own.length === 0) return false;
    const stuck = new Set<Claim>(own);
    for (const { scope: other } of line.all()) {
      if (other !== null) for (const claim of claimsAround(other, this.desk)) stuck.add(claim);
    }
    return this.all().every((loan) => stuck.has(loan));
  }

  private tell(loan: Loan<T>): void {
    const now = this.settings.scheduler.now();
    this.tally.tell({ type: 'returned', used: now - loan.startedAt(now) });
    if (!loan.isOverdue) return;
    this.tally.leaked--;
    this.tally.tell({ type: 'unleaked', holder: holderOf(loan, this.settings.name, now) });
  }
}

function isPresent({ scope }: Loan<unknown>): boolean {
  let outermost = scope;
  while (outermost !== null && outermost.owner !== null) outermost = outermost.owner;
  return outermost === null || outermost.exit === null;
}
