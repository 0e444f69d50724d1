import { asyncScheduler, type SchedulerLike } from 'rxjs';

import { checkChoice, checkCount, checkDuration, checkFunction, checkKeys } from '../../internal/check.js';
import type { HttpClientOptions } from './client-options.js';
import type { DefaultHeaders } from './request-headers.js';
import type { HttpRequestOptions, HttpRetryOptions, HttpTimeouts, RedirectPolicy } from './request-options.js';
import { checkedBase, takeUser, type QueryInput } from './request-url.js';

/** What applies to a request, with nothing left open. */
export interface RequestSettings {
  readonly timeout: Required<HttpTimeouts>;
  readonly retry: Required<HttpRetryOptions>;
  readonly accepts: (status: number) => boolean;
  readonly redirect: RedirectPolicy;
  readonly init: Readonly<Record<string, unknown>>;
}

/** What applies to a client. */
export interface ClientSettings extends RequestSettings {
  readonly name: string;
  readonly base: URL | null;
  /** Of the user in `baseUrl`. */
  readonly authorization: string | null;
  readonly headers: DefaultHeaders;
  readonly query: QueryInput | undefined;
  readonly connections: number;
  readonly closeTimeout: number;
  readonly random: () => number;
  readonly scheduler: SchedulerLike;
}

const TIMEOUTS: Required<HttpTimeouts> = { connect: 10_000, headers: 30_000, body: 30_000, total: Infinity };
const RETRY: Required<HttpRetryOptions> = {
  count: 2,
  statuses: [408, 425, 429, 500, 502, 503, 504],
  delay: 500,
  maxDelay: 10_000,
  jitter: 0.5,
  maxRetryAfter: 60_000,
};
const REDIRECTS: readonly RedirectPolicy[] = ['follow', 'manual', 'error'];

/** Options that a client and a request have in common, and those of each. */
const SHARED_KEYS = ['headers', 'query', 'timeout', 'retry', 'accepts', 'redirect', 'init'];
const CLIENT_KEYS = [
  ...SHARED_KEYS,
  ...['name', 'baseUrl', 'connections', 'closeTimeout', 'random', 'scheduler'],
  ...['undici', 'agent', 'dispatcher', 'fetch'],
];
const REQUEST_KEYS = [...SHARED_KEYS, 'method', 'json', 'body', 'idempotent', 'signal'];

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Checks the options of a client and fills in what is missing. */
export function clientSettings(options: HttpClientOptions): ClientSettings {
  checkKeys(options, 'the options of httpClient()', CLIENT_KEYS);
  const { connections = 100, closeTimeout = 10_000, random = Math.random, scheduler = asyncScheduler } = options;
  checkCount(connections, 'connections', 1);
  checkDuration(closeTimeout, 'closeTimeout');
  checkFunction(random, 'random');
  const base = checkedBase(options.baseUrl);
  const authorization = base === null ? null : takeUser(base);
  const { name = 'http', headers = {}, query } = options;
  const own = { connections, closeTimeout, random, scheduler, base, authorization, name, headers, query };
  const defaults = { timeout: TIMEOUTS, retry: RETRY, accepts: isSuccess, redirect: 'follow', init: {} } as const;
  return { ...sharedSettings(options, defaults), ...own };
}

/** The same for one request of it. */
export function requestSettings(options: HttpRequestOptions, defaults: RequestSettings): RequestSettings {
  checkKeys(options, 'the options of a request', REQUEST_KEYS);
  return sharedSettings(options, defaults);
}

function sharedSettings(
  options: Pick<HttpRequestOptions, 'timeout' | 'retry' | 'accepts' | 'redirect' | 'init'>,
  defaults: RequestSettings,
): RequestSettings {
  const { timeout = {}, retry = {}, accepts = defaults.accepts, redirect = defaults.redirect } = options;
  checkFunction(accepts, 'accepts');
  checkChoice(redirect, 'redirect', REDIRECTS);
  return {
    timeout: checkedTimeouts(
      merged('timeout', defaults.timeout, typeof timeout === 'number' ? { total: timeout } : timeout),
    ),
    retry: checkedRetry(merged('retry', defaults.retry, typeof retry === 'number' ? { count: retry } : retry)),
    accepts,
    redirect,
    init: { ...defaults.init, ...options.init },
  };
}

function merged<T extends object>(what: string, defaults: T, given: Partial<T>): T {
  checkKeys(given, what, Object.keys(defaults));
  return { ...defaults, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

function checkedTimeouts(timeouts: Required<HttpTimeouts>): Required<HttpTimeouts> {
  for (const [phase, due] of Object.entries(timeouts)) checkDuration(due, `timeout.${phase}`);
  return timeouts;
}

function checkedRetry(retry: Required<HttpRetryOptions>): Required<HttpRetryOptions> {
  const { count, delay, maxDelay, jitter, maxRetryAfter } = retry;
  checkCount(count, 'retry.count', 0);
  if (!(jitter >= 0 && jitter <= 1)) {
    throw new RangeError(`Expected retry.jitter to be between 0 and 1, received ${String(jitter)}.`);
  }
  checkDuration(delay, 'retry.delay');
  checkDuration(maxDelay, 'retry.maxDelay');
  checkDuration(maxRetryAfter, 'retry.maxRetryAfter');
  return retry;
}
