import { concat, EMPTY, from, map, NEVER, Observable, of, Subject, take, throwError, type Subscriber } from 'rxjs';
import { CapacityError, fromAsyncIterable, settled, toAsyncIterable, using, type IterationOptions, type IterationStrategy } from '../../lib/index.js'; // prettier-ignore
import { asyncDispose } from '../../lib/internal/async-dispose.js';
import { AsyncSource } from '../support/async-source.js';
import { describeError, Gate, Journal, reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';

type Iterator = AsyncGenerator<unknown, void, unknown>;

const strategies: readonly IterationStrategy[] = ['buffer', 'batch', 'latest', 'next'];

/** All that has a way of its own inside. */
const variants: readonly (readonly [string, IterationOptions])[] = [
  ...strategies.map((strategy) => [strategy, { strategy }] as const),
  ['buffer, bounded', { strategy: 'buffer', highWaterMark: 3 }],
  ['batch, bounded', { strategy: 'batch', highWaterMark: 3 }],
  ['buffer, eager', { strategy: 'buffer', eager: true }],
  ['batch, eager', { strategy: 'batch', eager: true }],
];

describe('law 33: observables as async iterables', () => {
  let boom: Error; // anew for each test: what a release has failed with stays a release's failure
  let journal: Journal;

  beforeEach(() => {
    boom = new Error('boom');
    journal = new Journal();
  });

  const open = (source: Observable<unknown>, options: IterationOptions = {}): Iterator =>
    toAsyncIterable(source, options as never)[Symbol.asyncIterator]();

  /** Writes down how a promise of an iterator is answered. */
  const watch = (promise: Promise<IteratorResult<unknown, unknown>>, name = ''): void => {
    promise.then(
      ({ done, value }) => {
        journal.note(`${name}${done === true ? 'done' : JSON.stringify(value)}`);
      },
      (error: unknown) => {
        journal.note(`${name}${describeError(error)}`);
      },
    );
  };
  const all = (promises: Promise<IteratorResult<unknown, unknown>>[]): void => {
    promises.forEach((promise, index) => {
      watch(promise, `${index} `);
    });
  };

  /** Values, or nothing, for ever, with a subscription that is written down. */
  const lasting = (...values: unknown[]): Observable<unknown> =>
    new Observable((subscriber) => {
      journal.note('subscribe');
      for (const value of values) subscriber.next(value);
      return () => {
        journal.note('unsubscribe');
      };
    });

  /** A value a little later: what comes inside subscribe is too early for who keeps nothing. */
  const soon = (value: unknown): Observable<unknown> => from(Promise.resolve(value));

  describe.each(variants)('%s', (_, options) => {
    const eager = options.eager === true;
    const shown = (value: unknown): string => JSON.stringify(options.strategy === 'batch' ? [value] : value);

    describe('subscribing', () => {
      it(eager ? 'comes with the iterator' : 'comes with the first next(), and only with that', () => {
        const iterable = toAsyncIterable(lasting(), options as never);
        expect(journal.take()).toEqual([]);
        const iterator = iterable[Symbol.asyncIterator]();
        expect(journal.take()).toEqual(eager ? ['subscribe'] : []);
        void iterator.next();
        expect(journal.take()).toEqual(eager ? [] : ['subscribe']);
        void iterator.next();
        expect(journal.take()).toEqual([]);
        void iterator.return();
      });

      it('is done anew by each iterator, each left by itself', async () => {
        const iterable = toAsyncIterable(lasting(), options as never);
        const [first, second] = [iterable[Symbol.asyncIterator](), iterable[Symbol.asyncIterator]()];
        void first.next();
        void second.next();
        expect(journal.take()).toEqual(['subscribe', 'subscribe']);
        await first.return();
        expect(journal.take()).toEqual(['unsubscribe']);
        await second.return();
        expect(journal.take()).toEqual(['unsubscribe']);
      });

      it('is never done where return(), throw() or dispose come first', async () => {
        const source = concat(lasting(1), EMPTY);
        const returned = open(source, options);
        await returned.return();
        const thrown = open(source, options);
        await rejection(thrown.throw(boom));
        const disposed = open(source, options);
        await disposed[asyncDispose]();
        if (!eager) expect(journal.lines).toEqual([]);
        journal.take();
        for (const iterator of [returned, thrown, disposed]) {
          await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
        }
        expect(journal.lines).toEqual([]);
      });
    });

    describe('leaving', () => {
      const held = (release: () => unknown = () => Promise.resolve()): Observable<unknown> =>
        using(journal.resource('a', { release }), () => lasting());

      it.each<[string, (iterator: Iterator) => PromiseLike<unknown>]>([
        ['return()', (iterator) => iterator.return()],
        ['throw()', (iterator) => iterator.throw(boom)],
        ['dispose', (iterator) => iterator[asyncDispose]()],
      ])(
        'by %s unsubscribes at once and answers every pending next() with done, before the releases are over',
        async (__, leave) => {
          const gate = new Gate();
          const iterator = open(held(() => gate.promise), options); // prettier-ignore
          all([iterator.next(), iterator.next(), iterator.next()]);
          await microtasks();
          journal.take();
          const leaving = leave(iterator).then(() => journal.note('left'), () => journal.note('left')); // prettier-ignore
          expect(journal.take()).toEqual(['unsubscribe', '-a unsubscribe']);
          watch(iterator.next(), 'later ');
          await microtasks();
          expect(journal.take().sort()).toEqual(['0 done', '1 done', '2 done', 'later done']);
          gate.open();
          await leaving;
          expect(journal.take()).toEqual(['-a ok', 'left']);
        },
      );

      it('by break unsubscribes at once, and the loop goes on after the releases', async () => {
        const source = using(journal.resource('a', { release: () => Promise.resolve() }), () =>
          concat(soon(1), lasting()),
        );
        for await (const value of toAsyncIterable(source, options as never)) {
          journal.note(JSON.stringify(value));
          break;
        }
        expect(journal.take()).toEqual(['+a', 'subscribe', shown(1), 'unsubscribe', '-a unsubscribe', '-a ok']);
      });

      it('with return(value) answers the value, and awaits it', async () => {
        const iterator = open(lasting(), options) as AsyncGenerator<unknown, unknown>;
        void iterator.next();
        await expect(iterator.return('value')).resolves.toEqual({ done: true, value: 'value' });
        await expect(iterator.return(Promise.resolve('later'))).resolves.toEqual({ done: true, value: 'later' });
        await expect(rejection(iterator.return(Promise.reject(boom)))).resolves.toBe(boom);
        await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
      });

      it('with return() rejects with the error of a release, which is reported as well', async () => {
        const iterator = open(held(() => Promise.reject(boom)), options); // prettier-ignore
        void iterator.next();
        await expect(rejection(iterator.return())).resolves.toBe(boom);
        await expect(reported()).resolves.toEqual(['boom']);
        await expect(iterator.return()).resolves.toEqual({ done: true, value: undefined });
        await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
        await expect(reported()).resolves.toEqual([]);
      });

      it('by a throw in the loop shows that, and the error of the release is reported', async () => {
        const source = using(journal.resource('a', { release: () => Promise.reject(new Error('release')) }), () =>
          concat(soon(1), NEVER),
        );
        const looping = async (): Promise<void> => {
          for await (const value of toAsyncIterable(source, options as never)) {
            throw new Error(JSON.stringify(value), { cause: boom });
          }
        };
        await expect(rejection(looping())).resolves.toMatchObject({ cause: boom });
        await expect(reported()).resolves.toEqual(['release']);
      });

      it('with throw() rejects with its error after the releases, joined with what they fail with', async () => {
        const quiet = open(held(), options);
        void quiet.next();
        await expect(rejection(quiet.throw(boom))).resolves.toBe(boom);
        expect(journal.take().at(-1)).toBe('-a ok');
        const failing = open(held(() => Promise.reject(new Error('release'))), options); // prettier-ignore
        void failing.next();
        expect(describeError(await rejection(failing.throw(boom)))).toBe('S(release, boom)');
        await expect(reported()).resolves.toEqual([]);
      });

      it('with dispose rejects with the error of a release', async () => {
        const iterator = open(held(() => Promise.reject(boom)), options); // prettier-ignore
        void iterator.next();
        await expect(rejection(Promise.resolve(iterator[asyncDispose]()))).resolves.toBe(boom);
        await expect(iterator[asyncDispose]()).resolves.toBeUndefined();
        await expect(reported()).resolves.toEqual([]);
      });

      it('a second time waits for the first, without its error', async () => {
        const gate = new Gate();
        const iterator = open(held(() => gate.promise), options); // prettier-ignore
        void iterator.next();
        const first = rejection(iterator.return());
        watch(iterator.return(), 'second ');
        await microtasks();
        expect(journal.take()).not.toContain('second done');
        gate.fail(boom);
        await expect(first).resolves.toBe(boom);
        await microtasks();
        expect(journal.take().at(-1)).toBe('second done');
        await expect(reported()).resolves.toEqual(['boom']);
      });

      it('inside an emission stops the source at once (law 15)', async () => {
        let produced = 0;
        const produce = (subscriber: Subscriber<number>): void => {
          while (!subscriber.closed && produced < 100) {
            subscriber.next(++produced);
            if (produced === 2) leaving.push(iterator.return());
          }
        };
        const leaving: Promise<unknown>[] = [];
        const trigger = new Subject<void>();
        const source = new Observable<number>((subscriber) => {
          // Inside its own subscribe, where the iterator is there by then, else later.
          if (eager)
            trigger.subscribe(() => produce(subscriber)); // prettier-ignore
          else produce(subscriber);
        });
        const iterator = open(source, options);
        watch(iterator.next());
        trigger.next();
        expect(produced).toBe(2);
        await Promise.all(leaving);
        await microtasks();
        expect(journal.lines).toHaveLength(1);
        await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
      });
    });

    describe('the end', () => {
      it('comes after the releases upstream, and again at each later next()', async () => {
        const gate = new Gate();
        const iterator = open(
          using(journal.resource('a', { release: () => gate.promise }), () => EMPTY),
          options,
        );
        watch(iterator.next(), 'first ');
        await microtasks();
        expect(journal.take()).toEqual(['+a', '-a complete']);
        gate.open();
        await microtasks();
        expect(journal.take()).toEqual(['-a ok', 'first done']);
        await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
        await expect(iterator.return()).resolves.toEqual({ done: true, value: undefined });
      });

      it('of what take() left comes after the releases upstream too (law 16)', async () => {
        const gate = new Gate();
        const source = using(journal.resource('a', { release: () => gate.promise }), () => concat(soon(1), NEVER));
        const iterator = open(source.pipe(take(1)), options);
        watch(iterator.next());
        watch(iterator.next());
        await microtasks();
        expect(journal.take().filter((line) => line === 'done')).toEqual([]);
        gate.open();
        await microtasks();
        expect(journal.take().at(-1)).toBe('done');
      });

      it.each([[new Error('source')], [undefined], [null], [0]])(
        'that is the error %p is told once, as it is',
        async (error) => {
          const iterator = open(throwError(() => error), options); // prettier-ignore
          await expect(rejection(iterator.next())).resolves.toBe(error);
          await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
          await expect(iterator.return()).resolves.toEqual({ done: true, value: undefined });
          await expect(reported()).resolves.toEqual([]);
        },
      );

      it('answers all who wait: an error the first of them only', async () => {
        const subject = new Subject<number>();
        const iterator = open(subject, options);
        all([iterator.next(), iterator.next(), iterator.next()]);
        subject.error(boom);
        await microtasks();
        expect(journal.lines).toEqual(['0 boom', '1 done', '2 done']);
      });

      it('that is the error of a release is told after the values', async () => {
        const source = using(journal.resource('a', { release: () => Promise.reject(boom) }), () => soon(1));
        const iterator = open(source, options);
        await expect(iterator.next()).resolves.toMatchObject({ done: false });
        await expect(rejection(iterator.next())).resolves.toBe(boom);
        await expect(reported()).resolves.toEqual([]);
      });
    });

    describe('the signal', () => {
      it('leaves the source when it aborts; next() rejects with its reason after the releases, once', async () => {
        const controller = new AbortController();
        const gate = new Gate();
        const iterator = open(using(journal.resource('a', { release: () => gate.promise }), () => lasting()), { ...options, signal: controller.signal }); // prettier-ignore
        all([iterator.next(), iterator.next()]);
        await microtasks();
        journal.take();
        controller.abort(boom);
        expect(journal.take()).toEqual(['unsubscribe', '-a unsubscribe']);
        await microtasks();
        expect(journal.take()).toEqual([]);
        gate.open();
        await microtasks();
        expect(journal.take()).toEqual(['-a ok', '0 boom', '1 done']);
        await iterator.return();
        await expect(reported()).resolves.toEqual([]);
      });

      it('that has aborted before keeps from subscribing', async () => {
        const iterator = open(lasting(), { ...options, signal: AbortSignal.abort(boom) });
        await expect(rejection(iterator.next())).resolves.toBe(boom);
        await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
        expect(journal.lines).toEqual([]);
      });

      it('tells nobody where it aborts before the first next() and return() follows', async () => {
        const controller = new AbortController();
        const iterator = open(lasting(), { ...options, signal: controller.signal });
        controller.abort(boom);
        await expect(iterator.return()).resolves.toEqual({ done: true, value: undefined });
        await expect(reported()).resolves.toEqual([]);
      });

      it('joins what a release fails with', async () => {
        const controller = new AbortController();
        const source = using(
          journal.resource('a', { release: () => Promise.reject(new Error('release')) }),
          () => NEVER,
        );
        const iterator = open(source, { ...options, signal: controller.signal });
        const answer = rejection(iterator.next());
        controller.abort(boom);
        expect(describeError(await answer)).toBe('S(release, boom)');
        await expect(reported()).resolves.toEqual([]);
      });

      it('has no listener of ours left after the end, whichever it was', async () => {
        const controller = new AbortController();
        let listeners = 0;
        const { signal } = controller;
        const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
        signal.addEventListener = (...args: Parameters<typeof add>) => {
          listeners++;
          add(...args);
        };
        signal.removeEventListener = (...args: Parameters<typeof remove>) => {
          listeners--;
          remove(...args);
        };
        const watched = { ...options, signal };
        await open(EMPTY, watched).next();
        await rejection(open(throwError(() => boom), watched).next()); // prettier-ignore
        const left = open(NEVER, watched);
        void left.next();
        expect(listeners).toBe(1);
        await left.return();
        expect(listeners).toBe(0);
      });
    });

    it('is its own iterator, disposable by await using', () => {
      const iterator = open(NEVER, options);
      expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
      expect(typeof iterator[asyncDispose]).toBe('function');
      void iterator.return();
    });

    it('answers several next() at a time in order', async () => {
      const subject = new Subject<number>();
      const iterator = open(subject, options);
      all([iterator.next(), iterator.next(), iterator.next()]);
      for (const value of [1, 2, 3]) {
        subject.next(value);
        await microtasks();
      }
      expect(journal.lines).toEqual([`0 ${shown(1)}`, `1 ${shown(2)}`, `2 ${shown(3)}`]);
      await iterator.return();
    });

    it('answers next() called inside an emission with what comes after it', async () => {
      const subject = new Subject<number>();
      const iterator = open(subject, options);
      watch(iterator.next(), 'first ');
      subject.pipe(take(1)).subscribe(() => {
        watch(iterator.next(), 'second ');
      });
      subject.next(1);
      await microtasks();
      subject.next(2);
      await microtasks();
      expect(journal.lines).toEqual([`first ${shown(1)}`, `second ${shown(2)}`]);
      await iterator.return();
    });

    it.each([[undefined], [null], [0], [''], [false]])('hands out %p like any other value', async (value) => {
      const iterator = open(soon(value), options);
      const { done, value: got } = await iterator.next();
      expect(done).toBe(false);
      expect(options.strategy === 'batch' ? (got as unknown[])[0] : got).toBe(value);
      await iterator.return();
    });

    it('hands out promises as they are', async () => {
      const promise = Promise.reject(boom);
      promise.catch(() => undefined);
      const subject = new Subject<Promise<unknown>>();
      const iterator = open(subject, options);
      const answer = iterator.next();
      subject.next(promise);
      const { value: got } = (await answer) as IteratorYieldResult<unknown>;
      expect(options.strategy === 'batch' ? (got as unknown[])[0] : got).toBe(promise);
      await iterator.return();
    });

    it('left while its values are on their way answers with done', async () => {
      const subject = new Subject<number>();
      const iterator = open(subject, options);
      watch(iterator.next(), 'pending ');
      watch(iterator.next(), 'second ');
      subject.next(1);
      await iterator.return();
      await microtasks();
      const gathers = options.strategy === 'batch' || options.strategy === 'latest'; // answers a microtask later
      expect(journal.lines.sort()).toEqual([`pending ${gathers ? 'done' : '1'}`, 'second done']);
    });
  });

  describe('what waits', () => {
    const burst = (end: Observable<never>): Observable<number> => concat(of(1, 2, 3), end);

    it.each<[IterationOptions, string[]]>([
      [{ strategy: 'buffer' }, ['1', '2', '3']],
      [{ strategy: 'batch' }, ['[1,2,3]']],
      [{ strategy: 'latest' }, ['3']],
      [{ strategy: 'next' }, []],
      [{ strategy: 'buffer', highWaterMark: 2 }, ['1', '2', '3']],
      [{ strategy: 'batch', highWaterMark: 3 }, ['[1,2,3]']],
    ])('with %p comes before the error, and before the end', async (options, values) => {
      for (const end of [EMPTY, throwError(() => boom)]) {
        const iterator = open(burst(end), options);
        for (const value of values) {
          expect(JSON.stringify((await iterator.next()).value)).toBe(value);
        }
        if (end === EMPTY) await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
        else await expect(rejection(iterator.next())).resolves.toBe(boom);
      }
    });

    it.each<[IterationOptions, string[]]>([
      [{ strategy: 'buffer' }, ['1', '2', '3']],
      [{ strategy: 'batch' }, ['[1]', '[2,3]']],
      [{ strategy: 'latest' }, ['1', '3']],
      [{ strategy: 'next' }, ['1']],
    ])('with %p is what came while the loop was busy', async (options, values) => {
      const subject = new Subject<number>();
      const iterator = open(subject, options);
      watch(iterator.next());
      subject.next(1);
      await microtasks();
      subject.next(2);
      subject.next(3);
      await microtasks();
      watch(iterator.next());
      watch(iterator.next());
      await microtasks();
      expect(journal.take()).toEqual(values);
      await iterator.return();
    });

    it('comes before the reason of a signal', async () => {
      const controller = new AbortController();
      const iterator = open(burst(NEVER), { signal: controller.signal });
      await iterator.next();
      controller.abort(boom);
      await expect(iterator.next()).resolves.toEqual({ done: false, value: 2 });
      await expect(iterator.next()).resolves.toEqual({ done: false, value: 3 });
      await expect(rejection(iterator.next())).resolves.toBe(boom);
    });

    it('is forgotten with return(), an error of the source too (law 14)', async () => {
      const iterator = open(burst(throwError(() => boom))); // prettier-ignore
      await iterator.next();
      await iterator.return();
      await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
      await expect(reported()).resolves.toEqual([]);
    });
  });

  describe('a limit', () => {
    /** Counts up for ever, inside its own subscribe. */
    const firehose = (): Observable<number> =>
      new Observable((subscriber) => {
        for (let value = 1; !subscriber.closed; value++) {
          if (value > 1000) throw new Error('Nobody stops it.');
          journal.note(String(value));
          subscriber.next(value);
        }
        return () => {
          journal.note('unsubscribe');
        };
      });

    it('leaves the source at once, and is a CapacityError after what waits', async () => {
      const iterator = open(firehose(), { highWaterMark: 2 });
      watch(iterator.next(), 'first ');
      expect(journal.take()).toEqual(['1', '2', '3', '4', 'unsubscribe']);
      await expect(iterator.next()).resolves.toEqual({ done: false, value: 2 });
      await expect(iterator.next()).resolves.toEqual({ done: false, value: 3 });
      const error = await rejection(iterator.next());
      expect(error).toBeInstanceOf(CapacityError);
      expect(error).toMatchObject({ code: 'RXSCOPE_CAPACITY', resource: 'toAsyncIterable' });
      await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
      expect(journal.take()).toEqual(['first 1']);
    });

    it('of a batch does so too', async () => {
      const iterator = open(firehose(), { strategy: 'batch', highWaterMark: 2 });
      await expect(iterator.next()).resolves.toEqual({ done: false, value: [1, 2] });
      expect(journal.take()).toEqual(['1', '2', '3', 'unsubscribe']);
      await expect(rejection(iterator.next())).resolves.toBeInstanceOf(CapacityError);
    });

    it('is a CapacityError only after the releases, joined with what they fail with', async () => {
      const gate = new Gate();
      const source = using(journal.resource('a', { release: () => gate.promise }), () => concat(of(1, 2), NEVER));
      const iterator = open(source, { highWaterMark: 1, eager: true });
      expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
      await expect(iterator.next()).resolves.toEqual({ done: false, value: 1 });
      watch(iterator.next());
      await microtasks();
      expect(journal.take()).toEqual([]);
      gate.fail(boom);
      await microtasks();
      expect(journal.take()).toEqual(['-a ok', 'S(boom, CapacityError)']);
    });

    it.each<[IterationOptions, unknown[]]>([
      [{ overflow: 'drop-oldest' }, [1, 3, 4]],
      [{ overflow: 'drop-newest' }, [1, 2, 3]],
      [{ overflow: 'drop-oldest', strategy: 'batch' }, [[3, 4]]],
      [{ overflow: 'drop-newest', strategy: 'batch' }, [[1, 2]]],
      [{ overflow: 'drop-oldest', eager: true }, [3, 4]],
      [{ overflow: 'drop-newest', eager: true }, [1, 2]],
    ])('with %p drops, and the source goes on', async (options, expected) => {
      const seen: unknown[] = [];
      for await (const value of toAsyncIterable(of(1, 2, 3, 4), { ...options, highWaterMark: 2 } as never)) {
        seen.push(value);
      }
      expect(seen).toEqual(expected);
    });

    it('is about what waits: who asks in time sees every value', async () => {
      const subject = new Subject<number>();
      const iterator = open(subject, { highWaterMark: 1 });
      for (let value = 0; value < 10; value++) {
        const answer = iterator.next();
        subject.next(value);
        await expect(answer).resolves.toEqual({ done: false, value });
      }
      subject.next(10);
      await expect(iterator.next()).resolves.toEqual({ done: false, value: 10 });
      await iterator.return();
    });
  });

  describe('around a source that can be asked', () => {
    it('asks for one value for each next(), and never ahead', async () => {
      const source = new AsyncSource(journal);
      const iterator = open(fromAsyncIterable(source));
      watch(iterator.next());
      expect(journal.take()).toEqual(['next()']);
      await source.yields(1);
      expect(journal.take()).toEqual(['1']);
      watch(iterator.next());
      watch(iterator.next());
      expect(journal.take()).toEqual(['next()']);
      await source.yields(2);
      expect(journal.take()).toEqual(['next()', '2']);
      await source.ends();
      expect(journal.take()).toEqual(['done']);
      await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
      expect(journal.take()).toEqual([]);
    });

    it('passes errors on', async () => {
      const source = new AsyncSource(journal);
      const iterator = open(fromAsyncIterable(source));
      const answer = rejection(iterator.next());
      await source.fails(boom);
      await expect(answer).resolves.toBe(boom);
      await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
    });

    it('leaves with return(), which waits for that of the source', async () => {
      const source = new AsyncSource(journal);
      const iterator = open(fromAsyncIterable(source));
      watch(iterator.next(), 'next ');
      watch(iterator.return(), 'return ');
      expect(journal.take()).toEqual(['next()', 'return()']);
      await microtasks();
      expect(journal.take()).toEqual(['next done']);
      await source.closes();
      expect(journal.take()).toEqual(['return done']);
    });

    it('asks for nothing more once a signal has aborted, also while return() goes on', async () => {
      const controller = new AbortController();
      const source = new AsyncSource(journal);
      const iterator = open(fromAsyncIterable(source), { signal: controller.signal });
      watch(iterator.next());
      await source.yields(1);
      controller.abort(boom);
      watch(iterator.next());
      await microtasks();
      expect(journal.take()).toEqual(['next()', '1', 'return()']);
      await source.closes();
      expect(journal.take()).toEqual(['boom']);
    });

    it('asks for nothing more once it was left', async () => {
      const source = new AsyncSource(journal);
      const iterator = open(fromAsyncIterable(source));
      watch(iterator.next());
      await source.yields(1);
      void iterator.return();
      watch(iterator.next());
      await microtasks();
      expect(journal.take()).toEqual(['next()', '1', 'return()', 'done']);
      await source.closes();
    });

    it('there and back again keeps all values, the end, and the promptness', async () => {
      const round = (inner: Observable<number>): Observable<number> => fromAsyncIterable(toAsyncIterable(inner));
      const seen: number[] = [];
      for await (const value of toAsyncIterable(round(round(from([1, 2, 3]))))) seen.push(value);
      expect(seen).toEqual([1, 2, 3]);
      const held = using(journal.resource('a', { release: () => Promise.resolve() }), () => lasting());
      round(round(held.pipe(map(Number))))
        .subscribe()
        .unsubscribe();
      expect(journal.take()).toEqual(['+a', 'subscribe', 'unsubscribe', '-a unsubscribe']);
      await settled();
      expect(journal.take()).toEqual(['-a ok']);
    });
  });

  it('a loop in a generator in a scope in a loop is left at once, and from the inside out', async () => {
    const inner = using(journal.resource('inner', { release: () => Promise.resolve() }), () =>
      concat(of(1), lasting()),
    );
    const middle = fromAsyncIterable(async function* ({ signal }) {
      for await (const value of toAsyncIterable(inner, { signal })) yield value;
    });
    const outer = using(journal.resource('outer', { release: () => Promise.resolve() }), () => middle);
    for await (const value of toAsyncIterable(outer)) {
      journal.note(JSON.stringify(value));
      break;
    }
    expect(journal.lines).toEqual([
      '+outer', '+inner', 'subscribe', '1',
      'unsubscribe', '-inner unsubscribe', '-inner ok', '-outer unsubscribe', '-outer ok',
    ]); // prettier-ignore
    await expect(reported()).resolves.toEqual([]);
  });

  describe('an error that nobody was told when the loop leaves', () => {
    type Leave = (iterator: Iterator) => PromiseLike<unknown>;
    const ways: readonly (readonly [string, Leave, string])[] = [
      ['return()', (iterator) => iterator.return(), 'release'],
      ['dispose', (iterator) => iterator[asyncDispose](), ''],
    ];
    /** A source that fails, or makes too much, while something is held whose release takes until the gate is opened. */
    const held = (gate: Gate, body: Observable<unknown>): Observable<unknown> =>
      using(journal.resource('a', { release: () => gate.promise }), () => body);
    const late = (): Error => new Error('release');

    describe.each(['buffer', 'batch'] as const)('with %s', (strategy) => {
      const options: IterationOptions = { strategy, highWaterMark: 2 };
      const controllers = new Map<Iterator, AbortController>();
      /** What ends the source, for each such error, after a first value has been answered. */
      const ends: readonly (readonly [string, (gate: Gate) => Promise<Iterator>])[] = [
        ['the error of the source', async (gate) => started(held(gate, concat(soon(1), of(2), throwError(() => new Error('source')))))], // prettier-ignore
        ['a CapacityError', async (gate) => started(held(gate, concat(soon(1), of(2, 3, 4, 5))))],
        ['the reason of a signal', async (gate) => {
          const iterator = await started(held(gate, concat(soon(1), NEVER)));
          controllers.get(iterator)?.abort(new Error('reason'));
          return iterator;
        }],
      ]; // prettier-ignore
      const started = async (source: Observable<unknown>): Promise<Iterator> => {
        const controller = new AbortController();
        const iterator = open(source, { ...options, signal: controller.signal });
        controllers.set(iterator, controller);
        await iterator.next();
        return iterator;
      };

      describe.each(ends)('%s', (__, begin) => {
        it.each(ways)('is dropped by %s, before and after the release is over', async (___, leave) => {
          for (const isOver of [false, true]) {
            const gate = new Gate();
            const iterator = await begin(gate);
            await microtasks();
            if (isOver) gate.open();
            await microtasks();
            const leaving = leave(iterator);
            gate.open();
            await leaving;
            await leave(iterator);
            await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
            await expect(reported()).resolves.toEqual([]);
          }
        });

        it.each(ways)('is not dropped by %s where a release fails after it', async (___, leave, report) => {
          for (const isOver of [false, true]) {
            const gate = new Gate();
            const iterator = await begin(gate);
            await microtasks();
            if (isOver) gate.fail(late());
            await microtasks();
            const leaving = rejection(Promise.resolve(leave(iterator)));
            gate.fail(late());
            expect(describeError(await leaving)).toMatch(/^S\(release, (source|CapacityError|reason)\)$/);
            await leave(iterator);
            const all = await reported();
            expect(all).toHaveLength(report === '' ? 0 : 1);
          }
        });
      });
    });

    it.each(ways)('is not dropped by %s where it is that of a release, told or not', async (_, leave, report) => {
      for (const strategy of ['buffer', 'batch'] as const) {
        const gate = new Gate();
        gate.fail(late());
        const iterator = open(held(gate, concat(soon(1), of(2))), { strategy });
        await iterator.next();
        await microtasks();
        expect(describeError(await rejection(Promise.resolve(leave(iterator))))).toBe('release');
        await leave(iterator);
        await expect(reported()).resolves.toEqual(report === '' ? [] : ['release']);
      }
    });

    it('is told once: return() after that has nothing to say', async () => {
      for (const strategy of ['buffer', 'batch'] as const) {
        const gate = new Gate();
        gate.fail(late());
        const iterator = open(held(gate, EMPTY), { strategy });
        expect(describeError(await rejection(iterator.next()))).toBe('release');
        await expect(iterator.return()).resolves.toEqual({ done: true, value: undefined });
        await expect(reported()).resolves.toEqual([]);
      }
    });

    it('stays the error of throw(), joined with that of a release only', async () => {
      const gate = new Gate();
      const iterator = open(held(gate, concat(soon(1), of(2), throwError(() => new Error('source'))))); // prettier-ignore
      await iterator.next();
      const thrown = rejection(iterator.throw(boom));
      gate.open();
      await expect(thrown).resolves.toBe(boom);
    });
  });
});
