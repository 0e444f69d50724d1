import { EMPTY, NEVER, Observable, of, throwError, type ObservableInput } from 'rxjs';
import {
  GeneratorProtocolError,
  lastValue,
  openResources,
  resource,
  settled,
  UnsubscribedError,
  using,
  type Resource,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf } from '../support/failing.js';
import { describeError, Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');
const fail = (): Observable<never> => throwError(() => boom);

/** The transaction of every example: commit, rollback and close, each written down. */
const transactions: readonly (readonly [string, (journal: Journal) => Resource<string>])[] = [
  [
    'a generator',
    (journal) =>
      resource(function* () {
        journal.note('begin');
        try {
          yield 'handle';
          journal.note('commit');
        } catch (error) {
          journal.note(`rollback: ${describeError(error)}`);
          throw error;
        } finally {
          journal.note('close');
        }
      }),
  ],
  [
    'an async generator',
    (journal) =>
      resource(async function* () {
        journal.note('begin');
        try {
          yield 'handle';
          await Promise.resolve();
          journal.note('commit');
        } catch (error) {
          await Promise.resolve();
          journal.note(`rollback: ${describeError(error)}`);
          throw error;
        } finally {
          journal.note('close');
        }
      }),
  ],
];

/** A resource whose generator answers what is thrown in at its `yield` in the given way. */
const catching: readonly (readonly [string, (answer: (error: unknown) => void) => Resource<number>])[] = [
  [
    'a generator',
    (answer) =>
      resource(function* () {
        try {
          yield 1;
        } catch (error) {
          answer(error);
        }
      }),
  ],
  [
    'an async generator',
    (answer) =>
      resource(async function* () {
        try {
          yield 1;
        } catch (error) {
          await Promise.resolve();
          answer(error);
        }
      }),
  ],
];

describe('resource(generator function)', () => {
  describe.each(transactions)('with %s', (_, transaction) => {
    it('enters before the yield, exits after it, and ends then (law 22)', async () => {
      const journal = new Journal();
      const value = await lastValue(using(transaction(journal), (handle) => [`use ${handle}`]));
      journal.note('ended');
      expect(value).toBe('use handle');
      expect(journal.lines).toEqual(['begin', 'commit', 'close', 'ended']);
    });

    it('throws the error of the body in at the yield, and passes it on when rethrown (law 23)', async () => {
      const journal = new Journal();
      expect(await errorOf(using(transaction(journal), () => fail()))).toBe(boom);
      expect(journal.lines).toEqual(['begin', 'rollback: boom', 'close']);
    });

    it('throws an UnsubscribedError in when the consumer leaves; commit does not run (law 24)', async () => {
      const journal = new Journal();
      const subscription = using(transaction(journal), () => NEVER).subscribe();
      await microtasks();
      subscription.unsubscribe();
      await settled();
      expect(journal.lines).toEqual(['begin', 'rollback: UnsubscribedError', 'close']);
    });

    it('makes a generator of its own for each subscription (law 5)', async () => {
      const journal = new Journal();
      const source = transaction(journal);
      await lastValue(using(source, () => [1]));
      await lastValue(using(source, () => [2]));
      expect(journal.lines).toEqual(['begin', 'commit', 'close', 'begin', 'commit', 'close']);
    });

    it('does nothing before it is subscribed (law 5)', () => {
      const journal = new Journal();
      void transaction(journal);
      expect(journal.lines).toEqual([]);
    });
  });

  describe.each(catching)('catching in %s', (_, source) => {
    it('suppresses the error of the body by finishing (law 23)', async () => {
      const heard: unknown[] = [];
      const answer = (error: unknown): void => void heard.push(error);
      await expect(
        lastValue(
          using(source(answer), () => fail()),
          { defaultValue: 'none' },
        ),
      ).resolves.toBe('none');
      expect(heard).toEqual([boom]);
      expect(heard[0]).toBe(boom);
    });

    it('joins another error with that of the body (law 9)', async () => {
      const answer = (): never => {
        throw new Error('rollback');
      };
      expect(describeError(await errorOf(using(source(answer), () => fail())))).toBe('S(rollback, boom)');
    });

    it('passes another error unwrapped whose cause is that of the body (law 9)', async () => {
      const wrapped: Error[] = [];
      const answer = (cause: unknown): never => {
        wrapped.push(new Error('wrapped', { cause }));
        throw wrapped[0] as Error;
      };
      expect(await errorOf(using(source(answer), () => fail()))).toBe(wrapped[0]);
    });

    it('takes an undefined that escapes unchanged for the same failure (law 9)', async () => {
      const answer = (error: unknown): never => {
        throw error;
      };
      expect(await errorOf(using(source(answer), () => throwError(() => undefined)))).toBeUndefined();
    });

    it('may swallow the unsubscription (law 24)', async () => {
      const heard: unknown[] = [];
      const subscription = using(
        source((error) => void heard.push(error)),
        () => NEVER,
      ).subscribe();
      await microtasks();
      subscription.unsubscribe();
      await settled();
      await nextMacrotask();
      expect(heard).toEqual([expect.any(UnsubscribedError)]);
      expect(await takeUnhandledErrors()).toEqual([]);
    });

    it('reports an error that takes the place of the unsubscription (law 12)', async () => {
      const answer = (): never => {
        throw boom;
      };
      const subscription = using(source(answer), () => NEVER).subscribe();
      await microtasks();
      subscription.unsubscribe();
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });
  });

  describe('that is synchronous', () => {
    it('stays synchronous (law 17)', () => {
      const [, transaction] = transactions[0] as (typeof transactions)[number];
      const journal = new Journal();
      using(transaction(journal), () => of(1)).subscribe(journal.observer());
      journal.note('subscribed');
      expect(journal.lines).toEqual(['begin', 'next 1', 'commit', 'close', 'complete', 'subscribed']);
    });

    it('keeps the frames of its body (law 18)', () => {
      testResources(({ cold, expectObservable }) => {
        const source = resource(function* () {
          yield 1;
        });
        expectObservable(using(source, () => cold('-a-b-|'))).toBe('-a-b-|');
      });
    });

    it('takes what it yields for the handle, promises included', () => {
      const promise = Promise.resolve(1);
      const handles: unknown[] = [];
      const source = resource(function* () {
        yield promise;
      });
      source.subscribe((handle) => handles.push(handle)).unsubscribe();
      expect(handles).toHaveLength(1);
      expect(handles[0]).toBe(promise);
    });
  });

  describe('that fails', () => {
    const failures: readonly (readonly [string, () => Resource<number>])[] = [
      ['before the yield', () => resource(function* (): Generator<number> { throw boom; })],
      ['before the yield, asynchronously', () => resource(async function* (): AsyncGenerator<number> { throw boom; })],
      ['as a function, before it is a generator', () => resource((): Generator<number> => { throw boom; })],
      ['after the yield', () => resource(function* () { yield 1; throw boom; })],
      ['after the yield, asynchronously', () => resource(async function* () { yield 1; throw boom; })],
    ]; // prettier-ignore

    it.each(failures)('passes its error as it is, thrown %s (laws 9, 11)', async (_, source) => {
      expect(await errorOf(using(source(), () => EMPTY))).toBe(boom);
    });
  });

  describe('given the context', () => {
    it('throws the reason of the signal in, when that was read (law 24)', async () => {
      const seen: unknown[] = [];
      const source = resource(async function* ({ signal }) {
        try {
          yield signal;
        } catch (error) {
          seen.push(error, signal.reason);
        }
      });
      const subscription = source.subscribe();
      await microtasks();
      subscription.unsubscribe();
      await settled();
      expect(seen[0]).toBeInstanceOf(UnsubscribedError);
      expect(seen[1]).toBe(seen[0]);
    });

    it('sees the signal abort before the error is thrown in (law 13)', () => {
      const journal = new Journal();
      const source = resource(function* ({ signal }) {
        signal.addEventListener('abort', () => journal.note('aborted'));
        try {
          yield 1;
        } finally {
          journal.note('finally');
        }
      });
      source.subscribe().unsubscribe();
      expect(journal.lines).toEqual(['aborted', 'finally']);
    });
  });

  describe('unsubscribed before the yield', () => {
    it('goes on to the yield, and only then is told (law 25)', async () => {
      const journal = new Journal();
      const [first, second] = [new Gate(), new Gate()];
      const source = resource(async function* () {
        await first.promise;
        journal.note('first');
        await second.promise;
        journal.note('second');
        try {
          yield 'handle';
          journal.note('commit');
        } catch (error) {
          journal.note(describeError(error));
        }
      });
      using(source, () => ['body'])
        .subscribe(journal.observer())
        .unsubscribe();
      first.open();
      await microtasks();
      expect(openResources()).toMatchObject([{ state: 'entering' }]);
      second.open();
      await settled();
      expect(journal.lines).toEqual(['first', 'second', 'UnsubscribedError']);
    });

    it('aborts the signal at once (law 13)', async () => {
      const started = new Gate();
      const journal = new Journal();
      const source = resource(async function* ({ signal }) {
        signal.addEventListener('abort', () => journal.note('aborted'));
        await started.promise;
        yield 1;
      });
      source.subscribe().unsubscribe();
      expect(journal.lines).toEqual(['aborted']);
      started.open();
      await settled();
    });

    it('reports a generator that fails then, unless with the reason of the signal (law 13)', async () => {
      const gate = new Gate();
      const failingWith = (errorFor: (signal: AbortSignal) => unknown): Resource<number> =>
        resource(async function* ({ signal }) {
          await gate.promise;
          throw errorFor(signal);
        });
      failingWith(() => boom)
        .subscribe()
        .unsubscribe();
      failingWith((signal) => signal.reason as unknown)
        .subscribe()
        .unsubscribe();
      gate.open();
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });
  });

  describe('that does not yield exactly once', () => {
    const bodies: readonly (readonly [string, () => Resource<number>])[] = [
      ['a generator', () => resource(function* (): Generator<number> {}, { name: 'odd' })],
      ['an async generator', () => resource(async function* (): AsyncGenerator<number> {}, { name: 'odd' })],
    ];

    it.each(bodies)(
      'fails to enter with a GeneratorProtocolError where %s never yields (law 25)',
      async (_, source) => {
        const error = await errorOf(using(source(), () => [1]));
        expect(error).toBeInstanceOf(GeneratorProtocolError);
        expect(error).toMatchObject({ resource: 'odd', message: expect.stringContaining('odd') as string });
      },
    );

    const twice: readonly (readonly [string, (journal: Journal) => Resource<number>])[] = [
      [
        'a generator',
        (journal) =>
          resource(function* () {
            try {
              yield 1;
            } catch {
              journal.note('caught');
            }
            try {
              yield 2;
              journal.note('after the second yield');
            } finally {
              journal.note('closed');
            }
          }),
      ],
      [
        'an async generator',
        (journal) =>
          resource(async function* () {
            try {
              yield 1;
            } catch {
              journal.note('caught');
            }
            try {
              yield 2;
              journal.note('after the second yield');
            } finally {
              await Promise.resolve();
              journal.note('closed');
            }
          }),
      ],
    ];

    const endings: readonly (readonly [string, () => ObservableInput<never>, string[], string])[] = [
      ['after completion', () => EMPTY, ['closed'], 'GeneratorProtocolError'],
      ['after an error', () => fail(), ['caught', 'closed'], 'S(GeneratorProtocolError, boom)'],
    ];

    describe.each(twice)('where %s yields twice', (__, source) => {
      it.each(endings)('closes it, and fails %s (law 25)', async (_, body, lines, description) => {
        const journal = new Journal();
        const error = await errorOf(using(source(journal), body));
        expect(describeError(error)).toBe(description);
        expect(journal.lines).toEqual(lines);
      });

      it('closes it after an unsubscription too, and reports that (laws 12, 25)', async () => {
        const journal = new Journal();
        const subscription = source(journal).subscribe();
        await microtasks();
        subscription.unsubscribe();
        expect((await takeUnhandledErrors()).map(describeError)).toEqual(['GeneratorProtocolError']);
        expect(journal.lines).toEqual(['caught', 'closed']);
      });
    });

    it('joins an error of the closing with it (law 9)', async () => {
      const source = resource(function* () {
        yield 1;
        try {
          yield 2;
        } finally {
          // eslint-disable-next-line no-unsafe-finally -- that is the failure in question
          throw boom;
        }
      });
      expect(describeError(await errorOf(using(source, () => EMPTY)))).toBe('S(boom, GeneratorProtocolError)');
    });
  });

  describe('given a function that is no generator function', () => {
    it.each<[string, () => unknown]>([
      ['undefined', () => undefined],
      ['an observable', () => of(1)],
      ['an array', () => [1]],
    ])('fails to enter with a TypeError that names the remedy, where it answers %s', async (_, body) => {
      const error = await errorOf(resource(body as never, { name: 'odd' }));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(/"odd" has to be a generator function/);
    });
  });
});
