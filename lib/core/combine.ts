import { andThen } from './and-then.js';
import { concurrently } from './combine-concurrently.js';
import { leaf } from './leaf.js';
import { mapValue } from './map-value.js';
import { checkResource, isResource, Resource } from './resource-class.js';

/** The handle of a resource type. */
export type HandleOf<R> = R extends Resource<infer T> ? T : never;

/** How a combined resource is entered and released. */
export interface CombineOptions {
  /** Enter all at once instead of one after the other. Default `false`. */
  readonly concurrent?: boolean;
  /** Release all at once instead of one after the other. Default `false`. */
  readonly concurrentRelease?: boolean;
}

/**
 * Several resources as one, its handle the tuple or record of theirs.
 *
 * ```marbles combine
 * database  a-^---------!--|  complete
 * cache       a-^----!--|     complete
 * body          --1--|
 * use       ------1--------|
 * ```
 *
 * **Guarantees.** Entered in order, released in reverse, each finished before the next (law 4). With `concurrent` all
 * are entered at once: where one fails, the others are waited for and those that succeeded are released (law 11).
 * With `concurrentRelease` all releases start at once, in reverse order, and all of them run. Ten thousand are fine
 * (law 6).
 *
 * ```marbles combine-concurrent
 * database  a-^----!--|  complete
 * cache     a-^----!--|  complete
 * body        --1--|
 * use       ----1-----|
 * ```
 *
 * **Cancellation.** Leaving while entering tells every acquire that runs at once; all is released in reverse order, what
 * is still being acquired in its turn.
 *
 * **Errors.** The failure to enter, joined with those of the releases; several at once are `SuppressedError`s.
 * `TypeError` at the call where a member is no resource.
 *
 * @example
 * ```ts
 * import { combine, fromValue, lastValue, use } from 'rxscope';
 *
 * const both = combine({ host: fromValue('db'), port: fromValue(5432) });
 * await lastValue(both.pipe(use(({ host, port }) => [`${host}:${port}`]))); // => 'db:5432'
 * ```
 */
export function combine<const S extends readonly Resource<unknown>[]>(
  sources: S,
  options?: CombineOptions,
): Resource<{ -readonly [K in keyof S]: HandleOf<S[K]> }>;
export function combine<S extends Readonly<Record<string, Resource<unknown>>>>(
  sources: S,
  options?: CombineOptions,
): Resource<{ [K in keyof S]: HandleOf<S[K]> }>;
export function combine(
  sources: readonly Resource<unknown>[] | Readonly<Record<string, Resource<unknown>>>,
  options: CombineOptions = {},
): Resource<unknown> {
  if (Array.isArray(sources)) return all(sources as readonly Resource<unknown>[], options);
  if (typeof sources !== 'object' || (sources as unknown) === null || isResource(sources)) {
    throw new TypeError('combine() expects an array or a record of resources.');
  }
  const entries = Object.entries(sources);
  const handles = all(
    entries.map(([, source]) => source),
    options,
  );
  return handles.pipe(
    mapValue((values) => Object.fromEntries(entries.map(([key], index) => [key, values[index]] as const))),
  );
}

function all(sources: readonly Resource<unknown>[], options: CombineOptions): Resource<unknown[]> {
  for (const source of sources) checkResource(source);
  const name = nameOf(sources);
  if (options.concurrent === true || options.concurrentRelease === true) return concurrently(name, sources, options);
  // One array for each scope, filled as its members are entered.
  const start = new Resource<unknown[]>(name, leaf({ acquire: () => [] }));
  return sources.reduce<Resource<unknown[]>>((entered, source) => entered.pipe(andThen(into(source))), start);
}

function into(source: Resource<unknown>): (handles: unknown[]) => Resource<unknown[]> {
  return (handles) =>
    source.pipe(
      mapValue((handle) => {
        handles.push(handle);
        return handles;
      }),
    );
}

function nameOf(sources: readonly Resource<unknown>[]): string {
  const names = sources.slice(0, 3).map((source) => source.name);
  return `combine(${names.join(', ')}${sources.length > 3 ? ', …' : ''})`;
}
