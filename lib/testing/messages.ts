import type { ObservableNotification } from 'rxjs';

import { difference, drawComparison } from './compare.js';
import { equals } from './equals.js';
import type { Mark } from './marbles.js';
import { show } from './show.js';

interface Message {
  readonly frame: number;
  readonly notification: ObservableNotification<unknown>;
}

interface SubscriptionLog {
  readonly subscribedFrame: number;
  readonly unsubscribedFrame: number;
}

/** The `assertDeepEqual` of the scheduler: fails with both diagrams, those of notifications or of subscriptions. */
export function assertMessages(actual: unknown, expected: unknown): void {
  if (equals(actual, expected)) return;
  const [first] = [...(actual as object[]), ...(expected as object[])];
  if (first !== undefined && 'subscribedFrame' in first) {
    failSubscriptions(actual as SubscriptionLog[], expected as SubscriptionLog[]);
  }
  failNotifications(actual as Message[], expected as Message[]);
}

function failSubscriptions(actual: readonly SubscriptionLog[], expected: readonly SubscriptionLog[]): never {
  const count = Math.max(actual.length, expected.length);
  const drawn = Array.from({ length: count }, (_, i) =>
    drawComparison({ expected: subscriptionMarks(expected[i]), actual: subscriptionMarks(actual[i]) }),
  );
  const counts = `${String(actual.length)} of ${String(expected.length)} expected`;
  throw difference(`The subscriptions differ (${counts}).`, drawn);
}

function subscriptionMarks(log: SubscriptionLog | undefined): Mark[] {
  if (log === undefined) return [];
  const marks = [
    { frame: log.subscribedFrame, symbol: '^' },
    { frame: log.unsubscribedFrame, symbol: '!' },
  ];
  return marks.filter(({ frame }) => frame !== Infinity);
}

/** So many notifications are shown before and behind the first that differs; there are letters for all of them. */
const AROUND = 6;

function failNotifications(actual: readonly Message[], expected: readonly Message[]): never {
  const legend = new Legend();
  let first = 0;
  while (equals(actual[first], expected[first])) first += 1;
  const from = Math.max(0, first - AROUND);
  const shown = (messages: readonly Message[]): Mark[] =>
    messages.slice(from, first + AROUND).map((message) => legend.mark(message));
  const drawn = drawComparison({ expected: shown(expected), actual: shown(actual) });
  const isCut = from > 0 || Math.max(actual.length, expected.length) > first + AROUND;
  const title = isCut ? 'The observable differs. Shown is what is around the difference.' : 'The observable differs.';
  throw difference(title, [drawn, ...legend.lines]);
}

const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const ERRORS = '#¹²³⁴⁵⁶⁷⁸⁹';

/** Which symbol stands for which value, and what has to be said about that. */
class Legend {
  readonly lines: string[] = [];
  private readonly values: { readonly value: unknown; readonly symbol: string }[] = [];
  private readonly errors: { readonly value: unknown; readonly symbol: string }[] = [];

  mark({ frame, notification }: Message): Mark {
    return { frame, symbol: this.symbolOf(notification) };
  }

  private symbolOf(notification: ObservableNotification<unknown>): string {
    if (notification.kind === 'C') return '|';
    if (notification.kind === 'E') return this.find(this.errors, notification.error, ERRORS);
    const { value } = notification;
    const isOwnSymbol = typeof value === 'string' && /^[a-z0-9]$/.test(value);
    return isOwnSymbol ? value : this.find(this.values, value, CAPITALS);
  }

  private find(known: { value: unknown; symbol: string }[], value: unknown, symbols: string): string {
    const found = known.find((one) => equals(value, one.value));
    if (found !== undefined) return found.symbol;
    const symbol = symbols[known.length] as string;
    known.push({ value, symbol });
    this.lines.push(`  ${symbol} = ${show(value)}`);
    return symbol;
  }
}
