import { config } from 'rxjs';

import { settled } from '../core/index.js';
import { describeLeaks } from './describe-leaks.js';
import { LifecycleError } from './lifecycle-error.js';
import { pass } from './real-time.js';
import { show } from './show.js';
import { trackResources, type ResourceTracker, type TrackOptions } from './track-resources.js';

/** What {@link startLeakCheck} is told. */
export interface LeakCheckOptions extends TrackOptions {
  /** Milliseconds for which releases may go on in the background after the test. Default 500. */
  readonly settleTimeout?: number;
}

/**
 * Watches one test from its beginning, and says at its end what it has left behind. Made by {@link startLeakCheck}.
 *
 * @example
 * ```ts
 * import { throwError } from 'rxjs';
 * import { startLeakCheck, type LeakCheck } from 'rxscope/testing';
 *
 * const check: LeakCheck = startLeakCheck();
 * throwError(() => new Error('expected')).subscribe();
 *
 * await check.takeUnhandledErrors(); // => [new Error('expected')]
 * await check.finish();
 * ```
 */
export class LeakCheck {
  private readonly tracker: ResourceTracker;
  private readonly settleTimeout: number;
  private readonly previous = config.onUnhandledError;
  private unhandled: unknown[] = [];
  private reason: string | null = null;
  /** Whether what was running in the background before is over, so that what runs now is of this test. */
  private isAlone = false;

  /** @internal */
  constructor({ settleTimeout = 500, ...options }: LeakCheckOptions) {
    if (!(settleTimeout >= 0)) {
      const received = String(settleTimeout);
      throw new RangeError(`Expected settleTimeout to be a number of milliseconds, 0 or more, received ${received}.`);
    }
    this.settleTimeout = settleTimeout;
    this.tracker = trackResources(options);
    config.onUnhandledError = (error) => this.unhandled.push(error);
    void settled().then(() => (this.isAlone = true));
  }

  /**
   * Lets this test leave scopes open and releases running, and says why: an empty reason is a `TypeError`. Errors that
   * nobody handles still fail it, see {@link takeUnhandledErrors}. A test that leaves nothing after all does not fail.
   */
  allowLeaks(reason: string): void {
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw new TypeError(`allowLeaks() wants a reason, as in allowLeaks('the server lives as long as the process').`);
    }
    this.reason = reason;
  }

  /**
   * Waits as {@link finish} does, and resolves with the errors that RxJS could deliver to nobody since the start or the
   * last call, in their order. They do not fail the test any more.
   */
  async takeUnhandledErrors(): Promise<readonly unknown[]> {
    await this.settle();
    return this.collect();
  }

  /**
   * Waits until nothing runs in the background any more, for `settleTimeout` at most, and stops watching. Rejects with a
   * {@link LifecycleError} that tells what is open, for how long, what still runs, and which errors nobody handled.
   */
  async finish(): Promise<void> {
    const isSettled = await this.settle();
    const unhandled = await this.collect();
    config.onUnhandledError = this.previous;
    const faults = [
      ...(isSettled || this.reason !== null ? [] : [running(this.settleTimeout)]),
      ...(unhandled.length > 0 ? ['Errors that nobody handled:', ...unhandled.map((error) => `  ${show(error)}`)] : []),
      ...(this.reason === null ? this.leaks() : []),
    ];
    this.tracker.stop();
    if (faults.length === 0) return;
    const failure = new LifecycleError(faults.join('\n'), causeOf(unhandled));
    failure.stack = String(failure); // where the check looked is not where it went wrong
    throw failure;
  }

  private async collect(): Promise<readonly unknown[]> {
    await pass(1); // RxJS reports them in a macrotask
    const taken = this.unhandled;
    this.unhandled = [];
    return taken;
  }

  private leaks(): string[] {
    const { open, unreleased } = this.tracker;
    const where = [...open, ...unreleased].some(({ openedAt }) => openedAt !== null) ? [] : [WHERE];
    const isOpen = open.length > 0;
    return describeLeaks(this.tracker, { open: [REMEDY, ...where], unreleased: [RELEASE, ...(isOpen ? [] : where)] });
  }

  private async settle(): Promise<boolean> {
    const wait = { isSettled: false };
    const goesOn = (): boolean => !wait.isSettled && this.isWaiting();
    void settled().then(() => (wait.isSettled = true));
    await Promise.resolve();
    for (let waited = 0; goesOn() && waited < this.settleTimeout;) {
      const step = Math.min(waited < 20 ? 1 : 10, this.settleTimeout - waited);
      await pass(step);
      waited += step;
    }
    return !goesOn();
  }

  /** Whether something of this test may be running. A release of an earlier one that hangs is not held against it. */
  private isWaiting(): boolean {
    return this.isAlone || this.tracker.open.some(({ state }) => state !== 'held');
  }
}

const REMEDY = `Leave it before the test ends: hooks that run after this check are too late. A test that has to leave it says allowLeaks('why').`;

const RELEASE =
  'Give it a release. Where there is nothing to release, say so: by fromValue(), by a release that does nothing, or by ' +
  "{ releases: { except: ['its name'] } }.";

const WHERE = 'With { stacks: true } the check tells where it was opened.';

function running(limit: number): string {
  return `Something was still running in the background ${String(limit)} ms after the test: a release, an acquire or the return() of an iterator.`;
}

function causeOf([first, ...others]: readonly unknown[]): { readonly cause?: unknown } {
  return first === undefined && others.length === 0 ? {} : { cause: first };
}

/**
 * Watches from now on what a test leaves behind: scopes that stay open, releases that go on in the background for too
 * long, and errors that nobody handles; with `releases` also what was held without a release. For the hooks of any runner; `rxscope/testing/jest` has them ready for Jest.
 *
 * **Guarantees.** Only what is opened after the start is charged, and background work only where none of an earlier test
 * still runs. The check goes by real time, also where timers are faked.
 *
 * **Errors.** `RangeError` where `settleTimeout` is no duration.
 *
 * **Blind spots.** RxJS reports unhandled errors by `setTimeout`: where that is faked, they come when the test moves it.
 * Tests that run at the same time in one process are charged with each other's leaks.
 *
 * @example
 * ```ts
 * import { resource } from 'rxscope';
 * import { startLeakCheck } from 'rxscope/testing';
 *
 * const check = startLeakCheck(); // in beforeEach
 * const subscription = resource({ name: 'socket', acquire: () => 1 }).subscribe();
 * const failure: unknown = await check.finish().catch((error: unknown) => error); // in afterEach
 *
 * String(failure).includes('socket (held)'); // => true
 * subscription.unsubscribe();
 * ```
 */
export function startLeakCheck(options: LeakCheckOptions = {}): LeakCheck {
  return new LeakCheck(options);
}
