/** A session that holds an advisory lock, or waits for it. */
export interface AdvisoryLockHolder {
  /** The process of the server that serves it. */
  readonly processId: number;
  readonly shared: boolean;
  /** Whether it holds the lock; `false` while it waits. */
  readonly holds: boolean;
  /** The `application_name` of its connection; empty where it gave none. */
  readonly application: string;
  /** What it does: `active`, `idle`, `idle in transaction`, as in `pg_stat_activity`. */
  readonly state: string;
}
