import { isObservable, lastValueFrom } from 'rxjs';

import type { Awaitable } from '../../core/index.js';
import { AfterCommitError } from './errors.js';

/** Something to be done once it is known how a transaction came out. */
export type TransactionHook = () => Awaitable<unknown>;

/** What is to be done after a transaction, in the order in which it was asked for. */
export class TransactionHooks {
  private readonly commit: TransactionHook[] = [];
  private readonly rollback: TransactionHook[] = [];

  afterCommit(hook: TransactionHook): void {
    this.commit.push(hook);
  }

  afterRollback(hook: TransactionHook): void {
    this.rollback.push(hook);
  }

  /** Takes over what a nested transaction leaves behind when it is released: it comes out with the one around it. */
  addAll(inner: TransactionHooks): void {
    this.commit.push(...inner.commit);
    this.rollback.push(...inner.rollback);
  }

  async committed(name: string): Promise<void> {
    const failures = await all(this.commit);
    if (failures.length === 0) return;
    const what = `${failures.length} of ${this.commit.length} of its hooks failed`;
    throw new AfterCommitError(`"${name}" is committed, and ${what}. Do not repeat it.`, failures, { resource: name });
  }

  async rolledBack(): Promise<void> {
    const failures = await all(this.rollback);
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} hooks failed after a rollback.`);
    if (failures.length === 1) throw failures[0];
  }
}

/** Runs one after the other, every one of them, and answers what failed. */
async function all(hooks: readonly TransactionHook[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const hook of hooks) {
    try {
      const answer = hook();
      await (isObservable(answer) ? lastValueFrom(answer, { defaultValue: undefined }) : answer);
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}
