import type { OpenResource } from '../../core/index.js';
import { describeCause, messageOf, type StopCause } from './stop-cause.js';

/** How a step has started and stopped. */
export interface StepReport {
  readonly name: string;
  /** `cancelled`: the stop came before it was there. */
  readonly start: 'started' | 'failed' | 'late' | 'cancelled';
  /** Milliseconds. */
  readonly startTook: number;
  /**
   * `late`: it took longer than its `stopTimeout`; `forced`: it was not waited for, or not to its end; `none`: it had not started.
   */
  readonly stop: 'stopped' | 'failed' | 'late' | 'forced' | 'none';
  /** Milliseconds until it had stopped, or was not waited for any longer. */
  readonly stopTook: number;
  /** What starting or stopping failed with. */
  readonly errors: readonly unknown[];
}

/** Somebody who held a beacon when the stop began. */
export interface BeaconReport {
  readonly name: string;
  /** `done`: by itself; `ended`: after `beaconTimeout`; `left`: it has not come to an end. */
  readonly end: 'done' | 'ended' | 'left';
  /** Milliseconds since the stop began. */
  readonly took: number;
}

/** What kind of thing the event loop of Node waits for, and how many of them. */
export interface KeepsAlive {
  /** As Node calls it: `Timeout`, `TCPSocketWrap`, `PipeWrap`, `FSReqPromise` … */
  readonly type: string;
  readonly count: number;
}

/** What stopping an application was like. */
export interface LifespanReport {
  /** Of the lifespan. */
  readonly name: string;
  readonly cause: StopCause;
  /** Whether the start had come to its end. */
  readonly started: boolean;
  /** Milliseconds that the start took. */
  readonly startTook: number;
  /** Milliseconds that the stop took. */
  readonly took: number;
  /** What cut the waiting short: the deadline, or a signal, or a second request; null where nothing did. */
  readonly forced: 'deadline' | NodeJS.Signals | 'request' | null;
  /** In the order in which they were started. */
  readonly steps: readonly StepReport[];
  readonly beacons: readonly BeaconReport[];
  /** Errors that nobody had caught, after the first. */
  readonly uncaught: readonly unknown[];
  /** What is still entered or being released, steps that were forced among it. */
  readonly open: readonly Pick<OpenResource, 'name' | 'state'>[];
  /** What keeps the process alive. */
  readonly keepsAlive: readonly KeepsAlive[];
}

/**
 * A report as text, a line for each step: for a log, or for standard error.
 *
 * @example
 * ```ts
 * import { lastValue, resource, use } from 'rxscope';
 * import { formatReport, lifespan, type LifespanReport } from 'rxscope/node';
 *
 * const reports: LifespanReport[] = [];
 * const database = resource({ acquire: () => 'database', release: () => undefined });
 * const app = lifespan((scope) => scope.step('database', database), { onReport: (report) => reports.push(report) });
 * await lastValue(app.pipe(use(() => ['served']))); // => 'served'
 * reports.map((report) => formatReport(report).split('\n')[0]?.replace(/\d+/, '0')); // => ['lifespan stopped in 0 ms: complete']
 * ```
 */
export function formatReport(report: LifespanReport): string {
  const { name, took, cause, forced, steps, beacons, open, keepsAlive } = report;
  const lines = [
    `${name} stopped in ${ms(took)}: ${describeCause(cause)}${forced === null ? '' : `, forced by ${forced}`}`,
  ];
  for (const { name: beacon, end, took: until } of beacons) lines.push(`  ${beacon}: ${end} after ${ms(until)}`);
  for (const step of [...steps].reverse()) lines.push(`  ${describeStep(step)}`);
  if (open.length > 0) lines.push(`  still open: ${open.map((one) => `${one.name} (${one.state})`).join(', ')}`);
  if (keepsAlive.length > 0) {
    lines.push(`  keeps the process alive: ${keepsAlive.map(({ type, count }) => `${count} ${type}`).join(', ')}`);
  }
  return lines.join('\n');
}

function describeStep({ name, start, startTook, stop, stopTook, errors }: StepReport): string {
  const told = errors.map((error) => ` (${messageOf(error)})`).join('');
  if (start !== 'started') return `${name}: start ${start} after ${ms(startTook)}${told}`;
  return `${name}: ${stop} after ${ms(stopTook)}${told}`;
}

function ms(time: number): string {
  return `${time.toFixed(0)} ms`;
}
