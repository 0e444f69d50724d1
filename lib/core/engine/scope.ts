import type { Exit } from './exit.js';

/** Answer of an `acquire` that ended well without a handle: the scope completes without a value (law 11). */
export const NOTHING: unique symbol = Symbol.for('rxscope.nothing') as never;

/**
 * What the answer of a release means (law 8).
 *
 * - `release`: nothing, whatever it is.
 * - `exit`: `true` suppresses the error so far.
 * - `outcome`: it is the outcome itself, an {@link Exit}; for releases that unwind something of their own.
 */
export type ReleaseMode = 'release' | 'exit' | 'outcome';

/** What is released as one step: the part of a leaf or guard that a frame of a scope needs. */
export interface Releasable {
  readonly mode: ReleaseMode;
  /** Of the resource it is described by, where that has a name of its own. */
  readonly name?: string | undefined;
  /** Whether what it acquires was described without a release. */
  readonly unreleased?: boolean;
  release(token: unknown, exit: Exit): unknown;
}

/** Stands in the place of the topmost release while an acquire that may be given up is waited for; the token is how. */
export const PARKED: Releasable = { mode: 'release', release: () => undefined };

/** One acquisition. What `acquire` yields is the token that `release` gets; `entered` makes the handle of it. */
export interface Leaf extends Releasable {
  readonly kind: 'leaf';
  /** Whether promises and observables that `acquire` returns are unwrapped. */
  readonly awaits: boolean;
  /** Whether an observable that `acquire` returned is unsubscribed when the consumer leaves (law 13). */
  readonly interruptible: boolean;
  acquire(this: void, scope: Scope): unknown;
  /** Called once the token is safely held; missing means that the token is the handle. */
  readonly entered?: ((scope: Scope, token: unknown) => unknown) | undefined;
  /** The same under another name, where it shows its name in errors of its own. */
  readonly renamed?: ((name: string) => Leaf) | undefined;
}

/** Enter `source`, then what `next` makes of its handle. */
export interface Chain {
  readonly kind: 'chain';
  readonly source: Node;
  next(handle: unknown): Node;
}

/** Enter `source` and hand on another handle. */
export interface Mapping {
  readonly kind: 'mapping';
  readonly source: Node;
  map(handle: unknown): unknown;
}

/** Enter `source`; once it is entered, `release` takes part in the unwinding, after that of `source`. */
export interface Guard extends Releasable {
  readonly kind: 'guard';
  readonly source: Node;
}

/**
 * What entering a resource takes, as data. Composing makes a tree of these; one loop walks it, so that ten
 * thousand composed resources neither nest calls nor overflow the stack (law 6).
 */
export type Node = Leaf | Chain | Mapping | Guard;

/**
 * Life of one scope:
 *
 *     ENTERING ──▶ HELD ──▶ STOPPING ──▶ ENDING ──▶ EXITING ──▶ GONE
 *        └────────(failed, left)───▲──────▲
 *
 * - `ENTERING` acquires, also after it has been left; `HELD` runs the body.
 * - `STOPPING` knows its exit and tears the body down.
 * - `ENDING` waits for the body's own subscribe to return and for releases under it.
 * - `EXITING` releases, frame by frame.
 */
export const ENTERING = 0;
export const HELD = 1;
export const STOPPING = 2;
export const ENDING = 3;
export const EXITING = 4;
export const GONE = 5;
export type State = typeof ENTERING | typeof HELD | typeof STOPPING | typeof ENDING | typeof EXITING | typeof GONE;

/** Takes the one answer of something asked for. */
export interface Sink {
  value(value: unknown): void;
  error(error: unknown): void;
}

/** Stops waiting for an answer. */
export interface Cancel {
  unsubscribe(): void;
}

/** What the engine needs of the reactive library around it; one such object per library. */
export interface Layer {
  /** Subscribes and answers once: with the first value, or with the last one on completion. */
  observe(source: object, which: 'first' | 'last', scope: Scope, sink: Sink): Cancel;
  /** Reports an error that has nobody to go to, asynchronously. */
  report(error: unknown): void;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Whatever waits for releases that go on in the background under it (laws 4, 12 and 16). */
export interface Collector {
  /** Releases under it that are still running. */
  pending: number;
  /** Whether it can still wait; what has ended does not. */
  readonly collecting: boolean;
  /** The nearest collector downstream of it. */
  readonly link: Collector | null;
  /** The collector in whose extent it was subscribed. */
  readonly outer: Collector | null;
  /** A release under it has failed. */
  collect(failure: unknown): void;
  /** None is pending any more. A scope answers itself, for the caller's loop to advance. */
  idle(): Scope | null;
}

/** One release to be done, below the topmost one of a scope. */
export class Frame {
  constructor(
    readonly step: Releasable,
    readonly token: unknown,
    /** A guard takes part only once its source has been entered. */
    public active: boolean,
  ) {}
}

/** What most scopes never need, kept apart so that a held scope stays small. */
export class More {
  /** Releases below the topmost one, oldest first. */
  frames: Frame[] | null = null;
  /** What is still to be done with the handle, innermost last. */
  rest: (Node | Frame)[] | null = null;
  controller: AbortController | null = null;
  /** Takes the listener of a part off the signal of its whole. */
  unfollow: (() => void) | null = null;
  /** Stops an interruptible acquire. */
  cancel: Cancel | null = null;
  /** Set while it goes on in the background. */
  background: { end(outcome: Exit, settle: (scope: Scope) => void): Scope | null } | null = null;
  /** Told when the consumer leaves while a release waits for what can be cut short. */
  leavers: Set<() => void> | null = null;
  /** Failures of background releases under it, in their order. */
  failures: unknown[] | null = null;
  /** Whether a release function of it is on the stack right now. */
  calling = false;
}

/** What stands on the list of everything that is open: scopes, and what is held without one. */
export interface Entry {
  readonly name: string;
  /** Whether it is one of the user's own, not a part of one. */
  readonly listed: boolean;
  state: State;
  /** Whether something of it is on the stack or under way, so that unwinding has to wait. */
  readonly busy: boolean;
  /** When it was opened; -1 inside its own subscribe. */
  since: number;
  /** Neighbours in the list. */
  older: Entry | null;
  newer: Entry | null;
}

/** Whoever has a scope in hand and lends what it holds, such as a pool: told instead of the scope when that dies. */
export interface Keeper {
  partLost(error: unknown): void;
}

/**
 * One subscription that enters one resource. The engine is functions over this record, so that one object can
 * be scope, subscriber and handle at once in whatever reactive library wraps it.
 */
export interface Scope extends Collector, Entry {
  readonly layer: Layer;
  state: State;
  busy: boolean;
  /** Whether nobody is there any more to be told the end. */
  left: boolean;
  /** How it ended; frozen from then on (law 14). */
  exit: Exit | null;
  /** The exit after the releases so far (law 10). */
  outcome: Exit | null;
  /** The topmost release and its token. */
  step: Releasable | Leaf | null;
  token: unknown;
  more: More | null;
  /** Whether tearing its body down runs nothing but its own code. */
  readonly bare: boolean;
  /** Whether it is held without a body on the stack, so that it can be closed from inside `begin`. */
  readonly bodiless: boolean;
  /** The scope it is entered for as a part; its signal aborts with that one's. */
  readonly whole: Scope | null;
  /** The same, once it has been handed over; what is lost here ends that one. */
  readonly owner: Scope | null;
  readonly keeper?: Keeper | null;
  /** Entered: run the body, as the current collector. */
  begin(handle: unknown): void;
  /** End the body. */
  tearDown(): void;
  /** Tell the consumer how it all ended. Not called once it has left. */
  finish(outcome: Exit): void;
}

export function more(scope: Scope): More {
  return (scope.more ??= new More());
}
