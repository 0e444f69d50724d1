import { toHaveAcquired } from './to-have-acquired.js';
import { toHaveExited } from './to-have-exited.js';
import { toHaveNoOpenResources } from './to-have-no-open-resources.js';
import { toHaveReleased } from './to-have-released.js';
import { toReleaseInOrder } from './to-release-in-order.js';

/**
 * The matchers for `expect.extend`, of Jest or of Vitest; {@link ResourceMatchers} says what each of them means. TypeScript
 * knows them in every file of a program that imports this module, or has `"rxscope/testing/jest"` in its `types`.
 *
 * A probe has its record once virtual time has passed: look at it after `flush()`, or after `testResources()`.
 *
 * **Errors.** `TypeError` where something is received that is no probe (and no tracker), or an argument makes no sense.
 *
 * @example
 * ```ts no-run: needs Jest
 * import { expect, it } from '@jest/globals'; // or the global ones
 * import { using } from 'rxscope';
 * import { testResources } from 'rxscope/testing';
 * import { matchers } from 'rxscope/testing/jest';
 *
 * expect.extend(matchers);
 *
 * it('gives the cache back before the connection', () => {
 *   testResources(({ cold, probe, expectObservable, flush }) => {
 *     const [db, cache] = [probe('db', { release: '--|' }), probe('cache')];
 *     expectObservable(using(db, () => using(cache, () => cold('-a|')))).toBe('-a--|');
 *     flush();
 *     expect(db).toHaveReleased(1);
 *     expect(cache).toHaveExited('complete');
 *     expect([db, cache]).toReleaseInOrder(['cache', 'db']);
 *   });
 * });
 * ```
 */
export const matchers = {
  toHaveAcquired,
  toHaveReleased,
  toHaveExited,
  toReleaseInOrder,
  toHaveNoOpenResources,
};
