import { failed, UNSUBSCRIBE } from './exit.js';
import { exhausted, note } from './overflow.js';
import { ask, Deferral, tellAwaited } from './reply.js';
import {
  ENDING,
  Frame,
  more,
  PARKED,
  type Cancel,
  type Leaf,
  type Releasable,
  type Scope,
  type Sink,
} from './scope.js';
import { proceedWith, shared, tellWaiting } from './shared.js';
import { isAbort, isLeft } from './teardown.js';
import { end } from './ending.js';
import { settle } from './unwind.js';

/** Puts a release on top of those a scope has. */
export function push(scope: Scope, step: Releasable, token: unknown): void {
  cover(scope);
  scope.step = step;
  scope.token = token;
}

/** Moves the topmost release of a scope below what comes next. */
export function cover(scope: Scope): void {
  if (scope.step === null) return;
  (more(scope).frames ??= []).push(new Frame(scope.step, scope.token, true));
  scope.step = null;
}

/** Waits for an acquire that answers later. Answers whether the token is held already; else `resume` goes on. */
export function wait(scope: Scope, leaf: Leaf, source: object, resume: (scope: Scope) => void): boolean {
  if (source instanceof Promise) {
    follow(scope, leaf, source, resume);
    return false;
  }
  if (leaf.interruptible && source instanceof Deferral) {
    const cancel = source.park?.(scope, leaf) ?? null;
    if (cancel !== null) {
      park(scope, cancel);
      return false;
    }
  }
  const acquiring = new Acquiring(scope, leaf, resume);
  const cancel = ask(source, 'first', scope, acquiring);
  if (acquiring.state === 'failed') {
    failEntering(scope, acquiring.failure, true);
    return false;
  }
  if (acquiring.state === 'held') return true;
  acquiring.later = true;
  scope.busy = false;
  if (shared.watchers !== null) tellAwaited(scope, 'acquire', source, leaf);
  if (!leaf.interruptible || cancel === null) return false;
  if (scope.exit === null) {
    more(scope).cancel = cancel;
  } else {
    cancel.unsubscribe();
    giveUp(scope);
  }
  return false;
}

/** The short way for those who wait in line: neither a sink nor `More`, since nothing is held in the topmost place yet. */
function park(scope: Scope, cancel: Cancel): void {
  scope.busy = false;
  if (scope.exit === null) {
    scope.step = PARKED;
    scope.token = cancel;
  } else {
    cancel.unsubscribe();
    giveUp(scope);
  }
}

/** What a scope was parked for has failed. Nothing to one that has given up meanwhile. */
export function failParked(scope: Scope, error: unknown): void {
  if (scope.step !== PARKED) return;
  scope.step = null;
  scope.token = undefined;
  failEntering(scope, error, false);
}

/** The short way for what most acquires answer with. */
function follow(scope: Scope, leaf: Leaf, promise: Promise<unknown>, resume: (scope: Scope) => void): void {
  scope.busy = false;
  if (shared.watchers !== null) tellWaiting(scope, 'acquire', true, leaf);
  promise.then(
    (token) => {
      scope.step = leaf;
      scope.token = token;
      resume(scope);
    },
    (error: unknown) => {
      failEntering(scope, error, false);
    },
  );
}

class Acquiring implements Sink {
  state: 'waiting' | 'held' | 'failed' = 'waiting';
  failure: unknown = undefined;
  later = false;

  constructor(
    private readonly scope: Scope,
    private readonly leaf: Leaf,
    private readonly resume: (scope: Scope) => void,
  ) {}

  value(token: unknown): void {
    if (this.state !== 'waiting') return;
    const { scope } = this;
    this.state = 'held';
    scope.step = this.leaf;
    scope.token = token;
    if (scope.more !== null) scope.more.cancel = null;
    if (!this.later) return;
    proceedWith(() => {
      this.resume(scope);
    });
  }

  error(error: unknown): void {
    if (this.state !== 'waiting') return;
    this.state = 'failed';
    this.failure = error;
    if (this.scope.more !== null) this.scope.more.cancel = null;
    if (!this.later) return;
    proceedWith(() => {
      failEntering(this.scope, error, false);
    });
  }
}

/** Entering came to its end after the consumer had left, or after something held was lost. */
export function giveUp(scope: Scope): void {
  scope.busy = false;
  scope.state = ENDING;
  settle(scope);
}

export function failEntering(scope: Scope, error: unknown, onTheStack: boolean): void {
  if (onTheStack && exhausted(error)) {
    note(error);
    return;
  }
  scope.busy = false;
  if (scope.exit === null) {
    // A part may learn from the signal alone that the whole has been left.
    end(scope, isLeft(scope) && isAbort(scope, error) ? UNSUBSCRIBE : failed(error));
    return;
  }
  if (!isAbort(scope, error)) scope.layer.report(error);
  giveUp(scope);
}
