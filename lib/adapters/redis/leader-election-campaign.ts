import {
  defer,
  EMPTY,
  finalize,
  merge,
  repeat,
  retry,
  Subject,
  take,
  takeUntil,
  tap,
  throwError,
  timer,
  type Observable,
  type ObservableInput,
} from 'rxjs';

import { andThen, fromValue, resource, use, using, type Resource } from '../../core/index.js';
import { LeaderTermError } from './errors.js';
import { delayAfter } from './leader-election-backoff.js';
import type { ElectionPlan } from './leader-election-options.js';
import type { LeaderLease } from './leader-election-port.js';
import { Reign, type Leadership } from './leader-election-reign.js';
import type { Standing } from './leader-election-standing.js';

/** What a leader does. */
export type LeaderWork<R> = (leadership: Leadership) => ObservableInput<R>;

/** Campaigning, leading, and again, until the work is over or the consumer leaves. */
export class Campaign<R> {
  /** Asks to step down. */
  readonly resigning = new Subject<void>();
  /** Where it is in this round; `over` when the work has completed or failed. */
  private round: 'campaigning' | 'leading' | 'over' = 'campaigning';
  /** How often campaigning has failed since it worked last. */
  private failures = 0;

  constructor(
    private readonly plan: ElectionPlan,
    private readonly standing: Standing,
    private readonly work: LeaderWork<R>,
  ) {}

  run(): Observable<R> {
    return defer(() => {
      this.round = 'campaigning';
      this.standing.enter('campaigning');
      return using(this.seat(), (reign) => this.lead(reign));
    }).pipe(repeat({ delay: () => this.afterReign() }), retry({ delay: (error) => this.afterFailure(error) }));
  }

  /** The lease with the work in it. Released, and renewed until then, when the work has stopped. */
  private seat(): Resource<Reign> {
    const { plan, standing } = this;
    const reigning = (lease: LeaderLease): Resource<Reign> =>
      resource({
        name: plan.name,
        acquire: () => this.ascend(lease),
        release: (reign) => {
          this.stop(reign);
          return reign.stopped().pipe(
            finalize(() => {
              standing.enter('stopping');
            }),
          );
        },
      });
    return plan.campaign.pipe(andThen(reigning));
  }

  private ascend(lease: LeaderLease): Reign {
    const { plan, standing } = this;
    const { fencing: term } = lease;
    if (typeof term !== 'number') {
      throw new TypeError(
        'Expected campaign to be a lock with a fencing number, such as advisoryLock with fencing: true.',
      );
    }
    if (!standing.isNew(term)) {
      throw new LeaderTermError(
        `"${plan.name}" was given term ${String(term)}, and there has been one as high before.`,
        {
          resource: plan.name,
        },
      );
    }
    const reign = new Reign(lease, term, plan);
    this.failures = 0;
    this.round = 'leading';
    standing.problem = undefined;
    standing.enter('leading', reign);
    return reign;
  }

  private lead(reign: Reign): Observable<R> {
    const stepDown = merge(reign.overdue(), this.resigning).pipe(
      take(1),
      tap(() => {
        this.stop(reign);
      }),
    );
    const over = (): void => {
      this.round = 'over';
    };
    const work = fromValue(reign).pipe(
      use(() => {
        const made = this.work(reign);
        if (isPromise(made)) reign.running = made;
        return made;
      }),
    );
    return work.pipe(tap({ complete: over, error: over }), takeUntil(stepDown));
  }

  private stop(reign: Reign): void {
    this.standing.enter('stopping', reign);
    reign.stop();
  }

  /** Whether and when to campaign again. */
  private afterReign(): Observable<unknown> {
    if (this.round === 'over') return EMPTY;
    this.standing.enter('waiting');
    return timer(this.plan.coolDown, this.plan.scheduler);
  }

  /** The same after a failure: of the work, which is the consumer's; after the lease was lost; or of campaigning. */
  private afterFailure(error: unknown): Observable<unknown> {
    const { round, plan, standing } = this;
    if (round === 'over' || isHopeless(error)) return throwError(() => error);
    standing.problem = error;
    standing.enter('waiting');
    const delay = round === 'leading' ? plan.coolDown : delayAfter(this.failures++, plan.backoff);
    return timer(delay, plan.scheduler);
  }
}

/** What trying again does not change. */
function isHopeless(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof LeaderTermError;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}
