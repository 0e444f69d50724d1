import { parseHttpDate } from '../internal/http-date.js';
import { splitHeader } from '../internal/split-header.js';
import type { Answer } from './answer.js';

/** What an answer says about the limit of its server. */
export interface Limit {
  /** Whether the request was refused because of it. */
  readonly isRefusal: boolean;
  /** Milliseconds until it has passed; 0 where the answer does not say, or there is none. */
  readonly wait: number;
}

/** Pairs of headers: how much is left, and when there will be more. */
const PAIRS = ['x-ratelimit', 'ratelimit', 'x-rate-limit'].map(
  (name) => [`${name}-remaining`, `${name}-reset`] as const,
);

/**
 * Reads what an answer says about the limit of its server. Where there is a `Retry-After`, it counts alone; else the
 * longest of what the other headers say. Times of day are taken from the answer's own `Date` where it has one, so that
 * a clock that goes wrong on either side does no harm. What cannot be understood is not there.
 */
export function limitOf(answer: Pick<Answer, 'status' | 'header'>, now: number): Limit {
  const today = parseHttpDate(answer.header('date') ?? '', now) ?? now;
  const { status = 429 } = answer;
  const asked = status >= 400 ? waitOf(answer.header('retry-after'), today) : null;
  const resets = spentResets(answer).map((reset) => waitOf(reset, today) ?? 0);
  const mayRefuse = status === 403 || status === 503;
  return {
    isRefusal: answer.status === 429 || (mayRefuse && (asked !== null || resets.length > 0)),
    wait: asked ?? Math.max(0, ...resets),
  };
}

/** When there will be more, as it stands in the headers, for each limit of which nothing is left. */
function spentResets(answer: Pick<Answer, 'header'>): (string | null)[] {
  const pairs = PAIRS.map(([remaining, reset]) => [answer.header(remaining), answer.header(reset)] as const);
  return [...pairs, ...structured(answer.header('ratelimit') ?? '')]
    .filter(([remaining]) => remaining !== null && Number(remaining || Number.NaN) === 0)
    .map(([, reset]) => reset);
}

/** `"default";r=0;t=30` of each policy, and the older `limit=10, remaining=0, reset=30`. */
function structured(text: string): (readonly [string | null, string | null])[] {
  const items = splitHeader(text, ',');
  const older = parameters(items);
  const newer = items.map((item) => parameters(splitHeader(item, ';')));
  return [
    [older.get('remaining') ?? null, older.get('reset') ?? null],
    ...newer.map((policy) => [policy.get('r') ?? null, policy.get('t') ?? null] as const),
  ];
}

function parameters(parts: readonly string[]): Map<string, string> {
  return new Map(
    parts.map((part) => {
      const [name = '', value = ''] = part.split('=', 2);
      return [name.trim().toLowerCase(), value.trim()];
    }),
  );
}

const NUMBER = /^\d{1,15}(\.\d{1,15})?$/;

/** Seconds from now, or seconds or milliseconds since the epoch, told apart by their size; or an HTTP-date. */
function waitOf(value: string | null, today: number): number | null {
  if (value === null) return null;
  const number = NUMBER.test(value) ? Number(value) : null;
  if (number !== null && number < 1e9) return number * 1000;
  const time = number === null ? parseHttpDate(value, today) : number < 1e12 ? number * 1000 : number;
  return time === null ? null : Math.max(0, time - today);
}
