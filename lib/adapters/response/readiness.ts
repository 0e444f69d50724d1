import { EMPTY, lastValueFrom, timer, type SchedulerLike } from 'rxjs';

import { acquireTimeout, lastValue, resource, using, type AcquireContext, type Awaitable } from '../../core/index.js';
import { checkDuration } from '../../internal/check.js';

/** What decides whether requests should be sent to an application. */
export interface ReadinessOptions {
  /** What has to work for requests to be sent here, by name. One that throws, rejects or takes too long fails. Default: none. */
  readonly checks?: Readonly<Record<string, (context: AcquireContext) => Awaitable<unknown>>>;
  /** Milliseconds that a check may take; its signal aborts then. Default 1,000. */
  readonly checkTimeout?: number;
  /**
   * Milliseconds between saying that no more requests should come and closing anything: as long as a load balancer takes
   * to notice. Default 0.
   */
  readonly delay?: number;
  /** For both times. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** What is known of the application. */
export interface ReadinessState {
  /** Whether it is about to close. */
  closing: boolean;
  /** Names of resources whose handle has died. */
  readonly lost: ReadonlySet<string>;
}

/** Whether requests should be sent to an application. */
export class Readiness {
  constructor(
    private readonly state: ReadinessState,
    private readonly options: ReadinessOptions,
  ) {}

  /** Why no requests should be sent; null where they may. Names what fails, never why. */
  async obstacle(): Promise<object | null> {
    const { closing, lost } = this.state;
    if (closing) return { status: 'closing' };
    if (lost.size > 0) return { status: 'lost', lost: [...lost] };
    const failing = await this.failingChecks();
    return failing.length > 0 ? { status: 'failing', failing } : null;
  }

  /** Is over from now on. Resolves when whoever sends requests had the time to notice. */
  async end(): Promise<void> {
    this.state.closing = true;
    const { delay = 0, scheduler } = this.options;
    if (delay > 0) await lastValueFrom(timer(delay, scheduler), { defaultValue: 0 });
  }

  private async failingChecks(): Promise<string[]> {
    const { checks = {}, checkTimeout = 1_000, scheduler } = this.options;
    const names = Object.keys(checks);
    const results = await Promise.all(
      Object.entries(checks).map(([name, acquire]) => {
        const check = resource({ name, acquire, interruptible: true }).pipe(acquireTimeout(checkTimeout, scheduler));
        const asked = using(check, () => EMPTY);
        return lastValue(asked, { defaultValue: true }).catch(() => false);
      }),
    );
    return names.filter((_, index) => results[index] === false);
  }
}

/** Refuses times that are none. */
export function checkReadinessOptions({ delay = 0, checkTimeout = 0 }: ReadinessOptions): void {
  checkDuration(delay, 'delay');
  checkDuration(checkTimeout, 'checkTimeout');
}
