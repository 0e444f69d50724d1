import { cover, failEntering, giveUp, wait } from './acquiring.js';
import { COMPLETE, failed, UNSUBSCRIBE } from './exit.js';
import { exhausted, note, sweep } from './overflow.js';
import { ENTERING, Frame, GONE, HELD, more, NOTHING, PARKED, type Leaf, type Node, type Scope } from './scope.js';
import { register, shared } from './shared.js';
import { end } from './ending.js';
import { isLeft } from './teardown.js';
import { settle } from './unwind.js';

/**
 * Enters `node` and runs the body, as far as both go without waiting; with null, goes on from the token that has
 * just been acquired.
 *
 * Entering has returned before the body begins, and is not on the stack under it: what a level of scopes nested by
 * hand takes of the stack is this function and `begin`.
 */
export function open(scope: Scope, node: Node | null): void {
  if (node !== null) register(scope, ENTERING);
  const { current, crossed } = shared;
  let begun = false;
  scope.busy = true;
  shared.depth++;
  try {
    const handle = enter(scope, node);
    if (handle !== NOT_YET) {
      begun = !scope.bodiless;
      scope.busy = begun;
      scope.state = HELD;
      scope.begin(handle);
    }
  } catch (error) {
    if (exhausted(error)) note(error);
    else end(scope, failed(error));
  } finally {
    // In any case: the handler above calls functions, and the stack may be exhausted.
    shared.depth--;
    shared.current = current; // `begin` makes the scope the current one while its body is subscribed
    shared.crossed = crossed;
  }
  if (begun) goOn(scope);
  if (shared.overflow !== null && shared.depth === 0) sweep(scope);
  // Only what outlives its own subscribe has an age; a synchronous scope does not pay for reading the clock.
  if (node !== null && scope.state !== GONE) scope.since = scope.layer.now();
}

/** The body's own subscribe has returned. Where the stack has run out, the outermost scope does what is to be done. */
function goOn(scope: Scope): void {
  if (shared.overflow === null && scope.exit?.kind === 'error' && exhausted(scope.exit.error)) note(scope.exit.error);
  if (shared.overflow !== null) return;
  scope.busy = false;
  settle(scope);
}

const NOT_YET: unique symbol = /* @__PURE__ */ Symbol('not yet');

/** The handle that `hold` has just made, for `enter` to take; nothing runs in between. */
let ready: unknown = NOT_YET;

/** Acquires from `start` on, or goes on with what has been acquired. Answers the handle, or that there is none yet. */
function enter(scope: Scope, start: Node | null): unknown {
  let node = start ?? hold(scope);
  while (node !== null) node = acquire(scope, descend(scope, node));
  const handle = ready;
  ready = NOT_YET;
  return handle;
}

/** Walks down to the first leaf and remembers what is to be done with its handle. */
function descend(scope: Scope, start: Node): Leaf {
  cover(scope);
  let node = start;
  while (node.kind !== 'leaf') {
    const rest = more(scope);
    if (node.kind === 'guard') {
      const frame = new Frame(node, undefined, false);
      (rest.frames ??= []).push(frame);
      (rest.rest ??= []).push(frame);
    } else {
      (rest.rest ??= []).push(node);
    }
    node = node.source;
  }
  return node;
}

function acquire(scope: Scope, leaf: Leaf): Node | null {
  let raw: unknown;
  try {
    raw = leaf.acquire(scope);
  } catch (error) {
    failEntering(scope, error, true);
    return null;
  }
  // No call may stand between an acquire that has answered and the two lines that hold on to the answer: any
  // call can exhaust the stack, and what was acquired would leak. So `isPlain` is written out here.
  const object = raw as { then?: unknown; lift?: unknown; subscribe?: unknown } | null | undefined;
  if (
    !leaf.awaits ||
    (typeof raw !== 'object' && typeof raw !== 'function') ||
    object === null ||
    object === undefined ||
    (typeof object.then !== 'function' && (typeof object.lift !== 'function' || typeof object.subscribe !== 'function'))
  ) {
    scope.step = leaf;
    scope.token = raw;
    return hold(scope);
  }
  return wait(scope, leaf, object, resume) ? hold(scope) : null;
}

/** The topmost token is held: makes the handle of it, and goes on with the next resource or the body. */
function hold(scope: Scope): Node | null {
  const leaf = scope.step as Leaf;
  let handle = scope.token;
  if (handle === NOTHING) {
    scope.step = null;
    if (scope.exit !== null) giveUp(scope);
    else {
      scope.busy = false;
      end(scope, isLeft(scope) ? UNSUBSCRIBE : COMPLETE);
    }
    return null;
  }
  try {
    if (scope.exit === null && leaf.entered !== undefined) handle = leaf.entered(scope, handle);
    const rest = scope.more?.rest;
    for (let part = rest?.pop(); part !== undefined && scope.exit === null; part = rest?.pop()) {
      if (part instanceof Frame) part.active = true;
      else if (part.kind === 'chain') return part.next(handle);
      else if (part.kind === 'mapping') handle = part.map(handle);
    }
  } catch (error) {
    failEntering(scope, error, true);
    return null;
  }
  if (scope.exit === null) {
    ready = handle;
    return null;
  }
  activate(scope);
  giveUp(scope);
  return null;
}

/** Left or lost just as it was acquired: what guards exactly this acquisition takes part in its release all the same. */
function activate(scope: Scope): void {
  const rest = scope.more?.rest;
  for (let part = rest?.pop(); part !== undefined; part = rest?.pop()) {
    if (part instanceof Frame) part.active = true;
    else if (part.kind === 'chain') return;
  }
}

function resume(scope: Scope): void {
  open(scope, null);
}

/** Goes on with a scope that was parked: `token` is what its acquire has come to. One that has given up gives it back. */
export function goOnWith(scope: Scope, leaf: Leaf, token: unknown): void {
  if (scope.step === PARKED) {
    scope.step = leaf;
    scope.token = token;
    open(scope, null);
  } else {
    leaf.release(token, UNSUBSCRIBE);
  }
}
