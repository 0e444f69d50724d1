import type { Exit } from '../core/index.js';
import { equals } from './equals.js';
import { show } from './show.js';

/** How a scope is expected to end: by its kind, or exactly. `'none'`: it was told no exit. */
export type ExpectedExit = Exit['kind'] | 'none' | Exit;

export function matchesExit(actual: Exit | null, expected: ExpectedExit): boolean {
  if (typeof expected === 'string') return (actual?.kind ?? 'none') === expected;
  return equals(actual, expected);
}

export function showExit(exit: ExpectedExit | null): string {
  if (exit === null) return 'none';
  if (typeof exit === 'string') return exit;
  return exit.kind === 'error' ? `error ${show(exit.error)}` : exit.kind;
}
