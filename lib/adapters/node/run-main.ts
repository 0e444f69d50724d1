import { asyncScheduler, defer, timer, type ObservableInput } from 'rxjs';

import { consume, firstValue, openResources, settled, type Consumption } from '../../core/index.js';
import { onAbort } from '../../internal/on-abort.js';
import { Cut } from './cut.js';
import { formatError } from './format-error.js';
import { keepsAlive } from './keeps-alive.js';
import { claimStops, failProcess, type ProcessCause } from './process-stops.js';
import { mainSettings, type MainEnd, type MainOptions, type MainSettings } from './run-main-options.js';
import { takeUnhandledErrors } from './unhandled-errors.js';

/**
 * Runs an observable as a process: subscribes, waits for its end and for everything that is released, and sets the exit code.
 * Never rejects; answers how it has ended.
 *
 * Use it for the last line of a program: a server that runs until it is told to stop, a job that comes to an end.
 *
 * **Guarantees.** A signal unsubscribes, and what that releases is waited for, also what was left behind in the background before
 * (`settled()`). A second signal, or the `deadline`, ends the waiting and prints what is still open. Errors are printed, all of
 * them. With `uncaught`, errors that nobody has caught end the program in the same way, once (S10). Until then the process is
 * kept alive; afterwards no listener and no timer is left (S9), and the process ends by itself. `process.exit` is called only
 * where `exit` says so.
 *
 * **The exit code** tells the cause (S7): 128 and the number of the signal, 1 for an error, else 0, or what the program has
 * set itself. A {@link lifespan} inside is told of the signal first, with its own times; what is around it is left afterwards.
 *
 * @example
 * ```ts
 * import { of } from 'rxjs';
 * import { resource, using } from 'rxscope';
 * import { runMain } from 'rxscope/node';
 *
 * const log: string[] = [];
 * const server = resource({ acquire: () => 'server', release: async () => log.push('closed') });
 * const end = await runMain(using(server, () => of('served')));
 * [end.kind, end.signal, log]; // => ['complete', null, ['closed']]
 * ```
 */
export async function runMain(
  program: ObservableInput<unknown> | (() => ObservableInput<unknown>),
  options: MainOptions = {},
): Promise<MainEnd> {
  const settings = mainSettings(options);
  const main = new Main(settings);
  const end = await main.run(defer(typeof program === 'function' ? program : () => program));
  const code = settings.exitCode(end);
  process.exitCode = code === 0 ? (process.exitCode ?? 0) : code;
  exit(settings);
  return end;
}

/** A program on its way, and whoever may end it. */
class Main {
  private readonly cut = new Cut<'deadline' | NodeJS.Signals>(asyncScheduler);
  private readonly errors: unknown[] = [];
  private consumption: Consumption | null = null;
  /** Why it was told to end; null where it was not. */
  private cause: ProcessCause | null = null;

  constructor(private readonly settings: MainSettings) {}

  async run(program: ReturnType<typeof defer>): Promise<MainEnd> {
    const { signals, uncaught, echo } = this.settings;
    const claim = claimStops({
      signals,
      uncaught,
      echo,
      stop: (cause) => {
        this.stop(cause);
      },
      force: (signal) => {
        this.cut.make(signal);
      },
      note: (error) => {
        this.fail(error);
      },
    });
    const restore = uncaught ? takeUnhandledErrors(failProcess) : noop;
    this.consumption = consume(program);
    const done = this.consumption.done.catch((error: unknown) => {
      this.fail(error);
    });
    if (this.cause !== null) this.close();
    await this.cut.within(done);
    if (this.cause === null) this.cut.arm(this.settings.deadline, 'deadline');
    await this.cut.within(settled());
    await firstValue(timer(0)); // what was reported meanwhile comes with a timer
    this.cut.disarm();
    restore();
    claim.release();
    return this.end();
  }

  private stop(cause: ProcessCause): void {
    if (this.cause !== null) return;
    this.cause = cause;
    if (cause.kind === 'uncaught') this.fail(cause.error);
    this.cut.arm(this.settings.deadline, 'deadline');
    this.close();
  }

  private close(): void {
    this.consumption?.close().catch(noop); // `done` tells
  }

  private fail(error: unknown): void {
    if (this.errors.includes(error)) return;
    this.errors.push(error);
    this.settings.print(formatError(error));
  }

  private end(): MainEnd {
    const { errors, cause } = this;
    const { by } = this.cut;
    if (by !== null) this.settings.print(`Not waited for, forced by ${by}: ${openNames() || 'what does not end'}.`);
    const signal = cause?.kind === 'signal' ? cause.signal : null;
    const kind = signal !== null ? 'stopped' : errors.length > 0 || by !== null ? 'error' : 'complete';
    return Object.freeze({ kind, signal, errors: Object.freeze([...errors]), forced: by });
  }
}

/** Ends the process where that is asked for; a timer that waits for that keeps nothing alive. */
function exit({ exit, print }: MainSettings): void {
  if (exit === true) process.exit();
  if (exit === false || exit === Infinity) return;
  onAbort(AbortSignal.timeout(exit), () => {
    const alive = keepsAlive().map(({ type, count }) => `${count} ${type}`);
    print(`Still alive after ${exit} ms, because of ${[...alive, openNames()].filter(Boolean).join(', ')}.`);
    process.exit();
  });
}

function openNames(): string {
  return openResources()
    .map(({ name, state }) => `${name} (${state})`)
    .join(', ');
}

function noop(): void {
  // nothing to do
}
