import { asyncScheduler, Observable } from 'rxjs';
import { testResources, type Mark, type Probe, type TestHelpers } from 'rxscope/testing';

import { isOver, type Picture, type Row } from './picture.js';

/** What a scene is drawn with: the helpers of a resource test, and those that make rows, in the order of the calls. */
export interface Stage extends TestHelpers {
  /** A row of what comes out of the observables that are piped through it. Values are drawn by their first letter. */
  row(this: void, label: string): <T>(source: Observable<T>) => Observable<T>;
  /** A row of what is noted by calls. */
  mark(this: void, label: string): (symbol: string) => void;
}

/** A diagram before it is drawn. */
export interface Scene {
  readonly name: string;
  readonly title: string;
  /** Answers what is subscribed at frame 0, and when it is left (default: never). */
  readonly play: (stage: Stage) => readonly [source: Observable<unknown>, leaving?: string];
}

/** Plays a scene in virtual time and answers what there is to see. */
export function record({ name, title, play }: Scene): Picture {
  const rows: (() => Row[])[] = [];
  const line = (label: string): Writable[] => {
    const runs: Writable[] = [];
    rows.push(() => lanesOf(runs).map((lane) => ({ kind: 'values', label, runs: lane })));
    return runs;
  };
  testResources((helpers) => {
    const probe = (label: string, options = {}): Probe<never> => {
      const probed = helpers.probe<never>(label, options as { value: never });
      rows.push(() => scopesOf(probed));
      return probed;
    };
    const row: Stage['row'] = (label) => {
      const runs = line(label);
      return (source) => noted(source, runs);
    };
    const mark: Stage['mark'] = (label) => begin(line(label));
    helpers.expectObservable(...play({ ...helpers, probe, row, mark }));
  });
  return { name, title, rows: rows.flatMap((read) => read()) };
}

interface Writable {
  readonly from: number;
  readonly marks: Mark[];
}

function scopesOf({ name, scopes }: Probe<unknown>): Row[] {
  return scopes.map(({ events, exit }, index) => ({
    kind: 'scope',
    label: scopes.length === 1 ? name : `${name} ${String(index + 1)}`,
    marks: events.map(({ frame, symbol }) => ({ frame, symbol })),
    exit: exit?.kind ?? null,
  }));
}

/** A run from now on, and what writes into it. */
function begin(runs: Writable[]): (symbol: string) => void {
  const run: Writable = { from: asyncScheduler.now(), marks: [] };
  runs.push(run);
  return (symbol) => {
    if (!isOver(run.marks)) run.marks.push({ frame: asyncScheduler.now(), symbol });
  };
}

function noted<T>(source: Observable<T>, runs: Writable[]): Observable<T> {
  return new Observable((subscriber) => {
    const note = begin(runs);
    subscriber.add(() => note('!')); // says nothing where it has ended
    subscriber.add(
      source.subscribe({
        next: (value) => {
          note(String(value).charAt(0));
          subscriber.next(value);
        },
        error: (error: unknown) => {
          note('#');
          subscriber.error(error);
        },
        complete: () => {
          note('|');
          subscriber.complete();
        },
      }),
    );
  });
}

/** Runs that do not meet share a line. */
function lanesOf(runs: readonly Writable[]): Writable[][] {
  const lanes: Writable[][] = [];
  for (const run of runs) {
    const free = lanes.find((lane) => {
      const { marks } = lane.at(-1) as Writable;
      return isOver(marks) && (marks.at(-1)?.frame ?? 0) < run.from;
    });
    if (free === undefined) lanes.push([run]);
    else free.push(run);
  }
  return lanes;
}
