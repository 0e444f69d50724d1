import { expectTypeOf } from 'expect-type';
import { of, type Observable } from 'rxjs';
import {
  consume,
  exitStack,
  ExitStack,
  firstValue,
  fromValue,
  lastValue,
  lease,
  openResources,
  scoped,
  settled,
  switchResource,
  type Consumption,
  type Lease,
  type OpenResource,
  type Resource,
} from '../../lib/index.js';

describe('lease', () => {
  it('works under await using, and keeps the type of the handle', async () => {
    await using held = await lease(fromValue('handle'));
    expectTypeOf(held).toEqualTypeOf<Lease<string>>();
    expectTypeOf(held.value).toBeString();
    expectTypeOf(held.release).returns.toEqualTypeOf<Promise<boolean>>();
    // @ts-expect-error -- read only
    const overwrite = (): void => void (held.value = 'other');
    expect(overwrite).toBeInstanceOf(Function);
  });

  it('cannot be held under using: its release is asynchronous', async () => {
    const held = await lease(fromValue(1));
    // @ts-expect-error -- no [Symbol.dispose]
    expectTypeOf(held).toExtend<Disposable>();
    await held.release();
  });
});

describe('ExitStack', () => {
  it('works under await using, and hands types through', async () => {
    await using stack = new ExitStack();
    expectTypeOf(stack.enter(fromValue(1))).toEqualTypeOf<Promise<number>>();
    expectTypeOf(stack.adopt('a', (value) => expectTypeOf(value).toBeString())).toBeString();
    expectTypeOf(stack.use({ id: 1, [Symbol.dispose]() {} }).id).toBeNumber();
    expectTypeOf(stack.use(null)).toBeNull();
    expectTypeOf(stack.closed).toBeBoolean();
    await using moved = stack.move();
    expectTypeOf(moved).toEqualTypeOf<ExitStack>();
    expectTypeOf(moved.close()).toEqualTypeOf<Promise<boolean>>();
  });

  it('refuses what cannot be disposed of', () => {
    const stack = new ExitStack();
    // @ts-expect-error -- no method of disposing
    expect(() => stack.use({ close() {} })).toThrow(TypeError);
  });

  it('lets push alone answer', () => {
    const stack = new ExitStack();
    stack.push((exit) => exit.kind === 'error');
    stack.push(async () => {});
    // @ts-expect-error -- a number says neither yes nor no
    stack.push(() => 1);
    stack.defer(() => 1);
    expect(stack.closed).toBe(false);
  });
});

describe('scoped and exitStack', () => {
  it('infer the handle', () => {
    expectTypeOf(scoped(async (stack) => stack.enter(fromValue(1)))).toEqualTypeOf<Resource<number>>();
    expectTypeOf(scoped(() => of('a'))).toEqualTypeOf<Resource<string>>();
    expectTypeOf(exitStack()).toEqualTypeOf<Resource<ExitStack>>();
  });
});

describe('firstValue and lastValue', () => {
  it('answer the type of the values, and of the default value where there is one', () => {
    expectTypeOf(firstValue(of(1))).toEqualTypeOf<Promise<number>>();
    expectTypeOf(lastValue(of('a'))).toEqualTypeOf<Promise<string>>();
    expectTypeOf(firstValue(of(1), { defaultValue: null })).toEqualTypeOf<Promise<number | null>>();
    expectTypeOf(lastValue(of(1), { defaultValue: undefined })).toEqualTypeOf<Promise<number | undefined>>();
    expectTypeOf(lastValue(of(1), { signal: AbortSignal.abort() }).catch(() => 0)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(firstValue(fromValue('a'))).toEqualTypeOf<Promise<string>>();
  });
});

describe('consume', () => {
  it('works under await using, and types the values', async () => {
    await using consumption = consume(of(1), (value) => expectTypeOf(value).toBeNumber());
    expectTypeOf(consumption).toEqualTypeOf<Consumption>();
    expectTypeOf(consumption.done).toEqualTypeOf<Promise<void>>();
    expectTypeOf(consumption.close()).toEqualTypeOf<Promise<void>>();
    // @ts-expect-error -- the values are numbers
    consume(of(1), (value: string) => value);
  });
});

describe('switchResource', () => {
  it('infers from the source and the resource', () => {
    const rooms = of('a').pipe(
      switchResource((name, index) => {
        expectTypeOf(name).toBeString();
        expectTypeOf(index).toBeNumber();
        return fromValue({ name });
      }),
    );
    expectTypeOf(rooms).toEqualTypeOf<Observable<{ name: string }>>();
  });
});

describe('settled and openResources', () => {
  it('answer with what they say', () => {
    expectTypeOf(settled()).toEqualTypeOf<Promise<void>>();
    expectTypeOf(openResources()).toEqualTypeOf<readonly OpenResource[]>();
    expectTypeOf<OpenResource['state']>().toEqualTypeOf<'entering' | 'held' | 'exiting'>();
  });
});
