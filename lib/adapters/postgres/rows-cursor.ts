import { asyncScheduler } from 'rxjs';

import { resource, type Exit, type Resource } from '../../core/index.js';
import type { QueryPort } from './client-port.js';
import { codeOf } from './fenced-number.js';
import type { Session } from './session.js';
import { sessionOf } from './session-of.js';
import { waitOrCancel } from './wait-or-cancel.js';

/** What can be asked only within a transaction, and what is refused in one that has failed. */
const NO_TRANSACTION = '25P01';
const FAILED_TRANSACTION = '25P02';

let count = 0;

/** What is read, and what from. */
export interface CursorQuery {
  readonly text: string;
  readonly values: readonly unknown[] | undefined;
}

/** A cursor of the server: rows that are fetched when they are wanted. */
export class Cursor<R extends object> {
  readonly name = `rxscope_rows_${String(++count)}`;
  /** Whether the transaction that it needs was begun for it. */
  private isAlone = false;
  private readonly session: Session | null;

  constructor(private readonly client: QueryPort) {
    this.session = sessionOf(client);
  }

  /** Whether its connection has died. */
  get isGone(): boolean {
    return this.session?.isGone === true;
  }

  /** In the transaction that is open on the client, or in one of its own. */
  async open({ text, values }: CursorQuery): Promise<void> {
    const declare = (): Promise<unknown> =>
      this.client.query(
        `DECLARE ${this.name} NO SCROLL CURSOR FOR ${text}`,
        values === undefined ? undefined : [...values],
      );
    if (this.session?.client.getTransactionStatus?.() === 'I') await this.begin(declare);
    else {
      try {
        await declare();
      } catch (error) {
        if (codeOf(error) !== NO_TRANSACTION) throw error;
        await this.begin(declare);
      }
    }
  }

  /** So many rows, or fewer at the end. Where nobody wants them any more and the transaction is the cursor's own, the server is told. */
  async fetch(size: number, signal: AbortSignal): Promise<R[]> {
    const attempt = this.client.query<R>(`FETCH FORWARD ${String(size)} FROM ${this.name}`);
    const { session } = this;
    const cancels = this.isAlone && session !== null;
    const waiter = { signal, scheduler: asyncScheduler };
    return (await (cancels ? waitOrCancel(session.client, attempt, waiter) : attempt)).rows;
  }

  async close(exit: Exit): Promise<void> {
    if (this.isGone) return;
    if (this.isAlone) await this.end(exit.kind === 'complete' ? 'COMMIT' : 'ROLLBACK');
    else await this.closeInside();
  }

  private async begin(declare: () => Promise<unknown>): Promise<void> {
    await this.client.query('BEGIN');
    this.take(true);
    try {
      await declare();
    } catch (error) {
      await this.end('ROLLBACK');
      throw error;
    }
  }

  /** Whether it has a transaction of its own, on a session that is then nobody else's. */
  private take(isAlone: boolean): void {
    this.isAlone = isAlone;
    if (this.session !== null) this.session.isTaken = isAlone;
  }

  private async end(command: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    try {
      await this.client.query(command);
      this.take(false);
    } catch (error) {
      if (this.isGone) return; // it is over with the connection
      this.session?.destroy(error);
      throw error;
    }
  }

  private async closeInside(): Promise<void> {
    try {
      await this.client.query(`CLOSE ${this.name}`);
    } catch (error) {
      if (!this.isGone && codeOf(error) !== FAILED_TRANSACTION) throw error;
    }
  }
}

/** Opened when it is entered; closed, with a transaction of its own, on every path. */
export function cursor<R extends object>(client: QueryPort, query: CursorQuery): Resource<Cursor<R>> {
  return resource({
    name: 'cursor',
    acquire: async () => {
      const opened = new Cursor<R>(client);
      await opened.open(query);
      return opened;
    },
    release: (opened, exit) => opened.close(exit),
  });
}
