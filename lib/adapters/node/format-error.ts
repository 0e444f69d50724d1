import { inspect } from 'node:util';

/**
 * An error with everything it carries, for people: its stack, what caused it, the members of an `AggregateError`, and of a
 * `SuppressedError` the failures in the order in which they happened.
 *
 * @example
 * ```ts
 * import { formatError } from 'rxscope/node';
 *
 * const refused = new Error('ECONNREFUSED');
 * const error = new Error('no database', { cause: refused });
 * const lines = formatError(error).split('\n');
 * lines.filter((line) => !/^ *at /.test(line)); // => ['Error: no database', '  caused by: Error: ECONNREFUSED']
 * ```
 */
export function formatError(error: unknown): string {
  return describe(error, new Set());
}

function describe(error: unknown, seen: Set<unknown>): string {
  if (!isError(error)) return typeof error === 'string' ? error : inspect(error);
  if (seen.has(error)) return `${headOf(error)} (see above)`;
  seen.add(error);
  if (error.name === 'SuppressedError' && 'suppressed' in error) {
    const first = describe(error.suppressed, seen);
    return `${first}\n${indented(`then, while that was handled: ${describe(error.error, seen)}`)}`;
  }
  const parts = [stackOf(error)];
  const { errors } = error;
  if (Array.isArray(errors)) {
    const all: readonly unknown[] = errors;
    for (const [index, one] of all.entries()) {
      parts.push(indented(`[${index + 1} of ${all.length}] ${describe(one, seen)}`));
    }
  }
  if (error.cause !== undefined) parts.push(indented(`caused by: ${describe(error.cause, seen)}`));
  return parts.join('\n');
}

interface ErrorLike {
  readonly name?: unknown;
  readonly message: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
  readonly error?: unknown;
  readonly suppressed?: unknown;
  readonly errors?: unknown;
}

/** By what it has: an error of another realm is no instance of this one's class. */
function isError(error: unknown): error is ErrorLike {
  return typeof error === 'object' && error !== null && 'message' in error && 'stack' in error;
}

function headOf({ name, message }: ErrorLike): string {
  return `${String(name)}: ${String(message)}`;
}

/** The stack under what the error says of itself now: its name may have been set after the stack was taken. */
function stackOf(error: ErrorLike): string {
  const frames = String(error.stack)
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return [headOf(error), ...frames].join('\n');
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
