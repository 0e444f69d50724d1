import type { Awaitable } from './awaitable.js';
import { checkFunction } from '../internal/check.js';
import type { Exit } from './engine/exit.js';
import { guard } from './leaf.js';
import { nodeOf, Resource } from './resource-class.js';

/**
 * Does something after the release, told the outcome so far: how the body ended, and what the release made of it.
 *
 * It is waited for like a release, and never suppresses. It runs wherever something was released: a failed acquire has
 * no exit (law 11); one that came too late, after the consumer had left, has (law 13). **Errors.** A failing `callback` counts as a failing release (law 9).
 *
 * @example
 * ```ts
 * import { lastValue, onExit, resource, use } from 'rxscope';
 *
 * const log: string[] = [];
 * const door = resource({ acquire: () => 1, release: () => log.push('released') });
 * await lastValue(door.pipe(onExit(({ kind }) => log.push(kind)), use((n) => [n]))); // => 1
 * log; // => ['released', 'complete']
 * ```
 */
export function onExit(callback: (exit: Exit) => Awaitable<unknown>): <T>(source: Resource<T>) => Resource<T> {
  checkFunction(callback, 'callback');
  return <T>(source: Resource<T>) => new Resource<T>(source.name, guard(nodeOf(source), 'release', callback));
}
