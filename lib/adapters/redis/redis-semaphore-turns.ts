import { keyedSemaphore, type KeyedSemaphore } from '../../concurrency/index.js';
import {
  AcquireTimeoutError,
  acquireTimeout,
  andThen,
  CapacityError,
  orElse,
  resource,
  type Resource,
} from '../../core/index.js';
import { monotonicNow } from '../../internal/clock.js';
import { noTurn } from './redis-semaphore-errors.js';
import type { SemaphorePlan } from './redis-semaphore-options.js';

/**
 * Whose turn it is, among the scopes that use one client, to ask for a permit and to hold it: as many have one as there are permits. The
 * others stand in line here, and the server hears nothing of them.
 */
export class PermitTurns {
  private readonly lines = new Map<number, KeyedSemaphore<string>>();
  private readonly held = new Map<string, number>();

  /** The lines of all semaphores with so many permits. */
  of(permits: number): KeyedSemaphore<string> {
    let line = this.lines.get(permits);
    if (line === undefined) this.lines.set(permits, (line = keyedSemaphore(permits, { name: 'redis' })));
    return line;
  }

  /** How many permits of a semaphore are held here. */
  out(key: string): number {
    return this.held.get(key) ?? 0;
  }

  taken(key: string): void {
    this.held.set(key, this.out(key) + 1);
  }

  given(key: string): void {
    const left = this.out(key) - 1;
    if (left > 0) this.held.set(key, left);
    else this.held.delete(key);
  }
}

/** What is held in turn. It is told until when there is time to wait for it. */
export function inTurn<T>(
  turns: PermitTurns,
  key: string,
  plan: SemaphorePlan,
  held: (due: number) => Resource<T>,
): Resource<T> {
  const { permits, acquireTimeout: patience, scheduler } = plan;
  const line = turns.of(permits);
  if (patience === Infinity) return line.permit(key).pipe(andThen(() => held(Infinity)));
  const arrival = resource({
    acquire: () => ({
      due: patience === 0 ? -Infinity : monotonicNow(scheduler) + patience,
      ahead: line.waiting(key),
    }),
  });
  const turn = patience === 0 ? line.tryPermit(key) : line.permit(key).pipe(acquireTimeout(patience, scheduler));
  const explained = (ahead: number): Resource<void> =>
    turn.pipe(
      orElse<void>((error) => {
        const isLate = error instanceof AcquireTimeoutError || error instanceof CapacityError;
        throw isLate ? noTurn(plan, { held: turns.out(key), ahead }) : error;
      }),
    );
  return arrival.pipe(andThen(({ due, ahead }) => explained(ahead).pipe(andThen(() => held(due)))));
}
