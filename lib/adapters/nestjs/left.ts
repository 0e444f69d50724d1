import type { Subscriber } from 'rxjs';

import { ClosedError, UnsubscribedError } from '../../core/index.js';
import type { HttpResponsePort } from './http-port.js';

/** Whether the client has gone already, though nobody may have been told yet. */
export function isGone({ destroyed, req }: HttpResponsePort): boolean {
  return destroyed || req.socket?.destroyed === true;
}

/** The client has gone. Nest asks for a last value, and takes none for an error (nestjs/nest#10853). */
export function answerNobody(consumer: Subscriber<unknown>): void {
  consumer.next(undefined);
  consumer.complete();
}

/** What a signal aborts with then. */
export function hungUp(): UnsubscribedError {
  return new UnsubscribedError('The client has hung up.', { resource: 'request' });
}

/** What entering fails with once a request is over. */
export function closedError(resource: string): ClosedError {
  return new ClosedError(
    `Expected '${resource}' to be entered while its request goes on; that is over. Enter it before the response is sent.`,
    { resource },
  );
}
