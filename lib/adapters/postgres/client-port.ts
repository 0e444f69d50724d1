/**
 * What is called of a PostgreSQL client: the part of `Client` and `Pool` of `pg` 8 that this adapter needs. No client is
 * imported; whatever fits these shapes will do.
 */

/** What a query answers. */
export interface QueryAnswer<R = Record<string, unknown>> {
  /** The command that was carried out, as the server names it: `SELECT`, `COMMIT`. */
  readonly command: string;
  /** How many rows it read or changed; `null` where the command counts none. */
  readonly rowCount: number | null;
  readonly rows: R[];
}

/**
 * What queries can be sent through: a client, or a transaction on one. Several statements in one text are answered by an array with an
 * answer to each.
 */
export interface QueryPort {
  query<R extends object = Record<string, unknown>>(text: string, values?: unknown[]): Promise<QueryAnswer<R>>;
}

/** A message sent by `NOTIFY`. */
export interface NotificationMessage {
  readonly channel: string;
  readonly payload?: string | undefined;
  /** The process of the server that sent it. */
  readonly processId: number;
}

/** The state of a session as the server told it last: idle, in a transaction, or in one that has failed. */
export type SessionStatus = 'I' | 'T' | 'E' | null;

/** One connection to the server: `Client` of `pg` 8. */
export interface ClientPort extends QueryPort {
  connect(): Promise<unknown>;
  end(): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'notification', listener: (message: NotificationMessage) => void): unknown;
  /** `drain`: nothing runs on it any more, and nothing waits. */
  on(event: 'end' | 'drain', listener: () => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'notification', listener: (message: NotificationMessage) => void): unknown;
  removeListener(event: 'end' | 'drain', listener: () => void): unknown;
  /** Since `pg` 8.17; where it is missing, the state is asked for. */
  getTransactionStatus?(): SessionStatus;
  /** False while a query runs. Not part of the types of `pg`, and in every version of it. */
  readonly readyForQuery?: boolean;
  /** The process of the server that serves this connection. Not part of the types of `pg`. */
  readonly processID?: number | null;
  /** Shown by whoever wants to cancel a query. Not part of the types of `pg`. */
  readonly secretKey?: number | null;
  readonly host?: string;
  readonly port?: number;
  /** Its socket, which is destroyed where asking nicely would hang. `pg-native` has none. */
  readonly connection?: { readonly stream?: { destroy(): unknown } };
}

/** A client lent by a pool: `PoolClient` of `pg` 8. */
export interface PooledClientPort extends ClientPort {
  /** Gives it back; with an error or `true` it is closed instead. */
  release(error?: Error | boolean): void;
}

/** `Pool` of `pg` 8. */
export interface PgPoolPort<C extends PooledClientPort = PooledClientPort> {
  connect(): Promise<C>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
}
