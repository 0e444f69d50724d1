import type { Scheduler } from 'fast-check';
import { Observable } from 'rxjs';

import { awaitRelease, openResources, settled } from '../../../lib/index.js';
import { takeUnhandledErrors } from '../../../lib/testing/jest/index.js';
import { nextMacrotask } from '../../support/macrotask.js';
import { Builder, type World } from './build.js';
import { Consumer, type Played } from './play.js';
import { isolate } from './isolate.js';
import { Recorder } from './recorder.js';
import type { Tree } from './tree.js';

/** How a tree of promises is consumed. */
export interface Haste {
  /** How many tasks the consumer's leaving waits for, each at a moment of the scheduler's choice. */
  readonly leaveAfter: number;
  readonly stopAfter: number | null;
  readonly watching: boolean;
  readonly awaiting: boolean;
}

/** Promises that a fast-check scheduler resolves; its tasks are the frames. */
export class PromiseWorld implements World {
  constructor(private readonly scheduler: Scheduler) {}

  async pause(frames: number, what: string): Promise<unknown> {
    for (let frame = 0; frame < Math.min(frames, 2); frame++) await this.scheduler.schedule(Promise.resolve(), what);
    return this.scheduler.schedule(Promise.resolve(), what);
  }

  marbles(marbles: string): Observable<unknown> {
    return new Observable((subscriber) => {
      void this.emit(marbles, subscriber);
    });
  }

  private async emit(
    marbles: string,
    subscriber: { closed: boolean; next(value: string): void; complete(): void },
  ): Promise<void> {
    for (const marble of marbles) {
      await this.pause(0, marble);
      if (subscriber.closed) return;
      if (marble === 'a') subscriber.next(marble);
    }
    await this.pause(0, '|');
    subscriber.complete();
  }
}

/** Counts the tasks of a scheduler. */
export class Ticks {
  count = 0;

  readonly act = async (task: () => Promise<unknown>): Promise<void> => {
    this.count++;
    await task();
  };
}

/** Runs a tree to its end, which the consumer may have to bring about by leaving. */
export async function playPromises(tree: Tree, haste: Haste, scheduler: Scheduler, ticks: Ticks): Promise<Played> {
  ticks.count = 0;
  isolate();
  const recorder = new Recorder(() => ticks.count);
  const builder = new Builder(new PromiseWorld(scheduler), recorder, haste.watching);
  const built = builder.tree(tree, '0');
  const consumer = new Consumer(recorder, haste.stopAfter);
  consumer.consume(haste.awaiting ? built.pipe(awaitRelease()) : built);
  void leaveLater(haste.leaveAfter, scheduler, () => consumer.leave());
  await scheduler.waitIdle();
  consumer.leave();
  await scheduler.waitIdle();
  const isSettled = await Promise.race([settled().then(() => true), nextMacrotask().then(() => false)]);
  const left = [...openResources().map(({ name }) => name), ...(isSettled ? [] : ['(not settled)'])];
  const unhandled = await takeUnhandledErrors();
  return { happenings: recorder.happenings, unhandled, members: builder.members, left };
}

async function leaveLater(tasks: number, scheduler: Scheduler, act: () => void): Promise<void> {
  for (let task = 0; task < tasks; task++) await scheduler.schedule(Promise.resolve(), 'leave');
  if (tasks > 0) act();
}
