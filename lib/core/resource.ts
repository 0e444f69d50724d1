import type { ObservableInput, SchedulerLike } from 'rxjs';

import { ScopeContext, type AcquireContext } from './acquire-context.js';
import type { Awaitable } from './awaitable.js';
import { checkDuration, checkFunction, kindOf } from '../internal/check.js';
import type { Exit } from './engine/exit.js';
import type { Leaf } from './engine/scope.js';
import { generatorLeaf, type ResourceBody } from './generator.js';
import { leaf } from './leaf.js';
import { watched } from './lost.js';
import { releaseTimeout } from './release-timeout.js';
import { Resource } from './resource-class.js';

/** What any resource can be given besides what it does. */
export interface NamedOptions {
  /** Shown in errors and by `openResources()`. Default `'resource'`. */
  readonly name?: string;
  /** Milliseconds a release may take; see {@link releaseTimeout}. Default: no limit. */
  readonly releaseTimeout?: number;
  /** For the timer of `releaseTimeout`. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** A resource as a pair of functions. */
export interface ResourceOptions<T> extends NamedOptions {
  /** Makes the handle. Called once for each scope. */
  acquire(this: void, context: AcquireContext): Awaitable<T>;
  /** Releases the handle, told how the scope ended. Never suppresses an error, whatever it answers (law 8). */
  release?(this: void, value: T, exit: Exit): Awaitable<unknown>;
  /** Instead of `release`: answering `true` suppresses the body's error (law 8). */
  exit?(this: void, value: T, exit: Exit): Awaitable<boolean | void>;
  /** Emits or errors when the handle died while it was held; the scope then ends with a `ResourceLostError`. */
  lost?(this: void, value: T): ObservableInput<unknown>;
  /** Whether an observable that `acquire` returned is unsubscribed when the consumer leaves. Default `false`. */
  readonly interruptible?: boolean;
}

/**
 * Describes something that is acquired, used and released, as a pair of functions or as a generator function.
 *
 * Use it for anything that has to be given back. For an object that knows how to dispose of itself
 * {@link fromDisposable} is shorter; for a class with `enter` and `exit` there is {@link fromManager}.
 *
 * **Guarantees.** `release` runs exactly once for each handle that `acquire` made, after the body has ended and been
 * torn down, and is awaited before completion or error goes on (laws 1 to 3). What is synchronous stays synchronous;
 * observables keep virtual time (laws 17 and 18).
 *
 * The generator form: code before the `yield` enters, the yielded value is the handle, code after it exits. The
 * body's error is thrown in at the `yield`; catching it and finishing suppresses it (laws 22 to 25).
 *
 * **Cancellation.** The context's `signal` aborts; a handle that comes all the same is released and never shown
 * (law 13). Into a generator an `UnsubscribedError` is thrown at the `yield` (law 24).
 *
 * **Errors.** `TypeError` for bad options, at the call. A failing `acquire` passes as it is; a failing `release` too,
 * or as a `SuppressedError` with the body's error (law 9). `GeneratorProtocolError` where a generator does not yield
 * exactly once. Follows Python's `@asynccontextmanager` and cats-effect's `Resource.makeCase`.
 *
 * @example
 * ```ts
 * import { lastValue, resource, using } from 'rxscope';
 *
 * const log: string[] = [];
 * const session = resource(async function* () {
 *   log.push('open');
 *   try {
 *     yield { query: async (text: string) => `rows of ${text}` };
 *     log.push('commit');
 *   } catch (error) {
 *     log.push('rollback');
 *     throw error;
 *   } finally {
 *     log.push('close');
 *   }
 * });
 * await lastValue(using(session, (db) => db.query('cities'))); // => 'rows of cities'
 * log; // => ['open', 'commit', 'close']
 * ```
 */
export function resource<T>(options: ResourceOptions<T>): Resource<T>;
export function resource<T>(body: ResourceBody<T>, options?: NamedOptions): Resource<T>;
export function resource<T>(first: ResourceOptions<T> | ResourceBody<T>, options?: NamedOptions): Resource<T> {
  const named = typeof first === 'function' ? (options ?? {}) : checked(first);
  const name = named.name ?? 'resource';
  const made = new Resource<T>(name, typeof first === 'function' ? generatorLeaf(first, name) : pairLeaf(first, name));
  if (named.releaseTimeout === undefined) return made;
  checkDuration(named.releaseTimeout, 'releaseTimeout');
  return releaseTimeout<T>(named.releaseTimeout, named.scheduler)(made);
}

function pairLeaf<T>(options: ResourceOptions<T>, name: string): Leaf {
  const { acquire, release, exit, lost, interruptible = false } = options;
  const pair = leaf({
    mode: exit === undefined ? 'release' : 'exit',
    interruptible,
    name,
    unreleased: release === undefined && exit === undefined,
    renamed: (other) => pairLeaf(options, other),
    acquire: (scope) => acquire(new ScopeContext(scope)),
    release: exit ?? release,
  });
  return lost === undefined ? pair : watched(pair, name, lost);
}

function checked<T>(options: ResourceOptions<T>): ResourceOptions<T> {
  if (typeof (options as unknown) !== 'object' || (options as unknown) === null) {
    throw new TypeError(`resource() expects options or a generator function, received ${kindOf(options)}.`);
  }
  checkFunction(options.acquire, 'acquire');
  if (options.release !== undefined) checkFunction(options.release, 'release');
  if (options.exit !== undefined) checkFunction(options.exit, 'exit');
  if (options.lost !== undefined) checkFunction(options.lost, 'lost');
  if (options.release !== undefined && options.exit !== undefined) {
    throw new TypeError('resource() takes either release or exit, not both: exit is a release that may suppress.');
  }
  return options;
}
