import { EMPTY, NEVER, of, Subject, take, throwError, toArray, type Observable, type ObservableInput } from 'rxjs';
import { fromAsyncIterable, lastValue, paginate, pull, type Askable } from '../../lib/index.js';
import { asked } from '../support/askable.js';
import { AsyncSource } from '../support/async-source.js';
import { inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

/** The value itself, and not its index. */
const alone = <T>(value: T): Observable<T> => of(value);

/** Work that is ended by hand, by the name of what it is for. */
class Work {
  readonly subjects = new Map<unknown, Subject<string>>();

  constructor(private readonly journal: Journal) {}

  readonly on = (value: unknown): Observable<string> => {
    this.journal.note(`work ${String(value)}`);
    const subject = new Subject<string>();
    this.subjects.set(value, subject);
    return subject;
  };

  emits(name: unknown, value: string): void {
    this.subjects.get(name)?.next(value);
  }

  ends(name: unknown): void {
    this.subjects.get(name)?.complete();
  }
}

describe('pull', () => {
  describe('asks', () => {
    it('nothing before it is subscribed, and anew for each subscription (law 5)', () => {
      const journal = new Journal();
      const pulled = pull(() => asked(journal, [1]), alone);
      expect(journal.take()).toEqual([]);
      expect([notificationsOf(pulled), notificationsOf(pulled)]).toEqual([
        ['next 1', 'complete'],
        ['next 1', 'complete'],
      ]);
      expect(journal.lines).toEqual(Array(2).fill(['asked 1', 'asked for more', 'closed']).flat());
    });

    it.each([
      [1, false],
      [1, true],
      [2, false],
      [2, true],
      [3, false],
      [3, true],
    ])('for a value only when a slot is free: concurrency %p, ordered %p (law 34)', (concurrency, ordered) => {
      const journal = new Journal();
      const work = new Work(journal);
      pull(asked(journal, [1, 2, 3, 4, 5]), work.on, { concurrency, ordered }).subscribe();
      const first = [1, 2, 3].slice(0, concurrency).flatMap((n) => [`asked ${n}`, `work ${n}`]);
      expect(journal.take()).toEqual(first);
      work.emits(1, 'a result frees nothing');
      expect(journal.take()).toEqual([]);
      work.ends(1);
      expect(journal.take()).toEqual([`asked ${concurrency + 1}`, `work ${concurrency + 1}`]);
      for (const n of [2, 3, 4, 5]) work.ends(n);
      expect(journal.lines.slice(-2)).toEqual(['asked for more', 'closed']);
    });

    it('with one next() in flight, however many slots are free (law 34)', async () => {
      const source = new AsyncSource();
      const work = new Work(source.journal);
      pull(source, work.on, { concurrency: 3 }).subscribe(source.journal.observer());
      expect(source.journal.take()).toEqual(['next()']);
      await source.yields(1);
      expect(source.journal.take()).toEqual(['work 1', 'next()']);
      await source.yields(2);
      work.ends(1);
      work.ends(2);
      expect(source.journal.take()).toEqual(['work 2', 'next()']);
      await source.yields(3);
      await source.yields(4);
      expect(source.journal.take()).toEqual(['work 3', 'next()', 'work 4', 'next()']);
      await source.yields(5);
      expect(source.journal.take()).toEqual(['work 5']);
      work.ends(4);
      expect(source.journal.take()).toEqual(['next()']);
      await source.ends();
      work.ends(3);
      expect(source.journal.take()).toEqual([]);
      work.ends(5);
      expect(source.journal.take()).toEqual(['complete']);
    });

    it('on and on with concurrency Infinity', () => {
      const journal = new Journal();
      const work = new Work(journal);
      pull(asked(journal, [1, 2, 3]), work.on, { concurrency: Infinity })
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(
        ['asked 1', 'work 1', 'asked 2', 'work 2', 'asked 3', 'work 3', 'asked for more', 'closed'],
      ); // prettier-ignore
    });

    it('ordered: only when the results of the first have been handed out (law 34)', () => {
      const journal = new Journal();
      const work = new Work(journal);
      pull(asked(journal, 'abcd'), work.on, { concurrency: 2, ordered: true }).subscribe(journal.observer());
      journal.take();
      work.emits('b', 'b1');
      work.emits('b', 'b2');
      work.ends('b');
      expect(journal.take()).toEqual([]); // b is done, and waits for a
      work.emits('a', 'a1');
      expect(journal.take()).toEqual(['next a1']);
      work.ends('a');
      expect(journal.take().filter((line) => line.startsWith('next'))).toEqual(['next b1', 'next b2']);
      work.emits('d', 'd1');
      work.ends('d');
      expect(journal.take()).toEqual([]);
      work.ends('c');
      expect(journal.take()).toEqual(['asked for more', 'closed', 'next d1', 'complete']);
    });

    it('tells project the index', () => {
      const seen: unknown[] = [];
      pull('abc', (value, index) => {
        seen.push([value, index]);
        return EMPTY;
      }).subscribe();
      expect(seen).toEqual([['a', 0], ['b', 1], ['c', 2]]); // prettier-ignore
    });
  });

  describe('emits', () => {
    const marbles = { a: '--1-|', b: '-2|', c: '3---|' } as const;

    it.each([
      ['one after the other', 1, false, '--1--23---|', ['^---!', '----^-!', '------^---!']],
      ['two at a time', 2, false, '-2(13)|', ['^---!', '^-!', '--^---!']],
      ['all at a time', Infinity, false, '321-|', ['^---!', '^-!', '^---!']],
      ['one after the other, ordered', 1, true, '--1--23---|', ['^---!', '----^-!', '------^---!']],
      ['two at a time, ordered', 2, true, '--1-(23)|', ['^---!', '^-!', '----^---!']],
      ['all at a time, ordered', Infinity, true, '--1-(23|)', ['^---!', '^-!', '^---!']],
    ])('%s', (_, concurrency, ordered, expected, subscriptions) => {
      inVirtualTime((_, { cold, expectObservable, expectSubscriptions }) => {
        const inners = { a: cold(marbles.a), b: cold(marbles.b), c: cold(marbles.c) };
        const pulled = pull(['a', 'b', 'c'] as const, (name) => inners[name], { concurrency, ordered });
        expectObservable(pulled).toBe(expected);
        (['a', 'b', 'c'] as const).forEach((name, index) => {
          expectSubscriptions(inners[name].subscriptions).toBe(subscriptions[index] ?? []);
        });
      });
    });

    it('ordered: what the first emits at once, and what was held back in its order', () => {
      inVirtualTime((_, { cold, expectObservable }) => {
        const inners = { a: cold('1--2--3|'), b: cold('456---7-------8|'), c: cold('9|') };
        const pulled = pull(['a', 'b', 'c'] as const, (name) => inners[name], { concurrency: 3, ordered: true });
        expectObservable(pulled).toBe('1--2--3(4567)-8(9|)');
      });
    });

    it('synchronously where source and work are (law 17)', () => {
      expect(notificationsOf(pull([1, 2], (n) => [n, n * 10]))).toEqual([
        'next 1',
        'next 10',
        'next 2',
        'next 20',
        'complete',
      ]);
      expect(notificationsOf(pull([], alone))).toEqual(['complete']);
    });

    it.each([
      [1, false],
      [1, true],
      [3, false],
      [3, true],
      [Infinity, false],
      [Infinity, true],
    ])('100,000 synchronous values without more stack: concurrency %p, ordered %p', (concurrency, ordered) => {
      let sum = 0;
      pull(Array.from({ length: 100_000 }).keys(), (n) => [n], { concurrency, ordered }).subscribe((n) => (sum += n));
      expect(sum).toBe((100_000 * 99_999) / 2);
    });

    it('100,000 that were held back without more stack', () => {
      const first = new Subject<number>();
      let count = 0;
      const work = (n: number): Observable<number> => (n === 0 ? first : of(n));
      const values = Array.from({ length: 100_000 }).keys();
      pull(values, work, { concurrency: Infinity, ordered: true }).subscribe({ next: () => count++ });
      first.complete();
      expect(count).toBe(99_999);
    });

    it('the first values of a source without end', () => {
      const journal = new Journal();
      function* endless(): Generator<number> {
        for (let n = 0; ; n++) yield n;
      }
      for (const ordered of [false, true]) {
        pull(endless, alone, { concurrency: Infinity, ordered }).pipe(take(2)).subscribe(journal.observer());
      }
      expect(journal.lines).toEqual(['next 0', 'next 1', 'complete', 'next 0', 'next 1', 'complete']);
    });
  });

  describe('takes', () => {
    it('streams with the type of their chunks', async () => {
      const bytes = new Response('ab').body as ReadableStream<Uint8Array>;
      await expect(lastValue(pull(bytes, (chunk) => [chunk.length]))).resolves.toBe(2);
    });

    const collect = (source: Parameters<typeof pull<number, number>>[0]): Promise<number[]> =>
      lastValue(pull(source, (n) => of(n)).pipe(toArray()));

    async function* two(): AsyncGenerator<number> {
      yield await Promise.resolve(1);
      yield 2;
    }

    const stream = (): ReadableStream<number> =>
      new ReadableStream({
        start: (controller) => {
          for (const n of [1, 2]) controller.enqueue(n);
          controller.close();
        },
      });

    it.each([
      ['an array', () => [1, 2]],
      ['a set', () => new Set([1, 2])],
      ['a generator', () => [1, 2].values()],
      ['an async generator', two],
      ['a stream', stream],
      ['fromAsyncIterable', () => fromAsyncIterable(two)],
      ['pages', () => paginate.offset({ limit: 1, fetch: (at, limit) => [1, 2].slice(at, at + limit) })],
    ])('%s, as it is and made for each subscription', async (_, make: () => unknown) => {
      await expect(collect(make() as never)).resolves.toEqual([1, 2]);
      await expect(collect(() => make() as never)).resolves.toEqual([1, 2]);
    });

    it.each<[string, ObservableInput<number>]>([
      ['a promise', Promise.resolve(1)],
      ['an array', [1]],
      ['an iterator', [1].values()],
      ['an async generator', (async function* () { yield await Promise.resolve(1); })()], // prettier-ignore
      ['a stream', new ReadableStream({ start: (c) => { c.enqueue(1); c.close(); } }) as never], // prettier-ignore
    ])('%s as work', async (_, inner) => {
      await expect(lastValue(pull([0], () => inner).pipe(toArray()))).resolves.toEqual([1]);
    });

    it.each([
      ['an observable', of(1), 'Expected an async iterable, an iterable, a readable stream or a function that makes one, received an observable, which cannot be asked: use mergeMap or concatMap, or hand over what it is made from.'], // prettier-ignore
      ['a piped one', fromAsyncIterable(two).pipe(take(1)), 'received an observable'],
      ['null', null, 'received null.'],
      ['undefined', undefined, 'received undefined.'],
      ['a number', 1, 'received number.'],
      ['a promise', Promise.resolve([1]), 'received object.'],
    ])('not %s: a TypeError at the call, or at subscribing where a function made it', (_, source, message) => {
      expect(() => pull(source as never, alone)).toThrow(TypeError);
      expect(() => pull(source as never, alone)).toThrow(message);
      const errors: unknown[] = [];
      pull(() => source as never, alone).subscribe({ error: (error: unknown) => errors.push(error) });
      expect(errors).toEqual([expect.objectContaining({ name: 'TypeError' })]);
      expect((errors[0] as Error).message).toContain(message);
    });

    it.each([0, -1, 1.5, Number.NaN, '2'])('no concurrency of %p', (concurrency) => {
      expect(() => pull([], alone, { concurrency: concurrency as number })).toThrow(RangeError);
      expect(() => pull([], alone, { concurrency: concurrency as number })).toThrow(
        `Expected concurrency to be a whole number, 1 or more, received ${concurrency}.`,
      );
    });

    it('no project that is no function', () => {
      expect(() => pull([], null as never)).toThrow('Expected project to be a function, received null.');
    });

    it('no work that is no observable input', () => {
      const errors: unknown[] = [];
      pull([1], () => 1 as never).subscribe({ error: (error: unknown) => errors.push(error) });
      expect(errors).toEqual([expect.any(TypeError)]);
    });

    it.each([
      ['iterator', () => [1].values()],
      ['generator', () => asked(new Journal(), [1])],
      ['async generator', () => (async function* () { yield await Promise.resolve(1); })()], // prettier-ignore
    ])('an %s once: the second subscriber is told so', async (_, make: () => unknown) => {
      const pulled = pull(make() as Askable<number>, (n) => of(n)).pipe(toArray());
      await expect(lastValue(pulled)).resolves.toEqual([1]);
      await expect(lastValue(pulled)).rejects.toThrow('Pass a function that makes one for each subscription.');
    });

    it('a function that makes one and the same generator each time once', async () => {
      const one = asked(new Journal(), [1]);
      const pulled = pull(() => one, (n) => of(n)); // prettier-ignore
      await expect(lastValue(pulled)).resolves.toBe(1);
      await expect(lastValue(pulled)).rejects.toThrow(TypeError);
    });
  });

  describe('tells a function that makes the source', () => {
    const make = (kind: string, journal: Journal): never => {
      const byHand = new AsyncSource(journal);
      void byHand.closes();
      const sources = {
        iterable: asked(journal, [1]),
        'async iterable': byHand,
        stream: new ReadableStream(),
        pages: paginate.offset({ limit: 1, fetch: () => [1] }),
      };
      return sources[kind as keyof typeof sources] as never;
    };

    it.each(['iterable', 'async iterable', 'stream', 'pages'])('by a signal that it was left: %s', async (kind) => {
      const journal = new Journal();
      const signals: AbortSignal[] = [];
      const source = ({ signal }: { signal: AbortSignal }): never => {
        signals.push(signal);
        signal.addEventListener('abort', () => {
          journal.note(`aborted: ${(signal.reason as Error).name}`);
        });
        return make(kind, journal);
      };
      const subscription = pull(source, () => NEVER).subscribe();
      await microtasks();
      expect(signals[0]?.aborted).toBe(false);
      subscription.unsubscribe();
      expect(journal.lines).toContain('aborted: UnsubscribedError');
      await microtasks();
    });

    it.each(['iterable', 'stream'])('nothing where it has come to its end: %s', async (kind) => {
      const signals: AbortSignal[] = [];
      const source = ({ signal }: { signal: AbortSignal }): never => {
        signals.push(signal);
        if (kind === 'iterable') return [1] as never;
        return new ReadableStream({ start: (controller) => controller.close() }) as never;
      };
      await lastValue(
        pull(source, (n: number) => of(n)),
        { defaultValue: 0 },
      );
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    });

    it('and has its throw for an error', () => {
      const boom = new Error('boom');
      const fails = (): never[] => {
        throw boom;
      };
      expect(notificationsOf(pull(fails, () => throwError(() => 0)))).toEqual(['error boom']);
    });
  });
});
