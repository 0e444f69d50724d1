import { defer, EMPTY, finalize, NEVER, Observable, of, throwError } from 'rxjs';
import { lastValue, taskGroup, use } from '../../lib/index.js';
import { errorOf, raise } from '../support/failing.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';
import { course, observer, outcomeOf, shown } from '../support/task-course.js';

const boom = new Error('boom');

describe('a task that is a function', () => {
  /** What `input` notes where it is cancelled. */
  const cancelled = async (input: (signal: () => AbortSignal, note: (line: string) => void) => unknown): Promise<string[]> => {
    const journal = new Journal();
    const work = taskGroup().pipe(
      use(async (group) => {
        const task = group.start((context) => input(() => context.signal, (line) => journal.note(line)) as Promise<unknown>, { name: 'fetch' });
        const result = outcomeOf(task.result);
        await nextMacrotask();
        await task.cancel();
        journal.note('gone');
        journal.note(await result);
      }),
    );
    await lastValue(work).catch((error: unknown) => journal.note(`group ${shown(error)}`));
    return journal.lines;
  }; // prettier-ignore

  it('is told by its signal, with an UnsubscribedError, before it is left', async () => {
    const lines = await cancelled((signal, note) => {
      signal().addEventListener('abort', () => note(String(signal().reason)));
      return NEVER.pipe(finalize(() => note('left')));
    });
    expect(lines).toEqual([
      ...['UnsubscribedError: "fetch" was cancelled.', 'left', 'gone', 'rejected UnsubscribedError'],
    ]);
  });

  it('finds the signal aborted where it looks only then', async () => {
    const lines = await cancelled((signal, note) => NEVER.pipe(finalize(() => note(String(signal().aborted)))));
    expect(lines[0]).toBe('true');
  });

  it('makes no signal where it does not look', () => {
    const made = jest.spyOn(globalThis, 'AbortController');
    taskGroup()
      .pipe(
        use((group) => {
          group.start(() => NEVER);
          group.start(NEVER);
          return EMPTY;
        }),
      )
      .subscribe()
      .unsubscribe();
    expect(made).not.toHaveBeenCalled();
    made.mockRestore();
  });

  it('has no signal that aborts when it ends by itself', async () => {
    const signals: AbortSignal[] = [];
    const work = taskGroup().pipe(
      use((group) => {
        group.start(({ signal }) => (signals.push(signal), of(1)));
        group.start(({ signal }) => (signals.push(signal), throwError(() => boom)));
        return NEVER;
      }),
    );
    expect(await errorOf(work)).toBe(boom);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  it('and async is waited for, since it cannot be left', async () => {
    const lines = await cancelled(async (signal, note) => {
      try {
        await new Promise((_, reject) => {
          signal().addEventListener('abort', () => reject(signal().reason as Error));
        });
      } finally {
        await nextMacrotask();
        note('cleaned');
      }
    });
    expect(lines).toEqual(['cleaned', 'gone', 'rejected UnsubscribedError']);
  });

  it.each([
    ['the reason of the signal', (signal: AbortSignal) => signal.reason as Error],
    ['an error caused by it', (signal: AbortSignal) => new Error('in other words', { cause: signal.reason })],
    ['an AbortError', () => Object.assign(new Error('aborted'), { name: 'AbortError' })],
  ])('fails with %s after being cancelled: no failure', async (_, reason) => {
    const lines = await cancelled(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal().addEventListener('abort', () => reject(reason(signal())));
        }),
    );
    expect(lines).toEqual(['gone', 'rejected UnsubscribedError']);
  });

  it('says the same of a pending step of an async generator: no failure either', async () => {
    const lines = await cancelled(async function* (signal, note) {
      try {
        yield await new Promise((_, reject) => {
          signal().addEventListener('abort', () => reject(signal().reason as Error));
        });
      } finally {
        await nextMacrotask();
        note('cleaned');
      }
    });
    expect(lines).toEqual(['cleaned', 'gone', 'rejected UnsubscribedError']);
  });

  it('and async fails the group where its cleanup fails', async () => {
    const lines = await cancelled(async (signal) => {
      await new Promise<void>((resolve) => {
        signal().addEventListener('abort', () => resolve());
      });
      throw boom;
    });
    expect(lines).toEqual(['gone', 'group boom', 'rejected boom']);
  });

  it('and async is cancelled though it finishes all the same', async () => {
    const lines = await cancelled(async (signal) => {
      await new Promise<void>((resolve) => {
        signal().addEventListener('abort', () => resolve());
      });
      return 'done';
    });
    expect(lines).toEqual(['gone', 'rejected UnsubscribedError']);
  });

  it('fails with what it throws, and with what is no observable input', async () => {
    const failing = (input: () => unknown): Promise<unknown> =>
      errorOf(
        taskGroup().pipe(
          use((group) => {
            group.start(input as () => Observable<unknown>);
            return NEVER;
          }),
        ),
      );
    expect(await failing(() => raise(boom))).toBe(boom);
    expect(await failing(async () => raise(boom))).toBe(boom);
    expect(await failing(() => 1)).toBeInstanceOf(TypeError);
  });

  it('is not begun where it cancels itself before it answers', () => {
    const journal = new Journal();
    taskGroup()
      .pipe(
        use((group) => {
          group.start(() => {
            group.start(throwError(() => boom));
            journal.note('begun');
            return defer(() => raise(new Error('not reached')));
          });
          return NEVER;
        }),
      )
      .subscribe(observer(journal));
    expect(journal.lines).toEqual(['begun', 'error boom']);
  });

  it('fails with what it throws after it has cancelled itself, besides the reason', () => {
    const lines = course((group) => {
      group.start(() => {
        group.start(throwError(() => boom));
        throw new Error('later');
      });
      return NEVER;
    });
    expect(lines).toEqual(['0 error [boom, later]']);
  });

  it('and async is waited for where it has cancelled itself before it answers', async () => {
    const gate = new Gate();
    const journal = new Journal();
    taskGroup()
      .pipe(
        use((group) => {
          group.start(async () => {
            group.start(throwError(() => boom));
            await gate.promise;
            journal.note('over');
          });
          return NEVER;
        }),
      )
      .subscribe(observer(journal));
    await nextMacrotask();
    expect(journal.take()).toEqual([]);
    gate.open();
    await microtasks();
    expect(journal.take()).toEqual(['over', 'error boom']);
  });
});

describe('a promise that is handed in as it is', () => {
  it('is left, as RxJS leaves it', async () => {
    const gate = new Gate();
    const journal = new Journal();
    taskGroup()
      .pipe(
        use((group) => {
          group.start(gate.promise);
          return throwError(() => boom);
        }),
      )
      .subscribe(observer(journal));
    expect(journal.lines).toEqual(['error boom']);
    gate.open();
    await microtasks();
  });
});
