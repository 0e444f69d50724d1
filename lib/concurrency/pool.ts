import { leaf } from '../core/leaf.js';
import { checkResource, nodeOf, Resource } from '../core/resource-class.js';
import { Lender } from './lender.js';
import { Pool } from './pool-class.js';
import { PoolRelease } from './pool-closing.js';
import { settingsOf, type PoolOptions } from './pool-options.js';

/**
 * Lends one of at most `max` handles at a time, made when they are first needed and used again after that.
 *
 * Use it where making is expensive, and a user needs the whole handle: connections, browser pages, workers. To share one
 * handle among all there is `shareResource`; one for each key, `keyed`; to limit how many there are without keeping them,
 * `limit`.
 *
 * The pool is a resource: entering it makes `min` handles in the background, and its release destroys all that it has made.
 *
 * **Guarantees.** Never more than `max` handles, those being made and destroyed included (law 36). Who waits takes whatever is
 * free first, not what was made for it; while some are lent, one more is made at a time, and more only where none comes back
 * meanwhile. A handle is validated before it is lent where it was not used for a while, or where its last scope did not
 * complete. A dead one (`lost`) is destroyed at once; its borrower ends with the `ResourceLostError` (law 29). Max lifetime
 * and idle timeout never end what is borrowed.
 *
 * **Failures to make.** The first in the line is told what making failed with, the identical error (law 36); the next try comes
 * after a while that doubles from 10 ms to 5 s. Whoever waits longer than `acquireTimeout` gets the last one as the `cause`.
 *
 * **Fairness.** In order of arrival (law 35), higher priorities first.
 *
 * **Cancellation.** Leaving while waiting gives up the place in the line; what is being made for it is there for the next one.
 * Leaving while borrowed gives back.
 *
 * **Closing.** The end of its scope, or `close()`: whoever waits or comes is refused with a `ClosedError`, and borrowers are
 * waited for (law 31). So is what is being made: limits of the resource do not hold for that any more, and one that hangs
 * keeps the pool from ending.
 *
 * **Errors.** `TypeError` and `RangeError` for bad options, at the call. Borrowers get `AcquireTimeoutError` and `CapacityError`
 * with all counts in their message, `ClosedError`, `DeadlockError` where everything is lent to scopes that wait for one more
 * inside of them, `ResourceLostError`, or what making failed with. Limits on making and destroying are those of the
 * resource: `acquireTimeout` and `releaseTimeout` of it. A handle whose destroying hangs keeps its place until then.
 *
 * **Time.** All times are milliseconds on `scheduler`, virtual in tests. Timers of an unused pool keep no Node process alive.
 *
 * Follows HikariCP.
 *
 * @example
 * ```ts
 * import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
 * import { pool, resource, using } from 'rxscope';
 *
 * let made = 0;
 * const connection = resource({ name: 'connection', acquire: async () => ++made });
 * const answers = using(pool(connection, { max: 2 }), (connections) =>
 *   from(['a', 'b', 'c', 'd']).pipe(
 *     mergeMap((query) => using(connections.lease, async (id) => `${query} by ${id}`)),
 *     toArray(),
 *   ),
 * );
 * (await lastValueFrom(answers)).length; // => 4
 * made; // => 2
 * ```
 */
export function pool<T>(source: Resource<T>, options: PoolOptions<T> = {}): Resource<Pool<T>> {
  checkResource(source);
  const settings = settingsOf(source.name, options);
  const node = nodeOf(source);
  return new Resource<Pool<T>>(
    settings.name,
    leaf({
      acquire: () => new Lender<T>(source.name, node, { ...settings }),
      entered: (_scope, lender: Lender<T>) => {
        lender.proceed();
        return new Pool(lender);
      },
      release: (lender: Lender<T>) => new PoolRelease(lender.close(false)),
    }),
  );
}
