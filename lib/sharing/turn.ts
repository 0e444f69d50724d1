import { Deferral } from '../core/engine/reply.js';
import type { Cancel, Leaf, Sink } from '../core/engine/scope.js';
import { inExtent } from '../core/layer.js';
import { leaf } from '../core/leaf.js';

/** Lets the successors of what is being released wait until nothing is (law 30). */
export class Turns {
  readonly leaf: Leaf;
  private readonly waiting = new Set<Turn>();
  private isServing = false;

  /** `isBlocked`: whether something is being released. */
  constructor(private readonly isBlocked: () => boolean) {
    this.leaf = leaf({
      interruptible: true,
      acquire: () => (isBlocked() ? new Turn(this.waiting) : undefined),
    });
  }

  /** Something has gone. A loop: what is let in may go within the call. */
  serve(): void {
    if (this.isServing || this.waiting.size === 0) return;
    this.isServing = true;
    inExtent(null, () => {
      for (const turn of this.waiting) {
        if (this.isBlocked()) break;
        turn.serve();
      }
    });
    this.isServing = false;
  }
}

class Turn extends Deferral implements Cancel {
  private sink: Sink | null = null;

  constructor(private readonly waiting: Set<Turn>) {
    super();
  }

  answer(sink: Sink): Cancel {
    this.sink = sink;
    this.waiting.add(this);
    return this;
  }

  serve(): void {
    this.waiting.delete(this);
    this.sink?.value(undefined);
  }

  unsubscribe(): void {
    this.waiting.delete(this);
  }
}
