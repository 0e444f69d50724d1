import { config, Observable, timer, type Subscriber } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { awaitRelease, openResources } from '../../../lib/index.js';
import { shared } from '../../../lib/core/engine/shared.js';
import { Builder, type World } from './build.js';
import { renderError } from './failure.js';
import { isolate } from './isolate.js';
import { Recorder, type Happening } from './recorder.js';
import type { Tree } from './tree.js';

/** How a tree is consumed. */
export interface Consumption {
  /** The frame at the beginning of which the consumer leaves; null for never. */
  readonly leaveAt: number | null;
  /** The number of values after which it leaves, from inside of its `next`; null for never. */
  readonly stopAfter: number | null;
  readonly watching: boolean;
  /** Whether `awaitRelease()` stands at the end. */
  readonly awaiting: boolean;
}

/** What really happened. */
export interface Played {
  readonly happenings: readonly Happening[];
  readonly unhandled: readonly unknown[];
  readonly members: Builder['members'];
  /** What was still open at the end, as names. */
  readonly left: readonly string[];
}

/** Runs a tree in virtual time, to its end. Errors that RxJS could tell nobody come in virtual time as well. */
export function play(tree: Tree, consumption: Consumption): Played {
  isolate();
  const scheduler = new TestScheduler(() => undefined);
  const unhandled: unknown[] = [];
  const previous = config.onUnhandledError;
  config.onUnhandledError = (error) => unhandled.push(error);
  try {
    return scheduler.run(({ cold, flush }) => {
      const recorder = new Recorder(() => scheduler.frame);
      const world: World = {
        pause: (frames) => timer(frames, scheduler),
        marbles: (marbles) => cold(`${marbles}|`),
      };
      const builder = new Builder(world, recorder, consumption.watching);
      const built = builder.tree(tree, '0');
      const source = consumption.awaiting ? built.pipe(awaitRelease()) : built;
      const consumer = new Consumer(recorder, consumption.stopAfter);
      scheduler.schedule(() => consumer.consume(source));
      if (consumption.leaveAt !== null) scheduler.schedule(() => consumer.leave(), consumption.leaveAt);
      flush();
      return { happenings: recorder.happenings, unhandled, members: builder.members, left: whatIsLeft() };
    });
  } finally {
    config.onUnhandledError = previous;
  }
}

/** What is still open, and whether something still goes on in the background. */
function whatIsLeft(): string[] {
  return [...openResources().map(({ name }) => name), ...(shared.background === 0 ? [] : ['(not settled)'])];
}

/** Somebody who takes values and can leave, from inside of the subscribe call too. */
export class Consumer {
  private subscriber: Subscriber<unknown> | null = null;
  private taken = 0;

  constructor(
    private readonly recorder: Recorder,
    private readonly stopAfter: number | null,
  ) {}

  consume(source: Observable<unknown>): void {
    const { recorder } = this;
    const known = new Observable((subscriber) => {
      this.subscriber = subscriber;
      return source.subscribe(subscriber);
    });
    known.subscribe({
      next: (value) => {
        recorder.add('next', String(value));
        if (++this.taken === this.stopAfter) this.leave();
      },
      error: (error: unknown) => recorder.addError('error', '0', error),
      complete: () => recorder.add('complete', '0'),
    });
  }

  leave(): void {
    if (this.subscriber?.closed !== false) return;
    this.recorder.add('unsubscribe', '0');
    this.subscriber.unsubscribe();
  }
}

export function renderUnhandled(errors: readonly unknown[]): string[] {
  return errors.map(renderError).sort();
}
