import { asyncScheduler } from 'rxjs';

/** Milliseconds since the epoch; virtual inside `TestScheduler.run`. The only door to time. */
export function now(): number {
  return asyncScheduler.now();
}
