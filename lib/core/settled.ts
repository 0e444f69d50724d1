import { shared } from './engine/shared.js';

/**
 * Resolves when no release, and no acquire, is running in the background any more.
 *
 * A release runs in the background after its consumer has unsubscribed (law 12). Use this where nobody is left to wait
 * for it: at the end of a program or of a test. It only waits: it takes no failure and never rejects. Where a single
 * stream is closed, `consume(…).close()` waits for that one and tells of failures.
 *
 * @example
 * ```ts
 * import { openResources, resource, settled } from 'rxscope';
 *
 * const slow = resource({ acquire: () => 1, release: () => new Promise((resolve) => setTimeout(resolve, 5)) });
 * slow.subscribe().unsubscribe();
 * await settled();
 * openResources().length; // => 0
 * ```
 */
export function settled(): Promise<void> {
  if (shared.background === 0) return Promise.resolve();
  return new Promise((resolve) => {
    shared.waiting.push(resolve);
  });
}
