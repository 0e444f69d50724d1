import { expectTypeOf } from 'expect-type';
import { of, type Observable } from 'rxjs';
import { fromValue, resource, type AcquireContext, type Awaitable, type Exit, type Resource } from '../../lib/index.js';

describe('Awaitable', () => {
  it('is a value, or a promise or an observable of it', () => {
    expectTypeOf<number>().toExtend<Awaitable<number>>();
    expectTypeOf<Promise<number>>().toExtend<Awaitable<number>>();
    expectTypeOf<PromiseLike<number>>().toExtend<Awaitable<number>>();
    expectTypeOf<Observable<number>>().toExtend<Awaitable<number>>();
    expectTypeOf<Resource<number>>().toExtend<Awaitable<number>>();
    expectTypeOf<Promise<string>>().not.toExtend<Awaitable<number>>();
  });

  it('is unwrapped by resource(), which infers the handle', () => {
    expectTypeOf(resource({ acquire: () => 1 })).toEqualTypeOf<Resource<number>>();
    expectTypeOf(resource({ acquire: async () => 'a' })).toEqualTypeOf<Resource<string>>();
    expectTypeOf(resource({ acquire: () => of(true) })).toEqualTypeOf<Resource<boolean>>();
    expectTypeOf(resource({ acquire: () => [1, 2] })).toEqualTypeOf<Resource<number[]>>();
    expectTypeOf(resource({ acquire: () => of(of(1)) })).toEqualTypeOf<Resource<Observable<number>>>();
  });

  it('gives release and exit the handle, and acquire the context', () => {
    void resource({
      acquire: (context) => {
        expectTypeOf(context).toEqualTypeOf<AcquireContext>();
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
        return Promise.resolve({ id: 1 });
      },
      release: (value, exit) => {
        expectTypeOf(value).toEqualTypeOf<{ id: number }>();
        expectTypeOf(exit).toEqualTypeOf<Exit>();
      },
    });
    // @ts-expect-error -- a string answers neither that it suppresses nor that it does not
    void resource({ acquire: () => 1, exit: () => 'yes' });
    // @ts-expect-error -- the handle is a number
    void resource({ acquire: () => 1, release: (value: string) => value });
  });

  it('is inferred from what a generator yields', () => {
    const asynchronous = resource(async function* () {
      await Promise.resolve();
      yield 1;
    });
    const synchronous = resource(function* ({ signal }) {
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      yield 'a';
    });
    expectTypeOf(asynchronous).toEqualTypeOf<Resource<number>>();
    expectTypeOf(synchronous).toEqualTypeOf<Resource<string>>();
  });
});

describe('fromValue', () => {
  it('unwraps nothing', () => {
    expectTypeOf(fromValue(Promise.resolve(1))).toEqualTypeOf<Resource<Promise<number>>>();
    expectTypeOf(fromValue(of(1))).toEqualTypeOf<Resource<Observable<number>>>();
  });
});

describe('Exit', () => {
  it('is narrowed by its kind', () => {
    const describeIt = (exit: Exit): unknown => {
      switch (exit.kind) {
        case 'complete':
          expectTypeOf(exit).toEqualTypeOf<{ readonly kind: 'complete' }>();
          return exit.kind;
        case 'error':
          expectTypeOf(exit.error).toBeUnknown();
          return exit.error;
        case 'unsubscribe':
          // @ts-expect-error -- who was unsubscribed has no error
          return exit.error as unknown;
        default:
          expectTypeOf(exit).toBeNever();
          return exit;
      }
    };
    expect(describeIt({ kind: 'error', error: 1 })).toBe(1);
    expect(describeIt({ kind: 'complete' })).toBe('complete');
  });

  it('needs its error where it is one', () => {
    // @ts-expect-error -- an error exit without its error
    const exit: Exit = { kind: 'error' };
    expect(exit.kind).toBe('error');
  });
});
