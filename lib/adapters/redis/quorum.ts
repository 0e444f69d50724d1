import type { SchedulerLike, Subscription } from 'rxjs';

import { onAbort } from '../../internal/on-abort.js';

/** What an acquire is told of who waits for it. */
interface Leaving {
  readonly signal: AbortSignal;
}

/** How long answers are waited for. */
export interface Patience {
  /** Milliseconds. `Infinity`: until it is settled. */
  readonly limit: number;
  readonly scheduler: SchedulerLike;
  /** Has a signal that says when nobody wants them any more. */
  readonly context?: Leaving;
}

/**
 * The signal is looked at only when an answer takes longer than this, in milliseconds: making and watching one costs as much as
 * everything else that is done here for a lock.
 */
const PROMPT = 5;

/** How many of so many are more than half: any two such groups have one in common. */
export function quorumOf(nodes: number): number {
  return Math.floor(nodes / 2) + 1;
}

/**
 * Whether `need` of the answers are yes. Told as soon as that is settled, and when nobody wants to wait any longer: no answer
 * by then is none. A rejection is a no.
 */
export function agreed(answers: readonly Promise<boolean>[], need: number, patience: Patience): Promise<boolean> {
  if (need <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    let open = answers.length;
    let yes = 0;
    const timers: Subscription[] = [];
    let forget: (() => void) | undefined;
    const settle = (result: boolean): void => {
      for (const timer of timers) timer.unsubscribe();
      forget?.();
      resolve(result);
    };
    const count = (answer: boolean): void => {
      open--;
      if (answer) yes++;
      if (yes >= need) settle(true);
      else if (yes + open < need) settle(false);
    };
    const giveUp = (): void => {
      settle(false);
    };
    const watch = ({ signal }: Leaving): void => {
      if (signal.aborted) giveUp();
      else forget = onAbort(signal, giveUp);
    };
    const { limit, scheduler, context } = patience;
    if (limit !== Infinity) timers.push(scheduler.schedule(giveUp, limit));
    if (context !== undefined) timers.push(scheduler.schedule(() => watch(context), PROMPT));
    for (const answer of answers) {
      answer.then(count, () => {
        count(false);
      });
    }
  });
}
