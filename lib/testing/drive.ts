import { LifecycleError } from './lifecycle-error.js';
import { turn } from './turn.js';
import type { VirtualTime } from './virtual-time.js';

/** Turns of the event loop without anything scheduled after which a test is taken for stuck. */
const MOST_TURNS = 1000;

/** Moves virtual time from frame to frame, and lets promises settle in between. */
export class Driver {
  private waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  constructor(private readonly scheduler: VirtualTime) {}

  /** Resolves when nothing is scheduled any more and what has been expected so far has been compared. */
  flush(): Promise<void> {
    const flushed = new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
    flushed.catch(() => undefined); // the test fails for it also where nobody awaits
    return flushed;
  }

  /** Goes on until `test` has settled and nothing is scheduled any more. Rejects as `test` does. */
  async drive(test: Promise<unknown>): Promise<void> {
    let state: 'running' | 'done' | { readonly error: unknown } = 'running';
    test.then(
      () => (state = 'done'),
      (error: unknown) => (state = { error }),
    );
    for (let idle = 0; idle <= MOST_TURNS; idle++) {
      await turn();
      const now = state as 'running' | 'done' | { readonly error: unknown };
      if (typeof now === 'object') throw now.error;
      if (this.scheduler.step() || this.answer()) idle = 0;
      else if (now === 'done') return;
    }
    throw new LifecycleError(
      'The test awaits something that virtual time does not bring: nothing is scheduled, and it has not settled after ' +
        `${String(MOST_TURNS)} turns of the event loop. Real timers and real input do not belong into virtual time.`,
    );
  }

  private answer(): boolean {
    const { waiting } = this;
    if (waiting.length === 0) return false;
    this.waiting = [];
    try {
      this.scheduler.compare();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      throw error;
    }
    for (const { resolve } of waiting) resolve();
    return true;
  }
}
