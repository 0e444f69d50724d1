/**
 * Groups of random tasks, some of which are groups themselves, start others or are cancelled, against a model that knows
 * how each task should have ended, given when the others did; with a consumer that leaves in every frame.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';
import { config, defer, map, merge, NEVER, of, timer, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { ClosedError, openResources, resource, taskGroup, using, type Exit, type TaskGroup } from '../../lib/index.js';
import { Failure } from './support/failure.js';
import { isolate } from './support/isolate.js';
import { PATIENCE, parameters } from './support/parameters.js';

type Delay = number | 'sync';

/** A task, or the body of a group: a scope that works, then cleans up. */
interface Job {
  readonly work: Delay | 'never';
  readonly fails: boolean;
  readonly cleanup: Delay;
  readonly cleanupFails: boolean;
  /** Tasks it starts in its own group. */
  readonly starts: readonly Start[];
  /** A group of its own, instead of work. */
  readonly group: Group | null;
}

interface Start {
  readonly after: Delay;
  readonly job: Job;
  /** When whoever started it cancels it; null: never. */
  readonly cancel: Delay | null;
}

interface Group {
  readonly tasks: readonly Start[];
  readonly body: Job;
}

interface Line {
  readonly at: number;
  readonly kind: 'begin' | 'release' | 'over' | 'cancel' | 'refused' | 'leave' | 'complete' | 'error';
  readonly path: string;
  readonly exit?: Exit;
}

interface Course {
  readonly lines: readonly Line[];
  /** What the consumer was told and what was reported. */
  readonly told: readonly string[];
  readonly open: number;
}

const delays = fc.constantFrom<Delay[]>('sync', 0, 1, 2, 3, 4);

const seldom = fc.oneof({ arbitrary: fc.constant(false), weight: 4 }, { arbitrary: fc.constant(true), weight: 1 });

/** Jobs with so many levels of tasks that they start, and of groups inside. */
function jobs(depth: number): fc.Arbitrary<Job> {
  return fc.record({
    work: fc.oneof({ arbitrary: delays, weight: 5 }, { arbitrary: fc.constant<'never'>('never'), weight: 1 }),
    fails: seldom,
    cleanup: delays,
    cleanupFails: seldom,
    starts: depth === 0 ? fc.constant([]) : fc.array(starts(depth - 1), { maxLength: 2 }),
    group: depth === 0 ? fc.constant(null) : fc.option(groups(depth - 1), { freq: 2 }),
  });
}

function starts(depth: number): fc.Arbitrary<Start> {
  return fc.record({ after: delays, job: jobs(depth), cancel: fc.option(delays, { freq: 1 }) });
}

function groups(depth: number): fc.Arbitrary<Group> {
  return fc.record({ tasks: fc.array(starts(depth), { maxLength: 3 }), body: jobs(depth) });
}

function render(error: unknown): string {
  if (error instanceof AggregateError) return `A[${error.errors.map(render).join(', ')}]`;
  const { name, error: newer, suppressed } = error as { name: string; error?: unknown; suppressed?: unknown };
  if (name === 'SuppressedError') return `S(${render(newer)}, ${render(suppressed)})`;
  return error instanceof Failure ? error.label : String(error);
}

/** Plays a group; the consumer leaves in the frame `leaveAt`. */
class Play {
  readonly lines: Line[] = [];
  private readonly scheduler = new TestScheduler(() => undefined);

  run(group: Group, leaveAt: number): Course {
    isolate();
    const told: string[] = [];
    const previous = config.onUnhandledError;
    config.onUnhandledError = (error) => told.push(render(error));
    this.scheduler.run(({ flush }) => {
      this.scheduler.schedule(() => {
        const subscription = this.group(group, 'g').subscribe({
          complete: () => this.tell('complete', 'g'),
          error: (error: unknown) => {
            told.push(render(error));
            this.tell('error', 'g');
          },
        });
        this.scheduler.schedule(() => {
          if (!subscription.closed) this.tell('leave', 'g');
          subscription.unsubscribe();
        }, leaveAt);
      });
      flush();
    });
    config.onUnhandledError = previous;
    return { lines: this.lines, told, open: openResources().length };
  }

  /** The tasks are started from outside: the body of the group is one job, no more. */
  private group({ tasks, body }: Group, path: string): Observable<unknown> {
    return using(taskGroup({ name: path }), (group) => {
      tasks.forEach((start, index) => {
        const begin = (): void => {
          this.start(start, `${path}.${String(index)}`, group);
        };
        if (start.after === 'sync') begin();
        else this.scheduler.schedule(begin, start.after);
      });
      return this.job(body, `${path}.b`, group);
    });
  }

  private starting(start: Start, path: string, group: TaskGroup): Observable<unknown> {
    const begin = (): void => {
      this.start(start, path, group);
    };
    return this.after(start.after, begin);
  }

  private start({ job, cancel }: Start, path: string, group: TaskGroup): void {
    try {
      const task = group.start(this.job(job, path, group), { name: path });
      if (cancel === null) return;
      const leave = (): void => {
        this.tell('cancel', path);
        void task.cancel();
      };
      if (cancel === 'sync') leave();
      else this.scheduler.schedule(leave, cancel);
    } catch (error) {
      if (!(error instanceof ClosedError)) throw error;
      this.tell('refused', path);
    }
  }

  private job(job: Job, path: string, group: TaskGroup): Observable<unknown> {
    const scope = resource({
      name: path,
      acquire: () => this.tell('begin', path),
      release: (_, exit) => {
        this.tell('release', path, exit);
        return this.after(job.cleanup, () => {
          this.tell('over', path);
          if (job.cleanupFails) throw new Failure(`cleanup ${path}`);
        });
      },
    });
    return using(scope, () =>
      merge(
        ...job.starts.map((start, index) => this.starting(start, `${path}/${String(index)}`, group)),
        job.group !== null ? this.group(job.group, `${path}.g`) : this.work(job, path),
      ),
    );
  }

  private work({ work, fails }: Job, path: string): Observable<unknown> {
    if (work === 'never') return NEVER;
    return this.after(work, () => {
      if (fails) throw new Failure(path);
    });
  }

  private after(delay: Delay, act: () => void): Observable<unknown> {
    if (delay !== 'sync') return timer(delay, this.scheduler).pipe(map(act));
    return defer(() => {
      act();
      return of(undefined);
    });
  }

  private tell(kind: Line['kind'], path: string, exit?: Exit): void {
    this.lines.push({ at: this.scheduler.frame, kind, path, ...(exit === undefined ? {} : { exit }) });
  }
}

/** What a job or a group has come to: the position in the course at which it was over, and its error. */
interface End {
  readonly index: number;
  readonly error: string | null;
}

interface Member extends End {
  readonly path: string;
}

const NEVER_CAME = Infinity;

function pathOf(member: Member | null): string | undefined {
  return member?.path;
}

/** Judges a course: `faults` is what is wrong with it, `error` what it should have come to. */
class Model {
  readonly faults: string[] = [];

  constructor(private readonly lines: readonly Line[]) {}

  judge({ body, tasks }: Group): End {
    const left = this.find('leave', 'g');
    const end = this.group({ body, tasks }, 'g', left);
    const last = this.lines.at(-1);
    if (left === NEVER_CAME) {
      const told = this.find(end.error === null ? 'complete' : 'error', 'g');
      if (told === NEVER_CAME) this.faults.push(`expected ${end.error ?? 'a completion'}`);
      else if (this.at(told) !== this.at(end.index)) this.faults.push(`told at ${String(this.at(told))}`);
      if (last?.kind === 'begin') this.faults.push('something begins after the end');
    }
    return end;
  }

  /** `stop`: where it is left from outside. */
  private group({ body, tasks }: Group, path: string, stop: number): End {
    const paths = this.membersOf(path, tasks, body);
    const bodyPath = `${path}.b`;
    const ends = new Map<string, Member>();
    // How the others end depends on who fails first, and the other way round: go on until nothing changes any more.
    let first: Member | null = null;
    let cancel = NEVER_CAME;
    for (let round = 0; round <= paths.length + 1; round++) {
      const faults = this.faults.length;
      const bodyStop = Math.min(stop, first === null || first.path === bodyPath ? NEVER_CAME : first.index);
      const bodyEnd = this.job(body, bodyPath, bodyStop);
      ends.set(bodyPath, { path: bodyPath, ...bodyEnd });
      const outside = stop === NEVER_CAME ? NEVER_CAME : Math.max(stop, bodyEnd.index);
      cancel = Math.min(outside, first?.index ?? NEVER_CAME);
      for (const [member, job] of paths) {
        const alone = this.find('cancel', member);
        ends.set(member, { path: member, ...this.job(job, member, Math.min(alone, cancel)) });
      }
      const failing: Member[] = [...ends.values()].filter(({ error }) => error !== null).sort((a, b) => a.index - b.index); // prettier-ignore
      const before: string | undefined = pathOf(first);
      first = failing[0] ?? null;
      if (pathOf(first) === before && round > 0) break;
      this.faults.length = faults;
    }
    for (const [member] of paths) {
      const begun = this.find('begin', member);
      if (begun !== NEVER_CAME && begun > cancel) this.faults.push(`${member} begins in a group that is cancelled`);
    }
    return this.endOf(path, [...ends.values()], first, stop);
  }

  private endOf(path: string, ends: readonly Member[], first: Member | null, stop: number): End {
    const index = Math.max(...ends.map((end) => end.index), first?.index ?? 0);
    const failing = ends.filter(({ error }) => error !== null).sort((a, b) => a.index - b.index);
    const bodyPath = `${path}.b`;
    const body = ends.find((end) => end.path === bodyPath) as Member;
    const others = failing.filter((end) => end !== body);
    // Whether a task has ended the scope: then it comes before the body, else the body comes first.
    const isCause = first !== null && first !== body && first.path !== bodyPath && first.index < Math.min(body.index < 0 ? NEVER_CAME : body.index, stop);
    const ofBody = body.error === null ? [] : [body];
    const order = isCause ? [...others.slice(0, 1), ...ofBody, ...others.slice(1)] : [...ofBody, ...others];
    const errors = order.map(({ error }) => error as string);
    if (errors.length === 0) return { index, error: null };
    // Left while it waited with nothing but the error of its exit: dropped (law 14).
    const isExit = isCause || (body.error !== null && body.index < stop);
    const known = first !== null && first.index < stop && isExit;
    if (known && stop < index && errors.length === 1) return { index, error: null };
    return { index, error: errors.length === 1 ? (errors[0] as string) : `A[${errors.join(', ')}]` };
  } // prettier-ignore

  private job(job: Job, path: string, stop: number): End {
    const begun = this.find('begin', path);
    if (begun === NEVER_CAME) return { index: -1, error: null };
    const [released, over] = [this.find('release', path), this.find('over', path)];
    const { exit } = this.lines[released] ?? {};
    if (exit === undefined || over === NEVER_CAME) {
      this.faults.push(`${path} is not released`);
      return { index: this.lines.length, error: null };
    }
    if (this.lines.filter((line) => line.path === path && line.kind === 'release').length > 1) {
      this.faults.push(`${path} is released twice`);
    }
    const cleanup = job.cleanup === 'sync' ? 0 : job.cleanup;
    if (this.at(over) - this.at(released) !== cleanup) this.faults.push(`${path} takes another time to clean up`);
    this.checkExit(job, path, stop, released, exit);
    const isDropped = exit.kind !== 'error' || (released < stop && stop < over);
    if (job.cleanupFails) {
      const error = exit.kind === 'error' ? `S(cleanup ${path}, ${render(exit.error)})` : `cleanup ${path}`;
      return { index: over, error };
    }
    return { index: over, error: isDropped ? null : render((exit as { error: unknown }).error) };
  }

  /** Whether it was told to end when and as it should have been. */
  private checkExit(job: Job, path: string, stop: number, released: number, exit: Exit): void {
    const isStopped = stop < released;
    if (job.group !== null) {
      const inner = this.group(job.group, `${path}.g`, stop);
      const expected = inner.error ?? (isStopped ? 'unsubscribe' : 'complete');
      const told = exit.kind === 'error' ? render(exit.error) : exit.kind;
      // What it starts is under way as long as it works: then the inner group is not the last.
      if (expected !== told && !(told === 'unsubscribe' && inner.error === null)) this.faults.push(`${path} is told ${told} instead of ${expected}`); // prettier-ignore
      if (isStopped && this.at(released) !== Math.max(this.at(stop), this.at(inner.index))) this.faults.push(`${path} is released at another time`); // prettier-ignore
      return;
    }
    if (!isStopped) {
      const isOwn = exit.kind === (job.fails ? 'error' : 'complete');
      if (!isOwn || job.work === 'never') this.faults.push(`${path} ends with ${exit.kind}, though nobody stops it`);
    } else if (exit.kind !== 'unsubscribe' || this.at(released) !== this.at(stop)) {
      this.faults.push(`${path} is told ${exit.kind} at ${String(this.at(released))} instead of unsubscribe at ${String(this.at(stop))}`); // prettier-ignore
    }
  }

  /** All tasks of a group that have begun, also those that others have started. */
  private membersOf(path: string, tasks: readonly Start[], body: Job): [string, Job][] {
    const members: [string, Job][] = [];
    const add = (starts: readonly Start[], prefix: string): void => {
      starts.forEach(({ job }, index) => {
        const member = `${prefix}${String(index)}`;
        if (this.find('begin', member) !== NEVER_CAME) members.push([member, job]);
        add(job.starts, `${member}/`);
      });
    };
    add(tasks, `${path}.`);
    add(body.starts, `${path}.b/`);
    return members;
  }

  private find(kind: Line['kind'], path: string): number {
    const index = this.lines.findIndex((line) => line.kind === kind && line.path === path);
    return index < 0 ? NEVER_CAME : index;
  }

  private at(index: number): number {
    return this.lines[index]?.at ?? 0;
  }
}

function faultsOf(group: Group, { lines, told, open }: Course): string[] {
  const model = new Model(lines);
  const { error } = model.judge(group);
  const expected = error === null ? [] : [error];
  const faults = [...model.faults];
  if (told.join('; ') !== expected.join('; ')) faults.push(`told ${told.join('; ')} instead of ${expected.join('; ')}`);
  if (open > 0) faults.push(`${String(open)} scopes are open`);
  return faults;
}

function show({ at, kind, path, exit }: Line): string {
  const told = exit === undefined ? '' : exit.kind === 'error' ? ` ${render(exit.error)}` : ` ${exit.kind}`;
  return `${String(at)} ${kind} ${path}${told}`;
}

/** Long enough for whatever ends by itself. */
const LATE = 60;

describe('taskGroup', () => {
  it(
    'ends each task once and as it should, and tells all failures once, whenever its consumer leaves',
    () => {
      fc.assert(
        fc.property(groups(2), (group) => {
          const { lines } = new Play().run(group, LATE);
          const last = lines.filter(({ at }) => at < LATE).at(-1)?.at ?? 0;
          for (const leaveAt of [LATE, ...Array.from({ length: last + 1 }, (_, frame) => frame)]) {
            const course = new Play().run(group, leaveAt);
            const shown = course.lines.map(show);
            expect({ leaveAt, shown, faults: faultsOf(group, course) }).toEqual({ leaveAt, shown, faults: [] });
          }
        }),
        parameters(200),
      );
    },
    PATIENCE,
  );

  describe('judged by its faults', () => {
    const job: Job = { work: 1, fails: false, cleanup: 2, cleanupFails: false, starts: [], group: null };
    const start = (change: Partial<Job>): Start => ({ after: 'sync', job: { ...job, ...change }, cancel: null });
    const group: Group = {
      tasks: [start({ fails: true }), start({ work: 'never' }), { ...start({}), after: 9 }],
      body: { ...job, work: 'never' },
    };
    const good = new Play().run(group, LATE);
    const changed = (change: (line: Line) => Line | null, told: readonly string[]): string[] =>
      faultsOf(group, { lines: good.lines.map(change).filter((line) => line !== null), told, open: 0 });
    const is = (line: Line, kind: Line['kind'], path: string): boolean => line.kind === kind && line.path === path;

    it('finds nothing wrong with a good course', () => {
      expect(good.lines.map(show)).toEqual([
        ...[
          '0 begin g.0',
          '0 begin g.1',
          '0 begin g.b',
          '1 release g.0 g.0',
          '3 over g.0',
          '3 release g.1 unsubscribe',
        ],
        ...['3 release g.b unsubscribe', '5 over g.1', '5 over g.b', '5 error g', '9 refused g.2'],
      ]);
      expect(faultsOf(group, good)).toEqual([]);
    });

    it('finds a scope that is open', () => {
      expect(faultsOf(group, { ...good, open: 1 })).toEqual(['1 scopes are open']);
    });

    it.each<[string, (line: Line) => Line | null, readonly string[]]>([
      ['g.1 is not released', (line) => (is(line, 'over', 'g.1') ? null : line), good.told],
      ['g.1 takes another time to clean up', (line) => (is(line, 'over', 'g.1') ? { ...line, at: 6 } : line), good.told],
      ['g.1 is told complete at 3 instead of unsubscribe at 3', (line) => (is(line, 'release', 'g.1') ? { ...line, exit: { kind: 'complete' } } : line), good.told],
      ['g.b is told unsubscribe at 4 instead of unsubscribe at 3', (line) => (is(line, 'release', 'g.b') ? { ...line, at: 4 } : line), good.told],
      ['told at 4', (line) => (line.kind === 'error' ? { ...line, at: 4 } : line), good.told],
      ['expected g.0', (line) => (line.kind === 'error' ? { ...line, kind: 'complete' } : line), good.told],
      ['g.2 begins in a group that is cancelled', (line) => (line.kind === 'refused' ? { ...line, kind: 'begin' } : line), good.told],
      ['told  instead of g.0', (line) => line, []],
      ['told g.0; g.0 instead of g.0', (line) => line, ['g.0', 'g.0']],
    ])('finds: %s', (fault, change, told) => {
      expect(changed(change, told)).toContain(fault);
    }); // prettier-ignore
  });
});
