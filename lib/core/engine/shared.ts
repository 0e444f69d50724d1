import type { Collector, Entry, Releasable, Scope, State } from './scope.js';

/**
 * All mutable state that is not of one scope. On the global object, because an application can hold this
 * package twice (as an ES module and as CommonJS), and scopes of both nest in each other.
 */
export interface Shared {
  /** The collector in whose dynamic extent things are subscribed or unsubscribed right now. */
  current: Collector | null;
  /**
   * How many bodies a value is being handed out of right now. What its consumer does belongs not to them but to what
   * is around them. Counted, because storing a collector for each value would cost more than the value.
   */
  crossed: number;
  /** The scope whose body is being torn down, and the scopes in it that wait for their turn. */
  tearing: Scope | null;
  departed: Scope[] | null;
  /** The collector that is being told the end of a scope right now; it sets this to null to be advanced next. */
  delivering: Collector | null;
  /** How many scopes are entering or starting their body, one inside the other, on the stack right now. */
  depth: number;
  /** How many release functions are on the stack right now. */
  releasing: number;
  /** What was acquired inside one of them, and goes on when it has returned. */
  readonly answered: (() => void)[];
  isAnswering: boolean;
  /** The stack has run out; the outermost scope on it cleans up. */
  overflow: { readonly error: unknown } | null;
  /** Releases and acquires that go on in the background, and who waits for there to be none. */
  background: number;
  waiting: (() => void)[];
  oldest: Entry | null;
  newest: Entry | null;
  /** What releases have failed with: passed on, it looks like the error of any source. */
  readonly releaseFailures: WeakSet<object>;
  /** Who is told of every scope on the list. Null where nobody asked: that is all it costs then. */
  watchers: readonly Watcher[] | null;
  /** Takes down what the runtime keeps for the code that runs now, to run something later under it. Null: not asked for. */
  snapshot: (() => Resume) | null;
}

/** Runs `callback` under what the runtime kept for somebody. */
export type Resume = (callback: () => void) => void;

/** What a scope waits for the answer of. */
export type Stage = 'acquire' | 'body' | 'release';

/** Is told when a scope is put on the list of open ones, when it is taken off, and what it is at. Must not throw. */
export interface Watcher {
  opened(entry: Entry): void;
  closed(entry: Entry): void;
  /** It begins to wait for a promise, or for an observable. `step` has answered it; null: the body. */
  waiting?(scope: Scope, stage: Stage, isPromise: boolean, step: Releasable | null): void;
  /** The release of what `step` has acquired has been called. */
  released?(scope: Scope, step: Releasable): void;
}

const KEY = /* @__PURE__ */ Symbol.for('rxscope.shared.1');

export const shared: Shared = /* @__PURE__ */ open();

function open(): Shared {
  const host = globalThis as { [KEY]?: Shared | undefined };
  return (host[KEY] ??= {
    current: null,
    crossed: 0,
    tearing: null,
    departed: null,
    delivering: null,
    depth: 0,
    releasing: 0,
    answered: [],
    isAnswering: false,
    overflow: null,
    background: 0,
    waiting: [],
    oldest: null,
    newest: null,
    releaseFailures: new WeakSet(),
    watchers: null,
    snapshot: null,
  });
}

/**
 * Goes on with a scope whose acquire has just answered: now, or, where that was inside a release, when it has returned.
 *
 * So whoever hands something over in a release, as a lock does, is not called again from inside of it, however many wait
 * (law 6).
 */
export function proceedWith(goOn: () => void): void {
  if (shared.releasing > 0) shared.answered.push(goOn);
  else goOn();
}

/** Goes on with what was acquired inside releases that have returned. */
export function answerAll(): void {
  if (shared.isAnswering) return;
  shared.isAnswering = true;
  const { current, crossed, answered } = shared;
  shared.current = null; // whoever has given back is not to wait for whoever comes next
  shared.crossed = 0;
  let next = 0;
  try {
    while (next < answered.length) answered[next++]?.(); // each may add to them
  } finally {
    answered.splice(0, next);
    shared.isAnswering = false;
    shared.current = current;
    shared.crossed = crossed;
  }
}

/** The collector in whose extent the running code is. */
export function currentCollector(): Collector | null {
  let collector = shared.current;
  for (let left = shared.crossed; left > 0 && collector !== null; left--) collector = collector.outer;
  return collector;
}

/** Puts a scope at the end of the list of open ones. Intrusive: no allocation, removal in constant time. */
export function register(entry: Entry, state: State): void {
  entry.state = state; // inside: where the stack runs out on the way here, it has never been open
  if (shared.watchers !== null) for (const watcher of shared.watchers) watcher.opened(entry);
  entry.older = shared.newest;
  if (shared.newest === null) shared.oldest = entry;
  else shared.newest.newer = entry;
  shared.newest = entry;
}

export function unregister(entry: Entry): void {
  const { older, newer } = entry;
  if (older === null && shared.oldest !== entry) return; // a stack, which is not listed
  if (older === null) shared.oldest = newer;
  else older.newer = newer;
  if (newer === null) shared.newest = older;
  else newer.older = older;
  entry.older = entry.newer = null;
  if (shared.watchers !== null) for (const watcher of shared.watchers) watcher.closed(entry);
}

/** Tells those who watch. Callers look first whether there are any, so that nobody else pays for a call. */
export function tellWaiting(scope: Scope, stage: Stage, isPromise: boolean, step: Releasable | null): void {
  for (const watcher of shared.watchers ?? []) watcher.waiting?.(scope, stage, isPromise, step);
}

export function tellReleased(scope: Scope, step: Releasable): void {
  for (const watcher of shared.watchers ?? []) watcher.released?.(scope, step);
}
