import type { Probe } from '../index.js';
import type { MatcherContext } from './matcher.types.js';

/** A probe, and what to call it in a message. */
export interface Named {
  readonly name: string;
  readonly probe: Probe<unknown>;
}

/** Goes by shape: a probe of another copy of this package is one too. */
export function isProbe(value: unknown): value is Probe<unknown> {
  const { name, scopes } = (value ?? {}) as { readonly name?: unknown; readonly scopes?: unknown };
  return typeof name === 'string' && Array.isArray(scopes);
}

/** The probes of a list or of a record; null where something else is among them. */
export function probesOf(value: unknown): readonly Named[] | null {
  if (!Array.isArray(value) && !isRecord(value)) return null;
  const named = Object.entries(value).map(([key, probe]: [string, unknown]) => {
    if (!isProbe(probe)) return null;
    return { name: Array.isArray(value) ? probe.name : key, probe };
  });
  return named.includes(null) ? null : (named as readonly Named[]);
}

/** A plain object, of this realm or another: a set or a promise of probes would look like an empty one. */
function isRecord(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** For a received value that a matcher cannot look at. */
export function wrongReceived(context: MatcherContext, matcher: string, wanted: string, received: unknown): TypeError {
  return wrong(context, matcher, `received value must be ${wanted}`, `Received: ${describe(context, received)}`);
}

/** For an argument that makes no sense. */
export function wrongExpected(context: MatcherContext, matcher: string, wanted: string, expected: unknown): TypeError {
  return wrong(
    context,
    matcher,
    `expected value must be ${wanted}`,
    `Expected: ${context.utils.printExpected(expected)}`,
  );
}

function wrong({ utils, isNot, promise }: MatcherContext, matcher: string, what: string, value: string): TypeError {
  const hint = utils.matcherHint(matcher, undefined, undefined, { isNot: isNot ?? false, promise: promise ?? '' });
  return new TypeError(`${hint}\n\nMatcher error: ${what}\n\n${value}`);
}

/** An observable printed in full says nothing and fills the screen. */
function describe({ utils }: MatcherContext, value: unknown): string {
  if (isProbe(value)) return `the probe "${value.name}"`;
  if (!isObservable(value)) return utils.printReceived(value);
  const { name } = value as { readonly name?: unknown };
  return typeof name === 'string'
    ? `the resource "${name}", which keeps no record: only probe() makes one`
    : 'an observable';
}

function isObservable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'subscribe' in value && typeof value.subscribe === 'function';
}
