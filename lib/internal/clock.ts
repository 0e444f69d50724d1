import { asyncScheduler, type SchedulerLike } from 'rxjs';

/** Milliseconds since the epoch; virtual inside `TestScheduler.run`. The only door to time. */
export function now(): number {
  return asyncScheduler.now();
}

/**
 * Milliseconds that only go forward, however the clock on the wall is set; for measuring, and for deadlines that must
 * hold. A scheduler other than RxJS's own brings its own time.
 */
export function monotonicNow(scheduler: SchedulerLike = asyncScheduler): number {
  return scheduler === asyncScheduler ? performance.now() : scheduler.now();
}

/** The longest time that a timer of a JavaScript runtime can be set to, in milliseconds. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Calls `callback` once the event loop has had its turn: timers, input and rendering come first.
 *
 * By the quickest way there is. A timer comes last, because browsers hold nested ones back for 4 ms.
 */
export function afterTurn(callback: () => void): void {
  const { setImmediate } = globalThis as { readonly setImmediate?: (callback: () => void) => unknown };
  if (setImmediate !== undefined) setImmediate(callback);
  else if (typeof MessageChannel === 'undefined') asyncScheduler.schedule(callback);
  else post(callback);
}

function post(callback: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close(); // an open port keeps its worker alive
    callback();
  };
  port2.postMessage(null);
}
