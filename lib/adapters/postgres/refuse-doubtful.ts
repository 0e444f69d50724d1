import { DoubtfulConnectionError } from './errors.js';
import type { Session } from './session.js';

/** Fails where a connection is not certainly idle. */
export function refuseDoubtful(session: Session): void {
  const { doubt } = session;
  if (doubt === null) return;
  throw new DoubtfulConnectionError(`The connection came back ${doubt}. It is destroyed.`, {
    resource: 'connection',
    ...(session.isGone ? { cause: session.cause } : {}),
  });
}
