import {
  catchError,
  concat,
  firstValueFrom,
  from,
  fromEvent,
  ignoreElements,
  lastValueFrom,
  map,
  merge,
  race,
  timeout,
  timer,
  type Observable,
  type SchedulerLike,
} from 'rxjs';

import { LONGEST_DELAY } from '../../internal/clock.js';
import { cancelRunning } from './cancel-request.js';
import type { ClientPort } from './client-port.js';
import { Session } from './session.js';

/** How long the server may take to cancel a statement before its session is broken off, in milliseconds. */
const PATIENCE = 1_000;

/** Who waits, and how long. */
export interface Waiter {
  readonly signal: AbortSignal;
  /** How long, and what the error of one is who has waited in vain. Asked when the session is free again. Default: for ever. */
  readonly limit?: { readonly ms: number; readonly late: (cause: unknown) => Promise<Error> };
  readonly scheduler: SchedulerLike;
}

/**
 * Waits for a statement as long as somebody wants what it answers; then has the server cancel it, and fails. Where it was
 * granted meanwhile, that counts: it is answered, and whoever asked lets go again.
 *
 * Nothing else may run on the session: what is cancelled is what runs there.
 */
export async function waitOrCancel<T>(client: ClientPort, attempt: Promise<T>, waiter: Waiter): Promise<T> {
  const { scheduler, signal } = waiter;
  const settled = from(attempt.then(ignore, ignore));
  const why = await firstValueFrom(race(settled.pipe(map(() => null)), enough(waiter)), { defaultValue: null });
  if (why === null) return attempt;
  await lastValueFrom(
    concat(cancelRunning(client), settled.pipe(ignoreElements())).pipe(
      timeout({ first: PATIENCE, scheduler }),
      catchError((error: unknown) => {
        Session.of(client).destroy(error);
        return settled.pipe(ignoreElements());
      }),
    ),
    { defaultValue: undefined },
  );
  try {
    return await attempt;
  } catch (cause) {
    throw why === 'late' ? await waiter.limit?.late(cause) : signal.reason;
  }
}

/** When nobody wants it any more, and why. */
function enough({ signal, limit, scheduler }: Waiter): Observable<'left' | 'late'> {
  const left = fromEvent(signal, 'abort').pipe(map(() => 'left' as const));
  if (limit === undefined || limit.ms > LONGEST_DELAY) return left;
  return merge(left, timer(limit.ms, scheduler).pipe(map(() => 'late' as const)));
}

function ignore(): null {
  return null; // what it came to is looked at once nobody waits
}
