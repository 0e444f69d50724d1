/**
 * Iterators over observables, asked at random moments of random courses. Where rxjs-for-await is right, it says what is
 * right; the rest is judged by small models.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';
import { Observable, Subject } from 'rxjs';
import * as peer from 'rxjs-for-await';
import { CapacityError, resource, settled, toAsyncIterable, using, type IterationOptions } from '../../lib/index.js';
import * as ours from '../../lib/index.js';
import { microtasks } from '../support/microtasks.js';
import { PATIENCE, parameters } from './support/parameters.js';
import { failure, play, quiet, schedules, type Iterate, type Schedule, type Step } from './support/schedule.js';

const iterateWith =
  (options: IterationOptions): Iterate =>
  (source) =>
    toAsyncIterable(source, options as never)[Symbol.asyncIterator]();

/** A schedule in which everybody has time to get to an end between two steps. */
const calm = (schedule: Schedule): Schedule => ({
  ...schedule,
  steps: schedule.steps.flatMap((step): Step[] => [step, { kind: 'quiet' }]),
});

function check<T>(arbitrary: fc.Arbitrary<T>, property: (one: T) => Promise<void>, runs = 600): Promise<void> {
  return fc.assert(fc.asyncProperty(arbitrary, property), parameters(runs));
}

describe('next to rxjs-for-await', () => {
  it(
    'eachValueFrom answers the same, and ends the same',
    () =>
      check(schedules, async (schedule) => {
        const expected = await play(peer.eachValueFrom, schedule);
        await expect(play(ours.eachValueFrom, schedule)).resolves.toEqual(expected);
        const roomy = iterateWith({ highWaterMark: 1000 });
        await expect(play(roomy, schedule)).resolves.toEqual(expected);
      }),
    PATIENCE,
  );

  it(
    'bufferedValuesFrom answers the same values, and ends the same',
    () =>
      check(schedules, async (schedule) => {
        const expected = await play(peer.bufferedValuesFrom, schedule);
        for (const iterate of [ours.bufferedValuesFrom, iterateWith({ strategy: 'batch', highWaterMark: 1000 })]) {
          const { values, end } = await play(iterate, schedule);
          expect({ values: values.flat(), end }).toEqual({ ...expected, values: expected.values.flat() });
        }
      }),
    PATIENCE,
  );

  it(
    'bufferedValuesFrom answers the same arrays, where there is time between two steps',
    () =>
      check(schedules.map(calm), async (schedule) => {
        const expected = await play(peer.bufferedValuesFrom, schedule);
        await expect(play(ours.bufferedValuesFrom, schedule)).resolves.toEqual(expected);
        const roomy = iterateWith({ strategy: 'batch', highWaterMark: 1000 });
        await expect(play(roomy, schedule)).resolves.toEqual(expected);
      }),
    PATIENCE,
  );

  it(
    'nextValueFrom answers the same, and ends the same',
    () =>
      check(schedules, async (schedule) => {
        const expected = await play(peer.nextValueFrom, schedule);
        await expect(play(ours.nextValueFrom, schedule)).resolves.toEqual(expected);
      }),
    PATIENCE,
  );

  it(
    'latestValueFrom answers a fast consumer the same, where there is time between two steps',
    () =>
      check(schedules.map(calm), async (schedule) => {
        const expected = await play(peer.latestValueFrom, schedule, true);
        await expect(play(ours.latestValueFrom, schedule, true)).resolves.toEqual(expected);
      }),
    PATIENCE,
  );
});

describe('latestValueFrom', () => {
  /** What is wrong with what was seen. */
  const faults = async (iterate: Iterate, schedule: Schedule, fast: boolean): Promise<string[]> => {
    const seen = await play(iterate, schedule, fast);
    const values = seen.values as readonly number[];
    const asked = fast ? 0 : schedule.steps.findIndex(({ kind }) => kind === 'ask');
    const last = schedule.first + emitted(schedule.steps);
    const sees = asked >= 0 && last > emitted(schedule.steps.slice(0, asked)) && !fast;
    const broken: string[] = [];
    if (values.some((value, index) => index > 0 && value <= (values[index - 1] as number))) broken.push('order');
    if ((sees || (fast && last > 0)) && values.at(-1) !== last) broken.push('the last value is not seen');
    if (seen.end !== schedule.end && asked >= 0) broken.push(`end ${seen.end}`);
    return broken;
  };
  const emitted = (steps: readonly Step[]): number =>
    steps.reduce((sum, step) => (step.kind === 'emit' ? sum + step.count : sum), 0);

  it(
    'keeps the order, doubles nothing, and shows the last value before the end',
    () =>
      check(fc.tuple(schedules, fc.boolean()), async ([schedule, fast]) => {
        await expect(faults(ours.latestValueFrom, schedule, fast)).resolves.toEqual([]);
      }),
    PATIENCE,
  );

  it('judged by the same, that of rxjs-for-await loses the last value', async () => {
    const steps: Step[] = [
      { kind: 'ask' }, { kind: 'emit', count: 1 }, { kind: 'quiet' }, { kind: 'emit', count: 1 }, { kind: 'quiet' },
    ]; // prettier-ignore
    const found = await faults(peer.latestValueFrom, { first: 0, steps, end: 'open' }, false);
    expect(found).toEqual(['the last value is not seen']);
  });
});

describe('a limit', () => {
  type Move =
    { readonly kind: 'emit'; readonly count: number } | { readonly kind: 'ask' | 'complete' | 'fail' | 'return' };
  interface Plan {
    readonly moves: readonly Move[];
    readonly batch: boolean;
    readonly limit: number;
    readonly overflow: 'error' | 'drop-oldest' | 'drop-newest';
    readonly eager: boolean;
  }

  const move: fc.Arbitrary<Move> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('emit' as const), count: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 8, arbitrary: fc.constant({ kind: 'ask' as const }) },
    { weight: 1, arbitrary: fc.constantFrom({ kind: 'complete' as const }, { kind: 'fail' as const }, { kind: 'return' as const }) }, // prettier-ignore
  );
  const plans: fc.Arbitrary<Plan> = fc.record({
    moves: fc.array(move, { maxLength: 16 }),
    batch: fc.boolean(),
    limit: fc.integer({ min: 1, max: 4 }),
    overflow: fc.constantFrom('error', 'drop-oldest', 'drop-newest'),
    eager: fc.boolean(),
  });

  /** The answers by the rules, one for each ask, and whether somebody is subscribed in the end. */
  function expected({ moves, batch, limit, overflow, eager }: Plan): { answers: string[]; observed: boolean } {
    const answers: string[] = [];
    const waiting: number[] = [];
    const store: number[] = [];
    let subscribed = eager;
    let outcome: string | null = null;
    let ended = false;
    /** How the source has ended, for who subscribes only then. */
    let over: string | null = null;
    let count = 0;
    const take = (): string => (batch ? JSON.stringify(store.splice(0)) : JSON.stringify(store.shift()));
    const tellEnd = (): string => {
      const told = outcome ?? 'done';
      outcome = 'done';
      return told;
    };
    const answer = (): void => {
      while (waiting.length > 0 && (store.length > 0 || outcome !== null)) {
        answers[waiting.shift() as number] = store.length > 0 ? take() : tellEnd();
      }
    };
    const accept = (value: number): void => {
      if (!batch && waiting.length > 0) {
        answers[waiting.shift() as number] = JSON.stringify(value);
      } else if (store.length < limit) {
        store.push(value);
      } else if (overflow === 'drop-oldest') {
        store.shift();
        store.push(value);
      } else if (overflow === 'error') {
        outcome = 'CapacityError';
        ended = true;
      }
    };
    for (const one of moves) {
      if (one.kind === 'emit') {
        for (let i = 0; i < one.count; i++) {
          count++;
          if (subscribed && !ended) accept(count);
        }
      } else if (one.kind === 'ask') {
        waiting.push(answers.push('pending') - 1);
        if (!ended && !subscribed && over !== null) {
          outcome = over;
          ended = true;
        }
        subscribed = true;
      } else if (one.kind === 'return') {
        store.length = 0;
        outcome = 'done';
        ended = true;
      } else if (subscribed && !ended) {
        outcome = one.kind === 'fail' ? 'failure' : 'done';
        ended = true;
      }
      if (one.kind === 'complete' || one.kind === 'fail') {
        over ??= one.kind === 'fail' ? 'failure' : 'done';
      }
      answer();
    }
    return { answers, observed: subscribed && !ended };
  }
  async function actual({
    moves,
    batch,
    limit,
    overflow,
    eager,
  }: Plan): Promise<{ answers: string[]; observed: boolean }> {
    const subject = new Subject<number>();
    const strategy = batch ? 'batch' : 'buffer';
    const iterable = toAsyncIterable(subject, { strategy, highWaterMark: limit, overflow, eager } as never);
    const iterator = iterable[Symbol.asyncIterator]() as AsyncGenerator<unknown, void, unknown>;
    const answers: string[] = [];
    let count = 0;
    for (const one of moves) {
      if (one.kind === 'emit') {
        for (let i = 0; i < one.count; i++) subject.next(++count);
      } else if (one.kind === 'ask') {
        const index = answers.push('pending') - 1;
        iterator.next().then(
          ({ done, value }) => (answers[index] = done === true ? 'done' : JSON.stringify(value)),
          (error: unknown) => (answers[index] = error instanceof CapacityError ? error.name : (error as Error).message),
        );
      } else if (one.kind === 'return') {
        void iterator.return();
      } else if (one.kind === 'fail') {
        subject.error(failure);
      } else {
        subject.complete();
      }
      await quiet();
    }
    const seen = { answers: [...answers], observed: subject.observed };
    await iterator.return();
    return seen;
  }

  it(
    'drops, or ends, as its policy says, and answers all who ask in their order',
    () =>
      check(plans, async (plan) => {
        await expect(actual(plan)).resolves.toEqual(expected(plan));
      }),
    PATIENCE,
  );
});

describe('left at any step', () => {
  const strategy = fc.constantFrom('buffer' as const, 'batch' as const, 'latest' as const, 'next' as const);
  const variants: fc.Arbitrary<IterationOptions> = fc.oneof(
    fc.record({ strategy, eager: fc.boolean() }),
    fc.record({
      strategy: fc.constantFrom('buffer' as const, 'batch' as const),
      highWaterMark: fc.integer({ min: 1, max: 3 }),
      overflow: fc.constantFrom('error' as const, 'drop-oldest' as const, 'drop-newest' as const),
    }),
  );
  interface Course {
    readonly schedule: Schedule;
    readonly options: IterationOptions;
    readonly how: 'return' | 'throw' | 'abort';
    /** Whether the source holds something that takes its time to release. */
    readonly holding: boolean;
  }
  const courses: fc.Arbitrary<Course> = fc.record({
    schedule: schedules,
    options: variants,
    how: fc.constantFrom('return', 'throw', 'abort'),
    holding: fc.boolean(),
  });

  /** What is wrong with a course that is left before its step `at`. */
  async function faults({ schedule, options, how, holding }: Course, at: number): Promise<string[]> {
    const broken: string[] = [];
    const subject = new Subject<number>();
    const controller = new AbortController();
    const counts = { subscribed: 0, torn: 0, acquired: 0, released: 0 };
    const plain = new Observable<number>((subscriber) => {
      counts.subscribed++;
      subscriber.add(subject.subscribe(subscriber));
      return () => counts.torn++;
    });
    const held = resource({
      acquire: () => counts.acquired++,
      release: () => microtasks(5).then(() => counts.released++),
    });
    const source = holding ? using(held, () => plain) : plain;
    const iterable = toAsyncIterable(source, { ...options, signal: controller.signal } as never);
    const iterator = iterable[Symbol.asyncIterator]() as AsyncGenerator<unknown, void, unknown>;
    const answers: string[] = [];
    let hasLeft = false;
    const ask = (): void => {
      const index = answers.push('pending') - 1;
      const late = hasLeft;
      iterator.next().then(
        ({ done }) => {
          answers[index] = done === true ? 'done' : 'value';
          if (late && done !== true && how !== 'abort') broken.push('a value after leaving');
        },
        (error: unknown) => (answers[index] = error === failure ? 'error' : String(error)),
      );
    };
    let count = 0;
    const leaving: Promise<unknown>[] = [];
    const leave = (): void => {
      hasLeft = true;
      const { torn } = counts;
      if (how === 'abort') controller.abort(failure);
      else leaving.push(how === 'return' ? iterator.return() : iterator.throw(failure).catch((error: unknown) => error === failure || broken.push('another error'))); // prettier-ignore
      if (counts.subscribed > 0 && counts.torn !== 1) broken.push('still subscribed');
      if (torn > counts.torn) broken.push('torn down twice');
    };
    const end = (): void => {
      if (schedule.end === 'complete') subject.complete();
      else if (schedule.end === 'error') subject.error(failure);
    };
    for (const [index, step] of [...schedule.steps, 'end' as const, null].entries()) {
      if (index === at) leave();
      if (step === null) continue;
      if (step === 'end') end();
      else if (step.kind === 'emit') for (let i = 0; i < step.count; i++) subject.next(++count);
      else if (step.kind === 'ask') ask();
      else await (step.kind === 'tick' ? Promise.resolve() : quiet());
    }
    await Promise.all(leaving);
    if (leaving.length > 0 && counts.released !== counts.acquired) broken.push('left before the release was over');
    await settled();
    await microtasks(40);
    for (let i = 0; i < 50 && answers.at(-1) === 'value'; i++) {
      ask();
      await quiet();
    }
    if (answers.includes('pending')) broken.push('somebody waits for ever');
    if (counts.subscribed > 1 || counts.torn !== counts.subscribed) broken.push('not torn down once');
    if (counts.released !== counts.acquired) broken.push('not released once');
    if (answers.filter((answer) => answer === 'error').length > 1) broken.push('the error was told twice');
    return broken;
  }

  it(
    'the source is left at once and once, all who wait are answered, and nothing comes after',
    () =>
      check(
        courses,
        async (course) => {
          for (let at = 0; at <= course.schedule.steps.length + 1; at++) {
            const broken = await faults(course, at);
            expect({ at, broken }).toEqual({ at, broken: [] });
          }
        },
        200,
      ),
    PATIENCE,
  );
});
