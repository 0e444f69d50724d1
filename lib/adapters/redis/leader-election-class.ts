import { filter, firstValueFrom, retry, timer, type Observable } from 'rxjs';

import { consume, resource, ResourceError, using, type Consumption } from '../../core/index.js';
import { checkFunction } from '../../internal/check.js';
import { delayAfter } from './leader-election-backoff.js';
import { Campaign, type LeaderWork } from './leader-election-campaign.js';
import type { ElectionPlan } from './leader-election-options.js';
import { Standing } from './leader-election-standing.js';
import type { LeaderHealth, LeaderState } from './leader-election-state.js';

/**
 * A candidate. Made by {@link leaderElection}, which says what can be relied on.
 *
 * @example
 * ```ts
 * import { fromValue, lastValue } from 'rxscope';
 * import { leaderElection } from 'rxscope/redis';
 *
 * // Stands for a lock that is free.
 * const campaign = fromValue({ fencing: 7, isHeld: true, signal: new AbortController().signal });
 * const election = leaderElection({ campaign, self: 'worker 1' });
 * const phases: string[] = [];
 * election.state$.subscribe(({ phase, self }) => phases.push(self ? `${phase}, leader` : phase));
 * await lastValue(election.lead(({ term }) => [`work of term ${term}`])); // => 'work of term 7'
 * phases; // => ['idle', 'campaigning', 'leading, leader', 'stopping, leader', 'stopping', 'idle']
 * ```
 */
export class LeaderElection {
  /** Who leads, as far as this candidate knows, when subscribed and after each change. */
  readonly state$: Observable<LeaderState>;
  readonly #plan: ElectionPlan;
  readonly #standing = new Standing();
  #campaign: Campaign<unknown> | null = null;

  /** @internal */
  constructor(plan: ElectionPlan) {
    this.#plan = plan;
    this.state$ = this.#standing.state$;
  }

  /** Who leads, as far as this candidate knows. */
  get state(): LeaderState {
    return this.#standing.state;
  }

  /** How it is doing, for a health check: unhealthy is who leads and could not renew. */
  get health(): LeaderHealth {
    return this.#standing.health;
  }

  /**
   * Takes part for as long as it is subscribed: campaigns, does the work while it leads, and campaigns again after each end of
   * that. Emits what the work emits. When the work completes, the lease is given back, and this completes; when it fails,
   * this fails with the same error.
   *
   * **Errors.** Those of the work; `LeaderTermError`; `TypeError` and `RangeError` for a lock that does not fit. What campaigning fails
   * with besides is tried again, and told by {@link health}. A `ResourceError` where it takes part already.
   */
  lead<R>(work: LeaderWork<R>): Observable<R> {
    checkFunction(work, 'work');
    const campaigning = resource({
      name: this.#plan.name,
      acquire: () => this.#enter(work),
      release: ({ watching }) => {
        this.#campaign = null;
        this.#standing.enter('idle');
        return watching?.close();
      },
    });
    return using(campaigning, ({ campaign }) => campaign.run());
  }

  /**
   * Steps down, where it leads: the work is stopped and the lease given back, so that somebody else can lead. Resolves when that is done.
   * Campaigns again after `coolDown`; to leave for good, unsubscribe.
   */
  async resign(): Promise<void> {
    this.#campaign?.resigning.next();
    const isOut = ({ phase }: LeaderState): boolean => phase !== 'leading' && phase !== 'stopping';
    await firstValueFrom(this.state$.pipe(filter(isOut)), { defaultValue: null });
  }

  #enter<R>(work: LeaderWork<R>): { readonly campaign: Campaign<R>; readonly watching: Consumption | null } {
    const { name } = this.#plan;
    if (this.#campaign !== null) {
      throw new ResourceError(`"${name}" takes part already. Make a leaderElection() for each candidate.`, {
        resource: name,
      });
    }
    const campaign = new Campaign<R>(this.#plan, this.#standing, work);
    this.#campaign = campaign;
    return { campaign, watching: this.#watch() };
  }

  /** Hears who leads. Watching that fails is begun again: what is known stays until then. */
  #watch(): Consumption | null {
    const { watch, backoff, scheduler } = this.#plan;
    if (watch === null) return null;
    const standing = this.#standing;
    let problem: unknown;
    const again = (error: unknown, count: number): Observable<unknown> => {
      standing.problem = problem = error;
      return timer(delayAfter(count - 1, backoff), scheduler);
    };
    return consume(watch.pipe(retry({ delay: again, resetOnSuccess: true })), (record) => {
      if (standing.problem === problem) standing.problem = undefined;
      standing.hear(record);
    });
  }
}
