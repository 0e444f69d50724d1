import { ENTERING, HELD, type Entry } from './engine/scope.js';
import { shared } from './engine/shared.js';
import { now } from '../internal/clock.js';

/** A scope that has not ended. */
export interface OpenResource {
  readonly name: string;
  /** `entering` while it acquires, `held` while its body runs, `exiting` from the body's end on. */
  readonly state: 'entering' | 'held' | 'exiting';
  /** When it was opened, in milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Every scope that is open right now, in the order of opening: what to look at when something hangs or leaks.
 *
 * Always on; scopes are linked into a list while they are open, which costs neither memory nor a look-up.
 *
 * @example
 * ```ts
 * import { openResources, resource } from 'rxscope';
 *
 * const subscription = resource({ name: 'socket', acquire: () => 1 }).subscribe();
 * openResources().map(({ name, state }) => `${name} is ${state}`); // => ['socket is held']
 * subscription.unsubscribe();
 * openResources().length; // => 0
 * ```
 */
export function openResources(): readonly OpenResource[] {
  const open: OpenResource[] = [];
  for (let scope = shared.oldest; scope !== null; scope = scope.newer) {
    if (scope.listed) open.push({ name: scope.name, state: stateOf(scope), since: sinceOf(scope) });
  }
  return open;
}

export function stateOf(scope: Entry): OpenResource['state'] {
  return scope.state === ENTERING ? 'entering' : scope.state === HELD ? 'held' : 'exiting';
}

export function sinceOf(scope: Entry): number {
  if (scope.since === -1) scope.since = now(); // asked from inside its own subscribe
  return scope.since;
}
