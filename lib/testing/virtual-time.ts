import { VirtualTimeScheduler } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';

import { ComparingScheduler } from './comparing-scheduler.js';
import { LifecycleError } from './lifecycle-error.js';

/** Frames with something in them after which virtual time is taken for endless. */
const MOST_FRAMES = 100_000;

/** RxJS's scheduler for tests, driven frame by frame. */
export class VirtualTime extends ComparingScheduler {
  private steps = 0;
  private factor = TestScheduler.frameTimeFactor;
  private isOver = false;
  private snapshots: { readonly at: number; readonly take: () => void }[] = [];

  /** Takes a snapshot when everything of the frame has happened. */
  atEndOf(frame: number, take: () => void): void {
    this.snapshots.push({ at: frame, take });
  }

  /** Lets everything happen that is scheduled, then compares. */
  override flush(): void {
    if (this.isOver) return;
    this.drain();
    this.compare();
  }

  /** Lets everything happen that is scheduled. */
  drain(): void {
    while (this.step());
  }

  /** Lets happen what is due next. Answers whether there was anything. */
  step(): boolean {
    for (let hot = this.hotObservables.shift(); hot !== undefined; hot = this.hotObservables.shift()) hot.setup();
    const [next] = this.actions;
    if (next === undefined) return false;
    if (++this.steps > MOST_FRAMES) throw endless(this.frame);
    this.takeSnapshots(next.delay);
    this.maxFrames = next.delay;
    try {
      VirtualTimeScheduler.prototype.flush.call(this);
    } finally {
      this.maxFrames = Infinity;
    }
    return true;
  }

  override compare(): void {
    this.takeSnapshots(Infinity);
    super.compare();
  }

  /**
   * Makes RxJS's clocks and timers virtual until {@link end}, as `run` does for the time of a callback.
   *
   * `run` puts them back before it returns, and nothing public reaches them otherwise. So it is kept from doing that: the
   * last thing it does before is to write `maxFrames`, and that write throws.
   */
  begin(): RunHelpers {
    this.factor = TestScheduler.frameTimeFactor;
    const left = new Error('TestScheduler#run is left with its clocks on.');
    let helpers: RunHelpers | null = null;
    Object.defineProperty(this, 'maxFrames', {
      configurable: true,
      get: () => Infinity,
      set: () => {
        if (helpers !== null) throw left;
      },
    });
    try {
      this.run((given) => void (helpers = given));
      throw new Error('This version of rxjs ends TestScheduler#run in another way: testResourcesAsync() needs RxJS 7.');
    } catch (error) {
      if (error !== left) throw error;
    }
    Object.defineProperty(this, 'maxFrames', { configurable: true, writable: true, value: Infinity });
    TestScheduler.frameTimeFactor = 1; // as in `run`: a frame is a millisecond
    return helpers as unknown as RunHelpers;
  }

  /** Puts RxJS's clocks and timers back. */
  end(): void {
    this.isOver = true;
    this.run(() => undefined);
    TestScheduler.frameTimeFactor = this.factor;
  }

  private takeSnapshots(before: number): void {
    const due = this.snapshots.filter(({ at }) => at < before);
    this.snapshots = this.snapshots.filter(({ at }) => at >= before);
    for (const { take } of due) take();
  }
}

function endless(frame: number): LifecycleError {
  return new LifecycleError(
    `Virtual time does not come to an end: after ${String(MOST_FRAMES)} frames it is at ${String(frame)} ms. ` +
      'Something repeats and is never unsubscribed; give expectObservable an unsubscription marble.',
  );
}
