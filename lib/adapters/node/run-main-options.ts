import { exitCodeOf } from './exit-code.js';
import { checkKeys } from '../../internal/check.js';
import { checkTimes, defaultDeadline, defaultEcho, given, stopSignals } from './lifespan-options.js';

/** How a program has ended. */
export interface MainEnd {
  /** `stopped`: by a signal. */
  readonly kind: 'complete' | 'error' | 'stopped';
  /** The signal that has stopped it. */
  readonly signal: NodeJS.Signals | null;
  /** Everything that has failed, in the order in which it came. */
  readonly errors: readonly unknown[];
  /** Whether it was not waited for to its end: by the deadline, or by a second signal. */
  readonly forced: 'deadline' | NodeJS.Signals | null;
}

/** Options of {@link runMain}. */
export interface MainOptions {
  /** The signals that end it. Default `SIGTERM`, `SIGINT` and `SIGHUP`. */
  readonly signals?: readonly NodeJS.Signals[];
  /**
   * Whether errors that nobody has caught end it too: `uncaughtException`, `unhandledRejection` and what goes to RxJS's
   * `config.onUnhandledError`. Default `true`.
   */
  readonly uncaught?: boolean;
  /** Milliseconds that the releases may take after the program has been told to end. Default 10000; `Infinity`: no limit. */
  readonly deadline?: number;
  /** Milliseconds after the first signal in which another one counts for nothing. Default 500. */
  readonly echo?: number;
  /** The exit code. Default: 128 and the number of the signal for `stopped`, 1 for `error`, 0 for `complete`. */
  readonly exitCode?: (end: MainEnd) => number;
  /**
   * Whether `process.exit` is called when all is over: `true` at once, a number in so many milliseconds where something still
   * keeps the process alive by then, which is printed. Default `false`: the process ends by itself.
   */
  readonly exit?: boolean | number;
  /** Where errors go, and what was left open. Default: standard error. */
  readonly print?: (text: string) => void;
}

export type MainSettings = Required<MainOptions>;

const KEYS: readonly (keyof MainOptions)[] = ['signals', 'uncaught', 'deadline', 'echo', 'exitCode', 'exit', 'print'];

export function mainSettings(options: MainOptions): MainSettings {
  checkKeys(options, 'the options of runMain()', KEYS);
  const settings = {
    signals: stopSignals,
    uncaught: true,
    deadline: defaultDeadline,
    echo: defaultEcho,
    exitCode: defaultExitCode,
    exit: false,
    print: (text: string) => {
      process.stderr.write(`${text}\n`);
    },
    ...given(options),
  };
  checkTimes(settings, 'deadline', 'echo');
  if (typeof settings.exit === 'number') checkTimes({ exit: settings.exit }, 'exit');
  return settings;
}

function defaultExitCode({ kind, signal }: MainEnd): number {
  if (signal !== null) return exitCodeOf(signal);
  return kind === 'error' ? 1 : 0;
}
