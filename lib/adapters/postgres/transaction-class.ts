import { mutex, type Mutex } from '../../concurrency/index.js';
import type { ClientPort, QueryAnswer } from './client-port.js';
import { TransactionStateError, type TransactionTimeoutError } from './errors.js';
import { isObject } from './is-object.js';
import type { Session } from './session.js';
import { TransactionHooks, type TransactionHook } from './transaction-hooks.js';
import type { TransactionSettings } from './transaction-options.js';

/**
 * Where a transaction is.
 *
 *     open ──► ending ──► committed       (nested: released, its work is part of the one around it)
 *                   ├───► rolled back     (so too where the connection died before COMMIT was sent)
 *                   └───► unknown         (COMMIT was sent, and not answered)
 */
export type TransactionState = 'open' | 'ending' | 'committed' | 'rolled back' | 'unknown';

/**
 * A transaction that is open. Made by entering `transaction()`, which says what can be relied on.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, use } from 'rxscope';
 * import { connection, transaction } from 'rxscope/postgres';
 *
 * const log: string[] = [];
 * const work = transaction(connection(() => new pg.Client({ connectionString: process.env['DATABASE_URL'] }))).pipe(
 *   use(async (tx) => {
 *     tx.afterCommit(() => log.push('committed'));
 *     const { rows } = await tx.query<{ n: number }>('SELECT $1::int AS n', [7]);
 *     log.push(`${tx.state} ${rows[0]?.n}`);
 *   }),
 * );
 * await lastValue(work);
 * log; // => ['open 7', 'committed']
 * ```
 */
export class Transaction<C extends ClientPort = ClientPort> {
  /**
   * Sends a query, as that of the client does, with all of its forms.
   *
   * **Errors.** After the end of the transaction, and while a nested one is open in it, it fails with a
   * `TransactionStateError` and sends nothing: the promise rejects; forms without a promise throw.
   */
  readonly query: C['query'];
  /** The connection that it runs on. What is sent there past the transaction is not held back by its state. */
  readonly client: C;
  /** @internal Where it was opened, if it has a limit. */
  opened: TransactionTimeoutError | null = null;
  /** @internal Whether the first command has been answered: to be told, or told. */
  beginning: Promise<boolean> | boolean = false;
  /** @internal How many of its queries have not been answered. */
  running = 0;
  /** @internal The first error that one of them was answered with. */
  failure: { readonly error: unknown } | null = null;
  /** @internal The nested one that is open in it. */
  inner: Transaction<C> | null = null;
  /** @internal What is to be done after it, if anything was asked for. */
  hooks: TransactionHooks | null = null;
  /** @internal How many have been nested in it, at any depth: of the outermost one. */
  nested = 0;
  private current: TransactionState = 'open';
  private turns: Mutex | null = null;
  private whenAnswered: (() => void) | null = null;

  /** @internal */
  constructor(
    client: C,
    /** @internal */
    readonly session: Session,
    /** @internal */
    readonly settings: TransactionSettings,
    /** @internal */
    readonly outer: Transaction<C> | null,
  ) {
    this.client = client;
    this.query = ((...args: readonly unknown[]) => this.ask(args)) as unknown as C['query'];
  }

  get state(): TransactionState {
    return this.current;
  }

  /** How many transactions it is nested in. */
  get depth(): number {
    return this.outer === null ? 0 : this.outer.depth + 1;
  }

  /**
   * Has something done after the outermost transaction is committed, its connection given back, and before its consumer is told.
   * In order; each is waited for. Dropped where a transaction between here and there is rolled back. What fails reaches the
   * consumer as an `AfterCommitError`.
   */
  afterCommit(hook: TransactionHook): void {
    this.refuseUnlessOpen();
    (this.hooks ??= new TransactionHooks()).afterCommit(hook);
  }

  /** The same after this transaction, or one around it, was rolled back. Not where the outcome is unknown. */
  afterRollback(hook: TransactionHook): void {
    this.refuseUnlessOpen();
    (this.hooks ??= new TransactionHooks()).afterRollback(hook);
  }

  /** @internal The lock that nested ones take, one after the other. */
  get turn(): Mutex {
    return (this.turns ??= mutex({ name: `turn in ${this.settings.name}` }));
  }

  /** @internal */
  get outermost(): Transaction<C> {
    return this.outer === null ? this : this.outer.outermost;
  }

  /** @internal */
  enter(state: TransactionState): void {
    this.current = state;
  }

  /** @internal Why nothing can be sent through it now. */
  refusal(): TransactionStateError | null {
    const { name } = this.settings;
    if (this.current !== 'open') {
      return this.refused(`"${name}" is ${this.current === 'ending' ? 'ending' : `over: ${this.current}`}.`);
    }
    if (this.inner !== null) {
      return this.refused(`A transaction is open inside "${name}". Use the handle of that one until it is over.`);
    }
    return this.outer?.current === 'open' || this.outer === null ? null : this.outer.refusal();
  }

  /** @internal Resolves when all of its queries have been answered. */
  answered(): Promise<void> {
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenAnswered = resolve;
    });
  }

  /** @internal Sends the first command, and tells how that was answered. */
  begin(text: string, answered: () => void, failed: (error: unknown) => void): void {
    this.beginning = this.command(text).then(
      () => {
        this.beginning = true;
        answered();
        return true;
      },
      (error: unknown) => {
        failed(error);
        return false;
      },
    );
  }

  /** @internal Sends what the transaction itself has to say. */
  command(text: string): Promise<QueryAnswer> {
    return this.session.client.query(text);
  }

  private refused(message: string): TransactionStateError {
    return new TransactionStateError(`${message} Nothing was sent.`, { resource: this.settings.name });
  }

  private refuseUnlessOpen(): void {
    if (this.current === 'open') return;
    throw this.refused(`"${this.settings.name}" is ${this.current === 'ending' ? 'ending' : 'over'}.`);
  }

  private ask(args: readonly unknown[]): unknown {
    const refusal = this.refusal();
    if (refusal !== null) {
      if (hasPromise(args)) return Promise.reject(refusal);
      throw refusal;
    }
    const client = this.session.client as { query(...args: readonly unknown[]): unknown };
    const answer = client.query(...args);
    if (isObject(answer) && 'then' in answer) {
      this.running += 1;
      (answer as Promise<unknown>).then(this.done, this.failed);
    }
    return answer;
  }

  private readonly done = (): void => {
    this.running -= 1;
    if (this.running === 0) this.whenAnswered?.();
  };

  private readonly failed = (error: unknown): void => {
    this.failure ??= { error };
    this.done();
  };
}

/** Whether a call of `query` is answered by a promise: not with a callback, and not for a query object. */
function hasPromise(args: readonly unknown[]): boolean {
  const [first] = args;
  if (args.some((arg) => typeof arg === 'function')) return false;
  return !(isObject(first) && 'submit' in first);
}
