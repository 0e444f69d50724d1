import type { Exit } from '../../../lib/index.js';

/** An error of a test, recognisable by who raised it. Each is made for one raising only. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly label: string,
    options?: ErrorOptions,
  ) {
    super(label, options);
  }
}

interface Pair {
  readonly error: unknown;
  readonly suppressed: unknown;
}

/** An error as a short text: `a` is a failure, `w(a)` one that has `a` as its cause, `S(new, old)` two at once. */
export function renderError(error: unknown): string {
  if (error instanceof Failure) return 'cause' in error ? `${error.label}(${renderError(error.cause)})` : error.label;
  if (isPair(error)) return `S(${renderError(error.error)}, ${renderError(error.suppressed)})`;
  return error instanceof Error ? error.name : String(error);
}

export function renderExit(exit: Exit | null): string {
  if (exit === null) return '';
  return exit.kind === 'error' ? `error ${renderError(exit.error)}` : exit.kind;
}

/** Every failure that an error carries: as one half of a pair, or as a cause. */
export function failuresIn(error: unknown): Failure[] {
  if (error instanceof Failure) return [error, ...('cause' in error ? failuresIn(error.cause) : [])];
  return isPair(error) ? [...failuresIn(error.error), ...failuresIn(error.suppressed)] : [];
}

function isPair(error: unknown): error is Pair {
  return error instanceof Error && error.name === 'SuppressedError';
}
