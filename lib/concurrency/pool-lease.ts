import { asyncDispose } from '../internal/async-dispose.js';
import { COMPLETE, failed, refusedExit, type Exit } from '../core/engine/exit.js';
import { GONE, HELD, type Entry, type State } from '../core/engine/scope.js';
import { register, unregister } from '../core/engine/shared.js';
import type { Lease } from '../core/lease.js';
import type { ClaimSource } from './claim.js';
import { Loan } from './loan.js';
import type { Item } from './pool-item.js';

/** Where loans are given back. */
export interface LoanDesk<T> extends ClaimSource {
  giveBack(loan: Loan<T>, exit: Exit): void;
}

const NO = Promise.resolve(false);

/** A loan to a promise: there is no scope around it, so it stands on the list of open ones itself. */
export class PoolLease<T> extends Loan<T> implements Lease<T>, Entry {
  readonly value: T;
  readonly listed = true;
  readonly busy = false;
  state: State = HELD;
  older: Entry | null = null;
  newer: Entry | null = null;
  private failure: Exit | null = null;

  constructor(
    private readonly desk: LoanDesk<T>,
    item: Item<T>,
    readonly name: string,
  ) {
    super(desk, null, item);
    this.value = item.value;
    register(this, HELD);
  }

  release(exit: Exit = COMPLETE): Promise<boolean> {
    if (exit !== COMPLETE) {
      const refusal = refusedExit(exit);
      if (refusal !== null) return Promise.reject(refusal);
    }
    const ended = this.failure;
    this.failure = null;
    if (ended !== null) return Promise.reject((ended as { readonly error: unknown }).error);
    if (this.state === GONE) return NO;
    this.giveBack(exit);
    return exit.kind === 'error' ? Promise.reject(exit.error) : NO;
  }

  async [asyncDispose](): Promise<void> {
    await this.release();
  }

  /** The handle is taken away; `release()` tells why. */
  end(error: unknown): void {
    if (this.state === GONE) return;
    const exit = failed(error);
    this.failure = exit;
    this.giveBack(exit);
  }

  private giveBack(exit: Exit): void {
    this.state = GONE;
    unregister(this);
    this.desk.giveBack(this, exit);
  }
}
