import { asyncScheduler, Observable, type SchedulerLike } from 'rxjs';

import type { ClientPort } from './client-port.js';

/**
 * What is known of a connection besides its client: whether it is gone, and whether somebody has a transaction on it.
 *
 * There is one for each client, made when it is first needed. From then on its `error` events are heard: a session that is
 * ended by the server tells so twice, and a client without a listener ends the process.
 */
export class Session {
  private static readonly known = new WeakMap<ClientPort, Session>();

  static of(client: ClientPort): Session {
    let session = Session.known.get(client);
    if (session === undefined) {
      session = new Session(client);
      Session.known.set(client, session);
    }
    return session;
  }

  /** Whether a transaction is open on it, or on its way. */
  isTaken = false;
  private loss: { readonly cause: unknown } | null = null;
  private readonly watchers = new Set<{ next(cause: unknown): void }>();

  private constructor(readonly client: ClientPort) {
    client.on('error', (error) => {
      this.lose(error);
    });
    client.on('end', () => {
      this.lose(new Error('The connection was ended.'));
    });
  }

  /** Whether the connection is gone: ended, broken, or destroyed. */
  get isGone(): boolean {
    return this.loss !== null;
  }

  /** What it died of. */
  get cause(): unknown {
    return this.loss?.cause;
  }

  /** Emits what the connection died of, at once where it is dead already. */
  readonly lost = new Observable<unknown>((subscriber) => {
    if (this.loss !== null) {
      subscriber.next(this.loss.cause);
      return;
    }
    this.watchers.add(subscriber);
    subscriber.add(() => this.watchers.delete(subscriber));
  });

  /** Whether it is in a transaction, as far as the server has told. */
  get isInTransaction(): boolean {
    const status = this.client.getTransactionStatus?.();
    return status === 'T' || status === 'E';
  }

  /** Whether something that was sent has not been answered to its end. */
  get isBusy(): boolean {
    return this.client.readyForQuery === false;
  }

  /** Why nobody else should get it, or `null` where it is certainly idle. */
  get doubt(): string | null {
    if (this.isGone) return 'ended';
    if (this.isBusy) return 'with a query that still runs';
    return this.isTaken || this.isInTransaction ? 'in a transaction' : null;
  }

  /**
   * Waits until everything that was sent has been answered. Answers whether it has: not where the connection is gone, and not
   * after `limit` milliseconds. An error arrives before the server says that it is ready for more.
   */
  quiet(limit: number, scheduler: SchedulerLike = asyncScheduler): Promise<boolean> {
    if (this.isGone) return Promise.resolve(false);
    if (!this.isBusy) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (isQuiet: boolean): void => {
        this.client.removeListener('drain', drained);
        this.watchers.delete(watcher);
        timer?.unsubscribe();
        resolve(isQuiet);
      };
      const drained = (): void => {
        // A client that pipelines says so too early where it refuses a query between an error and the end of the answer.
        if (!this.isBusy) end(true);
      };
      const gone = (): void => {
        end(false);
      };
      const watcher = { next: gone };
      const timer = limit === Infinity ? null : scheduler.schedule(gone, limit);
      this.client.on('drain', drained);
      this.watchers.add(watcher);
    });
  }

  /** Cuts the connection, whatever goes on in it. What waits for an answer fails. */
  destroy(reason: unknown): void {
    const { connection } = this.client;
    // Not `end()`: asked to connect, it would say goodbye before it has said hello, and nobody would be told of the end.
    if (connection?.stream !== undefined) connection.stream.destroy();
    else void this.client.end().catch(() => undefined);
    this.lose(reason);
  }

  private lose(cause: unknown): void {
    if (this.loss !== null) return;
    this.loss = { cause };
    const watchers = [...this.watchers];
    this.watchers.clear();
    for (const watcher of watchers) watcher.next(cause);
  }
}
