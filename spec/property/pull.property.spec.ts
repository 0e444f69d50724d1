/**
 * `pull` over sources and work with random answers, and a consumer that leaves in every frame, against what may happen.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';
import { concat, config, defer, EMPTY, ignoreElements, map, of, throwError, timer, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { openResources, pull, resource, use } from '../../lib/index.js';
import { supplyKey } from '../../lib/core/supply-observable.js';
import type { Exit } from '../../lib/core/engine/exit.js';
import type { Supply, Taker } from '../../lib/core/supply.js';
import { Failure, failuresIn } from './support/failure.js';
import { isolate } from './support/isolate.js';
import { PATIENCE, parameters } from './support/parameters.js';

type Delay = number | 'sync';

/** One value of the source, and the work it makes. */
interface Job {
  readonly answer: Delay;
  /** When its results come, one after the other. */
  readonly results: readonly Delay[];
  readonly end: Delay;
  readonly fails: 'no' | 'project' | 'work' | 'release';
  readonly release: Delay;
}

interface Plan {
  readonly jobs: readonly Job[];
  /** How the source ends, and when. */
  readonly end: 'complete' | 'error';
  readonly last: Delay;
  readonly concurrency: number;
  readonly ordered: boolean;
}

type Kind = 'ask' | 'value' | 'end' | 'left' | 'closed' | 'start' | 'over' | 'next' | 'error' | 'complete' | 'leave';

interface Line {
  readonly at: number;
  readonly kind: Kind;
  readonly job: number;
  readonly text: string;
}

interface Outcome {
  readonly lines: readonly Line[];
  readonly raised: readonly Failure[];
  readonly told: readonly Failure[];
  readonly open: number;
}

const delays = fc.constantFrom<Delay[]>('sync', 0, 1, 2, 3);
const failing = fc.oneof(
  { weight: 12, arbitrary: fc.constant('no' as const) },
  { weight: 1, arbitrary: fc.constantFrom('project' as const, 'work' as const, 'release' as const) },
);

const plans: fc.Arbitrary<Plan> = fc.record({
  jobs: fc.array(
    fc.record({
      answer: delays,
      results: fc.array(delays, { maxLength: 3 }),
      end: delays,
      fails: failing,
      release: delays,
    }),
    { maxLength: 5 },
  ),
  end: fc.constantFrom<Plan['end'][]>('complete', 'complete', 'error'),
  last: delays,
  concurrency: fc.constantFrom(1, 2, 3, Infinity),
  ordered: fc.boolean(),
});

/** A source that answers when the plan says so, and writes down what it is asked. */
class Planned implements Supply {
  private index = 0;
  private isOpen = true;

  constructor(
    private readonly taker: Taker<number>,
    private readonly plan: Plan,
    private readonly tell: (kind: Kind, job?: number) => void,
    private readonly after: (delay: Delay, act: () => void) => void,
    private readonly raise: (label: string) => Failure,
  ) {}

  ask(): void {
    const job = this.index++;
    this.tell('ask', job);
    const { jobs, last } = this.plan;
    this.after(jobs[job]?.answer ?? last, () => {
      if (!this.isOpen) return;
      if (job < jobs.length) {
        this.tell('value', job);
        this.taker.next(job);
        return;
      }
      this.isOpen = false;
      this.tell('end');
      if (this.plan.end === 'complete') this.taker.complete();
      else this.taker.error(this.raise('source'));
    });
  }

  unsubscribe(): void {
    this.close(() => undefined);
  }

  close(done: (outcome: Exit) => void): void {
    if (this.isOpen) this.tell('left');
    this.isOpen = false;
    done({ kind: 'unsubscribe' });
  }
}

function perform(plan: Plan, leaveAt: number): Outcome {
  isolate();
  const lines: Line[] = [];
  const raised: Failure[] = [];
  const told: unknown[] = [];
  const scheduler = new TestScheduler(() => undefined);
  const tell = (kind: Kind, job = -1, text = ''): void => {
    lines.push({ at: scheduler.frame, kind, job, text });
  };
  const raise = (label: string): Failure => {
    const failure = new Failure(label);
    raised.push(failure);
    return failure;
  };
  const after = (delay: Delay, act: () => void): void => {
    if (delay === 'sync') act();
    else scheduler.schedule(act, delay);
  };
  const at = <T>(delay: Delay, make: () => T): Observable<T> =>
    defer(() => (delay === 'sync' ? of(make()) : timer(delay, scheduler).pipe(map(make))));
  const project = (job: number): Observable<string> => {
    const { results, end, fails, release } = plan.jobs[job] as Job;
    if (fails === 'project') throw raise(`project ${String(job)}`);
    const held = resource({
      acquire: () => {
        tell('start', job);
      },
      release: () =>
        at(release, () => {
          tell('over', job);
          if (fails === 'release') throw raise(`release ${String(job)}`);
        }),
    });
    const work = [
      ...results.map((delay, index) => at(delay, () => `${String(job)}.${String(index)}`)),
      defer(() => {
        if (fails === 'work') return throwError(() => raise(`work ${String(job)}`));
        return end === 'sync' ? EMPTY : timer(end, scheduler).pipe(ignoreElements());
      }),
    ];
    return held.pipe(use(() => concat(...work)));
  };
  const open = (taker: Taker<number>): Supply => new Planned(taker, plan, tell, after, raise);
  const source = Object.assign(of(0), { [supplyKey]: open });
  const previous = config.onUnhandledError;
  config.onUnhandledError = (error) => told.push(error);
  scheduler.run(({ flush }) => {
    scheduler.schedule(() => {
      const subscription = pull(source as never, project, plan).subscribe({
        next: (value) => {
          tell('next', Number(value.split('.')[0]), value);
        },
        error: (error: unknown) => {
          told.push(error);
          tell('error');
        },
        complete: () => {
          tell('complete');
        },
      });
      scheduler.schedule(() => {
        if (!subscription.closed) tell('leave');
        subscription.unsubscribe();
      }, leaveAt);
    });
    flush();
  });
  config.onUnhandledError = previous;
  return { lines, raised, told: told.flatMap(failuresIn), open: openResources().length };
}

/** What is wrong with a course of things; empty is good. */
function faults(plan: Plan, { lines, raised, told, open }: Outcome): string[] {
  const { jobs, concurrency, ordered } = plan;
  const broken: string[] = [];
  const running = new Set<number>();
  const started: number[] = [];
  const emitted: string[] = [];
  let [asked, answered, isAsked, ended] = [0, 0, false, null as Line | null];
  const resultsOf = (job: number): string[] =>
    (jobs[job] as Job).results.map((_, index) => `${String(job)}.${String(index)}`);
  const isHandedOut = (job: number): boolean =>
    !running.has(job) && resultsOf(job).every((one) => emitted.includes(one));
  for (const line of lines) {
    const { kind, job, text } = line;
    const isOver = ended !== null || lines.indexOf(line) > firstEnd(lines);
    if (kind === 'ask') {
      // A slot is taken from the start of the work to its end; with `ordered`, until all of it has been handed out.
      const taken = ordered ? started.filter((one) => !(isHandedOut(one) && started.slice(0, started.indexOf(one)).every(isHandedOut))) : [...running]; // prettier-ignore
      if (isAsked) broken.push(`asked for ${String(job)} while asked`);
      if (taken.length >= concurrency) broken.push(`asked for ${String(job)} with ${String(taken.length)} taken`);
      if (isOver) broken.push(`asked for ${String(job)} after the end`);
      isAsked = true;
      asked++;
    }
    if (kind === 'value') [answered, isAsked] = [answered + 1, false];
    if (kind === 'end') isAsked = false;
    if (kind === 'start') {
      running.add(job);
      started.push(job);
      if (started.length > 1 && job !== started.length - 1) broken.push(`${String(job)} started out of order`);
      if (running.size > concurrency) broken.push(`${String(running.size)} at a time`);
    }
    if (kind === 'over') running.delete(job);
    if (kind === 'next') emitted.push(text);
    if (ended !== null && ['next', 'error', 'complete', 'start'].includes(kind)) broken.push(`${kind} after ${ended.kind}`); // prettier-ignore
    if ((kind === 'error' || kind === 'complete') && running.size > 0) broken.push(`${kind} while work is open`);
    if (kind === 'error' || kind === 'complete' || kind === 'leave') ended ??= line;
  }
  const expected = jobs.flatMap((_, job) => resultsOf(job));
  if (ordered && emitted.some((text, index) => text !== expected[index])) broken.push('not in the order of the source');
  for (const [job] of jobs.entries()) {
    const own = emitted.filter((text) => text.startsWith(`${String(job)}.`));
    if (own.some((text, index) => text !== resultsOf(job)[index])) broken.push(`${String(job)} in a wrong order`);
  }
  if (ended === null) broken.push('no end');
  if (ended?.kind === 'complete' && emitted.length !== expected.length) broken.push('lossy');
  if (ended?.kind === 'complete' && asked !== jobs.length + 1) broken.push('asked too often');
  if (ended?.kind === 'complete' && raised.length > 0) broken.push('a failure was lost');
  if (ended?.kind === 'error' && raised.length === 0) broken.push('an error of nobody');
  for (const failure of raised) {
    const times = told.filter((one) => one === failure).length;
    // Work that has failed and is being released when something else fails is left like the rest (law 14).
    const isLeft = failure.label.startsWith('work') && ended?.kind === 'error' && told.length > 0;
    const isDropped = times === 0 && (ended?.kind === 'leave' || isLeft);
    if (times !== 1 && !isDropped) broken.push(`${failure.label} was told ${String(times)} times`);
  }
  if (running.size > 0 || open > 0) broken.push('something is open');
  if (answered > jobs.length) broken.push('more answers than asked for');
  return broken;
}

/** Where the first failure or the leaving is, after which nothing may be asked. */
function firstEnd(lines: readonly Line[]): number {
  const index = lines.findIndex(({ kind }) => kind === 'left' || kind === 'leave' || kind === 'end');
  return index < 0 ? Infinity : index;
}

function render({ at, kind, job, text }: Line): string {
  return `${String(at)} ${kind} ${text === '' ? String(job) : text}`;
}

describe('pull', () => {
  it(
    'is lossless, in order, within its bound, and releases everything, whenever it is left',
    () => {
      fc.assert(
        fc.property(plans, (plan) => {
          const last = perform(plan, 100).lines.at(-1)?.at ?? 0;
          for (const leaveAt of [100, ...Array(Math.min(last, 60) + 1).keys()]) {
            const outcome = perform(plan, leaveAt);
            const course = outcome.lines.map(render);
            expect({ leaveAt, course, faults: faults(plan, outcome) }).toEqual({ leaveAt, course, faults: [] });
          }
        }),
        parameters(500),
      );
    },
    PATIENCE,
  );

  describe('judged by its faults', () => {
    const job: Job = { answer: 'sync', results: [0], end: 'sync', fails: 'no', release: 'sync' };
    const plan: Plan = {
      jobs: [job, job],
      end: 'complete',
      last: 'sync',

      concurrency: 1,
      ordered: true,
    };
    const line = (text: string): Line => {
      const [kind, name = '-1'] = text.split(' ');
      return { at: 0, kind: kind as Kind, job: Number(name.split('.')[0]), text: name.includes('.') ? name : '' };
    };
    const judge = (texts: readonly string[], changes: Partial<Plan> = {}): string[] =>
      faults({ ...plan, ...changes }, { lines: texts.map(line), raised: [], told: [], open: 0 });
    const first = ['ask 0', 'value 0', 'start 0', 'next 0.0', 'over 0'];
    const second = ['ask 1', 'value 1', 'start 1', 'next 1.0', 'over 1', 'ask 2', 'end'];

    it('finds nothing wrong with a good course', () => {
      expect(judge([...first, ...second, 'complete'])).toEqual([]);
    });

    it.each([
      ['asked for 1 with 1 taken', ['ask 0', 'value 0', 'start 0', 'ask 1']],
      ['asked for 1 while asked', ['ask 0', 'ask 1']],
      ['asked for 1 after the end', [...first, 'left', 'ask 1']],
      ['not in the order of the source', ['next 1.0', 'next 0.0']],
      ['lossy', [...first, 'ask 1', 'value 1', 'start 1', 'over 1', 'ask 2', 'end', 'complete']],
      ['next after complete', [...first, ...second, 'complete', 'next 1.0']],
      ['complete while work is open', ['start 0', 'complete']],
      ['no end', first],
      ['something is open', ['start 0', 'leave']],
      ['an error of nobody', ['error']],
    ])('finds: %s', (fault, lines) => {
      expect(judge(lines)).toContain(fault);
    });

    it('finds that work runs beside others', () => {
      expect(judge(['start 0', 'start 1', 'leave'])).toContain('2 at a time');
    });
  });
});
