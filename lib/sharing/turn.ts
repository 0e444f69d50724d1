import { Rounds } from '../concurrency/rounds.js';
import { Deferral } from '../core/engine/reply.js';
import type { Cancel, Leaf, Sink } from '../core/engine/scope.js';
import { leaf } from '../core/leaf.js';

/** Lets the successors of what is being released wait until nothing is (law 30). */
export class Turns {
  readonly leaf: Leaf;
  private readonly waiting = new Set<Turn>();
  private readonly rounds = new Rounds(
    () => this.serveNext(),
    () => undefined,
  );

  /** `isBlocked`: whether something is being released. */
  constructor(private readonly isBlocked: () => boolean) {
    this.leaf = leaf({
      interruptible: true,
      acquire: () => (isBlocked() ? new Turn(this.waiting) : undefined),
    });
  }

  /** Something has gone. */
  serve(): void {
    if (this.waiting.size > 0) this.rounds.run();
  }

  private serveNext(): boolean {
    const [next] = this.waiting;
    if (next === undefined || this.isBlocked()) return false;
    next.serve();
    return true;
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
