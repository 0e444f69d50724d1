import { EMPTY, EmptyError, NEVER, of, Subject, throwError, timer } from 'rxjs';
import {
  ClosedError,
  exitStack,
  ExitStack,
  fromValue,
  lastValue,
  resource,
  scoped,
  settled,
  use,
  using,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise, waysToFail } from '../support/failing.js';
import { describeError, describeExit, Gate, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';

const boom = new Error('boom');

describe('scoped', () => {
  it('builds step by step and releases in reverse (law 4)', async () => {
    const journal = new Journal();
    const source = scoped(async (stack) => {
      const names: string[] = [];
      for (const name of ['a', 'b']) names.push(await stack.enter(journal.resource(name)));
      stack.defer(() => journal.note('deferred'));
      return names.join();
    });
    await expect(lastValue(using(source, (handle) => [handle]))).resolves.toBe('a,b');
    expect(journal.lines).toEqual(['+a', '+b', 'deferred', '-b complete', '-a complete']);
  });

  it('stays synchronous where the builder is (law 17)', () => {
    const journal = new Journal();
    const source = scoped((stack) => stack.adopt('handle', () => journal.note('released')));
    using(source, (handle) => of(handle)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['next handle', 'released', 'complete']);
  });

  it('keeps the frames of observables (law 18)', () => {
    testResources(({ cold, expectObservable }) => {
      const source = scoped((stack) => {
        stack.defer(() => timer(3));
        return timer(2);
      });
      expectObservable(using(source, () => cold('-x|'))).toBe('---x---|');
    });
  });

  it('gives each scope a stack of its own (law 5)', () => {
    const stacks: ExitStack[] = [];
    const source = scoped((stack) => stacks.push(stack));
    source.subscribe().unsubscribe();
    source.subscribe().unsubscribe();
    expect(stacks).toHaveLength(2);
    expect(stacks[0]).not.toBe(stacks[1]);
    expect(stacks.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it('tells the entries the exit (law 7), and lets push suppress (law 8)', () => {
    const journal = new Journal();
    const source = scoped((stack) => {
      stack.push((exit) => journal.note(`outer ${describeExit(exit)}`));
      stack.push((exit) => {
        journal.note(`inner ${describeExit(exit)}`);
        return true;
      });
    });
    using(source, () => throwError(() => boom)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['inner error boom', 'outer complete', 'complete']);
  });

  it('joins a failing entry with the error of the body (law 9)', async () => {
    const source = scoped((stack) => stack.defer(() => raise(new Error('deferred'))));
    expect(describeError(await errorOf(using(source, () => throwError(() => boom))))).toBe('S(deferred, boom)');
  });

  describe('where the builder fails', () => {
    it.each(waysToFail(boom))(
      'releases what was on the stack with that error, where it %s (law 11)',
      async (_, fails) => {
        const journal = new Journal();
        const source = scoped((stack) => {
          stack.push((exit) => journal.note(describeExit(exit)));
          return fails();
        });
        expect(await errorOf(using(source, () => ['body']))).toBe(boom);
        expect(journal.lines).toEqual(['error boom']);
      },
    );

    it('completes without a value where an entry suppressed that (law 11)', () => {
      const source = scoped<number>((stack) => {
        stack.push(() => true);
        throw boom;
      });
      expect(notificationsOf(using(source, () => ['body']))).toEqual(['complete']);
    });

    it('fails with EmptyError where its observable is empty (law 11)', async () => {
      expect(await errorOf(scoped(() => EMPTY))).toBeInstanceOf(EmptyError);
    });

    it('fails with what a member failed to enter with, released in reverse', async () => {
      const journal = new Journal();
      const source = scoped(async (stack) => {
        await stack.enter(journal.resource('a'));
        return stack.enter(resource<string>({ acquire: () => Promise.reject(boom) }));
      });
      expect(await errorOf(using(source, () => ['body']))).toBe(boom);
      expect(journal.lines).toEqual(['+a', '-a error boom']);
    });
  });

  describe('unsubscribed while building', () => {
    it('aborts what is being entered; the builder goes on to its end, then all is released (law 13)', async () => {
      const journal = new Journal();
      const acquired = new Gate<string>();
      const source = scoped(async (stack) => {
        stack.push((exit) => journal.note(describeExit(exit)));
        const member = journal.resource('a', {
          acquire: ({ signal }) => {
            signal.addEventListener('abort', () => journal.note('aborted'));
            return acquired.promise;
          },
        });
        await stack.enter(member);
        journal.note('built');
        return 'handle';
      });
      using(source, () => ['body'])
        .subscribe(journal.observer())
        .unsubscribe();
      expect(journal.take()).toEqual(['+a', 'aborted']);
      acquired.open('late');
      await settled();
      expect(journal.take()).toEqual(['+a ok', 'built', '-a unsubscribe', 'unsubscribe']);
    });

    it('reports a builder that fails then (law 13)', async () => {
      const gate = new Gate();
      scoped(() => gate.promise)
        .subscribe()
        .unsubscribe();
      gate.fail(boom);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('reports nothing where it fails because of that (law 13)', async () => {
      const member = resource({
        acquire: ({ signal }) =>
          new Promise<number>((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          }),
      });
      scoped((stack) => stack.enter(member))
        .subscribe()
        .unsubscribe();
      expect(await takeUnhandledErrors()).toEqual([]);
    });
  });

  it('ends where something on the stack is lost (law 29)', async () => {
    const death = new Subject<void>();
    const journal = new Journal();
    const source = scoped((stack) => stack.enter(journal.resource('a', { lost: () => death })));
    using(source, () => NEVER).subscribe(journal.observer());
    await microtasks();
    death.next();
    expect(journal.lines).toEqual(['+a', '-a error ResourceLostError', 'error ResourceLostError']);
  });

  it('releases in reverse, each finished before the next, when the consumer leaves (law 4)', () => {
    const journal = inVirtualTime((journal, { hot }) => {
      const source = scoped((stack) => {
        for (const name of ['a', 'b']) {
          stack.defer(() => {
            journal.note(name);
            return timer(2);
          });
        }
      });
      const subscription = source.subscribe();
      hot('-x').subscribe(() => subscription.unsubscribe());
    });
    expect(journal.lines).toEqual(['1 b', '3 a']);
  });

  it('keeps what was moved to another stack', async () => {
    const journal = new Journal();
    const source = scoped((stack) => {
      stack.defer(() => journal.note('deferred'));
      return of(stack.move());
    });
    const moved = await lastValue(using(source, (stack) => [stack]));
    expect(journal.lines).toEqual([]);
    await moved.close();
    expect(journal.lines).toEqual(['deferred']);
  });

  it('is named "scoped", and refuses what is no function with a TypeError at the call', () => {
    expect(scoped(() => 1).name).toBe('scoped');
    expect(() => scoped(new ExitStack() as never)).toThrow(TypeError);
    expect(() => scoped(undefined as never)).toThrow(/build to be a function, received undefined/);
  });
});

describe('exitStack', () => {
  it('is closed with the scope, told its exit', () => {
    const journal = new Journal();
    const source = exitStack().pipe(
      use((stack) => {
        expect(stack).toBeInstanceOf(ExitStack);
        stack.push((exit) => journal.note(describeExit(exit)));
        return throwError(() => boom);
      }),
    );
    source.subscribe(journal.observer());
    expect(journal.lines).toEqual(['error boom', 'error boom']);
  });

  it('waits for an enter that is pending when the body ends (law 26)', async () => {
    const journal = new Journal();
    const acquired = new Gate<string>();
    const refused: Promise<unknown>[] = [];
    using(exitStack(), (stack) => {
      refused.push(rejection(stack.enter(journal.resource('a', { acquire: () => acquired.promise }))));
      return of('body');
    }).subscribe(journal.observer());
    expect(journal.take()).toEqual(['+a', 'next body']);
    acquired.open('late');
    expect(await refused[0]).toBeInstanceOf(ClosedError);
    await microtasks();
    expect(journal.take()).toEqual(['+a ok', '-a complete', 'complete']);
  });

  it('may be closed by hand before: nothing is released twice (law 1)', async () => {
    const journal = new Journal();
    await lastValue(
      using(exitStack(), async (stack) => {
        await stack.enter(fromValue(1));
        stack.defer(() => journal.note('deferred'));
        await stack.close();
        journal.note('closed');
      }),
    );
    expect(journal.lines).toEqual(['deferred', 'closed']);
  });
});
