import { Background, route } from './background.js';
import { afterFailure, isNews, UNSUBSCRIBE, type Exit } from './exit.js';
import { apply, fail } from './outcome.js';
import { noteReleaseFailure } from './release-failure.js';
import { ask, isPlain, tellAwaited } from './reply.js';
import { ENDING, EXITING, GONE, more, type Collector, type Releasable, type Scope, type Sink } from './scope.js';
import { answerAll, shared, tellReleased, tellWaiting, unregister } from './shared.js';

/** A release under `scope` has failed; it takes part in what the scope ends with. */
export function collect(scope: Scope, failure: unknown): void {
  if (scope.state === EXITING) scope.outcome = afterFailure(scope.outcome as Exit, failure);
  else (more(scope).failures ??= []).push(failure);
}

/** Goes on with a scope as far as it can, then with the one that waited for it, and so on outwards. */
export function settle(scope: Scope): void {
  let next: Scope | null = scope;
  while (next !== null) next = advance(next);
  if (shared.answered.length > 0 && shared.releasing === 0) answerAll();
}

function advance(scope: Scope): Scope | null {
  if (scope.exit === null || scope.busy || scope.state < ENDING || scope.state === GONE) return null;
  for (;;) {
    if (scope.pending > 0) return null;
    if (scope.state === ENDING) start(scope, scope.exit);
    const step = next(scope);
    if (step === null) return conclude(scope);
    if (!release(scope, step)) return null;
  }
}

/** From here on the exit is what the releases change: the body's end, and what failed under it meanwhile. */
function start(scope: Scope, exit: Exit): void {
  scope.state = EXITING;
  let outcome = exit;
  const failures = scope.more?.failures ?? null;
  if (failures !== null) for (const failure of failures) outcome = afterFailure(outcome, failure);
  scope.outcome = outcome;
}

/** Makes the next release the topmost one. */
function next(scope: Scope): Releasable | null {
  if (scope.step !== null) return scope.step;
  const frames = scope.more?.frames;
  for (let frame = frames?.pop(); frame !== undefined; frame = frames?.pop()) {
    if (!frame.active) continue;
    scope.token = frame.token;
    return (scope.step = frame.step);
  }
  return null;
}

/** Does the topmost release. Answers whether it is done; else the scope is resumed when it is. */
function release(scope: Scope, step: Releasable): boolean {
  const token = scope.token;
  scope.step = null;
  scope.token = undefined;
  scope.busy = true;
  if (scope.more !== null) scope.more.calling = true;
  let answer: unknown;
  shared.releasing++;
  try {
    answer = step.release(token, scope.outcome as Exit);
    if (shared.watchers !== null) tellReleased(scope, step);
  } catch (error) {
    fail(scope, error);
    return true;
  } finally {
    shared.releasing--;
    if (scope.more !== null) scope.more.calling = false;
  }
  if (isPlain(answer)) {
    apply(scope, step, answer);
    return true;
  }
  if (answer instanceof Promise) {
    follow(scope, step, answer);
    return false;
  }
  const releasing = new Releasing(scope, step);
  shared.releasing++;
  try {
    ask(answer as object, 'last', scope, releasing);
  } finally {
    shared.releasing--;
  }
  releasing.later = !releasing.done;
  if (shared.watchers !== null && releasing.later) tellAwaited(scope, 'release', answer as object, step);
  return releasing.done;
}

/** The short way for what most releases answer with. */
function follow(scope: Scope, step: Releasable, promise: Promise<unknown>): void {
  if (shared.watchers !== null) tellWaiting(scope, 'release', true, step);
  promise.then(
    (answer) => {
      apply(scope, step, answer);
      settle(scope);
    },
    (error: unknown) => {
      fail(scope, error);
      settle(scope);
    },
  );
}

/** Waits for a release that answers later. */
class Releasing implements Sink {
  done = false;
  later = false;

  constructor(
    private readonly scope: Scope,
    private readonly step: Releasable,
  ) {}

  value(answer: unknown): void {
    if (this.done) return;
    this.done = true;
    apply(this.scope, this.step, answer);
    if (this.later) settle(this.scope);
  }

  error(error: unknown): void {
    if (this.done) return;
    this.done = true;
    fail(this.scope, error);
    if (this.later) settle(this.scope);
  }
}

/** Something that went on in the background is over, seen from outside the loop. */
export function over(background: Background, outcome: Exit): void {
  const waiting = background.end(outcome, settle);
  if (waiting !== null) settle(waiting);
}

/** Everything is released. Answers the scope that can go on now. */
function conclude(scope: Scope): Scope | null {
  const { link, layer } = scope;
  const exit = scope.exit as Exit;
  const outcome = scope.outcome as Exit;
  const background = scope.more?.background ?? null;
  scope.more?.unfollow?.();
  scope.state = GONE;
  unregister(scope);
  const news = isNews(outcome, exit);
  if (outcome.kind === 'error' && news) noteReleaseFailure(outcome.error);
  if (!scope.left) return deliver(scope, outcome, link);
  // The body's own error is dropped with the consumer; what the releases made of it is not (law 14).
  if (background !== null) return background.end(news ? outcome : UNSUBSCRIBE, settle);
  if (outcome.kind === 'error' && news) route(outcome.error, link, layer);
  return null;
}

function deliver(scope: Scope, outcome: Exit, link: Collector | null): Scope | null {
  const { delivering } = shared;
  shared.delivering = link;
  try {
    scope.finish(outcome);
    // Null now says that the link is a scope, has ended by this, and waits for us to go on with it.
    return link !== null && putOff() ? (link as Scope) : null;
  } finally {
    shared.delivering = delivering;
  }
}

function putOff(): boolean {
  return shared.delivering === null;
}
