import { asyncDispose } from '../internal/async-dispose.js';
import type { Awaitable } from './awaitable.js';
import { checkFunction } from '../internal/check.js';
import { disposalOf, type AnyDisposable } from './disposal.js';
import { Background } from './engine/background.js';
import { push } from './engine/acquiring.js';
import { COMPLETE, type Exit, isNews, refusedExit } from './engine/exit.js';
import { Holding } from './engine/holding.js';
import type { Releasable, Scope } from './engine/scope.js';
import { over } from './engine/unwind.js';
import { closedError, enterInto } from './enter-stack.js';
import { rxLayer } from './layer.js';
import { answerOutcome } from './outcome.js';
import { checkResource, type Resource } from './resource-class.js';

const RELEASE: Releasable = { mode: 'release', release: (run) => (run as () => unknown)() };
const EXIT: Releasable = { mode: 'exit', release: (run, exit) => (run as (exit: Exit) => unknown)(exit) };

/**
 * A stack of things to release, filled step by step: Python's `AsyncExitStack` and TC39's `AsyncDisposableStack` in
 * one, for code written with `await`.
 *
 * Use it where the number of resources is known only at run time, or to build a compound resource ({@link scoped}
 * does both and closes it for you).
 *
 * **Guarantees.** {@link close} runs each entry once, last in first out, each finished before the next; a failing one
 * stops none of the others. What is already held when it is registered on a closed stack is released at once; entering
 * something new is refused before it is acquired (laws 26 and 27).
 *
 * **Errors.** `close` rejects with the outcome's error. `ClosedError` from `enter` on a closed stack.
 *
 * @example
 * ```ts
 * import { ExitStack, resource } from 'rxscope';
 *
 * const log: string[] = [];
 * const file = (name: string) => resource({ acquire: async () => name, release: async () => log.push(`close ${name}`) });
 * const stack = new ExitStack();
 * for (const name of ['a', 'b']) await stack.enter(file(name));
 * stack.defer(() => log.push('deferred'));
 * await stack.close();
 * log; // => ['deferred', 'close b', 'close a']
 * ```
 */
export class ExitStack implements AsyncDisposable {
  #holding: Holding;
  #closing: Promise<boolean> | null = null;

  constructor() {
    this.#holding = ExitStack.#open(null);
  }

  /** @internal A stack that is a part of a scope: what is lost in it ends the scope. */
  static in(scope: Scope): ExitStack {
    const stack = new ExitStack();
    stack.#holding = ExitStack.#open(scope);
    return stack;
  }

  /** Whether it has been closed or moved; entries run at once then. */
  get closed(): boolean {
    return this.#holding.exit !== null;
  }

  /**
   * Enters a resource and releases it with the stack. Where the stack is closed meanwhile, what still comes is released
   * with it, and this rejects with a `ClosedError`. Rejects with RxJS's `EmptyError` where the resource suppressed its
   * own failure and so came to nothing.
   */
  async enter<T>(resource: Resource<T>): Promise<T> {
    checkResource(resource);
    if (this.closed) throw closedError(resource.name);
    return new Promise<T>((resolve, reject) => {
      enterInto(this.#holding, resource, resolve, reject);
    });
  }

  /** Disposes of `value` with the stack, by the method {@link fromDisposable} would find; answers it. */
  use<T extends AnyDisposable | null | undefined>(value: T): T {
    this.#add(RELEASE, disposalOf(value).run);
    return value;
  }

  /** Calls `onDispose` with `value` when the stack is closed; answers the value. */
  adopt<T>(value: T, onDispose: (value: T) => Awaitable<unknown>): T {
    checkFunction(onDispose, 'onDispose');
    this.#add(RELEASE, () => onDispose(value));
    return value;
  }

  /** Calls `callback`, without arguments, when the stack is closed. */
  defer(callback: () => Awaitable<unknown>): void {
    checkFunction(callback, 'callback');
    this.#add(RELEASE, callback);
  }

  /** Calls `callback` with the exit so far when the stack is closed. It alone may suppress, by answering `true`. */
  push(callback: (exit: Exit) => Awaitable<boolean | void>): void {
    checkFunction(callback, 'callback');
    this.#add(EXIT, callback);
  }

  /** Hands all entries to a new stack; this one is closed from then on. Python's `pop_all`. */
  move(): ExitStack {
    const moved = new ExitStack();
    if (this.closed) return moved;
    moved.#holding = this.#holding;
    this.#holding = ExitStack.#open(null);
    this.#holding.close(COMPLETE, ignore);
    return moved;
  }

  /**
   * Releases everything, told `exit` (default: complete). Answers `true` where an entry suppressed the exit's error,
   * and rejects with the outcome's error, which is the exit's own where nothing suppressed it.
   *
   * A second call waits for the first and does not repeat its error. A call from the synchronous part of a release of
   * this stack does nothing and does not wait.
   */
  close(exit: Exit = COMPLETE): Promise<boolean> {
    const holding = this.#holding;
    if (holding.more?.calling === true) return Promise.resolve(false);
    if (this.#closing !== null) return this.#closing.then(no, no);
    if (this.closed) return Promise.resolve(false);
    const refusal = refusedExit(exit);
    if (refusal !== null) return Promise.reject(refusal);
    this.#closing = new Promise((resolve, reject) => {
      holding.close(exit, (outcome) => {
        answerOutcome(exit, outcome, resolve, reject);
      });
    });
    return this.#closing;
  }

  /** @internal {@link close} without a promise, for scopes that may be synchronous. */
  closeWith(exit: Exit, done: (outcome: Exit) => void): void {
    this.#holding.close(exit, done);
  }

  async [asyncDispose](): Promise<void> {
    await this.close();
  }

  #add(step: Releasable, token: unknown): void {
    const { exit } = this.#holding;
    if (exit === null) push(this.#holding, step, token);
    else releaseNow(step, token, exit);
  }

  static #open(owner: Scope | null): Holding {
    const holding = new Holding('ExitStack', false, null, rxLayer, { entered: ignore, ended: ignore }, owner).hold();
    holding.owner = owner;
    return holding;
  }
}

/** Law 27: what is held already is not refused but released, in the background. */
function releaseNow(step: Releasable, token: unknown, exit: Exit): void {
  const background = new Background(null, rxLayer);
  const late = new Holding('ExitStack', false, null, rxLayer, { entered: ignore, ended: ignore }).hold();
  push(late, step, token);
  late.close(exit, (outcome) => {
    over(background, COMPLETE);
    if (outcome.kind === 'error' && isNews(outcome, exit)) rxLayer.report(outcome.error);
  });
}

function no(): boolean {
  return false;
}

function ignore(): void {
  // nobody to tell
}
