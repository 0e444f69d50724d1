import { isObject } from './exit.js';
import { shared } from './shared.js';

/** Notes that a release has failed with `error`, or made it of another one: to whoever it is passed on it looks like any. */
export function noteReleaseFailure(error: unknown): void {
  if (isObject(error)) shared.releaseFailures.add(error);
}

/** Whether a release has failed with `error`, or with a part of it. Objects only: other values have no identity. */
export function isReleaseFailure(error: unknown): boolean {
  const parts = new Set<unknown>([error]);
  for (const part of parts) {
    if (!isObject(part)) continue;
    if (shared.releaseFailures.has(part)) return true;
    const { name, error: newer, suppressed } = part as Record<string, unknown>;
    if (name === 'SuppressedError') parts.add(newer).add(suppressed);
  }
  return false;
}
