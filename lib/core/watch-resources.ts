import { checkFunction } from '../internal/check.js';
import type { Entry, Releasable, Scope } from './engine/scope.js';
import { shared, type Stage, type Watcher } from './engine/shared.js';
import { rxLayer } from './layer.js';
import { sinceOf, stateOf, type OpenResource } from './open-resources.js';

/** A step in the life of a scope: the acquire, the body or the release of one of its resources. */
export interface ResourceStep {
  /** The scope; the view that `opened` was given, where it was. */
  readonly scope: OpenResource;
  /** Of the resource whose step it is. Not that of the scope where this enters several, one after the other. */
  readonly name: string;
  readonly stage: 'acquire' | 'body' | 'release';
}

/** What {@link watchResources} can tell besides. */
export interface WatchOptions {
  /** A scope begins to wait for the answer of a step. `source` says for which kind; async iterables are promises. */
  readonly waiting?: ((step: ResourceStep, source: 'promise' | 'observable') => unknown) | undefined;
  /** What was held is given up, and was described without a release: `resource({ acquire })`. */
  readonly unreleased?: ((step: ResourceStep) => unknown) | undefined;
}

/**
 * Calls `opened` for every scope that is opened from now on, with a live view of it: `state` says what it is at when it
 * is looked at. What `opened` answers is called when the scope has gone. Answers the undo.
 *
 * For leak detectors, metrics and test kits; `trackResources` of `rxscope/testing` is made of it. Where nobody watches
 * it costs nothing. To look at what is open just now, {@link openResources} is enough.
 *
 * **Errors.** `TypeError` where a callback is no function. What the callbacks throw is reported to RxJS's
 * `config.onUnhandledError`, and disturbs no scope.
 *
 * @example
 * ```ts
 * import { fromValue, resource, using, watchResources } from 'rxscope';
 *
 * const log: string[] = [];
 * const stop = watchResources(
 *   ({ name }) => {
 *     log.push(`${name} opened`);
 *     return () => log.push(`${name} gone`);
 *   },
 *   { unreleased: ({ name }) => log.push(`${name} has no release`) },
 * );
 * using(fromValue('rows'), () => []).subscribe();
 * using(resource({ name: 'file', acquire: () => 'handle' }), () => []).subscribe();
 * stop();
 * log; // => ['value opened', 'value gone', 'file opened', 'file has no release', 'file gone']
 * ```
 */
export function watchResources(
  opened: (resource: OpenResource) => (() => unknown) | void,
  options: WatchOptions = {},
): () => void {
  checkFunction(opened, 'opened');
  const { waiting, unreleased } = options;
  if (waiting !== undefined) checkFunction(waiting, 'waiting');
  if (unreleased !== undefined) checkFunction(unreleased, 'unreleased');
  const watch = new Watch(opened, options);
  shared.watchers = [...(shared.watchers ?? []), watch];
  return () => {
    const others = (shared.watchers ?? []).filter((watcher) => watcher !== watch);
    shared.watchers = others.length > 0 ? others : null;
  };
}

class Watch implements Watcher {
  private readonly views = new WeakMap<Entry, OpenResource>();
  private readonly closings = new WeakMap<Entry, () => unknown>();

  constructor(
    private readonly open: (resource: OpenResource) => (() => unknown) | void,
    private readonly options: WatchOptions,
  ) {}

  opened(scope: Entry): void {
    if (!scope.listed) return;
    this.call(() => {
      const closed = this.open(this.viewOf(scope));
      if (typeof closed === 'function') this.closings.set(scope, closed);
    });
  }

  closed(scope: Entry): void {
    this.call(() => this.closings.get(scope)?.());
  }

  waiting(scope: Scope, stage: Stage, isPromise: boolean, step: Releasable | null): void {
    this.call(() => this.options.waiting?.(this.stepOf(scope, stage, step), isPromise ? 'promise' : 'observable'));
  }

  released(scope: Scope, step: Releasable): void {
    if (step.unreleased !== true) return;
    this.call(() => this.options.unreleased?.(this.stepOf(scope, 'release', step)));
  }

  private stepOf(part: Scope, stage: Stage, step: Releasable | null): ResourceStep {
    let scope = part;
    while (!scope.listed && scope.whole !== null) scope = scope.whole;
    return { scope: this.viewOf(scope), name: step?.name ?? part.name, stage };
  }

  private viewOf(scope: Entry): OpenResource {
    const view = this.views.get(scope) ?? new View(scope);
    this.views.set(scope, view);
    return view;
  }

  private call(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      rxLayer.report(error);
    }
  }
}

class View implements OpenResource {
  constructor(private readonly scope: Entry) {}

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
