import { Socket } from 'node:net';

import type { KeepsAlive } from './lifespan-report.js';
import { holdingPorts } from './process-stops.js';

/**
 * What the event loop still waits for, and so what keeps the process alive, by kind: Node's `process.getActiveResourcesInfo()`,
 * counted, without standard output, which keeps nothing alive, and without the port of those who wait for a signal here.
 *
 * For the question why a process does not end. `openResources()` tells the other half: what of this library is open.
 *
 * @example
 * ```ts
 * import { keepsAlive } from 'rxscope/node';
 *
 * const before = keepsAlive().find(({ type }) => type === 'Timeout')?.count ?? 0;
 * const timer = setTimeout(() => undefined, 1000);
 * const after = keepsAlive().find(({ type }) => type === 'Timeout')?.count ?? 0;
 * clearTimeout(timer);
 * after - before; // => 1
 * ```
 */
export function keepsAlive(): KeepsAlive[] {
  const counts = new Map<string, number>();
  const count = (type: string, more: number): void => void counts.set(type, (counts.get(type) ?? 0) + more);
  for (const type of process.getActiveResourcesInfo()) count(type, 1);
  for (const { isTTY } of [process.stdout, process.stderr].filter((stream) => stream instanceof Socket)) {
    count(isTTY ? 'TTYWrap' : 'PipeWrap', -1);
  }
  count('MessagePort', -holdingPorts());
  counts.delete('Immediate'); // over in a turn
  return [...counts].filter(([, left]) => left > 0).map(([type, left]) => ({ type, count: left }));
}
