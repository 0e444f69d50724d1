import { from, NEVER, of } from 'rxjs';
import { BatchIterator } from '../../lib/interop/batch-iterator.js';
import { StoredIterator } from '../../lib/interop/stored-iterator.js';
import { toAsyncIterable, type IterationOptions, type IterationStrategy } from '../../lib/index.js';

const make = (options?: unknown): AsyncIterable<number> => toAsyncIterable(of(1, 2, 3), options as IterationOptions);

async function collect(iterable: AsyncIterable<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}

// What it promises: spec/laws/law-33.spec.ts. What rxjs-for-await does instead: defects-for-await.spec.ts.
describe('toAsyncIterable', () => {
  it.each<[IterationOptions | undefined, unknown[]]>([
    [undefined, [1, 2, 3]],
    [{}, [1, 2, 3]],
    [{ strategy: 'buffer' }, [1, 2, 3]],
    [{ strategy: 'batch' }, [[1, 2, 3]]],
    [{ strategy: 'latest' }, [3]],
    [{ strategy: 'next' }, []],
    [{ strategy: 'buffer', highWaterMark: Infinity }, [1, 2, 3]],
    [{ strategy: 'buffer', eager: true }, [1, 2, 3]],
    [{ strategy: 'batch', eager: true }, [[1, 2, 3]]],
    [{ strategy: 'latest', eager: true }, [3]],
    [{ strategy: 'next', eager: true }, []],
  ])('with %p answers %p for three values at once', async (options, expected) => {
    await expect(collect(make(options))).resolves.toEqual(expected);
  });

  it('takes options that are there and undefined for missing ones', async () => {
    const options = { strategy: undefined, highWaterMark: undefined, overflow: undefined, signal: undefined, eager: undefined }; // prettier-ignore
    await expect(collect(make(options))).resolves.toEqual([1, 2, 3]);
  });

  it('does not change its options, and looks at them for each iterator alike', async () => {
    const options = Object.freeze({ strategy: 'batch' as const, highWaterMark: 3 });
    const iterable = toAsyncIterable(of(1, 2, 3), options);
    await expect(collect(iterable)).resolves.toEqual([[1, 2, 3]]);
    await expect(collect(iterable)).resolves.toEqual([[1, 2, 3]]);
  });

  it('gathers with rxjs-for-await where that is right: without a limit, and not before the first next()', () => {
    const kind = (options: IterationOptions): unknown =>
      toAsyncIterable(NEVER, options as never)[Symbol.asyncIterator]().constructor;
    const batch: IterationStrategy = 'batch';
    expect(kind({ strategy: batch })).toBe(BatchIterator);
    expect(kind({ strategy: batch, highWaterMark: Infinity })).toBe(BatchIterator);
    expect(kind({ strategy: batch, highWaterMark: 1 })).toBe(StoredIterator);
    expect(kind({})).toBe(StoredIterator);
  });

  describe('refuses at the call', () => {
    it.each<[unknown, string]>([
      [{ strategy: 'all' }, "Expected strategy to be one of 'buffer', 'batch', 'latest', 'next', received all."],
      [{ strategy: null }, "Expected strategy to be one of 'buffer', 'batch', 'latest', 'next', received null."],
      [{ strategy: 'toString' }, "Expected strategy to be one of 'buffer', 'batch', 'latest', 'next', received toString."], // prettier-ignore
      [{ overflow: 'drop', highWaterMark: 1 }, "Expected overflow to be one of 'error', 'drop-oldest', 'drop-newest', received drop."], // prettier-ignore
      [{ overflow: 'error' }, 'Expected overflow together with highWaterMark: without a limit there is none.'],
      [{ strategy: 'latest', highWaterMark: 1 }, "Expected no highWaterMark and no overflow with strategy 'latest', where nothing waits."], // prettier-ignore
      [{ strategy: 'next', overflow: 'error' }, "Expected no highWaterMark and no overflow with strategy 'next', where nothing waits."], // prettier-ignore
    ])('%p with a TypeError', (options, message) => {
      expect(() => make(options)).toThrow(TypeError);
      expect(() => make(options)).toThrow(message);
    });

    it.each([[0], [-1], [1.5], [Number.NaN], [-Infinity], ['2'], [null], [1n]])(
      'a highWaterMark of %p with a RangeError',
      (highWaterMark) => {
        expect(() => make({ highWaterMark })).toThrow(RangeError);
        expect(() => make({ highWaterMark })).toThrow(
          `Expected highWaterMark to be a whole number, 1 or more, received ${String(highWaterMark)}.`,
        );
        expect(() => make({ strategy: 'batch', highWaterMark })).toThrow(RangeError);
      },
    );
  });

  it('costs the same for each value, however many wait', async () => {
    const many = new Array<number>(200_000).fill(0);
    const iterator = toAsyncIterable(from(many))[Symbol.asyncIterator]();
    let count = 0;
    for (let result = await iterator.next(); result.done !== true; result = await iterator.next()) count++;
    expect(count).toBe(many.length);
  });
});
