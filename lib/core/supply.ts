import { join, type Exit } from './engine/exit.js';
import type { Collector } from './engine/scope.js';

/** Who is given what a supply has. */
export interface Taker<T> {
  next(value: T): void;
  error(error: unknown): void;
  complete(): void;
}

/** A source that gives one value when it is asked for one, and nothing otherwise: what demand is made of. */
export interface Supply {
  /** Asks for a value, or the end. Not before the last one asked for has come; it may come inside this call. */
  ask(): void;
  /** The taker has gone: nothing is given any more. What goes on is a background release. */
  unsubscribe(): void;
  /** Ends it for a taker that stays, and tells how that went once it is over. */
  close(done: (outcome: Exit) => void): void;
}

/** Opens a source for one taker. `link` waits for what goes on after that has left. */
export type OpenSupply<T> = (taker: Taker<T>, link: Collector | null) => Supply;

/** Tells the end that a source has come to, with what closing it made of that (law 9). */
export function tellEnd(taker: Taker<never>, outcome: Exit, closing: Exit): void {
  if (outcome.kind === 'error')
    taker.error(closing.kind === 'error' ? join(closing.error, outcome.error) : outcome.error);
  else if (closing.kind === 'error') taker.error(closing.error);
  else taker.complete();
}
