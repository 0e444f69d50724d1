import type { Exit } from '../core/engine/exit.js';
import { Deferral } from '../core/engine/reply.js';
import type { Sink } from '../core/engine/scope.js';
import { suppressedError } from '../core/engine/suppressed-error.js';
import type { PoolHolder, PoolReport } from './pool-events.js';

/** How a closing came out: its failures are told once. */
export interface Closed {
  readonly report: PoolReport;
  readonly failure: Exit & { readonly kind: 'error' | 'complete' };
}

/** A pool that closes: what is gone by then, and who waits for it. */
export class PoolClosing {
  readonly forced: PoolHolder[] = [];
  private destroyed = 0;
  private failures: unknown[] = [];
  private waiting: ((closed: Closed) => void)[] = [];
  isOver = false;

  gone(wasMade: boolean, failures: readonly unknown[]): void {
    if (wasMade) this.destroyed++;
    this.failures.push(...failures);
  }

  then(done: (closed: Closed) => void): void {
    if (this.isOver) done(this.tell());
    else this.waiting.push(done);
  }

  finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const done of this.waiting.splice(0)) done(this.tell());
  }

  /** The first who waits for it is told what failed (law 26). */
  private tell(): Closed {
    const { destroyed, forced } = this;
    const report = Object.freeze({ destroyed, forced: Object.freeze([...forced]) });
    const failures = this.failures.splice(0);
    if (failures.length === 0) return { report, failure: { kind: 'complete' } };
    const [first, ...others] = failures;
    return {
      report,
      failure: { kind: 'error', error: others.reduce((sum, next) => suppressedError(next, sum), first) },
    };
  }
}

/** The release of a pool. */
export class PoolRelease extends Deferral {
  constructor(private readonly closing: PoolClosing) {
    super();
  }

  override answer(sink: Sink): void {
    this.closing.then(({ failure }) => {
      if (failure.kind === 'error') sink.error(failure.error);
      else sink.value(undefined);
    });
  }
}
