import { expectTypeOf } from 'expect-type';
import { of, Subscription } from 'rxjs';
import { fromDisposable, fromManager, type Exit, type Resource } from '../../lib/index.js';

class Client {
  readonly host = 'db';
  end(): void {}
  release(): void {}
}

describe('fromDisposable', () => {
  it('takes what can dispose of itself, in any of the three ways', () => {
    const asynchronous: AsyncDisposable & { id: number } = { id: 1, [Symbol.asyncDispose]: async () => {} };
    const synchronous: Disposable = { [Symbol.dispose]() {} };
    expectTypeOf(fromDisposable(() => asynchronous)).toEqualTypeOf<Resource<AsyncDisposable & { id: number }>>();
    expectTypeOf(fromDisposable(() => synchronous)).toEqualTypeOf<Resource<Disposable>>();
    expectTypeOf(fromDisposable(() => new Subscription())).toEqualTypeOf<Resource<Subscription>>();
    expectTypeOf(fromDisposable(async () => synchronous)).toEqualTypeOf<Resource<Disposable>>();
    expectTypeOf(fromDisposable(() => of(synchronous))).toEqualTypeOf<Resource<Disposable>>();
  });

  it('takes null and undefined', () => {
    const maybe = (): Disposable | null | undefined => null;
    expectTypeOf(fromDisposable(maybe)).toEqualTypeOf<Resource<Disposable | null | undefined>>();
    expectTypeOf(fromDisposable(() => null)).toEqualTypeOf<Resource<null>>();
  });

  it('takes anything else with the name of its method', () => {
    expectTypeOf(fromDisposable(() => new Client(), 'release')).toEqualTypeOf<Resource<Client>>();
    expectTypeOf(fromDisposable(async () => new Client(), 'end')).toEqualTypeOf<Resource<Client>>();
    const maybe = async (): Promise<Client | null> => null;
    expectTypeOf(fromDisposable(maybe, 'end')).toEqualTypeOf<Resource<Client | null>>();
  });

  it('refuses what has no such method, or is not told which', () => {
    // @ts-expect-error -- a client has to be told how
    void fromDisposable(() => new Client());
    // @ts-expect-error -- it has no such method
    void fromDisposable(() => new Client(), 'close');
    // @ts-expect-error -- a string cannot be disposed of
    void fromDisposable(() => 'text');
    expect(fromDisposable(() => new Client(), 'end').name).toBe('disposable');
  });
});

describe('fromManager', () => {
  it('infers the handle from enter', () => {
    const exit = ({ kind }: Exit): boolean => kind === 'error';
    expectTypeOf(fromManager(() => ({ enter: () => 1, exit }))).toEqualTypeOf<Resource<number>>();
    expectTypeOf(fromManager(() => ({ enter: async () => 'a', exit }))).toEqualTypeOf<Resource<string>>();
    expectTypeOf(fromManager(() => ({ enter: () => of(true), exit: async () => true }))).toEqualTypeOf<
      Resource<boolean>
    >();
  });

  it('refuses a manager without exit, or with one that answers something else', () => {
    // @ts-expect-error -- no exit
    void fromManager(() => ({ enter: () => 1 }));
    // @ts-expect-error -- a number says neither yes nor no
    expect(fromManager(() => ({ enter: () => 1, exit: () => 1 })).name).toBe('manager');
  });
});
