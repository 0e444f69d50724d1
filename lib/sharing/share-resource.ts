import type { SchedulerLike } from 'rxjs';

import { checkDuration } from '../internal/check.js';
import { checkResource, Resource } from '../core/resource-class.js';
import { Sharing, sharingOptions, type SharingOptions } from './sharing.js';
import { userLeaf } from './user.js';

/** How {@link shareResource} shares. */
export interface ShareOptions {
  /**
   * Milliseconds an instance is kept after its last user has left, for the next one to find it there. Default 0: it is
   * released at once. `Infinity`: it is kept until it is lost.
   */
  readonly idleTimeout?: number;
  /** Whether a new instance may be entered while the one before is still being released. Default `false`. */
  readonly overlap?: boolean;
  /** For the timer of `idleTimeout`. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** What `resource.pipe(shareResource())` made: one source, one line of instances. */
class SharedSource<T> extends Sharing<T> {
  private generations = 0;

  constructor(
    private readonly source: Resource<T>,
    private readonly due: number,
    options: SharingOptions,
  ) {
    super(options);
  }

  protected describe(): Resource<T> {
    return this.source;
  }

  protected idleTimeout(): number {
    return this.due;
  }

  protected generation(): number {
    return ++this.generations;
  }

  idle(): void {
    // it keeps its time by itself
  }

  used(): void {
    // nobody else's business
  }
}

/**
 * One live instance for all who use this resource at a time: entered for the first, released after the last.
 *
 * ```marbles share-resource
 * instance 1  a-^-----!--|            complete
 * instance 2             a-^----!--|  complete
 * first       ----1--|
 * second      -----2-----|
 * third       ---------------3-----|
 * ```
 *
 * Use it where many want the same connection, watcher or cache. For one instance for each key there is {@link keyed}; to give
 * each user a handle of its own out of a few, `pool`. The resource that this makes is what is shared: piping twice makes two.
 *
 * **Guarantees.** At most one live instance: who comes while the old one is released waits for that, then enters anew
 * (`overlap` lifts that). All who wait get the handle in order of arrival, at once when it is there. With `idleTimeout` 0 the
 * release is that of the last user: it is told that one's exit, waited for before that one is told its end, and its
 * failure, or suppression, is that one's (laws 3, 8 and 9). After an idle time nobody is left to wait: the release is told
 * `complete`, runs in the background, and its failure goes to `config.onUnhandledError`. A handle that is lost ends all
 * its users with the same `ResourceLostError`, and is released with it (law 29).
 *
 * **Cancellation.** The acquire belongs to nobody in particular. Who leaves while it runs leaves it to the others; the last
 * one to leave aborts it, and what still comes is released (laws 13 and 30). Leaving later is law 12.
 *
 * **Errors.** A failure to enter reaches all who wait, and is not kept: the next one tries afresh. To try again, or to have
 * another answer ready, pipe `retryAcquire` or `orElse` before sharing. `RangeError` for a bad `idleTimeout`, at the call.
 *
 * **Cost.** Coming and leaving take constant time. Follows Effect's `RcRef`.
 *
 * @example
 * ```ts
 * import { combine, lastValue, resource, shareResource, use } from 'rxscope';
 *
 * const log: string[] = [];
 * const db = resource({ acquire: async () => log.push('connect'), release: async () => log.push('disconnect') });
 * const shared = db.pipe(shareResource());
 * await lastValue(combine([shared, shared, shared]).pipe(use((connections) => [connections.length]))); // => 3
 * log; // => ['connect', 'disconnect']
 * ```
 */
export function shareResource(options: ShareOptions = {}): <T>(source: Resource<T>) => Resource<T> {
  const { idleTimeout = 0 } = options;
  checkDuration(idleTimeout, 'idleTimeout');
  const sharing = sharingOptions(options);
  return <T>(source: Resource<T>) => {
    checkResource(source);
    const shared = new SharedSource(source, idleTimeout, sharing);
    const join = shared.join.bind(shared);
    return new Resource<T>(source.name, userLeaf(join));
  };
}
