import { difference, drawComparison, firstDifference } from './compare.js';
import { matchesExit, showExit, type ExpectedExit } from './expected-exit.js';
import { readLifecycle, shorten, type LifecycleMark } from './lifecycle.js';
import type { Probe, ProbedScope } from './probe.js';

/** What is expected of one scope. */
export interface ExpectedScope {
  readonly marks: readonly LifecycleMark[];
  /** Null: any. */
  readonly exit: ExpectedExit | null;
}

/** Reads what a test says; one exit for several diagrams is that of all of them. */
export function readExpected(
  diagrams: string | readonly string[],
  exits?: ExpectedExit | readonly ExpectedExit[],
): ExpectedScope[] {
  const told = exits === undefined || isList(exits) ? exits : null;
  return (isList(diagrams) ? diagrams : [diagrams]).map((diagram, index) => ({
    marks: shorten(readLifecycle(diagram)),
    exit: told === null ? (exits as ExpectedExit) : (told?.[index] ?? null),
  }));
}

/** Fails where the scopes of a probe are not as drawn, or have not ended as told. */
export function assertLifecycle({ name, scopes }: Probe<unknown>, expected: readonly ExpectedScope[]): void {
  const count = Math.max(scopes.length, expected.length);
  const indices = Array.from({ length: count }, (_, index) => index);
  if (indices.every((index) => matches(scopes[index], expected[index]))) return;
  const isSingle = scopes.length === 1 && expected.length === 1;
  const counts = isSingle ? '' : ` (${String(scopes.length)} scopes, ${String(expected.length)} expected)`;
  const drawn = indices.map((index) => draw(scopes[index], expected[index]));
  throw difference(`The lifecycle of "${name}" differs${counts}.`, drawn);
}

/** Fails where the scopes of a probe have not been told these exits. */
export function assertExits({ name, scopes }: Probe<unknown>, expected: readonly ExpectedExit[]): void {
  const told = scopes.map(({ exit }) => exit);
  if (told.length === expected.length && expected.every((exit, index) => matchesExit(told[index] ?? null, exit)))
    return;
  const list = (exits: readonly (ExpectedExit | null)[]): string => exits.map(showExit).join(', ') || 'no scope';
  throw difference(`The exit of "${name}" differs.`, [`  expected  ${list(expected)}\n  actual    ${list(told)}`]);
}

function matches(scope: ProbedScope<unknown> | undefined, expected: ExpectedScope | undefined): boolean {
  if (scope === undefined || expected === undefined) return false;
  if (firstDifference(expected.marks, shorten(scope.events)) !== null) return false;
  return expected.exit === null || matchesExit(scope.exit, expected.exit);
}

function draw(scope: ProbedScope<unknown> | undefined, expected: ExpectedScope | undefined): string {
  const note = (exit: ExpectedExit | null): string => `exit ${showExit(exit)}`;
  return drawComparison({
    expected: expected?.marks ?? [],
    actual: shorten(scope?.events ?? []),
    notes: {
      expected: expected === undefined ? 'no scope' : expected.exit === null ? '' : note(expected.exit),
      actual: scope === undefined ? 'no scope' : note(scope.exit),
    },
  });
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
