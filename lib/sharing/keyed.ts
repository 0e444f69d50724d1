import type { Exit } from '../core/engine/exit.js';
import { Deferral } from '../core/engine/reply.js';
import type { Sink } from '../core/engine/scope.js';
import { leaf } from '../core/leaf.js';
import { Resource } from '../core/resource-class.js';
import type { KeyedReport } from './keyed-closing.js';
import { KeyedMap } from './keyed-map.js';
import { keyedSettings, type KeyedOptions } from './keyed-options.js';
import type { KeyedStats } from './keyed-stats.js';

/**
 * Shared resources by key. The handle of {@link keyed}.
 *
 * @example
 * ```ts
 * import { keyed, lastValue, resource, use, using } from 'rxscope';
 *
 * let version = 0;
 * const settings = keyed((_tenant: string) => resource({ acquire: () => ++version }), { idleTimeout: 60_000 });
 * const seen = using(settings, async (map) => {
 *   const read = (): Promise<number> => lastValue(map.get('a').pipe(use((value) => [value])));
 *   const values = [await read(), await read()];
 *   map.invalidate('a');
 *   values.push(await read());
 *   await lastValue(map.refresh('a').pipe(use((value) => [value])));
 *   values.push(await read(), map.stats().idle);
 *   return values;
 * });
 * await lastValue(seen); // => [1, 1, 2, 3, 1]
 * ```
 */
export class Keyed<K, T> {
  readonly #map: KeyedMap<K, T>;

  /** @internal */
  constructor(map: KeyedMap<K, T>) {
    this.#map = map;
  }

  /** The keys that have an instance, or are about to, in the order in which they came up. */
  get keys(): readonly K[] {
    return this.#map.keys();
  }

  /**
   * The instance of `key`, shared by all who use it at a time. Making this does nothing; each scope of it is one user.
   *
   * **Errors.** What the factory and entering fail with; `CapacityError` where there is no room; `ClosedError` where the map
   * is closed, also while waiting.
   */
  get(key: K): Resource<T> {
    return this.#map.resource(key, (entry, user) => {
      entry.join(user);
    });
  }

  /**
   * A new instance of `key`, which takes the place of the one that is there as soon as it is entered. Where entering fails,
   * the old one stays. Who has the old one keeps it; then it is released, and a failure of that is reported and changes
   * nothing.
   *
   * Who enters this is the first user of the new instance; several who do at a time share it. Where nothing is there it is
   * the same as {@link get}. With a `capacity` it takes room for both.
   */
  refresh(key: K): Resource<T> {
    return this.#map.resource(key, (entry, user) => {
      entry.refresh(user);
    });
  }

  /** Who has an instance of `key` keeps it; who comes from now on gets a new one. One that is idle is released now. */
  invalidate(key: K): void {
    this.#map.find(key)?.invalidate();
  }

  /** Begins the idle time of `key` anew, as if it had just been used. Does nothing where it is not idle. */
  touch(key: K): void {
    this.#map.find(key)?.current?.touch();
  }

  /** What there is, with generations, users and idle times. A snapshot. */
  stats(): KeyedStats<K> {
    return this.#map.stats();
  }

  /**
   * Lets nobody in any more, ends who waits with a `ClosedError`, releases what is idle, all side by side, and waits for what
   * is in use. With `force` who uses something is ended with a `ClosedError` first (law 31).
   *
   * Rejects with what those releases have failed with, joined. A later call waits for the same end without that error, and
   * may add `force`. The scope of the map closes it without. Waited for inside a scope that uses something of it, it waits
   * for itself.
   */
  close(options: { readonly force?: boolean } = {}): Promise<KeyedReport> {
    return new Promise((resolve, reject) => {
      this.#map.close(options.force === true, (outcome, closing) => {
        if (outcome.kind === 'error') reject(outcome.error);
        else resolve(closing.report());
      });
    });
  }
}

/**
 * A map of shared resources: one live instance for each key, entered for its first user, released after its last.
 *
 * Use it for connections by tenant, watchers by file, caches by user. For a single one there is {@link shareResource}; for
 * handles that are all alike and lent to one user at a time, `pool`.
 *
 * ```marbles keyed
 * file a        a-^------------!--|  complete
 * file b         a-^--------!--|     complete
 * get(a)        ----1--|
 * get(b)        -----1--|
 * get(a) again  ------------1--|
 * ```
 *
 * **Guarantees.** One acquire for each key at a time, however many come at once. Released once, after the last user and the
 * idle time; a user who comes meanwhile stops that. Who comes while the old instance is released waits for that, then
 * enters anew (law 30; `overlap` lifts that). Invalidating or refreshing disturbs nobody who has something. Never more
 * instances than `capacity`, counting those on their way in and out. What lies under one key never touches what lies under
 * another. Who ends a release, and whose its failure is, is as with {@link shareResource}.
 *
 * **Cancellation.** Who leaves while an instance is entered leaves it to the others who wait; the last one aborts it.
 *
 * **Closing.** The scope of the map is its owner: when it ends, new users are refused with a `ClosedError`, idle instances are
 * released side by side, and it waits for those in use (law 31). {@link Keyed.close} does the same earlier, or by force.
 *
 * **Errors.** A failure to enter reaches all who wait, and is not kept: the next one tries afresh. Other policies are made of
 * other parts, in the factory: `retryAcquire` tries again; `orElse((error) => fromValue(…))` keeps a failure as long as any
 * handle, `idleTimeout` included. `TypeError` and `RangeError` for bad options, at the call.
 *
 * **Cost.** Coming and leaving take constant time; a key that is gone leaves nothing behind (law 38). Follows Effect's `RcMap`.
 *
 * @example
 * ```ts
 * import { keyed, lastValue, resource, use, using } from 'rxscope';
 *
 * const log: string[] = [];
 * const database = (tenant: string) =>
 *   resource({
 *     acquire: async () => {
 *       log.push(`connect ${tenant}`);
 *       return { name: tenant };
 *     },
 *     release: async () => log.push(`disconnect ${tenant}`),
 *   });
 * const work = using(keyed(database, { idleTimeout: 60_000, capacity: 100 }), async (databases) => {
 *   const name = (tenant: string): Promise<string> => lastValue(databases.get(tenant).pipe(use(({ name }) => [name])));
 *   return [await name('a'), await name('b'), await name('a')];
 * });
 * await lastValue(work); // => ['a', 'b', 'a']
 * log; // => ['connect a', 'connect b', 'disconnect b', 'disconnect a']
 * ```
 */
export function keyed<K, T>(factory: (key: K) => Resource<T>, options: KeyedOptions<K> = {}): Resource<Keyed<K, T>> {
  const settings = keyedSettings(factory, options);
  return new Resource<Keyed<K, T>>(
    'keyed',
    leaf({
      acquire: () => new KeyedMap(settings),
      entered: (_scope, map: KeyedMap<K, T>) => new Keyed(map),
      release: (map: KeyedMap<K, T>) => new ClosingMap(map),
    }),
  );
}

/** The release of a map, as part of its scope. */
class ClosingMap extends Deferral {
  constructor(private readonly map: { close(force: boolean, done: (outcome: Exit) => void): void }) {
    super();
  }

  answer(sink: Sink): void {
    this.map.close(false, (outcome) => {
      if (outcome.kind === 'error') sink.error(outcome.error);
      else sink.value(undefined);
    });
  }
}
