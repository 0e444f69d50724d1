/**
 * What RxJS 7.8.2 does wrong with async iterables, one test for each: `from` still does, and ours does not. Nothing is
 * measured in time.
 *
 * Not here: the value a generator returns with. An observable has no place for it, and ours drops it too (11).
 */
import { concatMap, from, repeat, take, toArray, type Observable } from 'rxjs';
import {
  awaitRelease,
  fromAsyncIterable,
  fromReadableStream,
  lastValue,
  pull,
  settled,
  using,
} from '../../lib/index.js';
import { AsyncSource } from '../support/async-source.js';
import { raise } from '../support/failing.js';
import { Gate, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');

const ways: readonly (readonly [
  'from' | 'fromAsyncIterable',
  (source: AsyncIterable<number>) => Observable<number>,
])[] = [
  ['from', (source) => from(source)],
  ['fromAsyncIterable', (source) => fromAsyncIterable(source)],
];

async function* count(to: number, journal?: Journal): AsyncGenerator<number> {
  try {
    for (let value = 1; value <= to; value++) yield value;
  } finally {
    await microtasks(5);
    journal?.note('closed');
  }
}

describe('defects of from(asyncIterable)', () => {
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  describe.each(ways)('%s', (name, make) => {
    const isOurs = name === 'fromAsyncIterable';
    const only = (line: string): string[] => (isOurs ? [line] : []);

    it('1: calls return() only when the pending next() settles, if ever', async () => {
      const source = new AsyncSource(journal);
      make(source).subscribe().unsubscribe();
      await microtasks(100);
      expect(journal.take()).toEqual(['next()', ...only('return()')]);
      await source.yields(1);
      await source.closes();
      expect(journal.take()).toEqual(isOurs ? [] : ['return()']);
    });

    it('4: swallows what a finally fails with after an early exit', async () => {
      const failing = async function* (): AsyncGenerator<number> {
        try {
          yield 1;
          yield 2;
        } finally {
          raise(boom);
        }
      };
      make(failing()).pipe(take(1)).subscribe();
      await microtasks(100);
      await expect(reported()).resolves.toEqual(only('boom'));
    });

    it('5: swallows a rejection of the next() that was in flight when it was left', async () => {
      const source = new AsyncSource(journal);
      make(source).subscribe().unsubscribe();
      await source.fails(boom);
      await source.closes();
      await expect(reported()).resolves.toEqual(only('boom'));
    });

    it('7: keeps timers waiting until all has been drained', async () => {
      const timer = { hasFired: false };
      const end = isOurs ? 3_000_000 : 50_000;
      setTimeout(() => {
        timer.hasFired = true;
        journal.note('timer');
      }, 1);
      const plenty = async function* (): AsyncGenerator<number> {
        for (let value = 0; value < end && !timer.hasFired; value++) yield value;
      };
      await lastValue(make(plenty()));
      journal.note('drained');
      while (!timer.hasFired) await nextMacrotask();
      expect(journal.lines).toEqual(isOurs ? ['timer', 'drained'] : ['drained', 'timer']);
    });

    it('8: shares out the values of a one-shot between its subscribers', async () => {
      const once = make(count(4));
      once.subscribe(journal.observer('first '));
      once.subscribe(journal.observer('second '));
      await microtasks(100);
      expect(journal.lines.filter((line) => line.startsWith('second '))).toEqual(
        isOurs ? ['second error TypeError'] : ['second next 2', 'second next 4', 'second complete'],
      );
      expect(journal.lines.filter((line) => line.startsWith('first next'))).toHaveLength(isOurs ? 4 : 2);
    });

    it('8: repeats nothing of a one-shot, and does not say so', async () => {
      make(count(2)).pipe(repeat(3)).subscribe(journal.observer());
      await microtasks(100);
      expect(journal.lines).toEqual(['next 1', 'next 2', isOurs ? 'error TypeError' : 'complete']);
    });

    it('9: goes on for a consumer that throws', async () => {
      make(count(3, journal)).subscribe((value) => {
        journal.note(`next ${value}`);
        throw boom;
      });
      await microtasks(100);
      expect(journal.lines).toEqual(isOurs ? ['next 1', 'closed'] : ['next 1', 'next 2', 'next 3', 'closed']);
      await expect(reported()).resolves.toHaveLength(isOurs ? 1 : 3);
    });
  });

  it('2: fetches one more item after it was left; a signal cuts that short, and nothing follows', async () => {
    const fetching = async function* (signal?: AbortSignal): AsyncGenerator<number> {
      for (let item = 1; ; item++) {
        journal.note(`fetch ${item}`);
        const gate = new Gate<number>();
        signal?.addEventListener('abort', () => gate.fail(signal.reason)); // prettier-ignore
        answer = () => gate.open(item);
        yield await gate.promise;
        journal.note(`fetched ${item}`);
      }
    };
    let answer = (): void => undefined;
    const theirs = from(fetching()).subscribe();
    answer();
    await microtasks();
    theirs.unsubscribe();
    answer();
    await microtasks();
    expect(journal.take()).toEqual(['fetch 1', 'fetched 1', 'fetch 2']);

    const ours = fromAsyncIterable(({ signal }) => fetching(signal)).subscribe();
    answer();
    await microtasks();
    ours.unsubscribe();
    await settled(); // though nobody answers
    expect(journal.take()).toEqual(['fetch 1', 'fetched 1', 'fetch 2']);
    await expect(reported()).resolves.toEqual([]);
  });

  it('3: completes before the finally of the generator has run', async () => {
    from(count(3, journal)).pipe(take(1)).subscribe(journal.observer());
    await microtasks(100);
    expect(journal.take()).toEqual(['next 1', 'complete', 'closed']);
    fromAsyncIterable(count(3, journal)).pipe(take(1), awaitRelease()).subscribe(journal.observer());
    await microtasks(100);
    expect(journal.take()).toEqual(['next 1', 'closed', 'complete']);
    await lastValue(fromAsyncIterable(count(3, journal)).pipe(take(1)));
    journal.note('answered');
    expect(journal.take()).toEqual(['closed', 'answered']);
  });

  it('6: pulls everything while the consumer works on the first; pull asks when there is room', async () => {
    let pulled = 0;
    const items = async function* (): AsyncGenerator<number> {
      while (pulled < 1000) yield ++pulled;
    };
    const first = new Gate();
    const theirs = from(items()).pipe(concatMap(() => first.promise)).subscribe(); // prettier-ignore
    await microtasks(5000);
    expect(pulled).toBe(1000);
    theirs.unsubscribe();
    pulled = 0;
    const gates: Gate[] = [];
    const ours = pull(items, () => {
      const gate = new Gate();
      gates.push(gate);
      return gate.promise;
    }).subscribe();
    await microtasks(100);
    expect(pulled).toBe(1);
    gates[0]?.open();
    await microtasks(100);
    expect(pulled).toBe(2);
    ours.unsubscribe();
    await settled();
  });

  describe('10: a ReadableStream that is left during a read', () => {
    const silent = (): ReadableStream<number> =>
      new ReadableStream({
        cancel: () => {
          journal.note('cancelled');
        },
      });

    it('stays locked and is not cancelled', async () => {
      const stream = silent();
      from(stream as never).subscribe().unsubscribe(); // prettier-ignore
      await microtasks(100);
      expect(stream.locked).toBe(true);
      expect(journal.lines).toEqual([]);
    });

    it.each<[string, (stream: ReadableStream<number>) => Observable<unknown>]>([
      ['fromReadableStream', (stream) => fromReadableStream(stream)],
      ['using', (stream) => using(journal.resource('a'), () => stream as never)],
      ['pull', (stream) => pull(stream as never, (value) => [value])],
    ])('is cancelled and unlocked by %s', async (_, make) => {
      const stream = silent();
      make(stream).subscribe().unsubscribe();
      await settled();
      expect(stream.locked).toBe(false);
      expect(journal.lines).toContain('cancelled');
    });
  });

  it('11: passes no signal on to the producer', async () => {
    const signals: AbortSignal[] = [];
    fromAsyncIterable(({ signal }) => (signals.push(signal), count(1))).subscribe().unsubscribe(); // prettier-ignore
    await settled();
    expect(signals[0]?.aborted).toBe(true);
    await expect(lastValue(fromAsyncIterable(count(2)).pipe(toArray()))).resolves.toEqual([1, 2]);
  });
});
