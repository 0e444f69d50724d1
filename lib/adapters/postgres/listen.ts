import { concat, defer, isObservable, map, of, retry, throwError, timer, type Observable } from 'rxjs';

import { andThen, using, type Resource } from '../../core/index.js';
import type { ClientPort } from './client-port.js';
import { clientsOf, type ClientSource } from './clients-of.js';
import { checkChannel } from './listen-channel.js';
import { listenSettings, type ListenOptions, type ListenSettings } from './listen-options.js';
import { listening } from './listen-session.js';

/** What somebody has sent with `NOTIFY`. */
export interface PgNotification {
  readonly kind: 'notification';
  readonly channel: string;
  /** What was sent along; empty where nothing was. */
  readonly payload: string;
  /** The process of the server that sent it, as `pg_backend_pid()` answers it there. */
  readonly processId: number;
}

/** From here on it listens: what is sent and committed later arrives. */
export interface ListenMarker {
  readonly kind: 'listening';
  /** Whether it had listened before: what was sent in between is lost. */
  readonly hasMissed: boolean;
}

/**
 * What is sent with `NOTIFY` on one channel, or several, for as long as it is subscribed; across lost connections, though not without a gap.
 *
 * Use it to be woken: by a queue in a table, by a change of something that is kept in memory. Take what it says as a hint, and the
 * table as the truth: the server keeps nothing for those who do not listen, so that **what is sent while the connection is lost never
 * arrives**. With `markers` the stream says where that may have happened, and that is when to look for oneself:
 *
 *     server    --a--b---x   c   ^--d--       (x session ended, ^ connected again)
 *     listen    --a--b-----------(M)d--       (M marker, hasMissed: true)
 *
 * `source` is a resource of clients, `connection` best of all, or a pool, which then has one connection less; or a client, which is not
 * replaced when it is lost.
 *
 * **Guarantees.** A first marker, or the first notification, comes once the server has confirmed `LISTEN` on every channel. Notifications come
 * in the order in which they were committed, those of one transaction together; the server drops repeated ones of the same transaction.
 * The connection is listened on by nobody when it is given back.
 *
 * **Cancellation.** Leaving sends `UNLISTEN`, in the background, before the connection is given back; where that fails it is broken off.
 *
 * **Loss.** The stream connects again, after `backoff`, for ever. A server that falls silent is noticed by `keepAlive`. **Limits.** A payload has
 * less than 8,000 bytes, by the server. Nothing is held back here: what a slow consumer has not handled waits in its operators.
 * Behind a pooler that lends sessions by transaction nothing arrives.
 *
 * **Errors.** What connecting, or `LISTEN`, fails with the first time; later on only where it cannot connect again: with
 * `reconnect: false` or a client as the source, a `ResourceLostError` or what the client said. `TypeError` and `RangeError`, at the call.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { concatMap, take } from 'rxjs';
 * import { lastValue } from 'rxscope';
 * import { connection, listen, notify } from 'rxscope/postgres';
 *
 * const session = connection(() => new pg.Client(process.env['DATABASE_URL']));
 * const sender = new pg.Client(process.env['DATABASE_URL']);
 * await sender.connect();
 * const heard = listen(session, 'Orders', { markers: true }).pipe(
 *   concatMap(async (message) => {
 *     if (message.kind === 'listening') await notify(sender, 'Orders', 'number 7'); // else: look at the table here
 *     return message.kind === 'listening' ? `missed: ${message.hasMissed}` : message.payload;
 *   }),
 *   take(2),
 * );
 * await lastValue(heard); // => 'number 7'
 * await sender.end();
 * ```
 */
export function listen(
  source: ClientSource<ClientPort>,
  channels: string | readonly string[],
  options: ListenOptions & { readonly markers: true },
): Observable<PgNotification | ListenMarker>;
export function listen(
  source: ClientSource<ClientPort>,
  channels: string | readonly string[],
  options?: ListenOptions & { readonly markers?: false },
): Observable<PgNotification>;
export function listen(
  source: ClientSource<ClientPort>,
  channels: string | readonly string[],
  options: ListenOptions = {},
): Observable<PgNotification | ListenMarker> {
  const settings = listenSettings(options);
  const names = [...new Set([channels].flat())] as readonly string[];
  if (names.length === 0) throw new RangeError('Expected a channel, or several, received none.');
  names.forEach(checkChannel);
  const clients = clientsOf(source, 'listen()');
  const isReplaced = isObservable(source) || 'lease' in source;
  return listenOn(clients, names, { ...settings, reconnect: settings.reconnect && isReplaced });
}

function listenOn(
  clients: Resource<ClientPort>,
  channels: readonly string[],
  settings: ListenSettings,
): Observable<PgNotification | ListenMarker> {
  const sessions = clients.pipe(andThen((client) => listening(client, channels, settings)));
  return defer(() => {
    let hasListened = false;
    let failures = 0;
    const once = using(sessions, ({ messages }) => {
      const marker: ListenMarker = { kind: 'listening', hasMissed: hasListened };
      hasListened = true;
      failures = 0;
      const notifications = messages.pipe(
        map(({ channel, payload = '', processId }): PgNotification => {
          return { kind: 'notification', channel, payload, processId };
        }),
      );
      return settings.markers ? concat(of(marker), notifications) : notifications;
    });
    const delay = (error: unknown): Observable<unknown> => {
      if (!hasListened || !settings.reconnect) return throwError(() => error);
      return timer(delayAfter(failures++, settings.backoff), settings.scheduler);
    };
    return once.pipe(retry({ delay }));
  });
}

/** How long to wait after so many failures: doubling, up to a limit, and up to half of it less by chance. */
function delayAfter(failures: number, { initial, max }: ListenSettings['backoff']): number {
  return Math.min(max, initial * 2 ** Math.min(failures, 30)) * (1 - Math.random() / 2);
}
