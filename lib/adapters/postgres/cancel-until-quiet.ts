import { lastValueFrom, type SchedulerLike } from 'rxjs';

import { cancelRunning } from './cancel-request.js';
import type { Session } from './session.js';

/** Milliseconds before the first request counts as lost; doubled for each one after. */
const FIRST_PAUSE = 10;

/**
 * Has the server give up what runs on a connection, and resolves when that has been answered, or the connection is gone. Asks again
 * and again: a request that comes before the server has begun with a query is lost, and a query may wait behind the one that
 * was cancelled. The last request has been dealt with when it resolves: one that came late would hit whatever is sent next.
 *
 * There is no limit to it: whoever has one destroys the session, which ends it.
 */
export async function cancelUntilQuiet(session: Session, scheduler: SchedulerLike): Promise<void> {
  for (let pause = FIRST_PAUSE; session.isBusy && !session.isGone; pause *= 2) {
    await lastValueFrom(cancelRunning(session.client), { defaultValue: null }).catch(ignore);
    await session.quiet(pause, scheduler);
  }
}

/** Where the server cannot be asked, the query is waited for. */
function ignore(): null {
  return null;
}
