import { asyncScheduler } from 'rxjs';

import { watchResources, type OpenResource } from '../core/index.js';
import { LifecycleError } from './lifecycle-error.js';
import { findOpener } from './opener.js';

/** What {@link trackResources} is told. */
export interface TrackOptions {
  /** Whether to keep the stack of whoever opens a scope, which takes time and memory. Default `false`. */
  readonly stacks?: boolean;
}

/** A scope that is open, and what is known of its opening. */
export interface TrackedResource extends OpenResource {
  /** Milliseconds since it was opened. */
  readonly age: number;
  /** The stack of the opener, without the frames of RxJS and of this package; null where none was asked for. */
  readonly openedAt: string | null;
}

/** Remembers what has been opened since, until it is stopped. */
export interface ResourceTracker {
  /** What has been opened since and has not gone, in the order of opening. */
  readonly open: readonly TrackedResource[];
  /** Throws a {@link LifecycleError} that names what is open, for how long, and where it was opened. */
  assertNoLeaks(): void;
  /** Forgets everything; nothing is tracked any more. */
  stop(): void;
  /** The same as `stop`, for `using`. */
  [Symbol.dispose](): void;
}

class Tracker implements ResourceTracker {
  private readonly scopes = new Set<Tracked>();
  private readonly unwatch: () => void;

  constructor({ stacks = false }: TrackOptions) {
    this.unwatch = watchResources((scope) => {
      const tracked = new Tracked(scope, stacks ? findOpener() : null);
      this.scopes.add(tracked);
      return () => this.scopes.delete(tracked);
    });
  }

  get open(): readonly TrackedResource[] {
    return [...this.scopes];
  }

  assertNoLeaks(): void {
    const { open } = this;
    if (open.length === 0) return;
    const count = open.length === 1 ? 'resource is' : 'resources are';
    throw new LifecycleError([`${String(open.length)} ${count} still open.`, ...open.map(describe)].join('\n'), {
      expected: '',
      actual: open.map(({ name, state }) => `${name} (${state})`).join('\n'),
    });
  }

  stop(): void {
    this.unwatch();
    this.scopes.clear();
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

class Tracked implements TrackedResource {
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
}

function describe({ name, state, age, openedAt }: TrackedResource): string {
  const line = `  ${name} (${state}), open for ${String(age)} ms`;
  return openedAt === null ? line : `${line}, opened\n${openedAt.replace(/^/gm, '    ')}`;
}

/**
 * Remembers every scope that is opened from now on: with its name, its age, what it is at and, when asked, the stack of
 * whoever opened it. For a leak that `openResources()` shows and that nobody can place.
 *
 * **Guarantees.** Only what is opened after the call is charged. Nothing is kept of a scope that has gone. Where nothing
 * is tracked, scopes cost what they cost without it.
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
 * ```
 */
export function trackResources(options: TrackOptions = {}): ResourceTracker {
  return new Tracker(options);
}
