import { asyncScheduler } from 'rxjs';

import { watchResources, type OpenResource, type ResourceStep } from '../core/index.js';
import { describeLeaks } from './describe-leaks.js';
import { LifecycleError } from './lifecycle-error.js';
import { findOpener } from './opener.js';
import type { TrackedResource, UnreleasedResource } from './tracked-resource.types.js';

/** What {@link trackResources} is told. */
export interface TrackOptions {
  /** Whether to keep the stack of whoever opens a scope, which takes time and memory. Default `false`. */
  readonly stacks?: boolean;
  /**
   * Whether what is held has to be described with a release. A resource that has none, and is none of the names in
   * `except`, is a leak then. Default `false`.
   */
  readonly releases?: boolean | { readonly except: readonly string[] };
}

/** Remembers what has been opened since, until it is stopped. */
export interface ResourceTracker {
  /** What has been opened since and has not gone, in the order of opening. */
  readonly open: readonly TrackedResource[];
  /** Where `releases` asks for it: what has been held and given up since without a release, each name once. */
  readonly unreleased: readonly UnreleasedResource[];
  /** Throws a {@link LifecycleError} that names what is open, for how long, where it was opened, and what has no release. */
  assertNoLeaks(): void;
  /** Forgets everything; nothing is tracked any more. */
  stop(): void;
  /** The same as `stop`, for `using`. */
  [Symbol.dispose](): void;
}

class Tracker implements ResourceTracker {
  private readonly scopes = new Map<OpenResource, Tracked>();
  private readonly held = new Map<string, UnreleasedResource>();
  private readonly unwatch: () => void;

  constructor({ stacks = false, releases = false }: TrackOptions) {
    const except = exceptionsOf(releases);
    this.unwatch = watchResources(
      (scope) => {
        this.scopes.set(scope, new Tracked(scope, stacks ? findOpener() : null));
        return () => this.scopes.delete(scope);
      },
      {
        waiting: (step) => this.scopes.get(step.scope)?.waits(step),
        unreleased: except === null ? undefined : (step) => this.note(step, except),
      },
    );
  }

  get open(): readonly TrackedResource[] {
    return [...this.scopes.values()];
  }

  get unreleased(): readonly UnreleasedResource[] {
    return [...this.held.values()];
  }

  assertNoLeaks(): void {
    const lines = describeLeaks(this);
    if (lines.length === 0) return;
    const open = this.open.map(({ name, state }) => `${name} (${state})`);
    const unreleased = this.unreleased.map(({ name }) => `${name} (no release)`);
    throw new LifecycleError(lines.join('\n'), { expected: '', actual: [...open, ...unreleased].join('\n') });
  }

  stop(): void {
    this.unwatch();
    this.scopes.clear();
    this.held.clear();
  }

  private note({ name, scope }: ResourceStep, except: readonly string[]): void {
    const tracked = this.scopes.get(scope); // missing: opened before
    if (tracked === undefined || except.includes(name) || this.held.has(name)) return;
    this.held.set(name, { name, scope: scope.name, openedAt: tracked.openedAt });
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** The stage whose answer a scope in that state may wait for. */
const STAGES = { entering: 'acquire', held: 'body', exiting: 'release' } as const;

class Tracked implements TrackedResource {
  private step: ResourceStep | null = null;

  constructor(
    private readonly scope: OpenResource,
    readonly openedAt: string | null,
  ) {}

  get name(): string {
    return this.scope.name;
  }

  get state(): OpenResource['state'] {
    return this.scope.state;
  }

  get since(): number {
    return this.scope.since;
  }

  get age(): number {
    return asyncScheduler.now() - this.since;
  }

  get at(): string | null {
    const { step, name, state } = this;
    return step === null || step.name === name || step.stage !== STAGES[state] ? null : step.name;
  }

  waits(step: ResourceStep): void {
    this.step = step;
  }
}

/** The names that need no release; null where none needs one. */
function exceptionsOf(releases: NonNullable<TrackOptions['releases']>): readonly string[] | null {
  if (typeof releases === 'boolean') return releases ? [] : null;
  const { except } = releases as { readonly except?: unknown };
  if (!Array.isArray(except)) throw new TypeError(`Expected releases to be a boolean or { except: ['a name'] }.`);
  return except as readonly string[];
}

/**
 * Remembers every scope that is opened from now on: with its name, its age, what it is at and, when asked, the stack of
 * whoever opened it. For a leak that `openResources()` shows and that nobody can place.
 *
 * With `releases` it also remembers what was held without anything that would release it: `resource({ acquire })` where
 * somebody has forgotten the rest. Where there is nothing to release, that can be said: by `fromValue`, by a release that
 * does nothing, or by `except`.
 *
 * **Guarantees.** Only what is opened after the call is charged. Of a scope that has gone nothing is kept, but one entry
 * for each name without a release. Where nothing is tracked, scopes cost what they cost without it.
 *
 * **Blind spots.** A release that is there and closes nothing; what a generator, a manager or an entry of a stack leaves
 * out. An `onExit` is not taken for a release: it is told the exit, not the handle.
 *
 * **Errors.** `TypeError` for `releases` of another kind.
 *
 * @example
 * ```ts
 * import { resource } from 'rxscope';
 * import { trackResources } from 'rxscope/testing';
 *
 * const tracker = trackResources({ stacks: true });
 * const socket = resource({ name: 'socket', acquire: () => 1 });
 * const subscription = socket.subscribe();
 *
 * tracker.open.map(({ name, state }) => `${name} is ${state}`); // => ['socket is held']
 * tracker.open[0]?.openedAt !== null; // => true
 * subscription.unsubscribe();
 * tracker.assertNoLeaks();
 * tracker.stop();
 *
 * const strict = trackResources({ releases: { except: ['settings'] } });
 * socket.subscribe().unsubscribe();
 * strict.unreleased.map(({ name }) => name); // => ['socket']
 * strict.stop();
 * ```
 */
export function trackResources(options: TrackOptions = {}): ResourceTracker {
  return new Tracker(options);
}
