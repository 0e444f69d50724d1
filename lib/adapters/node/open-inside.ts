import { openResources } from '../../core/index.js';
import type { LifespanReport } from './lifespan-report.js';

/** What was opened after the scope called `name` that is being left just now, and is still open. */
export function openInside(name: string): LifespanReport['open'] {
  const all = openResources().map((one) => ({ name: one.name, state: one.state }));
  const own = all.findIndex((one) => one.name === name && one.state === 'exiting');
  return Object.freeze(all.slice(own + 1));
}
