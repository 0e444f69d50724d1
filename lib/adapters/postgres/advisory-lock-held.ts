import { ResourceLostError } from '../../core/index.js';
import type { QueryPort } from './client-port.js';
import type { LockKey } from './lock-key.js';

/**
 * An advisory lock that is held: the handle of {@link advisoryLock}.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { lastValue, using } from 'rxscope';
 * import { advisoryLock, connection } from 'rxscope/postgres';
 *
 * const session = connection(() => new pg.Client(process.env['DATABASE_URL']));
 * const report = using(advisoryLock(session, 'report'), async (lock) => {
 *   await lock.client.query('SELECT 1'); // on the session that holds it
 *   lock.check();
 *   return [lock.state, lock.key];
 * });
 * await lastValue(report); // => ['held', 'report']
 * ```
 */
export class AdvisoryLock<C extends QueryPort = QueryPort> {
  /** What holds it: write through this, and what was written goes down with the lock. */
  readonly client: C;
  readonly key: LockKey;
  /** Whether others may hold it too that asked for it in this way. */
  readonly shared: boolean;
  /** The process of the server that serves the session. */
  readonly processId: number;
  /** Higher than that of each holder before, or `null` where none was asked for. See {@link fenced}. */
  readonly fencing: number | null;
  readonly #name: string;
  readonly #controller = new AbortController();
  #state: 'held' | 'lost' | 'released' = 'held';

  /** @internal */
  constructor(
    name: string,
    facts: Pick<AdvisoryLock<C>, 'client' | 'key' | 'shared' | 'processId' | 'fencing'>,
    private readonly findLoss: () => { readonly cause: unknown } | null,
  ) {
    this.#name = name;
    this.client = facts.client;
    this.key = facts.key;
    this.shared = facts.shared;
    this.processId = facts.processId;
    this.fencing = facts.fencing;
  }

  /** Whether it is held. Right at once when the connection dies, before anybody is told. */
  get state(): 'held' | 'lost' | 'released' {
    if (this.#state === 'held' && this.findLoss() !== null) this.end('lost');
    return this.#state;
  }

  /** Whether it is held at this moment. */
  get isHeld(): boolean {
    return this.state === 'held';
  }

  /** Aborts when it is lost, with a `ResourceLostError`, and when it is let go. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Throws a `ResourceLostError` where it is not held any more: for the line before a step that cannot be taken back. */
  check(): void {
    if (this.state !== 'held') throw this.#lost();
  }

  /** @internal */
  end(state: 'lost' | 'released'): void {
    if (this.#state !== 'held') return;
    this.#state = state;
    this.#controller.abort(state === 'lost' ? this.#lost() : undefined);
  }

  #lost(): ResourceLostError {
    const word = this.#state === 'released' ? 'released' : 'lost';
    const loss = this.findLoss();
    const options = { resource: this.#name, ...(loss === null ? {} : { cause: loss.cause }) };
    return new ResourceLostError(`"${this.#name}" is not held: it was ${word}.`, options);
  }
}
