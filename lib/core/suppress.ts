import { checkFunction } from '../internal/check.js';
import type { Exit } from './engine/exit.js';
import { guard } from './leaf.js';
import { nodeOf, Resource } from './resource-class.js';

/** A class of errors, as in `error instanceof ErrorClass`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/**
 * Turns certain errors of the body, or of the release, into a completion without a value (law 8).
 *
 * A failure to acquire passes: nothing has exited then; see {@link orElse} for that. A `SuppressedError` is judged as
 * the error it is, not by what it holds. **Errors.** What `predicate` throws counts as a failing release. Follows
 * Python's `contextlib.suppress`.
 *
 * @example
 * ```ts
 * import { fromValue, lastValue, suppress, use } from 'rxscope';
 *
 * const lenient = fromValue('x').pipe(suppress(RangeError));
 * const body = () => {
 *   throw new RangeError('too far');
 * };
 * await lastValue(lenient.pipe(use(body)), { defaultValue: 'nothing' }); // => 'nothing'
 * ```
 */
export function suppress(errors: ErrorClass | ((error: unknown) => boolean)): <T>(source: Resource<T>) => Resource<T> {
  checkFunction(errors, 'the error class or predicate');
  const matches = isErrorClass(errors) ? (error: unknown) => error instanceof errors : errors;
  const release = (exit: Exit): boolean => exit.kind === 'error' && matches(exit.error);
  return <T>(source: Resource<T>) => new Resource<T>(source.name, guard(nodeOf(source), 'exit', release));
}

/** By what its prototype has: a class of another realm (a frame, a test environment) is no heir of this one's `Error`. */
function isErrorClass(errors: ErrorClass | ((error: unknown) => boolean)): errors is ErrorClass {
  const prototype = errors.prototype as { name?: unknown; message?: unknown } | null | undefined;
  return typeof prototype?.name === 'string' && typeof prototype.message === 'string';
}
