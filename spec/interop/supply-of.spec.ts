import { of } from 'rxjs';
import { supplyOf } from '../../lib/interop/supply-of.js';
import { fromAsyncIterable, paginate, settled } from '../../lib/index.js';
import { SupplyObservable, supplyKey } from '../../lib/core/supply-observable.js';
import type { Supply, Taker } from '../../lib/core/supply.js';
import { AsyncSource } from '../support/async-source.js';
import { Journal } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

function takerOf(journal: Journal): Taker<unknown> {
  return journal.observer();
}

const stream = (): ReadableStream<number> =>
  new ReadableStream({
    start: (controller) => {
      controller.enqueue(1);
      controller.close();
    },
  });

async function* one(): AsyncGenerator<number> {
  yield await Promise.resolve(1);
}

describe('supplyOf', () => {
  const sources: readonly (readonly [string, () => unknown])[] = [
    ['an array', () => [1]],
    ['a string', () => '1'],
    ['an iterator', () => [1].values()],
    ['an async generator', one],
    ['a stream', stream],
    ['an observable that can be asked', () => fromAsyncIterable(one)],
    ['pages', () => paginate.offset({ limit: 1, fetch: (at) => (at === 0 ? [1] : []) })],
  ];

  describe.each(sources)('asks %s', (_, make) => {
    it.each([
      ['as it is', (): unknown => make()],
      ['made by a function', (): unknown => make],
    ])('%s: one value for each time, then the end', async (_, source) => {
      const journal = new Journal();
      const supply = supplyOf(source() as number[])(takerOf(journal), null);
      await microtasks();
      expect(journal.lines).toEqual([]);
      supply.ask();
      await microtasks();
      expect(journal.take()).toEqual(['next 1']);
      supply.ask();
      await microtasks();
      expect(journal.take()).toEqual(['complete']);
      supply.unsubscribe();
      await settled();
    });

    it.each([
      ['as it is', (): unknown => make()],
      ['made by a function', (): unknown => make],
    ])('%s: nothing more once it is closed, which it tells', async (_, source) => {
      const journal = new Journal();
      const supply = supplyOf(source() as number[])(takerOf(journal), null);
      supply.ask();
      await microtasks();
      supply.close(({ kind }) => {
        journal.note(kind);
      });
      await microtasks();
      expect(journal.lines).toEqual(['next 1', 'unsubscribe']);
    });
  });

  it('tells the function that it was left, whatever it made', async () => {
    for (const [, make] of sources) {
      for (const leave of [
        (supply: Supply) => supply.unsubscribe(),
        (supply: Supply) => supply.close(() => undefined),
      ]) {
        // prettier-ignore
        let signal: AbortSignal | null = null;
        const source = (context: { signal: AbortSignal }): number[] => {
          signal = context.signal;
          return make() as number[];
        };
        leave(supplyOf(source)(takerOf(new Journal()), null));
        expect((signal as AbortSignal | null)?.reason).toMatchObject({ name: 'UnsubscribedError' });
      }
    }
    await settled();
  });

  it('does not tell it after the end', async () => {
    for (const [, make] of sources) {
      let signal: AbortSignal | null = null;
      const source = (context: { signal: AbortSignal }): number[] => {
        signal = context.signal;
        return make() as number[];
      };
      const supply = supplyOf(source)(takerOf(new Journal()), null);
      for (let i = 0; i < 2; i++) {
        supply.ask();
        await microtasks();
      }
      supply.unsubscribe();
      expect((signal as AbortSignal | null)?.aborted).toBe(false);
    }
  });

  it('does not tell it after an error', async () => {
    const journal = new Journal();
    const signals: AbortSignal[] = [];
    const failing = fromAsyncIterable(async function* () {
      yield await Promise.reject<number>(new Error('boom'));
    });
    const source = ({ signal }: { signal: AbortSignal }): number[] => {
      signals.push(signal);
      return failing as never;
    };
    const supply = supplyOf(source)(takerOf(journal), null);
    supply.ask();
    await microtasks();
    supply.unsubscribe();
    expect([journal.lines, signals[0]?.aborted]).toEqual([['error boom'], false]);
  });

  it('takes what can be asked of another copy of the package by its mark', () => {
    const open = (taker: Taker<number>): Supply => ({
      ask: () => {
        taker.next(7);
      },
      unsubscribe: () => undefined,
      close: () => undefined,
    });
    const foreign = Object.assign(of(0), { [supplyKey]: open });
    expect(foreign).not.toBeInstanceOf(SupplyObservable);
    const journal = new Journal();
    supplyOf(foreign as never)(takerOf(journal), null).ask();
    expect(journal.lines).toEqual(['next 7']);
  });

  it('takes an iterable that is a promise as well as what it iterates', async () => {
    const journal = new Journal();
    const both = Object.assign(Promise.resolve(['page']), { [Symbol.asyncIterator]: one });
    supplyOf(both)(takerOf(journal), null).ask();
    await microtasks();
    expect(journal.lines).toEqual(['next 1']);
  });

  it('calls the function once for each opening, and never before', () => {
    const make = jest.fn(() => [1]);
    const open = supplyOf(make);
    expect(make).not.toHaveBeenCalled();
    open(takerOf(new Journal()), null);
    open(takerOf(new Journal()), null);
    expect(make).toHaveBeenCalledTimes(2);
  });

  it('refuses a function that makes a function', () => {
    const self = (): unknown => self;
    expect(() => supplyOf(self as never)(takerOf(new Journal()), null)).toThrow('received function.');
  });

  it('leaves an async source that a function made by its return()', async () => {
    const source = new AsyncSource();
    const supply = supplyOf(() => source)(takerOf(source.journal), null);
    supply.ask();
    supply.unsubscribe();
    expect(source.journal.lines).toEqual(['next()', 'return()']);
    await source.closes();
  });
});
