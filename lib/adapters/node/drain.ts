import { Subscription, type SchedulerLike } from 'rxjs';

import { monotonicNow } from '../../internal/clock.js';
import { after } from './cut.js';
import { DrainTimeoutError } from './errors.js';
import type { CutConnection, DrainReport } from './server-connection.js';

/** A server as its drain sees it. */
export interface Drainable {
  readonly refused: number;
  /** Stops listening, and asks everybody to leave. */
  leave(): void;
  /** Closes what is idle, from now on as soon as it is. */
  closeIdle(): void;
  /** Ends everything, and tells what was in use. */
  cut(): readonly CutConnection[];
  /** Resolves when all is over, with what is in use all the same: there is no way to cut it. */
  over(): Promise<readonly CutConnection[]>;
}

/** How long a drain takes. */
export interface DrainOptions {
  readonly name: string;
  readonly linger: number;
  readonly deadline: number;
  readonly scheduler: SchedulerLike;
  readonly onDrain: ((report: DrainReport) => void) | undefined;
}

/** Closes a server in order: idle connections after `linger`, those in use when they are through, all at the deadline. */
export async function drain(server: Drainable, options: DrainOptions): Promise<void> {
  const { linger, deadline, scheduler, onDrain } = options;
  const began = monotonicNow(scheduler);
  const timers = new Subscription();
  let cut: readonly CutConnection[] = [];
  server.leave();
  timers.add(after(linger, scheduler).subscribe(() => server.closeIdle()));
  timers.add(
    after(deadline, scheduler).subscribe(() => {
      cut = server.cut();
    }),
  );
  const left = await server.over();
  timers.unsubscribe();
  const report = { duration: monotonicNow(scheduler) - began, refused: server.refused, cut: [...cut, ...left] };
  onDrain?.(report);
  if (deadline > 0 && report.cut.length > 0) throw lateError(report, options);
}

function lateError(report: DrainReport, { name, deadline }: DrainOptions): DrainTimeoutError {
  const named = report.cut.slice(0, 5).map(({ state, peer, requests }) => `${requests.join(', ') || state} (${peer})`);
  const more = report.cut.length > 5 ? `, and ${report.cut.length - 5} more` : '';
  const what = report.cut.length === 1 ? 'a connection that was' : `${report.cut.length} connections that were`;
  return new DrainTimeoutError(
    `"${name}" cut ${what} in use ${deadline} ms after it had stopped listening: ` +
      `${named.join(', ')}${more}. Give it a longer deadline, or end them when the stop begins.`,
    report,
    { resource: name },
  );
}
