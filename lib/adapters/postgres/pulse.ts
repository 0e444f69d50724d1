import { EMPTY, exhaustMap, from, ignoreElements, merge, timer, type Observable, type SchedulerLike } from 'rxjs';

import { LONGEST_DELAY } from '../../internal/clock.js';
import type { ClientPort } from './client-port.js';
import { askProcess } from './advisory-lock-proxy.js';
import { Session } from './session.js';
import { LATE, within } from './within.js';

/** How a session is watched. */
export interface PulseOptions {
  /** Milliseconds between two questions, and for each answer. 0, and what no timer can be set to: none is asked. */
  readonly interval: number;
  readonly scheduler: SchedulerLike;
  /** The process that has to answer. Default: any. */
  readonly processId?: number;
}

/**
 * Emits when the session of a client is gone. Where nothing runs on it, it is asked whether it still is there; where no answer comes, or
 * that of another one, it is broken off.
 */
export function pulse(client: ClientPort, options: PulseOptions): Observable<unknown> {
  const { interval, scheduler } = options;
  const session = Session.of(client);
  if (interval === 0 || interval > LONGEST_DELAY) return session.lost;
  const asking = timer(interval, interval, scheduler).pipe(
    exhaustMap(() => (session.isBusy ? EMPTY : from(ask(client, options)))),
    ignoreElements(),
  );
  return merge(session.lost, asking);
}

async function ask(client: ClientPort, { interval, scheduler, processId }: PulseOptions): Promise<void> {
  const session = Session.of(client);
  try {
    const answer = await within(askProcess(client), interval, scheduler);
    if (answer === LATE) session.destroy(new Error(`The server did not answer within ${String(interval)} ms.`));
    else if (processId !== undefined && answer !== processId) {
      session.destroy(new Error('The session is another one than before.'));
    }
  } catch {
    // An error is an answer: of a transaction that has failed, for one. Where the connection has died, that is known.
  }
}
