import { expectTypeOf } from 'expect-type';
import { NEVER, of, type Observable } from 'rxjs';
import { bufferedValuesFrom, eachValueFrom, fromAsyncIterable, latestValueFrom, nextValueFrom, toAsyncIterable, type AcquireContext, type AskableObservable, type ObservableIterable } from '../../lib/index.js'; // prettier-ignore

async function* count(): AsyncGenerator<number> {
  yield 1;
}

describe('fromAsyncIterable', () => {
  it('infers the values, of an iterable and of a function that makes one', () => {
    expectTypeOf(fromAsyncIterable(count())).toEqualTypeOf<AskableObservable<number>>();
    expectTypeOf(fromAsyncIterable(count)).toEqualTypeOf<AskableObservable<number>>();
    const made = fromAsyncIterable((context) => {
      expectTypeOf(context).toEqualTypeOf<AcquireContext>();
      return count();
    });
    expectTypeOf(made).toEqualTypeOf<AskableObservable<number>>();
  });

  it('takes nothing else', () => {
    // @ts-expect-error -- an iterable is no async one
    expect(() => fromAsyncIterable([1])).toThrow(TypeError);
    // @ts-expect-error -- nor is an observable
    expect(() => fromAsyncIterable(of(1))).toThrow(TypeError);
    // @ts-expect-error -- nor a promise of one
    void fromAsyncIterable(async () => count());
  });
});

describe('toAsyncIterable', () => {
  it('yields arrays with batch, and values otherwise', () => {
    const source = NEVER as Observable<string>;
    expectTypeOf(toAsyncIterable(source)).toEqualTypeOf<ObservableIterable<string>>();
    expectTypeOf(toAsyncIterable(source, { strategy: 'latest' })).toEqualTypeOf<ObservableIterable<string>>();
    expectTypeOf(toAsyncIterable(source, { strategy: 'batch' })).toEqualTypeOf<ObservableIterable<string[]>>();
    expectTypeOf(toAsyncIterable(source, { highWaterMark: 1, overflow: 'drop-oldest', eager: true })).toEqualTypeOf<ObservableIterable<string>>(); // prettier-ignore
    expectTypeOf(toAsyncIterable(source)[Symbol.asyncIterator]()).toEqualTypeOf<AsyncGenerator<string, void, unknown>>(); // prettier-ignore
  });

  it('is taken by whatever takes an async iterable', () => {
    expectTypeOf<ObservableIterable<number>>().toExtend<AsyncIterable<number>>();
    expectTypeOf(fromAsyncIterable(toAsyncIterable(of(1)))).toEqualTypeOf<AskableObservable<number>>();
  });

  it('knows its strategies and policies by name', () => {
    // @ts-expect-error -- no strategy of that name
    expect(() => toAsyncIterable(of(1), { strategy: 'all' })).toThrow(TypeError);
    // @ts-expect-error -- no policy of that name
    expect(() => toAsyncIterable(of(1), { overflow: 'drop', highWaterMark: 1 })).toThrow(TypeError);
  });
});

describe('the functions with the names of rxjs-for-await', () => {
  it('answer generators, as those do', () => {
    expectTypeOf(eachValueFrom(of(1))).toEqualTypeOf<AsyncGenerator<number, void, unknown>>();
    expectTypeOf(bufferedValuesFrom(of(1))).toEqualTypeOf<AsyncGenerator<number[], void, unknown>>();
    expectTypeOf(latestValueFrom(of(1))).toEqualTypeOf<AsyncGenerator<number, void, unknown>>();
    expectTypeOf(nextValueFrom(of(1))).toEqualTypeOf<AsyncGenerator<number, void, unknown>>();
  });
});
