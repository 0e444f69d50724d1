import { expectTypeOf } from 'expect-type';
import { filter, map, of, pipe, take, toArray, type Observable } from 'rxjs';
import {
  acquireTimeout,
  andThen,
  awaitRelease,
  fromValue,
  mapValue,
  named,
  onExit,
  orElse,
  releaseTimeout,
  retryAcquire,
  suppress,
  switchResource,
  use,
  type Resource,
} from '../../lib/index.js';

const one = fromValue(1);

describe('Resource#pipe', () => {
  it('stays a resource through operators from resource to resource', () => {
    expectTypeOf(one.pipe()).toEqualTypeOf<Resource<number>>();
    expectTypeOf(one.pipe(named('a'))).toEqualTypeOf<Resource<number>>();
    expectTypeOf(one.pipe(mapValue(String))).toEqualTypeOf<Resource<string>>();
    expectTypeOf(one.pipe(andThen((n) => fromValue([n])))).toEqualTypeOf<Resource<number[]>>();
    expectTypeOf(one.pipe(orElse(() => fromValue('b')))).toEqualTypeOf<Resource<number | string>>();
    expectTypeOf(
      one.pipe(
        onExit((exit) => exit.kind),
        suppress(RangeError),
        acquireTimeout(1),
        releaseTimeout(1),
        retryAcquire({ count: 1 }),
      ),
    ).toEqualTypeOf<Resource<number>>();
  });

  it('hands the handle on with its type', () => {
    const chained = one.pipe(
      mapValue((n) => {
        expectTypeOf(n).toBeNumber();
        return String(n);
      }),
      andThen((text) => {
        expectTypeOf(text).toBeString();
        return fromValue({ text });
      }),
      use(({ text }) => of(text)),
    );
    expectTypeOf(chained).toEqualTypeOf<Observable<string>>();
  });

  it('becomes an observable by operators of RxJS, mixed with ours', () => {
    expectTypeOf(one.pipe(map((n) => n > 0))).toEqualTypeOf<Observable<boolean>>();
    expectTypeOf(
      one.pipe(
        mapValue(String),
        map((text) => text.length),
        take(1),
      ),
    ).toEqualTypeOf<Observable<number>>();
    expectTypeOf(one.pipe(switchResource((n) => fromValue(String(n))))).toEqualTypeOf<Observable<string>>();
    expectTypeOf(one.pipe(awaitRelease())).toEqualTypeOf<Observable<number>>();
  });

  it('takes nine operators with their types', () => {
    const nine = one.pipe(
      named('a'),
      mapValue((n) => n + 1),
      andThen((n) => fromValue(String(n))),
      suppress(Error),
      use((text) => [text, text]),
      map((text) => text.length),
      filter((length) => length > 0),
      toArray(),
      awaitRelease(),
    );
    expectTypeOf(nine).toEqualTypeOf<Observable<number[]>>();
  });

  it('takes more than nine, without their types', () => {
    const increment = map((n: number) => n + 1);
    const ten = one.pipe(increment, increment, increment, increment, increment, increment, increment, increment, increment, increment); // prettier-ignore
    expectTypeOf(ten).toEqualTypeOf<Observable<unknown>>();
  });

  it('takes what the pipe of RxJS puts together', () => {
    const both = pipe(
      mapValue((n: number) => String(n)),
      use((text) => [text]),
    );
    expectTypeOf(one.pipe(both)).toEqualTypeOf<Observable<string>>();
  });

  it('refuses operators on resources behind what is no resource any more', () => {
    const refused = (): unknown => [
      // @ts-expect-error -- an observable has no handle
      one.pipe(take(1), mapValue(String)),
      // @ts-expect-error -- an observable is not entered
      of(1).pipe(use((n: number) => [n])),
      // @ts-expect-error -- what use() makes is no resource
      one.pipe(use((n) => [n]), named('late')), // prettier-ignore
      // @ts-expect-error -- the handle is a number
      one.pipe(use((text: string) => [text])),
    ];
    expect(refused).toThrow(TypeError);
  });
});
