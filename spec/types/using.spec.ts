import { expectTypeOf } from 'expect-type';
import { of, Subscription, using as rxUsing, type Observable, type Unsubscribable } from 'rxjs';
import { fromValue, use, using } from '../../lib/index.js';

const one = fromValue(1);
const yes = Math.random() >= 0;

async function* generate(n: number): AsyncGenerator<string, void, undefined> {
  yield String(n);
}

describe('using and use', () => {
  it('infer what an observable, a promise or an iterable emits', () => {
    expectTypeOf(using(one, (n) => of(String(n)))).toEqualTypeOf<Observable<string>>();
    expectTypeOf(using(one, async (n) => n > 0)).toEqualTypeOf<Observable<boolean>>();
    expectTypeOf(using(one, (n) => [n, 'b'])).toEqualTypeOf<Observable<number | string>>();
    expectTypeOf(using(one, () => new Set(['a']))).toEqualTypeOf<Observable<string>>();
    expectTypeOf(using(one, () => 'text')).toEqualTypeOf<Observable<string>>();
    expectTypeOf(one.pipe(use((n) => of(String(n))))).toEqualTypeOf<Observable<string>>();
    expectTypeOf(one.pipe(use(async (n) => n > 0))).toEqualTypeOf<Observable<boolean>>();
    expectTypeOf(one.pipe(use((n) => [n]))).toEqualTypeOf<Observable<number>>();
  });

  it('take async generator functions', () => {
    expectTypeOf(using(one, generate)).toEqualTypeOf<Observable<string>>();
    expectTypeOf(one.pipe(use(generate))).toEqualTypeOf<Observable<string>>();
    const inline = one.pipe(
      use(async function* (n) {
        expectTypeOf(n).toBeNumber();
        yield n;
        yield 'b';
      }),
    );
    expectTypeOf(inline).toEqualTypeOf<Observable<number | 'b'>>();
  });

  it('take bodies of several kinds', () => {
    expectTypeOf(using(one, (n) => (yes ? of(n) : ['a']))).toEqualTypeOf<Observable<number | string>>();
    expectTypeOf(using(one, (n) => (yes ? Promise.resolve(n) : of(true)))).toEqualTypeOf<
      Observable<number | boolean>
    >();
    expectTypeOf(one.pipe(use((n) => (yes ? of(n) : generate(n))))).toEqualTypeOf<Observable<number | string>>();
  });

  it("take RxJS's own signature as it stands", () => {
    const factory = (): Subscription => new Subscription();
    const body = (made: Unsubscribable | void): Observable<boolean> => of(made === undefined);
    expectTypeOf(using(factory, (subscription) => of(subscription.closed))).toEqualTypeOf<Observable<boolean>>();
    expectTypeOf(rxUsing(factory, body)).toEqualTypeOf<Observable<boolean>>();
    expectTypeOf(using(factory, body)).toEqualTypeOf<Observable<boolean>>();
  });

  it('refuse a body that is no observable input', () => {
    const refused = (): unknown => [
      // @ts-expect-error -- a number is no observable input
      using(one, (n) => n),
      // @ts-expect-error -- nor is nothing, with a resource
      using(one, () => {}),
      // @ts-expect-error -- nor is a number here
      one.pipe(use((n) => n)),
      // @ts-expect-error -- an observable is no resource
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- that is the point
      using(of(1), (n) => [n]),
    ];
    expect(refused).toThrow(TypeError);
  });
});
