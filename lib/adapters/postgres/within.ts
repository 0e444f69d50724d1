import { asyncScheduler, type SchedulerLike } from 'rxjs';

/** What {@link within} answers when the time is up. */
export const LATE = Symbol('late');

/** Waits for a promise no longer than so many milliseconds. What it answers or fails with later is nobody's any more. */
export function within<T>(
  promise: Promise<T>,
  limit: number,
  scheduler: SchedulerLike = asyncScheduler,
): Promise<T | typeof LATE> {
  if (limit === Infinity) return promise;
  return new Promise((resolve, reject) => {
    const timer = scheduler.schedule(() => {
      resolve(LATE);
    }, limit);
    promise.then(
      (value) => {
        timer.unsubscribe();
        resolve(value);
      },
      (error: unknown) => {
        timer.unsubscribe();
        reject(error);
      },
    );
  });
}
