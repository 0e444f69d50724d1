/**
 * Scenario 28: an async generator, bridged both ways: as an observable with operators, and back into a loop.
 *
 * Python: `async def async_range(start, stop, step=1)` with `yield`, and `async for`.
 */
import { setTimeout } from 'node:timers/promises';
import { filter, map, take, toArray } from 'rxjs';
import { fromAsyncIterable, lastValue, toAsyncIterable } from 'rxscope';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

export async function main(log: Log): Promise<Record<'all' | 'backwards' | 'firstSquares' | 'looped', number[]>> {
  async function* asyncRange(start: number, stop: number, step = 1, signal?: AbortSignal): AsyncGenerator<number> {
    try {
      for (let n = start; step > 0 ? n < stop : n > stop; n += step) {
        await setTimeout(1, undefined, { signal });
        yield n;
      }
    } finally {
      log(`closed ${String(start)} to ${String(stop)}`);
    }
  }

  // There. A function makes a generator for each subscription, and hands it the signal that wakes its timer.
  const range = (start: number, stop: number, step?: number) =>
    fromAsyncIterable(({ signal }) => asyncRange(start, stop, step, signal));
  const all = await lastValue(range(0, 10, 3).pipe(toArray()));
  const backwards = await lastValue(range(3, 0, -1).pipe(toArray()));

  // Left early: the result comes after the `finally` of the generator.
  const squares = range(1, 1_000_000).pipe(map((n) => n * n));
  const firstSquares = await lastValue(squares.pipe(take(3), toArray()));
  log('three squares');

  // And back: a loop over an observable, left by `break`, with the generator behind it closed before the next line.
  const looped: number[] = [];
  for await (const square of toAsyncIterable(squares.pipe(filter((n) => n % 2 === 0)))) {
    looped.push(square);
    if (looped.length === 2) break;
  }
  log('after the loop');
  return { all, backwards, firstSquares, looped };
}

runDirectly('28-async-generator.ts', main);
