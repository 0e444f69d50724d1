import { Observable, type OperatorFunction } from 'rxjs';

import { checkFunction } from '../internal/check.js';
import type { Resource } from './resource-class.js';
import { Switching } from './switching.js';

/** How {@link switchResource} goes from one resource to the next. */
export interface SwitchOptions {
  /** Enter and emit the new one before the old one is released. Default `false`: never two at a time. */
  readonly overlap?: boolean;
}

/**
 * Holds the resource for the latest value and emits its handle; the one before is released first.
 *
 * ```marbles switch-resource
 * source          -a------b----|
 * resource a       a-^----!--|             unsubscribe
 * resource b                 a-^-----!--|  unsubscribe
 * switchResource  ---A---------B-----!
 * ```
 *
 * Use it for a connection that follows settings, a subscription that follows a route. For work that ends by itself
 * `switchMap` with `using` is enough.
 *
 * **Guarantees.** The new one is entered after the old one is released; of values that come meanwhile, the latest
 * counts. With `overlap` the new one is entered and emitted, then the old one is released with `unsubscribe`. When the
 * source completes the last one stays held until the consumer leaves.
 *
 * ```marbles switch-resource-overlap
 * source          -a------b----|
 * resource a       a-^------!--|           unsubscribe
 * resource b              a-^--------!--|  unsubscribe
 * switchResource  ---A------B--------!
 * ```
 *
 * **Cancellation.** Leaving releases what is held, by law 12. **Errors.** An error of the source, of `project`, of
 * entering or of a release ends the stream, after what is held has been released with that error.
 *
 * @example
 * ```ts
 * import { of } from 'rxjs';
 * import { resource, switchResource } from 'rxscope';
 *
 * const log: string[] = [];
 * const room = (name: string) => resource({ acquire: () => name, release: () => log.push(`leave ${name}`) });
 * of('hall', 'attic').pipe(switchResource(room)).subscribe((name) => log.push(name)).unsubscribe();
 * log; // => ['hall', 'leave hall', 'attic', 'leave attic']
 * ```
 */
export function switchResource<S, T>(
  project: (value: S, index: number) => Resource<T>,
  options: SwitchOptions = {},
): OperatorFunction<S, T> {
  checkFunction(project, 'project');
  return (source) =>
    new Observable<T>((consumer) => {
      const switching = new Switching<S, T>(consumer, project, options.overlap === true);
      consumer.add(() => {
        switching.leave();
      });
      source.subscribe(switching.upstream);
    });
}
