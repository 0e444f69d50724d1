/* eslint-disable @typescript-eslint/no-deprecated -- a subscriber that can be left from inside its own subscribe */
import { EMPTY, map, mergeMap, of, repeat, retry, Subject, Subscriber, switchMap, take, takeUntil, toArray, type Observable } from 'rxjs'; // prettier-ignore
import { awaitRelease, fromAsyncIterable, lastValue, resource, settled, UnsubscribedError, use, using, type AcquireContext } from '../../lib/index.js'; // prettier-ignore
import { AsyncSource, iterableOf } from '../support/async-source.js';
import { errorOf, raise } from '../support/failing.js';
import { Gate, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';

describe('law 32: async iterables as observables', () => {
  const boom = new Error('boom');
  let journal: Journal;
  let source: AsyncSource;

  beforeEach(() => {
    journal = new Journal();
    source = new AsyncSource(journal);
  });

  /** A generator whose cleanup takes until the gate is opened. */
  async function* slowlyClosed(gate: Gate, values: Iterable<number> = [1, 2, 3]): AsyncGenerator<number> {
    try {
      yield* values;
    } finally {
      journal.note('closing');
      await gate.promise;
      journal.note('closed');
    }
  }

  describe('asking', () => {
    it('has one next() in flight at most, the next one after the handler has returned', async () => {
      fromAsyncIterable(source).subscribe({
        next: (value) => {
          journal.note(`start ${value}`);
          void Promise.resolve().then(() => journal.note(`later ${value}`));
          journal.note(`end ${value}`);
        },
      });
      expect(journal.take()).toEqual(['next()']);
      await source.yields(1);
      expect(journal.take()).toEqual(['start 1', 'end 1', 'next()', 'later 1']);
      await source.ends();
    });

    it('is not done before subscribing', () => {
      void fromAsyncIterable(() => raise(boom));
      void fromAsyncIterable(source);
      expect(journal.lines).toEqual([]);
    });

    it('is not done after the consumer has left in its handler', async () => {
      const subscription = fromAsyncIterable(source).subscribe({
        next: (value) => {
          journal.note(`next ${value}`);
          subscription.unsubscribe();
          journal.note('left');
        },
      });
      await source.yields(1);
      expect(journal.lines).toEqual(['next()', 'next 1', 'return()', 'left']);
      await source.closes();
    });

    it('is not done by a subscriber that is closed already', () => {
      const closed = new Subscriber<number>();
      closed.unsubscribe();
      fromAsyncIterable(source).subscribe(closed);
      expect(journal.lines.filter((line) => line === 'next()')).toEqual([]);
      void source.closes();
    });

    it('needs no more stack for a hundred thousand values that are there at once', async () => {
      let left = 100_000;
      const thenable = { then: (resolve: (result: unknown) => void) => resolve({ done: left-- === 0, value: left }) };
      await lastValue(fromAsyncIterable(iterableOf<number>({ next: () => thenable })));
      expect(left).toBe(-1);
    });
  });

  describe('unsubscribing', () => {
    it('calls return() synchronously, once, while a next() is pending, and drops the late value', async () => {
      const subscription = fromAsyncIterable(source).subscribe(journal.observer());
      subscription.unsubscribe();
      subscription.unsubscribe();
      expect(journal.take()).toEqual(['next()', 'return()']);
      await source.yields(1);
      await source.closes();
      expect(journal.take()).toEqual([]);
    });

    it('drops a late end', async () => {
      fromAsyncIterable(source).subscribe(journal.observer()).unsubscribe();
      await source.ends();
      await source.closes();
      expect(journal.lines).toEqual(['next()', 'return()']);
    });

    it('calls return() on the iterator, without arguments', async () => {
      const calls: unknown[] = [];
      const iterator = {
        next: () => new Gate<never>().promise,
        return(this: unknown, ...args: unknown[]) {
          calls.push(this === iterator, args);
          return { done: true, value: undefined };
        },
      };
      fromAsyncIterable(iterableOf(iterator)).subscribe().unsubscribe();
      await settled();
      expect(calls).toEqual([true, []]);
    });

    it('from inside next() itself calls return() once, and asks no more', async () => {
      const consumer = new Subscriber<unknown>();
      const iterator = {
        next: () => {
          journal.note('next()');
          consumer.unsubscribe();
          return Promise.resolve({ done: false, value: 1 });
        },
        return: () => {
          journal.note('return()');
          return {};
        },
      };
      fromAsyncIterable(iterableOf(iterator)).subscribe(consumer);
      await settled();
      await nextMacrotask();
      expect(journal.lines).toEqual(['next()', 'return()']);
    });

    it('from inside return() changes nothing', async () => {
      const subscription = fromAsyncIterable(
        iterableOf<never>({
          next: () => new Gate<never>().promise,
          return: () => {
            journal.note('return()');
            subscription.unsubscribe();
          },
        }),
      ).subscribe();
      subscription.unsubscribe();
      await settled();
      expect(journal.lines).toEqual(['return()']);
    });

    it('does not call return() after the natural end, nor after a rejected next()', async () => {
      const subscriptions = [fromAsyncIterable(source).subscribe(journal.observer())];
      await source.ends();
      subscriptions.push(fromAsyncIterable(source).subscribe(journal.observer()));
      await source.fails(boom);
      for (const subscription of subscriptions) subscription.unsubscribe();
      expect(journal.lines).toEqual(['next()', 'complete', 'next()', 'error boom']);
    });

    it('does without return() where there is none, or it is null', async () => {
      const pending = (): Promise<never> => new Gate<never>().promise;
      fromAsyncIterable(iterableOf({ next: pending }))
        .subscribe()
        .unsubscribe();
      fromAsyncIterable(iterableOf({ next: pending, return: null }))
        .subscribe()
        .unsubscribe();
      await settled();
    });

    it.each<[string, unknown]>([
      ['an object without done, as Stripe answers', {}],
      ['nothing', undefined],
      ['a number', 1],
      ['a thenable', { then: (resolve: () => void) => resolve() }],
    ])('takes %s for an answer of return()', async (_, answer) => {
      const iterator = { next: () => new Gate<never>().promise, return: () => answer };
      fromAsyncIterable(iterableOf(iterator)).subscribe().unsubscribe();
      await settled();
    });
  });

  describe('the signal', () => {
    const silent = (context: AcquireContext): AsyncIterable<never> => {
      context.signal.addEventListener('abort', () => journal.note('abort'));
      return source as AsyncIterable<never>;
    };

    it('aborts just before return(), with an UnsubscribedError', async () => {
      let signal: AbortSignal | undefined;
      const observable = fromAsyncIterable((context) => {
        ({ signal } = context);
        return silent(context);
      });
      const subscription = observable.subscribe();
      expect(signal?.aborted).toBe(false);
      subscription.unsubscribe();
      expect(journal.lines).toEqual(['next()', 'abort', 'return()']);
      expect(signal?.reason).toBeInstanceOf(UnsubscribedError);
      await source.closes();
    });

    it('has aborted also where it is read only after the consumer has left', async () => {
      let context: AcquireContext | undefined;
      fromAsyncIterable((given) => {
        context = given;
        return source;
      })
        .subscribe()
        .unsubscribe();
      expect(context?.signal.aborted).toBe(true);
      expect(context?.signal.reason).toBeInstanceOf(UnsubscribedError);
      await source.closes();
    });

    it('lets a generator be left at once that waits for something and listens to it, quietly', async () => {
      const waiting = fromAsyncIterable(async function* ({ signal }): AsyncGenerator<number> {
        try {
          yield 1;
          await new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              reject(signal.reason as Error);
            });
          });
        } finally {
          journal.note('closed');
        }
      });
      const subscription = waiting.subscribe(journal.observer());
      await microtasks();
      subscription.unsubscribe();
      await settled();
      expect(journal.lines).toEqual(['next 1', 'closed']);
      await expect(reported()).resolves.toEqual([]);
    });

    it('does not abort on completion and error', async () => {
      const signals: AbortSignal[] = [];
      const observable = fromAsyncIterable(({ signal }) => {
        signals.push(signal);
        return source;
      });
      observable.subscribe().add(() => journal.note('torn down'));
      await source.ends();
      observable.subscribe(journal.observer());
      await source.fails(boom);
      await nextMacrotask();
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    });

    it('is another one for each subscription', async () => {
      const signals: AbortSignal[] = [];
      const observable = fromAsyncIterable(({ signal }) => {
        signals.push(signal);
        return source;
      });
      const [first, second] = [observable.subscribe(), observable.subscribe()];
      first.unsubscribe();
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
      second.unsubscribe();
      await source.closes();
    });
  });

  describe('the end', () => {
    it('comes after the finally of the generator', async () => {
      const gate = new Gate();
      fromAsyncIterable(slowlyClosed(gate)).subscribe(journal.observer());
      await microtasks();
      expect(journal.take()).toEqual(['next 1', 'next 2', 'next 3', 'closing']);
      gate.open();
      await microtasks();
      expect(journal.take()).toEqual(['closed', 'complete']);
    });

    it('comes after the finally of a generator that fails, with the identical error', async () => {
      const gate = new Gate();
      const failing = (function* (): Generator<number> {
        yield 1;
        throw boom;
      })();
      const errors: unknown[] = [];
      fromAsyncIterable(slowlyClosed(gate, failing)).subscribe({
        error: (error: unknown) => {
          journal.note('error');
          errors.push(error);
        },
      });
      await microtasks();
      expect(journal.take()).toEqual(['closing']);
      gate.open();
      await microtasks();
      expect(journal.take()).toEqual(['closed', 'error']);
      expect(errors).toEqual([boom]);
    });

    it('is the error of a finally that fails', async () => {
      fromAsyncIterable(
        (async function* (): AsyncGenerator<number> {
          try {
            yield 1;
          } finally {
            raise(boom);
          }
        })(),
      ).subscribe(journal.observer());
      await microtasks();
      expect(journal.lines).toEqual(['next 1', 'error boom']);
    });

    it('is an error of undefined where next() rejects with it: presence decides (law 7)', async () => {
      fromAsyncIterable(source).subscribe(journal.observer());
      await source.fails(undefined);
      expect(journal.lines).toEqual(['next()', 'error undefined']);
    });
  });

  describe('until return() has settled', () => {
    const leavings: readonly (readonly [string, (values: Observable<number>) => Observable<unknown>])[] = [
      ['take', (values) => values.pipe(take(1))],
      ['takeUntil', (values) => values.pipe(takeUntil(values.pipe(map(() => 0))))],
      ['switchMap', (values) => of(1, 2).pipe(switchMap((turn) => (turn === 1 ? values : of(9))))],
      ['a failing neighbour', (values) => values.pipe(mergeMap(() => raise(boom)))],
    ];

    it.each(leavings)('%s and awaitRelease end only after it', async (_, leave) => {
      leave(fromAsyncIterable(source)).pipe(awaitRelease()).subscribe(journal.observer());
      source.answers[0]?.open({ done: false, value: 1 });
      await microtasks();
      expect(journal.take()).not.toContain('complete');
      await source.closes();
      expect(journal.take().at(-1)).toMatch(/^(complete|error boom)$/);
    });

    it.each(leavings.slice(0, 3))('%s passes the failure of return() on to awaitRelease', async (_, leave) => {
      leave(fromAsyncIterable(source)).pipe(awaitRelease()).subscribe(journal.observer());
      source.answers[0]?.open({ done: false, value: 1 });
      await microtasks();
      await source.failsToClose(boom);
      expect(journal.take().at(-1)).toBe('error boom');
    });

    it('settled() waits, and takes no failure', async () => {
      fromAsyncIterable(source).subscribe().unsubscribe();
      const waiting = settled().then(() => journal.note('settled'));
      await microtasks();
      expect(journal.take()).toEqual(['next()', 'return()']);
      await source.failsToClose(boom);
      await waiting;
      expect(journal.take()).toEqual(['settled']);
      await expect(reported()).resolves.toEqual(['boom']);
    });

    it('lastValue() waits', async () => {
      const waiting = lastValue(fromAsyncIterable(source).pipe(take(1))).then(() => journal.note('answered'));
      await source.yields(1);
      expect(journal.take()).toEqual(['next()', 'return()']);
      await source.closes();
      await waiting;
      expect(journal.take()).toEqual(['answered']);
    });

    it('an enclosing scope holds its resource, whether its body ends or is left', async () => {
      const outer = journal.resource('a');
      using(outer, () => fromAsyncIterable(source).pipe(take(1))).subscribe(journal.observer());
      await source.yields(1);
      expect(journal.take()).toEqual(['+a', 'next()', 'next 1', 'return()']);
      await source.closes();
      expect(journal.take()).toEqual(['-a complete', 'complete']);

      source = new AsyncSource(journal);
      using(outer, () => fromAsyncIterable(source)).subscribe(journal.observer()).unsubscribe(); // prettier-ignore
      expect(journal.take()).toEqual(['+a', 'next()', 'return()']);
      await source.closes();
      expect(journal.take()).toEqual(['-a unsubscribe']);
    });

    it('and without awaitRelease nobody is kept waiting (law 12)', async () => {
      fromAsyncIterable(source).pipe(take(1)).subscribe(journal.observer());
      await source.yields(1);
      expect(journal.lines).toEqual(['next()', 'next 1', 'complete', 'return()']);
      await source.closes();
    });
  });

  describe('a failure after leaving', () => {
    it.each<[string, (one: AsyncSource) => Promise<unknown>, string[]]>([
      ['of return()', (one) => one.failsToClose(boom), ['boom']],
      ['of the pending next()', (one) => one.fails(boom).then(() => one.closes()), ['boom']],
      ['of the pending next(), which comes last', (one) => one.closes().then(() => one.fails(boom)), ['boom']],
      ['of both', (one) => one.fails(boom).then(() => one.failsToClose(new Error('late'))), ['S(late, boom)']],
      ['of both, the same error', (one) => one.fails(boom).then(() => one.failsToClose(boom)), ['boom']],
      ['of both, next() last', (one) => one.failsToClose(new Error('late')).then(() => one.fails(boom)), ['late', 'boom']], // prettier-ignore
      ['with undefined', (one) => one.failsToClose(undefined), ['undefined']],
    ])('%s is reported where nobody waits', async (_, fail, expected) => {
      fromAsyncIterable(source).subscribe(journal.observer()).unsubscribe();
      await fail(source);
      await expect(reported()).resolves.toEqual(expected);
      expect(journal.lines).toEqual(['next()', 'return()']);
    });

    it('of the pending next() goes to the scope around, which shows it to its release (law 10)', async () => {
      using(journal.resource('a'), () => fromAsyncIterable(source)).subscribe(journal.observer()).unsubscribe(); // prettier-ignore
      await source.fails(boom);
      await source.closes();
      expect(journal.lines).toEqual(['+a', 'next()', 'return()', '-a error boom']);
      await expect(reported()).resolves.toEqual(['boom']);
    });

    it('of return() becomes the error of a scope that goes on', async () => {
      using(journal.resource('a'), () => fromAsyncIterable(source).pipe(take(1))).subscribe(journal.observer());
      await source.yields(1);
      await source.failsToClose(boom);
      expect(journal.lines).toEqual(['+a', 'next()', 'next 1', 'return()', '-a error boom', 'error boom']);
    });

    const abortError = (): Error => Object.assign(new Error('aborted'), { name: 'AbortError' });

    it.each<[string, (signal: AbortSignal) => unknown]>([
      ["the signal's reason", (signal) => signal.reason as unknown],
      ['an error with the reason as its cause', ({ reason }) => new Error('wrapped', { cause: reason })],
      ['an error with the reason further down', ({ reason }) => new Error('a', { cause: new Error('b', { cause: reason }) })], // prettier-ignore
      ['an AbortError of its own', abortError],
    ])('that is %s is no failure', async (_, errorFor) => {
      let signal: AbortSignal | undefined;
      const observable = fromAsyncIterable((context) => {
        ({ signal } = context);
        return source;
      });
      using(journal.resource('a'), () => observable).subscribe().unsubscribe(); // prettier-ignore
      await source.fails(errorFor(signal as AbortSignal));
      await source.failsToClose(errorFor(signal as AbortSignal));
      expect(journal.lines).toEqual(['+a', 'next()', 'return()', '-a unsubscribe']);
      await expect(reported()).resolves.toEqual([]);
    });

    it.each<[string, (signal: AbortSignal | undefined) => unknown]>([
      ['another error, though the signal has aborted', () => boom],
      ['an UnsubscribedError of somebody else', () => new UnsubscribedError('another')],
    ])('that is %s is reported', async (_, errorFor) => {
      let signal: AbortSignal | undefined;
      fromAsyncIterable((context) => {
        ({ signal } = context);
        return source;
      })
        .subscribe()
        .unsubscribe();
      const error = errorFor(signal);
      await source.fails(error);
      await source.closes();
      await expect(reported()).resolves.toHaveLength(1);
    });

    it('that is an AbortError is reported where no signal was looked at', async () => {
      fromAsyncIterable(source).subscribe().unsubscribe();
      await source.fails(abortError());
      await source.closes();
      await expect(reported()).resolves.toEqual(['AbortError']);
    });
  });

  describe('in the body of a scope', () => {
    const a = (): ReturnType<Journal['resource']> => journal.resource('a', { release: () => Promise.resolve() });

    it.each<[string, (gate: Gate) => Observable<number>]>([
      ['using()', (gate) => using(a(), () => slowlyClosed(gate))],
      ['use()', (gate) => a().pipe(use(() => slowlyClosed(gate)))],
      ['a generator resource', (gate) => using(resource(async function* () { journal.note('+a'); yield 1; journal.note('-a complete'); journal.note('-a ok'); }), () => slowlyClosed(gate))], // prettier-ignore
    ])('of %s a generator ends, then the resource is released, then the consumer is told (law 3)', async (_, make) => {
      const gate = new Gate();
      make(gate).subscribe(journal.observer());
      await microtasks();
      expect(journal.take()).toEqual(['+a', 'next 1', 'next 2', 'next 3', 'closing']);
      gate.open();
      await microtasks();
      expect(journal.take()).toEqual(['closed', '-a complete', '-a ok', 'complete']);
    });

    it('a generator that is left has run its async finally when the resource is released (law 4)', async () => {
      const gate = new Gate();
      const endless = (function* (): Generator<number> {
        for (;;) yield 1;
      })();
      const subscription = using(a(), () => slowlyClosed(gate, endless)).subscribe();
      await microtasks();
      subscription.unsubscribe();
      await microtasks();
      expect(journal.take()).toEqual(['+a', 'closing']);
      gate.open();
      await settled();
      expect(journal.take()).toEqual(['closed', '-a unsubscribe', '-a ok']);
    });

    it('generators around generators are left from the inside out', async () => {
      const gates = [new Gate(), new Gate()] as const;
      const around = async function* (): AsyncGenerator<Observable<number>> {
        try {
          yield fromAsyncIterable(slowlyClosed(gates[0], [1]));
        } finally {
          journal.note('outer closing');
          await gates[1].promise;
          journal.note('outer closed');
        }
      };
      const nested = using(a(), () => fromAsyncIterable(around).pipe(switchMap((inner) => inner)));
      const subscription = nested.subscribe(journal.observer());
      await microtasks();
      journal.take();
      subscription.unsubscribe();
      gates[1].open();
      await microtasks();
      expect(journal.lines).not.toContain('-a unsubscribe');
      gates[0].open();
      await settled();
      expect(journal.take().slice(-3)).toEqual(['closed', '-a unsubscribe', '-a ok']);
    });

    it('scopes inside a generator that is left end before the scope around it', async () => {
      const inner = async function* (): AsyncGenerator<string> {
        yield await lastValue(using(journal.resource('b', { release: () => Promise.resolve() }), (name) => [name]));
        yield 'never';
      };
      using(a(), inner).pipe(take(1)).subscribe(journal.observer());
      await settled();
      await nextMacrotask();
      expect(journal.lines).toEqual([
        '+a', '+b', '-b complete', '-b ok', 'next b', 'complete', '-a unsubscribe', '-a ok',
      ]); // prettier-ignore
    });

    it('ten thousand of them after each other and all at once leave nothing behind (law 6)', async () => {
      const one = async function* (): AsyncGenerator<number> {
        yield 1;
      };
      const many = new Array<number>(10_000).fill(0);
      const counted = await lastValue(
        of(...many).pipe(
          mergeMap(() => using(journal.resource('a'), one)),
          toArray(),
        ),
      );
      expect(counted).toHaveLength(10_000);
      expect(journal.lines).toHaveLength(20_000);
    });
  });

  describe('subscribed again', () => {
    it('a factory makes an iterable for each', async () => {
      let made = 0;
      const counting = fromAsyncIterable(async function* () {
        yield ++made;
      });
      await expect(lastValue(counting.pipe(repeat(3), toArray()))).resolves.toEqual([1, 2, 3]);
      expect(made).toBe(3);
    });

    it('after an error, by retry, goes through a new one', async () => {
      let made = 0;
      const failing = fromAsyncIterable(async function* () {
        yield ++made;
        if (made < 3) throw boom;
      });
      await expect(lastValue(failing.pipe(retry(5), toArray()))).resolves.toEqual([1, 2, 3]);
    });

    it('an iterable that has an iterator for each is gone through anew', async () => {
      const iterable = { [Symbol.asyncIterator]: () => slowlyClosed(opened()) };
      await expect(lastValue(fromAsyncIterable(iterable).pipe(repeat(2), toArray()))).resolves.toEqual([1, 2, 3, 1, 2, 3]); // prettier-ignore
    });

    it('a generator object is refused, whether or not the first has ended, and the first goes on', async () => {
      const once = fromAsyncIterable(slowlyClosed(opened()));
      once.subscribe(journal.observer('first '));
      once.subscribe(journal.observer('second '));
      await microtasks(50);
      once.subscribe(journal.observer('third '));
      expect(journal.lines).toEqual([
        'second error TypeError', 'first next 1', 'first next 2', 'first next 3', 'closing', 'closed', 'first complete', 'third error TypeError',
      ]); // prettier-ignore
    });

    it('through different doors it is the same generator', async () => {
      const generator = slowlyClosed(opened());
      await lastValue(fromAsyncIterable(generator));
      const errors = [
        await errorOf(using(journal.resource('a'), () => generator)),
        await errorOf(fromAsyncIterable(() => generator)),
      ] as Error[];
      for (const { message } of errors) expect(message).toContain('Pass a function that makes one');
    });
  });

  describe('a factory', () => {
    it('that throws is an error of the stream', () => {
      fromAsyncIterable(() => raise(boom)).subscribe(journal.observer());
      expect(journal.lines).toEqual(['error boom']);
    });

    it.each([[null], [undefined], [1], ['text'], [{}], [[1]], [EMPTY], [Promise.resolve()]])(
      'that answers %p is a TypeError',
      (answer) => {
        fromAsyncIterable(() => answer as never).subscribe(journal.observer());
        expect(journal.lines).toEqual(['error TypeError']);
      },
    );

    it('that leaves its own subscription asks nothing, and closes what it has made (law 15)', async () => {
      const consumer = new Subscriber<number>();
      const signals: AbortSignal[] = [];
      fromAsyncIterable((context) => {
        consumer.unsubscribe();
        signals.push(context.signal);
        return source;
      }).subscribe(consumer);
      expect(journal.lines).toEqual(['return()']);
      expect(signals[0]?.aborted).toBe(true);
      await source.closes();
    });
  });

  it('a consumer that throws ends the iteration, and is reported', async () => {
    fromAsyncIterable(source).subscribe(() => raise(boom));
    await source.yields(1);
    expect(journal.lines).toEqual(['next()', 'return()']);
    await source.closes();
    await expect(reported()).resolves.toEqual(['boom']);
  });

  it('subjects and hot sources around it are not its affair', async () => {
    const subject = new Subject<number>();
    fromAsyncIterable(source).subscribe(subject);
    subject.subscribe(journal.observer());
    await source.yields(1);
    await source.ends();
    expect(journal.lines).toEqual(['next()', 'next 1', 'next()', 'complete']);
  });
});

/** A gate that holds nothing up. */
function opened(): Gate {
  const gate = new Gate();
  gate.open();
  return gate;
}
