import { checkFunction } from './check.js';
import type { Scope } from './engine/scope.js';
import { shared, type Watcher } from './engine/shared.js';
import { rxLayer } from './layer.js';
import { sinceOf, stateOf, type OpenResource } from './open-resources.js';

/**
 * Calls `opened` for every scope that is opened from now on, with a live view of it: `state` says what it is at when it
 * is looked at. What `opened` answers is called when the scope has gone. Answers the undo.
 *
 * For leak detectors, metrics and test kits; `trackResources` of `rxscope/testing` is made of it. Where nobody watches
 * it costs nothing. To look at what is open just now, {@link openResources} is enough.
 *
 * **Errors.** `TypeError` where `opened` is no function. What the callbacks throw is reported to RxJS's
 * `config.onUnhandledError`, and disturbs no scope.
 *
 * @example
 * ```ts
 * import { fromValue, using, watchResources } from 'rxscope';
 *
 * const log: string[] = [];
 * const stop = watchResources(({ name }) => {
 *   log.push(`${name} opened`);
 *   return () => log.push(`${name} gone`);
 * });
 * using(fromValue('rows'), () => []).subscribe();
 * stop();
 * log; // => ['value opened', 'value gone']
 * ```
 */
export function watchResources(opened: (resource: OpenResource) => (() => unknown) | void): () => void {
  checkFunction(opened, 'opened');
  const watch = new Watch(opened);
  shared.watchers = [...(shared.watchers ?? []), watch];
  return () => {
    const others = (shared.watchers ?? []).filter((watcher) => watcher !== watch);
    shared.watchers = others.length > 0 ? others : null;
  };
}

class Watch implements Watcher {
  private readonly closings = new WeakMap<Scope, () => unknown>();

  constructor(private readonly open: (resource: OpenResource) => (() => unknown) | void) {}

  opened(scope: Scope): void {
    if (!scope.listed) return;
    try {
      const closed = this.open(new View(scope));
      if (typeof closed === 'function') this.closings.set(scope, closed);
    } catch (error) {
      rxLayer.report(error);
    }
  }

  closed(scope: Scope): void {
    const closed = this.closings.get(scope);
    if (closed === undefined) return;
    try {
      closed();
    } catch (error) {
      rxLayer.report(error);
    }
  }
}

class View implements OpenResource {
  constructor(private readonly scope: Scope) {}

  get name(): string {
    return this.scope.name;
  }

  get state(): OpenResource['state'] {
    return stateOf(this.scope);
  }

  get since(): number {
    return sinceOf(this.scope);
  }
}
