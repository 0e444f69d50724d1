import { Subject } from 'rxjs';

import type { PoolEvent } from './pool-events.js';
import type { DestroyReason } from './pool-item.js';

/** What a pool counts, and tells those who want to know. Whoever does not ask pays a comparison. */
export class Tally {
  asked = 0;
  direct = 0;
  served = 0;
  timedOut = 0;
  left = 0;
  refused = 0;
  created = 0;
  createFailures = 0;
  destroyFailures = 0;
  leaked = 0;
  lastCreateError: unknown = null;
  readonly destroyed: Record<DestroyReason, number> = {
    idle: 0,
    expired: 0,
    used: 0,
    failed: 0,
    lost: 0,
    invalid: 0,
    reset: 0,
    evicted: 0,
    resized: 0,
    reclaimed: 0,
    closed: 0,
  };
  readonly events = new Subject<PoolEvent>();

  get isHeard(): boolean {
    return this.events.observed;
  }

  /** One that was not made at all is not counted; only what its release failed with. */
  gone(wasMade: boolean, reason: DestroyReason, took: number, failures: readonly unknown[]): void {
    if (wasMade) {
      this.destroyed[reason]++;
      this.tell({ type: 'destroyed', took, reason });
    }
    for (const error of failures) {
      this.destroyFailures++;
      this.tell({ type: 'destroy-failed', took, reason, error });
    }
  }

  tell(event: PoolEvent): void {
    if (this.events.observed) this.events.next(event);
  }
}
