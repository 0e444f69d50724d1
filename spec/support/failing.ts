import { throwError } from 'rxjs';
import { lastValue, type Awaitable } from '../../lib/index.js';
import type { Observable } from 'rxjs';

/** `throw` as an expression. */
export function raise(error: unknown): never {
  throw error;
}

/** The ways in which a callback that may answer with an `Awaitable` can fail, for `it.each`. */
export function waysToFail(error: unknown): readonly (readonly [string, () => Awaitable<never>])[] {
  return [
    ['throws', () => raise(error)],
    ['rejects', () => Promise.reject(error)],
    ['answers an observable that errors', () => throwError(() => error)],
  ];
}

/** The error a source ends with, once everything is released; a test that gets none fails. */
export async function errorOf(source: Observable<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await lastValue(source, { defaultValue: 'a completion without a value' });
  } catch (error) {
    return error;
  }
  throw new Error(`Expected an error, got ${String(value)}.`);
}
