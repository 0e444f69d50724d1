import { asyncScheduler, type ObservableInput, type SchedulerLike } from 'rxjs';

import { checkDuration, checkKeys } from '../../internal/check.js';
import type { LifespanReport } from './lifespan-report.js';

/** Options of a step of a lifespan. */
export interface StepOptions {
  /** Milliseconds that starting it may take. Default: no limit but that of the whole start. */
  readonly startTimeout?: number;
  /** Milliseconds that stopping it may take; the others are stopped all the same. Default: no limit but the `deadline`. */
  readonly stopTimeout?: number;
}

/** Options of {@link lifespan}. */
export interface LifespanOptions {
  /** Shown in errors, in reports and by `openResources()`. Default `'lifespan'`. */
  readonly name?: string;
  /**
   * The signals that stop it. Default `SIGTERM`, `SIGINT` and `SIGHUP`. None, `[]`, where somebody else decides when it ends,
   * such as a framework or a test.
   */
  readonly signals?: readonly NodeJS.Signals[];
  /** Stops it with its first value; each further one forces. Subscribed while it is open. Default: nothing. */
  readonly stopOn?: ObservableInput<unknown>;
  /**
   * Whether it stops, failing with the error, at `uncaughtException` and `unhandledRejection`. Default `false`: they end the
   * process, unless somebody else listens.
   */
  readonly uncaught?: boolean;
  /** Milliseconds that the whole start may take. Default: no limit. */
  readonly startTimeout?: number;
  /**
   * Milliseconds between its not being ready any more and the first thing that is stopped, so that a load balancer can notice.
   * Default 0. A part of the `deadline`.
   */
  readonly readyDelay?: number;
  /**
   * Milliseconds that those who hold a beacon get to come to their end. Then they are ended, with a `ResourceLostError`.
   * Default: no limit but the `deadline`.
   */
  readonly beaconTimeout?: number;
  /**
   * Milliseconds that the whole stop may take. What is left is stopped then too, without being waited for. Default 10000, as of
   * `docker stop`; `Infinity` for no limit.
   */
  readonly deadline?: number;
  /**
   * Milliseconds after the first signal in which another one counts for nothing. Default 500: one Ctrl-C comes twice where a
   * program such as `npm` passes on what the terminal has sent to both.
   */
  readonly echo?: number;
  /** Told what the stop was like, also where starting failed. What it throws is reported. */
  readonly onReport?: (report: LifespanReport) => void;
  /** For all of these times. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** The same, with what is not given filled in. */
export type LifespanSettings = Required<Omit<LifespanOptions, 'stopOn' | 'onReport'>> &
  Pick<LifespanOptions, 'stopOn' | 'onReport'>;

/** The signals that a process is asked with to end. */
export const stopSignals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Milliseconds that a stop may take, where nobody says anything else. */
export const defaultDeadline = 10_000;

/** Milliseconds in which a second signal is taken for an echo of the first, where nobody says anything else. */
export const defaultEcho = 500;

const LIFESPAN_KEYS: readonly (keyof LifespanOptions)[] = [
  ...(['name', 'signals', 'stopOn', 'uncaught', 'startTimeout', 'readyDelay'] as const),
  ...(['beaconTimeout', 'deadline', 'echo', 'onReport', 'scheduler'] as const),
];

export function lifespanSettings(options: LifespanOptions): LifespanSettings {
  checkKeys(options, 'the options of lifespan()', LIFESPAN_KEYS);
  const settings = {
    name: 'lifespan',
    signals: stopSignals,
    uncaught: false,
    startTimeout: Infinity,
    readyDelay: 0,
    beaconTimeout: Infinity,
    deadline: defaultDeadline,
    echo: defaultEcho,
    scheduler: asyncScheduler,
    ...given(options),
  };
  checkTimes(settings, 'startTimeout', 'readyDelay', 'beaconTimeout', 'deadline', 'echo');
  if (settings.readyDelay > settings.deadline) {
    throw new RangeError(
      `Expected readyDelay to be a part of the deadline, ${settings.deadline} ms or less, received ${settings.readyDelay}.`,
    );
  }
  return settings;
}

export function checkStepOptions(options: StepOptions): void {
  checkKeys(options, 'the options of a step', ['startTimeout', 'stopTimeout']);
  checkTimes({ startTimeout: Infinity, stopTimeout: Infinity, ...given(options) }, 'startTimeout', 'stopTimeout');
}

/** Without what is given as undefined, which would hide a default. */
export function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** Refuses times that are none. */
export function checkTimes<Name extends string>(
  times: Readonly<Record<Name, number>>,
  ...names: readonly Name[]
): void {
  for (const name of names) checkDuration(times[name], name);
}
