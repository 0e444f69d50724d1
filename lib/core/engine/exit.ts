import { suppressedError } from './suppressed-error.js';

/**
 * How a scope ended, as told to everything that is released with it (law 7).
 *
 * `error` is the identical value the body failed with; presence decides, so failing with `undefined` is an
 * `error` exit as well. `unsubscribe` means that the consumer left before the body had ended.
 */
export type Exit =
  | { readonly kind: 'complete' }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'unsubscribe' };

export const COMPLETE: Exit = /* @__PURE__ */ Object.freeze({ kind: 'complete' });
export const UNSUBSCRIBE: Exit = /* @__PURE__ */ Object.freeze({ kind: 'unsubscribe' });

export function failed(error: unknown): Exit {
  return Object.freeze({ kind: 'error', error });
}

/** The outcome so far after one more release has failed (laws 9 and 10). */
export function afterFailure(outcome: Exit, failure: unknown): Exit {
  return failed(outcome.kind === 'error' ? join(failure, outcome.error) : failure);
}

/** Whether the outcome says more than the exit did: a release failed, or changed the error. */
export function isNews(outcome: Exit, exit: Exit): boolean {
  return outcome.kind === 'error' && !(exit.kind === 'error' && Object.is(exit.error, outcome.error));
}

/** Two failures as one: the newer alone where it is the older one passed on, a `SuppressedError` otherwise. */
export function join(newer: unknown, older: unknown): unknown {
  return holds(newer, older) ? newer : suppressedError(newer, older);
}

/**
 * Whether `error` is `original` or carries it: in its `cause` chain, or as one half of a `SuppressedError`.
 *
 * Objects only. Two failures with `undefined` are two failures: equal primitives say nothing about identity.
 */
export function holds(error: unknown, original: unknown): boolean {
  if (!isObject(original)) return false;
  const open: unknown[] = [error];
  const seen = new Set<unknown>();
  while (open.length > 0) {
    const one = open.pop();
    if (one === original) return true;
    if (!isObject(one) || seen.has(one)) continue;
    seen.add(one);
    const { cause, error: newer, suppressed, name } = one as Record<string, unknown>;
    open.push(cause);
    if (name === 'SuppressedError') open.push(newer, suppressed);
  }
  return false;
}

/** Whether `error` is `original` or has it in its `cause` chain: the same failure, told in other words. */
export function causedBy(error: unknown, original: unknown): boolean {
  const seen = new Set<unknown>();
  let one = error;
  while (one !== original) {
    if (!isObject(one) || seen.has(one)) return false;
    seen.add(one);
    one = (one as { cause?: unknown }).cause;
  }
  return true;
}

/**
 * Whether `error` only says that `signal` has aborted: it is the signal's reason, carries it as its cause, or is one of
 * the errors that clients throw which do not pass the reason on.
 */
export function saysAborted(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted !== true) return false;
  if (causedBy(error, signal.reason)) return true;
  const name = isObject(error) ? (error as { name?: unknown }).name : undefined;
  return name === 'AbortError' || name === 'CanceledError'; // the platform's, and that of axios
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Why something handed in as an exit is none; null where it is one. */
export function refusedExit(exit: Exit): TypeError | null {
  const kind: unknown = (exit as { kind?: unknown } | null | undefined)?.kind;
  if (kind === 'complete' || kind === 'unsubscribe' || (kind === 'error' && 'error' in exit)) return null;
  const received = typeof exit === 'object' ? `one of kind ${String(kind)}` : typeof exit;
  return new TypeError(
    `Expected an exit ({ kind: 'complete' }, { kind: 'error', error } or { kind: 'unsubscribe' }), received ${received}.`,
  );
}
