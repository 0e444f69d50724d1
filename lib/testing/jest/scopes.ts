import type { ProbedEvent, ProbedScope } from '../index.js';
import type { MatcherContext } from './matcher.types.js';

/** How far a scope has come. */
export type Stage = 'entering' | 'held' | 'exiting' | 'given up' | 'not acquired' | 'released' | 'release failed';

export function stageOf({ events }: ProbedScope<unknown>): Stage {
  const has = (symbol: ProbedEvent['symbol']): boolean => events.some((event) => event.symbol === symbol);
  if (!has('^')) return has('|') ? 'given up' : has('#') ? 'not acquired' : 'entering';
  if (!has('!')) return 'held';
  return has('|') ? 'released' : has('#') ? 'release failed' : 'exiting';
}

export function isAcquired({ events }: ProbedScope<unknown>): boolean {
  return events.some(({ symbol }) => symbol === '^');
}

export function isOpen(scope: ProbedScope<unknown>): boolean {
  const stage = stageOf(scope);
  return stage === 'entering' || stage === 'held' || stage === 'exiting';
}

/** One line for each scope: what happened to it at which frame. */
export function describeScopes(context: MatcherContext, scopes: readonly ProbedScope<unknown>[]): string {
  if (scopes.length === 0) return '  none: it was never entered';
  return scopes.map((scope, index) => `  ${String(index + 1)}: ${describeScope(context, scope)}`).join('\n');
}

function describeScope(context: MatcherContext, scope: ProbedScope<unknown>): string {
  const steps = scope.events.map(({ symbol, frame }) => {
    if (symbol === 'a') return `entered at ${String(frame)}`;
    if (symbol === '^') return `acquired at ${String(frame)}`;
    if (symbol === '!') return `told ${describeExit(context, scope)} at ${String(frame)}`;
    return `${stageOf(scope)} at ${String(frame)}`;
  });
  return [...steps, ...(isOpen(scope) ? [`still ${stageOf(scope)}`] : [])].join(', ');
}

function describeExit({ utils }: MatcherContext, { exit }: ProbedScope<unknown>): string {
  if (exit === null) return 'no exit';
  return exit.kind === 'error' ? `error with ${utils.printReceived(exit.error)}` : exit.kind;
}
