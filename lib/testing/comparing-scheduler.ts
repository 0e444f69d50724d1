import { Observable, Subscription, type Subscriber } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { LifecycleError } from './lifecycle-error.js';
import { assertMessages } from './messages.js';
import { findOpener } from './opener.js';

/** An expectation of RxJS's, and where the test has said what it expects. RxJS compares them in the order of their making. */
interface Expectation {
  place: string | null;
  isReady: boolean;
}

/**
 * RxJS's scheduler for tests, with its comparisons made readable and complete: failures show both diagrams and the line
 * of the expectation, other checks take part, and what `expectObservable` subscribes is torn down.
 */
export class ComparingScheduler extends TestScheduler {
  private readonly expectations: Expectation[] = [];
  private readonly subscribers: Subscriber<never>[] = [];
  private readonly checks: (() => void)[] = [];
  private failures: LifecycleError[] = [];

  constructor() {
    super(assertMessages);
    this.assertDeepEqual = (actual, expected) => {
      const [next] = this.expectations.splice(
        this.expectations.findIndex(({ isReady }) => isReady),
        1,
      );
      this.check(next?.place ?? null, () => assertMessages(actual, expected));
    };
  }

  /** Runs a check when the scheduler compares, as `expectObservable` does. */
  whenCompared(check: () => void): void {
    const place = findOpener();
    this.checks.push(() => this.check(place, check));
  }

  /** Compares what has been expected so far, and fails with all that differs: one explains the other. */
  compare(): void {
    super.flush();
    for (let check = this.checks.shift(); check !== undefined; check = this.checks.shift()) check();
    const [first, ...others] = this.failures;
    this.failures = [];
    if (first !== undefined) throw others.reduce((all, { message }) => all.extended(message), first);
  }

  /** Unsubscribes what `expectObservable` has subscribed: all of it, also where a teardown throws. */
  tearDown(): void {
    const all = new Subscription();
    for (const subscriber of this.subscribers) all.add(subscriber);
    all.unsubscribe();
  }

  override expectObservable<T>(source: Observable<T>, marbles: string | null = null) {
    const subscribed: Subscriber<T>[] = [];
    const expectation = this.expecting();
    const inner = super.expectObservable(this.noted(source, subscribed), marbles);
    const { unsubscribedFrame } = TestScheduler.parseMarblesAsSubscriptions(marbles, true);
    return {
      toBe: (...expected: Parameters<typeof inner.toBe>): void => {
        Object.assign(expectation, { place: findOpener(), isReady: true });
        inner.toBe(...expected);
      },
      toEqual: (other: Observable<T>): void => {
        Object.assign(expectation, { place: findOpener(), isReady: true });
        inner.toEqual(this.noted(other, subscribed));
        // RxJS forgets the first of the two subscriptions and unsubscribes the second one only.
        this.schedule(() => {
          for (const subscriber of subscribed) subscriber.unsubscribe();
        }, unsubscribedFrame);
      },
    };
  }

  override expectSubscriptions(logs: Parameters<TestScheduler['expectSubscriptions']>[0]) {
    const expectation = this.expecting();
    const inner = super.expectSubscriptions(logs);
    return {
      toBe: (marbles: string | string[]): void => {
        Object.assign(expectation, { place: findOpener(), isReady: true });
        inner.toBe(marbles);
      },
    };
  }

  private check(place: string | null, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof LifecycleError)) throw error;
      this.failures.push(error.placed(place));
    }
  }

  private expecting(): Expectation {
    const expectation = { place: null, isReady: false };
    this.expectations.push(expectation);
    return expectation;
  }

  private noted<T>(source: Observable<T>, subscribed: Subscriber<T>[]): Observable<T> {
    return new Observable((subscriber) => {
      subscribed.push(subscriber);
      this.subscribers.push(subscriber);
      source.subscribe(subscriber);
    });
  }
}
