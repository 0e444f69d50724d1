import type { SchedulerLike } from 'rxjs';

import { checkCount, checkDuration, checkFunction, kindOf } from '../internal/check.js';
import type { Resource } from '../core/resource-class.js';
import { sharingOptions, type SharingOptions } from './sharing.js';

/** How `keyed` shares. */
export interface KeyedOptions<K> {
  /**
   * Milliseconds an instance is kept after its last user has left, for all keys or by key. Default 0: it is released at
   * once. `Infinity`: it is kept until it is lost, invalidated, evicted or closed.
   */
  readonly idleTimeout?: number | ((key: K) => number);
  /** How many instances there may be, counting those that are being entered and released. Default `Infinity`. */
  readonly capacity?: number;
  /**
   * What a new key does where there is no room. `'evict'`, the default: takes the place of the idle instance that was used
   * least recently, and fails with a `CapacityError` where none is idle. `'wait'`: waits for one to be, in order of arrival.
   */
  readonly whenFull?: 'evict' | 'wait';
  /** What makes two keys the same: compared as keys of a `Map` are. Default: the key itself. */
  readonly keyOf?: (key: K) => unknown;
  /** Whether an instance may be entered while the one before it is still being released. Default `false`. */
  readonly overlap?: boolean;
  /** For idle times. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** The options with their defaults, checked. */
export interface KeyedSettings<K, T> {
  readonly factory: (key: K) => Resource<T>;
  readonly idleTimeout: (key: K) => number;
  readonly capacity: number;
  readonly whenFull: 'evict' | 'wait';
  readonly keyOf: (key: K) => unknown;
  readonly sharing: SharingOptions;
}

export function keyedSettings<K, T>(factory: (key: K) => Resource<T>, options: KeyedOptions<K>): KeyedSettings<K, T> {
  checkFunction(factory, 'factory');
  const { idleTimeout = 0, capacity = Infinity, whenFull = 'evict', keyOf = (key: K): unknown => key } = options;
  checkCount(capacity, 'capacity', 1);
  checkFunction(keyOf, 'keyOf');
  if (!['evict', 'wait'].includes(whenFull)) {
    throw new TypeError(`Expected whenFull to be 'evict' or 'wait', received ${received(whenFull)}.`);
  }
  if (typeof idleTimeout !== 'function') checkDuration(idleTimeout, 'idleTimeout');
  return {
    factory,
    capacity,
    whenFull,
    keyOf,
    idleTimeout: typeof idleTimeout === 'function' ? idleTimeout : () => idleTimeout,
    sharing: sharingOptions(options),
  };
}

function received(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : kindOf(value);
}
