import type { Subscriber } from 'rxjs';

import type { Scope } from '../core/engine/scope.js';
import { Queue } from '../internal/queue.js';
import { Line } from './line.js';
import { Rounds } from './rounds.js';
import { type Desk, Waiting } from './waiting.js';

/**
 * Those who wait for something to happen, in order of arrival.
 *
 * - Who is woken is settled inside the call that wakes: nobody who comes later is let go on by it, not even out of what
 *   those who are woken do.
 * - Waking is a loop, so that ten thousand who wake each other use no stack (law 6).
 */
export class WaitQueue implements Desk {
  private readonly line = new Line(Infinity, () => 0);
  /** Woken together, and not told yet. */
  private readonly woken = new Queue<readonly Waiting[]>();
  private readonly rounds = new Rounds(
    () => this.tellNext(),
    () => undefined,
  );

  /** How many wait. */
  get length(): number {
    return this.line.length;
  }

  join(scope: Scope | null): Waiting {
    const waiting = new Waiting(this, scope, 1, 0);
    this.line.join(waiting);
    return waiting;
  }

  /** A subscriber joins. Woken, it is told what `value` makes of its place among those woken with it, and the end. */
  subscribe<T>(subscriber: Subscriber<T>, value: (place: number) => T): Waiting {
    const waiting = this.join(null);
    waiting.answer({
      value: (place) => {
        subscriber.next(value(place as number));
        subscriber.complete();
      },
      error: (error) => {
        subscriber.error(error);
      },
    });
    return waiting;
  }

  /** Lets go on who waits now: all of them, or the first `count`. Each is told its place among them. */
  wake(count = Infinity): void {
    const all: Waiting[] = [];
    for (let first = this.line.first(); first !== null && all.length < count; first = this.line.first()) {
      this.line.leave(first);
      all.push(first);
    }
    if (all.length === 0) return;
    this.woken.push(all);
    this.rounds.run();
  }

  left(waiting: Waiting): void {
    this.line.leave(waiting);
  }

  private tellNext(): boolean {
    if (this.woken.length === 0) return false;
    this.woken.shift().forEach((waiting, place) => {
      waiting.serve(place);
    });
    return true;
  }
}
