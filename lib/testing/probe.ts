import {
  catchError,
  dematerialize,
  finalize,
  from,
  map,
  tap,
  throwError,
  type Observable,
  type ObservableNotification,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { mapValue, resource, type Exit, type Resource } from '../core/index.js';
import type { LifecycleMark, LifecycleSymbol } from './lifecycle.js';

/** How a probe enters and leaves. Diagrams are those of `cold`; what stands wholly at frame 0 happens synchronously. */
export interface ProbeOptions<T> {
  /** Entering: the first value is the handle, `#` fails. Several: one for each scope, the last for all after it. Default `'(a|)'`. */
  readonly acquire?: string | readonly string[];
  /** Leaving: `|` is its end, `#` fails. Several: as for `acquire`. Default `'|'`. */
  readonly release?: string | readonly string[];
  /** The handle. Default: the letter that is drawn. */
  readonly value?: T;
  /** What `#` in `acquire` fails with. Default: RxJS's `'error'`. */
  readonly acquireError?: unknown;
  /** What `#` in `release` fails with. Default: RxJS's `'error'`. */
  readonly releaseError?: unknown;
  /** From when it is entered: a value or `#` says that it died. Default: it never does. */
  readonly lost?: string;
  /** Whether entering is given up when the consumer leaves. Default `false`. */
  readonly interruptible?: boolean;
  /** Milliseconds the release may take. Default: no limit. */
  readonly releaseTimeout?: number;
}

/** One step in the life of a probed scope. */
export interface ProbedEvent extends LifecycleMark {
  /** Grows from event to event over all probes: what tells events of one frame apart. */
  readonly order: number;
}

let order = 0;

/** What a probe has written down about one scope. */
export interface ProbedScope<T> {
  /** What happened at which frame, in order. */
  readonly events: readonly ProbedEvent[];
  /** How it was told that the scope ended; null as long as it has not been told. */
  readonly exit: Exit | null;
  /** What it was entered with; `undefined` as long as it has not been. */
  readonly handle: T | undefined;
}

/** A resource that takes the time drawn, and writes down what happens to it. */
export interface Probe<T> extends Resource<T> {
  /** One record for each scope, in the order of entering. */
  readonly scopes: readonly ProbedScope<T>[];
}

class Log<T> implements ProbedScope<T> {
  readonly events: ProbedEvent[] = [];
  exit: Exit | null = null;
  handle: T | undefined = undefined;

  constructor(private readonly scheduler: TestScheduler) {}

  note(symbol: LifecycleSymbol): void {
    this.events.push({ frame: this.scheduler.frame, symbol, order: order++ });
  }
}

export function createProbe<T>(scheduler: TestScheduler, name: string, options: ProbeOptions<T>): Probe<T> {
  const { acquire = '(a|)', release = '|', lost, interruptible = false, releaseTimeout } = options;
  const acquires = readAll(acquire, options, 'acquireError');
  const releases = readAll(release, options, 'releaseError');
  const losing = lost === undefined ? null : read(lost);
  const scopes: Log<T>[] = [];
  const probed = resource<Log<T>>({
    name,
    interruptible,
    ...(releaseTimeout === undefined ? {} : { releaseTimeout }),
    ...(losing === null ? {} : { lost: () => losing(scheduler) }),
    acquire: () => {
      const log = new Log<T>(scheduler);
      const drawn = at(acquires, scopes.push(log))(scheduler);
      return entering(log, drawn.pipe(map((letter) => ('value' in options ? options.value : letter) as T)));
    },
    release: (log, exit) => {
      log.exit = exit;
      return leaving(log, at(releases, scopes.indexOf(log) + 1)(scheduler));
    },
  });
  return Object.assign(probed.pipe(mapValue((log) => log.handle as T)), { scopes });
}

/** Plays a diagram from the moment of subscribing. */
type Play = (scheduler: TestScheduler) => Observable<string>;

/** What the nth scope plays. */
function at(plays: readonly Play[], count: number): Play {
  return plays[Math.min(count, plays.length) - 1] as Play;
}

function readAll(
  diagrams: string | readonly string[],
  options: ProbeOptions<unknown>,
  key: 'acquireError' | 'releaseError',
): Play[] {
  const list = typeof diagrams === 'string' ? [diagrams] : diagrams;
  if (list.length === 0) throw new TypeError('Expected a diagram, received an empty list.');
  const plays = list.map(read);
  if (!(key in options)) return plays;
  return plays.map((play) => (scheduler) => play(scheduler).pipe(catchError(() => throwError(() => options[key]))));
}

/** Reads a diagram of `cold`. What stands wholly at frame 0 is played synchronously. */
function read(diagram: string): Play {
  if (/[\^!]/.test(diagram)) throw new TypeError(`"^" and "!" mean nothing in the diagram "${diagram}" of a probe.`);
  const messages = TestScheduler.parseMarbles(diagram, undefined, undefined, undefined, true);
  const isAtOnce = messages.length > 0 && messages.every(({ frame }) => frame === 0);
  if (!isAtOnce) return (scheduler) => scheduler.createColdObservable(diagram);
  const notifications = messages.map(({ notification }) => notification as ObservableNotification<string>);
  return () => from(notifications).pipe(dematerialize());
}

function entering<T>(log: Log<T>, drawn: Observable<T>): Observable<Log<T>> {
  let isOver = false;
  const over = (symbol: LifecycleSymbol): void => {
    if (!isOver) log.note(symbol);
    isOver = true;
  };
  log.note('a');
  return drawn.pipe(
    map((handle) => Object.assign(log, { handle })),
    tap({ next: () => over('^'), error: () => over('#'), complete: () => over('#') }),
    finalize(() => over('|')),
  );
}

function leaving<T>(log: Log<T>, drawn: Observable<unknown>): Observable<unknown> {
  log.note('!');
  return drawn.pipe(tap({ error: () => log.note('#'), complete: () => log.note('|') }));
}
