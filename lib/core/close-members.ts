import { afterFailure, COMPLETE, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import type { Holding } from './engine/holding.js';
import { Deferral } from './engine/reply.js';
import type { Sink } from './engine/scope.js';
import { addedTo } from './outcome.js';

/** A way to close all members of a combined resource. */
export type CloseAll = (holdings: readonly Holding[], exit: Exit, done: (outcome: Exit) => void) => void;

/** The release of all members as one answer: the outcome. */
export class ClosingMembers extends Deferral {
  constructor(
    private readonly holdings: readonly Holding[],
    private readonly exit: Exit,
    private readonly closeAll: CloseAll,
  ) {
    super();
  }

  answer(sink: Sink): void {
    this.closeAll(this.holdings, this.exit, (outcome) => {
      sink.value(outcome);
    });
  }
}

/**
 * One after the other, each told what the ones before made of the exit. A loop, where they answer at once. `turn` is
 * called when it is a member's turn.
 */
export function closeInReverse(
  holdings: readonly Holding[],
  exit: Exit,
  done: (outcome: Exit) => void,
  turn: (holding: Holding) => void = noTurn,
): void {
  let outcome = exit;
  let left = holdings.length;
  let state: 'looping' | 'waiting' | 'answered' = 'looping';
  const proceed = (): void => {
    state = 'answered';
    while (state === 'answered' && left > 0) {
      state = 'looping';
      const holding = holdings[--left] as Holding;
      holding.close(outcome, answered);
      turn(holding);
      if (isLooping()) state = 'waiting';
    }
    if (state === 'answered') done(outcome);
  };
  const isLooping = (): boolean => state === 'looping';
  const answered = (next: Exit): void => {
    // Suppressing the failure of a release does not make a completion of an unsubscribe.
    outcome = exit.kind === 'unsubscribe' && next.kind === 'complete' ? UNSUBSCRIBE : next;
    const waited = state === 'waiting';
    state = 'answered';
    if (waited) proceed();
  };
  proceed();
}

/** All at once, in reverse order, each told the same exit; failures are joined in that order (law 4). */
export function closeTogether(holdings: readonly Holding[], exit: Exit, done: (outcome: Exit) => void): void {
  const outcomes: Exit[] = [];
  let running = holdings.length;
  const finish = (): void => {
    const suppressed = exit.kind === 'error' && outcomes.some(({ kind }) => kind === 'complete');
    let outcome = suppressed ? COMPLETE : exit;
    for (const one of outcomes) for (const failure of addedTo(exit, one)) outcome = afterFailure(outcome, failure);
    done(outcome);
  };
  if (running === 0) finish();
  [...holdings].reverse().forEach((holding, index) => {
    holding.close(exit, (outcome) => {
      outcomes[index] = outcome;
      if (--running === 0) finish();
    });
  });
}

function noTurn(): void {
  // nothing holds it back
}
