interface SuppressedErrorLike extends Error {
  readonly error: unknown;
  readonly suppressed: unknown;
}

/**
 * A failure that came while another one was already under way, shaped as TC39's explicit resource management
 * has it: `error` is the newer, `suppressed` the older. The platform's own class where there is one.
 */
export function suppressedError(error: unknown, suppressed: unknown): Error {
  const message = `A release failed (${describe(error)}) after an earlier failure (${describe(suppressed)}); see "error" and "suppressed".`;
  // Looked up at the moment of failure: a polyfill may have come after this module was loaded.
  const Native = (globalThis as Record<string, unknown>)['SuppressedError'];
  if (typeof Native === 'function') {
    return new (Native as new (error: unknown, suppressed: unknown, message: string) => SuppressedErrorLike)(
      error,
      suppressed,
      message,
    );
  }
  // The same plain shape that TypeScript's helper for `await using` makes on such a platform.
  return Object.assign(new Error(message), { name: 'SuppressedError', error, suppressed });
}

function describe(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { name, message } = error as { name?: unknown; message?: unknown };
  const label = typeof name === 'string' ? name : 'object';
  return typeof message === 'string' && message !== '' ? `${label}: ${message}` : label;
}
