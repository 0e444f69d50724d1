import type { Transferable } from 'node:worker_threads';

import type { Observable } from 'rxjs';

/** What a worker can be asked to do, by name. `typeof` what is handed to {@link serveCalls} is such a type. */
export type WorkerCalls<C> = {
  readonly [K in keyof C]: (input: never, context: CallContext) => unknown;
};

/** What a worker is taken for where nobody says what it can do. */
export type AnyCalls = Readonly<Record<string, (input: unknown) => unknown>>;

/** What a call is told in the worker besides its input. */
export interface CallContext {
  /** Aborts when the caller has left. A call that goes on all the same has its worker terminated after a while. */
  readonly signal: AbortSignal;
  /** Answers `value`, so that these parts of it are moved to the caller instead of copied. */
  transfer<T extends object>(this: void, value: T, parts: readonly Transferable[]): T;
}

/** How one call is made. */
export interface CallOptions {
  /** Parts of the input that are moved to the worker instead of copied; nobody else can use them then. Default: none. */
  readonly transfer?: readonly Transferable[];
}

/** What a call takes: its input, if it has any, and options. */
export type CallArguments<F> = F extends (...args: infer A) => unknown
  ? undefined extends A[0]
    ? [input?: A[0], options?: CallOptions]
    : [input: A[0], options?: CallOptions]
  : never;

/** What a call answers with: the values of an observable or an async iterable, the value of a promise, or the value. */
export type CallResult<F> = F extends (...args: never) => infer R
  ? R extends Observable<infer T> | AsyncIterable<infer T>
    ? T
    : Awaited<R>
  : never;
