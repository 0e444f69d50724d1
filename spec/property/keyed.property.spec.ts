/**
 * Random crowds around `keyed`, against a model: who is told what and when, what is acquired and released and with which
 * exit, and what `stats()` says in between.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';
import { config, map, Subject, timer, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { keyed, openResources, resource, use, type Keyed, type Resource } from '../../lib/index.js';
import { microtasks } from '../support/microtasks.js';
import { Failure, failuresIn, renderError, renderExit } from './support/failure.js';
import { isolate } from './support/isolate.js';
import { KeyedModel, type Line, type Setting, type Turnout } from './support/keyed-model.js';
import { PATIENCE, parameters } from './support/parameters.js';

type Step = { readonly gap: number } & (
  | { readonly kind: 'get' | 'refresh'; readonly key: string; readonly isBrief: boolean }
  | { readonly kind: 'leave' | 'complete' | 'fail'; readonly who: number }
  | { readonly kind: 'invalidate' | 'touch' | 'lose'; readonly key: string }
  | { readonly kind: 'close'; readonly force: boolean }
);

interface Plan {
  readonly setting: Setting;
  readonly steps: readonly Step[];
}

/** What happened, told by the library or by the model. */
interface Course {
  readonly stats: readonly (readonly Line[])[];
  readonly told: Record<string, readonly string[]>;
  readonly course: readonly string[];
  readonly reported: readonly string[];
  readonly closing: readonly string[];
}

const frames = fc.constantFrom<(number | 'sync')[]>('sync', 0, 1, 2, 3, 5);
const seldom = fc.nat(5).map((n) => n === 0);
const keys = fc.constantFrom('a', 'b');
const gap = fc.constantFrom(0, 0, 1, 1, 2, 3, 6);
const turnouts: fc.Arbitrary<Turnout> = fc.record({ acquire: frames, refuses: seldom, release: frames, fails: seldom });

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ gap, kind: fc.constant('get' as const), key: keys, isBrief: seldom }) },
  { weight: 2, arbitrary: fc.record({ gap, kind: fc.constant('refresh' as const), key: keys, isBrief: seldom }) },
  { weight: 8, arbitrary: fc.record({ gap, kind: fc.constantFrom('leave' as const, 'leave' as const, 'complete' as const, 'fail' as const), who: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ gap, kind: fc.constantFrom('invalidate' as const, 'touch' as const, 'lose' as const), key: keys }) },
  { weight: 1, arbitrary: fc.record({ gap, kind: fc.constant('close' as const), force: fc.boolean() }) },
); // prettier-ignore

const plans: fc.Arbitrary<Plan> = fc.record({
  setting: fc.record({
    turnouts: fc.array(turnouts, { minLength: 1, maxLength: 6 }),
    idleTimeout: fc.constantFrom(0, 0, 2, 4, 9),
    overlap: seldom,
    interruptible: seldom,
  }),
  steps: fc.array(steps, { maxLength: 40 }),
});

/** Long after everything that a plan can start. */
const END = 1000;

class Play {
  readonly model: KeyedModel;
  readonly scheduler = new TestScheduler(() => undefined);
  readonly expected: (readonly Line[])[] = [];
  readonly stats: (readonly Line[])[] = [];
  readonly told: Record<string, string[]> = {};
  readonly course: string[] = [];
  readonly reported: string[] = [];
  readonly closing: string[] = [];
  private readonly losses: Subject<unknown>[] = [];
  private readonly bodies: Subject<never>[] = [];
  private readonly leavers: (() => void)[] = [];
  private map!: Keyed<string, number>;

  constructor(private readonly plan: Plan) {
    this.model = new KeyedModel(plan.setting);
  }

  async run(): Promise<void> {
    isolate();
    const { onUnhandledError } = config;
    config.onUnhandledError = (error) => this.reported.push(...failuresIn(error).map(renderError));
    this.scheduler.run(({ flush }) => {
      const { idleTimeout, overlap } = this.plan.setting;
      const owner = keyed<string, number>(() => this.resource(), { idleTimeout, overlap }).subscribe(
        (map) => (this.map = map),
      );
      let at = 0;
      for (const step of this.plan.steps) {
        at += step.gap;
        const frame = at;
        this.scheduler.schedule(() => {
          this.compare(frame);
          this.take(step);
        }, frame);
      }
      this.scheduler.schedule(() => {
        this.compare(END);
        this.take({ kind: 'close', force: true, gap: 0 });
        owner.unsubscribe();
      }, END);
      flush();
    });
    this.model.advance(2 * END);
    await microtasks();
    config.onUnhandledError = onUnhandledError;
  }

  private compare(frame: number): void {
    this.model.advance(frame);
    this.expected.push(this.model.stats());
    this.stats.push([...this.map.stats().instances].sort((one, other) => one.generation - other.generation));
  }

  private take(step: Step): void {
    const { model, map } = this;
    switch (step.kind) {
      case 'get':
      case 'refresh': {
        const id = this.leavers.length;
        model.come(id, step.key, step.isBrief, step.kind === 'refresh');
        this.come(id, step.kind === 'get' ? map.get(step.key) : map.refresh(step.key), step.isBrief);
        break;
      }
      case 'leave': {
        const id = pick(model.those('waiting', 'using', 'ending'), step.who);
        if (id === null) break;
        model.leave(id);
        this.leavers[id]?.();
        break;
      }
      case 'complete':
      case 'fail': {
        const id = pick(model.those('using'), step.who);
        if (id === null) break;
        const failure = new Failure(`body ${String(id)}`);
        model.end(id, step.kind === 'complete' ? 'complete' : `error ${failure.label}`);
        if (step.kind === 'complete') this.bodies[id]?.complete();
        else this.bodies[id]?.error(failure);
        break;
      }
      case 'lose': {
        const number = model.lose(step.key);
        if (number !== null) this.losses[number]?.next('gone');
        break;
      }
      case 'close':
        model.close(step.force);
        map.close({ force: step.force }).catch((error: unknown) => {
          this.closing.push(...failuresIn(error).map(renderError));
        });
        break;
      default:
        model[step.kind](step.key);
        map[step.kind](step.key);
    }
  }

  private come(id: number, source: ReturnType<Keyed<string, number>['get']>, isBrief: boolean): void {
    const body = (this.bodies[id] = new Subject<never>());
    const lines: string[] = [];
    const tell = (line: string): void => {
      lines.push(`${String(this.scheduler.frame)} ${line}`);
      this.told[id] = lines;
    };
    this.leavers[id] = () => undefined; // in case it leaves before there is a subscription
    const used = source.pipe(
      use((handle) => {
        tell(`next ${String(handle)}`);
        return isBrief ? [] : body;
      }),
    );
    const subscription = used.subscribe({
      error: (error: unknown) => {
        tell(`error ${renderError(error)}`);
      },
      complete: () => {
        tell('complete');
      },
    });
    this.leavers[id] = () => {
      subscription.unsubscribe();
    };
  }

  private resource() {
    const { turnouts, interruptible } = this.plan.setting;
    let number = -1;
    const turnout = (): Turnout => turnouts[number % turnouts.length] as Turnout;
    const note = (line: string): void => {
      this.course.push(`${String(this.scheduler.frame)} ${line}`);
    };
    return resource({
      interruptible,
      lost: () => this.losses[number] as Subject<unknown>,
      acquire: () => {
        number = this.losses.push(new Subject()) - 1;
        note(`+${String(number)}`);
        const { acquire, refuses } = turnout();
        return after(acquire, () => {
          if (refuses) throw new Failure(`acquire ${String(number)}`);
          return number;
        });
      },
      release: (_, exit) => {
        note(`-${String(number)} ${renderExit(exit)}`);
        const { release, fails } = turnout();
        return after(release, () => {
          if (fails) throw new Failure(`release ${String(number)}`);
        });
      },
    });
  }
}

function after<T>(delay: number | 'sync', act: () => T): T | Observable<T> {
  return delay === 'sync' ? act() : timer(delay).pipe(map(act));
}

function pick(ids: readonly number[], who: number): number | null {
  return ids[who % ids.length] ?? null;
}

async function play(
  plan: Plan,
): Promise<{ readonly actual: Course; readonly expected: Course; readonly steps: number }> {
  const one = new Play(plan);
  await one.run();
  const { model, stats, expected, told, course, reported, closing } = one;
  return {
    steps: plan.steps.length,
    actual: { stats, told, course, reported: reported.sort(), closing: closing.sort() },
    expected: {
      stats: expected,
      told: Object.fromEntries(model.told),
      course: model.course,
      reported: model.reported.sort(),
      closing: model.closing.sort(),
    },
  };
}

describe('keyed', () => {
  it(
    'does what the model says, whoever comes and goes',
    async () => {
      let count = 0;
      await fc.assert(
        fc.asyncProperty(plans, async (plan) => {
          const { actual, expected, steps: length } = await play(plan);
          count += length;
          expect(actual).toEqual(expected);
          expect(openResources()).toEqual([]);
        }),
        parameters(1500),
      );
      expect(count).toBeGreaterThan(0);
    },
    PATIENCE,
  );

  it('the plans are such that everything happens', () => {
    const some = fc.sample(plans, { numRuns: 300, seed: 1 });
    const kinds = new Set(some.flatMap((plan) => plan.steps.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual(['close', 'complete', 'fail', 'get', 'invalidate', 'leave', 'lose', 'refresh', 'touch']); // prettier-ignore
  });

  describe('with a capacity', () => {
    it(
      'never has more, refuses nobody for whom there is room, and gives up what was used least recently',
      async () => {
        await fc.assert(
          fc.asyncProperty(crowds, async (crowd) => {
            expect(await gather(crowd)).toEqual([]);
            expect(openResources()).toEqual([]);
          }),
          parameters(1500),
        );
      },
      PATIENCE,
    );
  });
});

interface Crowd {
  readonly capacity: number;
  readonly whenFull: 'evict' | 'wait';
  readonly idleTimeout: number;
  readonly acquire: number | 'sync';
  readonly release: number | 'sync';
  /** Frames until it comes, its key, and how long it stays. */
  readonly users: readonly (readonly [gap: number, key: string, stay: number])[];
}

const crowds: fc.Arbitrary<Crowd> = fc.record({
  capacity: fc.integer({ min: 1, max: 3 }),
  whenFull: fc.constantFrom('evict', 'wait'),
  idleTimeout: fc.constantFrom(0, 3, Infinity),
  acquire: frames,
  release: frames,
  users: fc.array(fc.tuple(gap, fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.constantFrom(0, 1, 2, 5)), {
    maxLength: 30,
  }),
});

/** What is wrong with how a crowd was served; empty is good. */
async function gather({ capacity, whenFull, users, acquire, release, idleTimeout }: Crowd): Promise<string[]> {
  isolate();
  const faults: string[] = [];
  const alive = new Set<string>();
  const served = new Set<number>();
  /** Keys in the order in which they were used, the last one at the end. */
  const used = new Set<string>();
  const use_ = (key: string): void => {
    used.delete(key);
    used.add(key);
  };
  new TestScheduler(() => undefined).run(({ flush }) => {
    let map!: Keyed<string, string>;
    const part = (key: string): Resource<string> =>
      resource({
        acquire: () => {
          alive.add(key);
          if (alive.size > capacity) faults.push(`more than ${String(capacity)}: ${[...alive].join()}`);
          return after(acquire, () => key);
        },
        release: (_, exit) => {
          const idle = map.stats().instances.filter(({ state }) => state === 'idle');
          const older = idle.find((one) => [...used].indexOf(one.key) < [...used].indexOf(key));
          // Told `complete` it was idle; by its time, by force or to make room.
          if (exit.kind === 'complete' && idleTimeout === Infinity && older !== undefined && !isOver) {
            faults.push(`${key} was given up before ${older.key}`);
          }
          return after(release, () => alive.delete(key));
        },
      });
    let isOver = false;
    const owner = keyed(part, { capacity, whenFull, idleTimeout }).subscribe((handle) => (map = handle));
    let at = 0;
    users.forEach(([gap_, key, stay], index) => {
      at += gap_;
      timer(at).subscribe(() => {
        const { idle, instances } = map.stats();
        const isThere = map.keys.includes(key);
        const subscription = map.get(key).subscribe({
          next: () => {
            served.add(index);
            use_(key);
            timer(stay).subscribe(() => {
              use_(key);
              subscription.unsubscribe();
            });
          },
          error: (error: unknown) => {
            served.add(index);
            const isFull = !isThere && idle === 0 && instances.length >= capacity;
            if (whenFull === 'wait' || !isFull) faults.push(`${key} was refused: ${renderError(error)}`);
          },
        });
      });
    });
    timer(END).subscribe(() => {
      isOver = true;
      owner.unsubscribe();
    });
    flush();
  });
  await microtasks();
  users.forEach(([, key], index) => {
    if (!served.has(index)) faults.push(`${key} was never served`);
  });
  return faults;
}
