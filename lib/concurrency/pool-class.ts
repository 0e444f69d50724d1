import { Observable } from 'rxjs';

import { asyncDispose } from '../internal/async-dispose.js';
import { checkCount, checkDuration } from '../internal/check.js';
import type { Lease } from '../core/lease.js';
import type { Resource } from '../core/resource-class.js';
import { Alarm } from './alarm.js';
import type { Lender } from './lender.js';
import { checkPriority } from './permits.js';
import { atOnce, borrowing } from './pool-borrowing.js';
import type { PoolEvent, PoolHolder, PoolReport, PoolStats } from './pool-events.js';
import { checkMin } from './pool-options.js';
import { served, until } from './pool-promises.js';
import { evict, shrink } from './pool-thinning.js';
import { closedError } from './pool-words.js';
import { Waiting } from './waiting.js';

/** How a handle is borrowed. */
export interface BorrowOptions {
  /** Those with a higher one are served first; with the same one, in order of arrival. Default 0. */
  readonly priority?: number;
  /** Milliseconds to wait at most. Default: the `acquireTimeout` of the pool. */
  readonly timeout?: number;
}

/** How a pool is closed. */
export interface PoolCloseOptions {
  /** Whether those who have borrowed are ended, with a `ClosedError`. Default `false`: they are waited for. */
  readonly force?: boolean;
  /** Milliseconds after which they are ended all the same. Default: never. */
  readonly deadline?: number;
}

/**
 * Handles that are lent to one borrower at a time. Made by entering {@link pool}, which says what can be relied on.
 *
 * @example
 * ```ts
 * import { lease, pool, resource } from 'rxscope';
 *
 * const entered = await lease(pool(resource({ name: 'page', acquire: async () => 'a page' }), { max: 3 }));
 * const pages = entered.value;
 * const page = await pages.acquire();
 * const { total, idle, borrowed } = pages.stats;
 * [page.value, total, idle, borrowed]; // => ['a page', 1, 0, 1]
 * await page.release();
 * await entered.release();
 * pages.stats.total; // => 0
 * ```
 */
export class Pool<T> implements AsyncDisposable {
  /** A handle, borrowed as long as it is open. */
  readonly lease: Resource<T>;
  /** The same, but it never waits: it fails with a `CapacityError` where there is none at once, and has one made for the next. */
  readonly tryLease: Resource<T>;
  /** What it is at, when subscribed and after each change. Completes when the pool is closed. */
  readonly stats$: Observable<PoolStats>;
  /** What happens in it. Completes when the pool is closed. While nobody listens, handles that cannot be destroyed are reported
   * to `config.onUnhandledError`. */
  readonly events$: Observable<PoolEvent>;
  readonly #lender: Lender<T>;

  /** @internal */
  constructor(lender: Lender<T>) {
    this.#lender = lender;
    this.lease = this.leaseWith();
    this.tryLease = borrowing(lender, (scope) => atOnce(lender, scope));
    this.events$ = lender.tally.events.asObservable();
    this.stats$ = new Observable((subscriber) => {
      const tell = (): void => {
        subscriber.next(lender.stats);
      };
      tell();
      subscriber.add(lender.changes.subscribe({ next: tell, complete: () => { subscriber.complete(); } })); // prettier-ignore
    });
  }

  /** What it is at now, and what it has done so far. A frozen copy. */
  get stats(): PoolStats {
    return this.#lender.stats;
  }

  /** {@link lease}, with a priority, or with a limit of its own on the waiting. **Errors.** `RangeError` at the call. */
  leaseWith({ priority = 0, timeout = this.#lender.settings.acquireTimeout }: BorrowOptions = {}): Resource<T> {
    checkPriority(priority);
    checkDuration(timeout, 'timeout');
    const lender = this.#lender;
    return borrowing(lender, (scope) => lender.borrow(scope, priority, timeout));
  }

  /**
   * Borrows by hand, for imperative code: `await using held = await pool.acquire()`. Prefer {@link lease} where the work is a
   * stream: nobody can forget to give back there.
   *
   * When `signal` aborts while it waits, the promise rejects with the reason; later the signal does nothing. Where the handle
   * dies, or the pool is closed by force, `release()` rejects with that error.
   */
  acquire({ signal, priority = 0, timeout }: BorrowOptions & { readonly signal?: AbortSignal } = {}): Promise<
    Lease<T>
  > {
    try {
      signal?.throwIfAborted();
      checkPriority(priority);
      if (timeout !== undefined) checkDuration(timeout, 'timeout');
      const got = this.#lender.borrow(null, priority, timeout ?? this.#lender.settings.acquireTimeout);
      return got instanceof Waiting ? served<Lease<T>>(got, signal) : Promise.resolve(got as Lease<T>);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Who has borrowed, and for how long; who has had it longest comes first. */
  holders(): readonly PoolHolder[] {
    return this.#lender.holders;
  }

  /**
   * Waits until there are `min` handles. Rejects with what making one fails with meanwhile (the pool goes on trying), and
   * with a `ClosedError` where it is closed.
   */
  ready(): Promise<void> {
    const lender = this.#lender;
    const { createFailures } = lender.tally;
    return until(lender.changes, () => {
      if (lender.tally.createFailures > createFailures) throw lender.tally.lastCreateError;
      if (lender.closing !== null) throw closedError(lender.settings.name);
      return lender.stock.live >= lender.settings.min;
    });
  }

  /** Waits until nothing is borrowed and nobody waits. The pool stays open. */
  drain(): Promise<void> {
    const lender = this.#lender;
    return until(lender.changes, () => lender.loans.size === 0 && lender.line.length === 0);
  }

  /**
   * Closes it before its scope ends: whoever waits or comes gets a `ClosedError`, what is unused or being made is destroyed, and
   * what is borrowed is waited for, or ended first with `force` or after `deadline`. A second call waits for the first, and
   * may add force to it.
   *
   * **Errors.** Rejects with what destroying fails with; several as a `SuppressedError`. Told once: the second call, and the end
   * of the scope, do not repeat it (law 26).
   */
  close({ force = false, deadline = Infinity }: PoolCloseOptions = {}): Promise<PoolReport> {
    const lender = this.#lender;
    try {
      checkDuration(deadline, 'deadline');
    } catch (error) {
      return Promise.reject(error);
    }
    const closing = lender.close(force);
    const { scheduler } = lender.settings;
    const due = scheduler.now() + deadline;
    const alarm = new Alarm(scheduler, () => {
      if (scheduler.now() < due) alarm.set(due);
      else lender.close(true);
    }, true); // prettier-ignore
    return new Promise((resolve, reject) => {
      closing.then(({ report, failure }) => {
        alarm.clear();
        if (failure.kind === 'error') reject(failure.error);
        else resolve(report);
      });
      if (deadline !== Infinity && !closing.isOver) alarm.set(due);
    });
  }

  /**
   * Changes how many handles there may be. Where there are more now, unused ones are destroyed at once, and borrowed ones when
   * they come back. **Errors.** `RangeError` for less than `min`.
   */
  resize(max: number): void {
    const lender = this.#lender;
    checkCount(max, 'max', 1);
    checkMin(lender.settings.min, max);
    lender.settings.max = max;
    shrink(lender.stock, max);
    lender.proceed();
  }

  /**
   * Takes handles out of use: unused ones are destroyed at once, borrowed ones when they come back, and new ones made where they are
   * wanted. Without `predicate` all of them, those being made included: after a change of credentials, or a failover. What `predicate` throws is
   * thrown here, before anything is done.
   */
  evict(predicate?: (value: T) => boolean): void {
    evict(this.#lender.stock, predicate ?? null);
    this.#lender.proceed();
  }

  /** Lends nothing more until {@link resume}; who comes meanwhile waits. */
  suspend(): void {
    this.#lender.isSuspended = true;
  }

  resume(): void {
    this.#lender.isSuspended = false;
    this.#lender.proceed();
  }

  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}
