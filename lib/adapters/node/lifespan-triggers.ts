import { from, Subscription } from 'rxjs';

import type { Cut } from './cut.js';
import type { LifespanSettings } from './lifespan-options.js';
import type { LifespanReport } from './lifespan-report.js';
import { claimStops, type HeldClaim } from './process-stops.js';
import type { StopCause } from './stop-cause.js';

/** What can be told to stop. */
export interface Stoppable {
  /** Whether it stops already. */
  readonly isStopping: boolean;
  begin(cause: StopCause): void;
  /** Made by whoever insists. */
  readonly cut: Cut<NonNullable<LifespanReport['forced']>>;
  /** Where errors go that nobody has caught, while it stops. */
  readonly uncaught: unknown[];
}

/** Whatever can stop an application from outside: signals, errors that nobody has caught, and who asks for it. */
export class Triggers {
  private readonly claim: HeldClaim | null;
  private readonly requests = new Subscription();

  constructor({ signals, uncaught, echo, stopOn }: LifespanSettings, target: Stoppable) {
    this.claim =
      signals.length === 0 && !uncaught
        ? null
        : claimStops({
            signals,
            uncaught,
            echo,
            stop: (cause) => {
              target.begin(cause);
            },
            force: (signal) => {
              target.cut.make(signal);
            },
            note: (error) => {
              target.uncaught.push(error);
            },
          });
    if (stopOn === undefined) return;
    const request = (cause: StopCause): void => {
      if (target.isStopping) target.cut.make('request');
      else target.begin(cause);
    };
    this.requests.add(
      from(stopOn).subscribe({
        next: (reason) => {
          request({ kind: 'request', reason });
        },
        error: (error: unknown) => {
          request({ kind: 'error', error });
        },
      }),
    );
  }

  /** Whether nobody around this one decides how the process ends. */
  get isOutermost(): boolean {
    return this.claim?.isInside() === false;
  }

  release(): void {
    this.requests.unsubscribe();
    this.claim?.release();
  }
}
