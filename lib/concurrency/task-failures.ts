import { failed, isObject, type Exit } from '../core/engine/exit.js';

/** The failures of a group as one outcome: alone as it is, several as an `AggregateError` (law 37). */
export function joinFailures(exit: Exit, failures: readonly unknown[], group: string): Exit {
  const told = distinct(failures);
  if (told.length === 1) {
    const [error] = told;
    return exit.kind === 'error' && Object.is(exit.error, error) ? exit : failed(error);
  }
  return failed(new AggregateError(told, `"${group}" has ${String(told.length)} failures; see "errors".`));
}

/** Each failure once: one that another one is, or carries, is told by that (law 9). Objects only. */
function distinct(failures: readonly unknown[]): unknown[] {
  const carried = new Set<unknown>();
  for (const failure of failures) for (const part of partsOf(failure)) carried.add(part);
  const told = failures.filter((failure) => {
    if (carried.has(failure)) return false;
    if (isObject(failure)) carried.add(failure);
    return true;
  });
  return told.length > 0 ? told : failures.slice(0, 1); // a circle of causes
}

/** What an error carries: its causes, and the halves of a `SuppressedError`. */
function partsOf(error: unknown): Set<unknown> {
  const parts = new Set<unknown>();
  const open = [error];
  while (open.length > 0) {
    const one = open.pop();
    if (!isObject(one)) continue;
    const { cause, error: newer, suppressed, name } = one as Record<string, unknown>;
    const inside = name === 'SuppressedError' ? [cause, newer, suppressed] : [cause];
    for (const part of inside) {
      if (!isObject(part) || parts.has(part) || part === error) continue;
      parts.add(part);
      open.push(part);
    }
  }
  return parts;
}
