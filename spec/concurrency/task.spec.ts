import { EMPTY, finalize, from, mergeMap, NEVER, Observable, of, retry, take, tap, throwError, timer } from 'rxjs';
import { lastValue, resource, taskGroup, UnsubscribedError, use, using } from '../../lib/index.js';
import { errorOf } from '../support/failing.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';
import { course, failAt, held, outcomeOf } from '../support/task-course.js';

const boom = new Error('boom');

describe('Task', () => {
  it('answers its last value once its releases are over', async () => {
    const journal = new Journal();
    const gate = new Gate();
    const work = taskGroup().pipe(
      use(async (group) => {
        const slow = journal.resource('a', { release: () => gate.promise });
        const task = group.start(using(slow, () => of(1, 2)));
        const waiting = outcomeOf(task.result).then((line) => journal.note(line));
        await nextMacrotask();
        journal.note('now');
        gate.open();
        await waiting;
        return task.result;
      }),
    );
    expect(await lastValue(work)).toBe(2);
    expect(journal.lines).toEqual(['+a', '-a complete', 'now', '-a ok', 'resolved 2']);
  });

  it.each([
    ['a promise', () => Promise.resolve('value')],
    ['an iterable', () => ['first', 'value']],
    ['an async iterable', () => (async function* () { yield 'value'; })()],
    ['an observable', () => of('first', 'value')],
    ['an async function', () => async () => 'value'],
    ['a generator function', () => function* () { yield 'value'; }],
    ['an async generator function', () => async function* () { yield 'first'; yield 'value'; }],
    ['a function that answers an observable', () => () => of('value')],
  ])('can be %s', async (_, input) => {
    const work = taskGroup().pipe(use((group) => group.start(input() as () => Promise<string>).result));
    expect(await lastValue(work)).toBe('value');
  }); // prettier-ignore

  it('without a value answers undefined', async () => {
    const work = taskGroup().pipe(use((group) => from(group.start(EMPTY).result)));
    expect(await lastValue(work)).toBeUndefined();
  });

  it('answers the same whenever it is asked', async () => {
    const work = taskGroup().pipe(
      use(async (group) => {
        const task = group.start(of(1));
        return [await task.result, await task.result, task.result === task.result];
      }),
    );
    expect(await lastValue(work)).toEqual([1, 1, true]);
  });

  it('that has failed rejects with its error, which is not unhandled where nobody looks', async () => {
    const told: string[] = [];
    const work = taskGroup().pipe(
      use((group) => {
        const task = group.start(throwError(() => boom));
        void task.result;
        void outcomeOf(task.result).then((line) => told.push(line));
        return NEVER;
      }),
    );
    expect(await errorOf(work)).toBe(boom);
    await nextMacrotask();
    expect(told).toEqual(['rejected boom']);
  });

  it('is cancelled alone, which is no failure, and the others go on', () => {
    const lines = course((group, journal) => {
      const task = group.start(held(journal, 'a', 2));
      group.start(timer(7).pipe(finalize(() => journal.note('other'))));
      return timer(3).pipe(
        tap(() => {
          void task.cancel();
        }),
      );
    });
    expect(lines).toEqual(['0 +a', '3 -a unsubscribe', '3 next 0', '5 -a ok', '7 other', '7 complete']);
  });

  it('that is cancelled says so once its releases are over', async () => {
    const journal = new Journal();
    const gate = new Gate();
    const work = taskGroup().pipe(
      use(async (group) => {
        const slow = journal.resource('a', { release: () => gate.promise });
        const task = group.start(
          using(slow, () => NEVER),
          { name: 'listen' },
        );
        const result = task.result.catch((error: unknown) => error);
        const gone = task.cancel().then(() => journal.note('gone'));
        await nextMacrotask();
        journal.note('now');
        gate.open();
        await gone;
        return result;
      }),
    );
    const error = await lastValue(work);
    expect(error).toBeInstanceOf(UnsubscribedError);
    expect((error as Error).message).toBe('"listen" was cancelled.');
    expect((error as UnsubscribedError).resource).toBe('listen');
    expect(journal.lines).toEqual(['+a', '-a unsubscribe', 'now', '-a ok', 'gone']);
  });

  it('is cancelled once, and again resolves as well', async () => {
    const journal = new Journal();
    const work = taskGroup().pipe(
      use(async (group) => {
        const task = group.start(held(journal, 'a'));
        await Promise.all([task.cancel(), task.cancel()]);
        await task.cancel();
        await task[Symbol.asyncDispose]();
      }),
    );
    await lastValue(work);
    expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
  });

  it('that has ended is not cancelled any more', async () => {
    const work = taskGroup().pipe(
      use(async (group) => {
        const task = group.start(of(1));
        await task.cancel();
        return task.result;
      }),
    );
    expect(await lastValue(work)).toBe(1);
  });

  it('that has ended, and is left with a release, is not cancelled any more, but waited for', async () => {
    const gate = new Gate();
    const journal = new Journal();
    const work = taskGroup().pipe(
      use(async (group) => {
        const task = group.start(journal.resource('a', { release: () => gate.promise }).pipe(take(1)));
        const gone = task.cancel().then(() => journal.note('gone'));
        await nextMacrotask();
        gate.open();
        await gone;
        return task.result;
      }),
    );
    expect(await lastValue(work)).toBe('a');
    expect(journal.lines).toEqual(['+a', '-a unsubscribe', '-a ok', 'gone']);
  });

  it('whose cleanup fails after being cancelled fails the group; cancel() itself never rejects', async () => {
    const told: string[] = [];
    const work = taskGroup().pipe(
      use((group) => {
        const failing = resource({ acquire: () => 1, release: () => Promise.reject(boom) });
        const task = group.start(using(failing, () => NEVER));
        void outcomeOf(task.cancel()).then((line) => told.push(`cancel ${line}`));
        void outcomeOf(task.result).then((line) => told.push(`result ${line}`));
        return NEVER;
      }),
    );
    expect(await errorOf(work)).toBe(boom);
    await microtasks();
    expect(told).toEqual(['cancel resolved undefined', 'result rejected boom']);
  });

  it('is left with a block of `await using`', async () => {
    const journal = new Journal();
    const work = taskGroup().pipe(
      use(async (group) => {
        {
          await using task = group.start(held(journal, 'a'));
          journal.note(task.name);
        }
        journal.note('after');
      }),
    );
    await lastValue(work);
    expect(journal.lines).toEqual(['+a', 'task', '-a unsubscribe', 'after']);
  });

  it('can cancel itself, from inside its own subscribe too', () => {
    const lines = course((group, journal) => {
      const self: { task?: { cancel(): unknown } } = {};
      self.task = group.start(
        timer(1).pipe(
          tap(() => {
            void self.task?.cancel();
          }),
          mergeMap(() => held(journal, 'never')),
        ),
      );
      return timer(3);
    });
    expect(lines).toEqual(['3 next 0', '3 complete']);
  });

  it('can be tried again by retry, each time after its releases', () => {
    const lines = course((group, journal) => {
      const flaky = using(journal.resource('a', { release: () => timer(1) }), () => failAt(1));
      group.start(flaky.pipe(retry({ count: 2, delay: 5 })));
      return NEVER;
    });
    expect(lines).toEqual([
      ...['0 +a', '1 -a error boom', '2 -a ok', '7 +a', '8 -a error boom', '9 -a ok'],
      ...['14 +a', '15 -a error boom', '16 -a ok', '16 error boom'],
    ]);
  });

  it('can start others, which are cancelled with it', () => {
    const lines = course((group, journal) => {
      const hydra = (): Observable<unknown> =>
        timer(1).pipe(
          tap(() => {
            group.start(hydra());
            group.start(hydra());
          }),
        );
      group.start(hydra());
      group.start(failAt(4).pipe(finalize(() => journal.note(`${String(group.size)} heads`))));
      return NEVER;
    });
    expect(lines).toEqual(['4 9 heads', '4 error boom']);
  });
});
