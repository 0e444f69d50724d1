import { EMPTY } from 'rxjs';

import { resource, type Resource } from '../../core/index.js';
import type { AdvisoryLock } from './advisory-lock-held.js';
import type { LockSettings } from './advisory-lock-options.js';
import { SessionLevel } from './advisory-lock-session.js';
import type { LockRequest } from './advisory-lock-statements.js';
import { TransactionLevel } from './advisory-lock-transaction.js';
import type { ClientPort, QueryPort } from './client-port.js';
import { pulse } from './pulse.js';
import { sessionOf } from './session-of.js';

/** A lock of the session of a client. */
export function heldBySession<C extends ClientPort>(
  client: C,
  name: string,
  request: LockRequest,
  settings: LockSettings,
): Resource<AdvisoryLock<C>> {
  const level = new SessionLevel<C>(name, request, settings);
  return resource<AdvisoryLock<C>>({
    name,
    acquire: (context) => level.acquire(client, context),
    release: (lock) => level.release(lock),
    lost: ({ processId }) => pulse(client, { interval: settings.keepAlive, scheduler: settings.scheduler, processId }),
  });
}

/** A lock of the transaction that is open on a client. */
export function heldByTransaction<Q extends QueryPort>(
  client: Q,
  name: string,
  request: LockRequest,
  settings: LockSettings,
): Resource<AdvisoryLock<Q>> {
  const level = new TransactionLevel<Q>(name, request, settings);
  return resource<AdvisoryLock<Q>>({
    name,
    acquire: (context) => level.acquire(client, context),
    release: (lock) => {
      lock.end('released');
    },
    lost: () => sessionOf(client)?.lost ?? EMPTY,
  });
}
