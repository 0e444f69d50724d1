import { asyncScheduler, type SchedulerLike } from 'rxjs';

import { checkDuration, checkKeys } from '../../internal/check.js';

/** How {@link listen} listens. Times are milliseconds. */
export interface ListenOptions {
  /** Whether each beginning to listen is emitted too, as a {@link ListenMarker}. Default `false`. */
  readonly markers?: boolean;
  /** Whether to listen again when the connection is lost, where `source` can give another one. Default `true`. */
  readonly reconnect?: boolean;
  /** How long to wait before the next try: doubling from `initial` to `max`, and up to half of it less by chance. Default 100 to 10,000. */
  readonly backoff?: { readonly initial?: number; readonly max?: number };
  /** How often the server is asked whether it is still there; no answer until the next time means lost. Default 30,000; 0: never. */
  readonly keepAlive?: number;
  /** For the timers. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** The options with their defaults, checked. */
export interface ListenSettings {
  readonly markers: boolean;
  readonly reconnect: boolean;
  readonly backoff: { readonly initial: number; readonly max: number };
  readonly keepAlive: number;
  readonly scheduler: SchedulerLike;
}

export function listenSettings(options: ListenOptions): ListenSettings {
  checkKeys(options, 'the options of listen()', ['markers', 'reconnect', 'backoff', 'keepAlive', 'scheduler']);
  const { markers = false, reconnect = true, keepAlive = 30_000, scheduler = asyncScheduler } = options;
  const { initial = 100, max = 10_000 } = options.backoff ?? {};
  for (const [name, ms] of Object.entries({ keepAlive, 'backoff.initial': initial, 'backoff.max': max })) {
    checkDuration(ms, name);
  }
  return { markers, reconnect, backoff: { initial, max }, keepAlive, scheduler };
}
