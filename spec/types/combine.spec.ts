import { expectTypeOf } from 'expect-type';
import { of } from 'rxjs';
import { combine, fromValue, mapValue, type HandleOf, type Resource } from '../../lib/index.js';

describe('combine', () => {
  it('infers a tuple', () => {
    expectTypeOf(combine([fromValue(1), fromValue('b')])).toEqualTypeOf<Resource<[number, string]>>();
    expectTypeOf(combine([fromValue(1)], { concurrent: true })).toEqualTypeOf<Resource<[number]>>();
    expectTypeOf(combine([])).toEqualTypeOf<Resource<[]>>();
  });

  it('infers an array where the number is not known', () => {
    const many: Resource<number>[] = [fromValue(1)];
    const fixed: readonly Resource<string>[] = [];
    expectTypeOf(combine(many)).toEqualTypeOf<Resource<number[]>>();
    expectTypeOf(combine(fixed)).toEqualTypeOf<Resource<string[]>>();
  });

  it('infers a record', () => {
    const both = combine({ host: fromValue('db'), port: fromValue(5432) }, { concurrentRelease: true });
    expectTypeOf(both).toEqualTypeOf<Resource<{ host: string; port: number }>>();
    void both.pipe(
      mapValue(({ host, port }) => {
        expectTypeOf(host).toBeString();
        expectTypeOf(port).toBeNumber();
      }),
    );
  });

  it('infers a record where the names are not known', () => {
    const many: Record<string, Resource<number>> = {};
    expectTypeOf(combine(many)).toEqualTypeOf<Resource<Record<string, number>>>();
  });

  it('keeps unions, null and undefined', () => {
    const union: Resource<string | null> = fromValue(null);
    expectTypeOf(combine([union, fromValue(undefined)])).toEqualTypeOf<Resource<[string | null, undefined]>>();
  });

  it('nests', () => {
    expectTypeOf(combine({ all: combine([fromValue(1)]) })).toEqualTypeOf<Resource<{ all: [number] }>>();
  });

  it('refuses what is no resource, and unknown options', () => {
    // @ts-expect-error -- an observable is no resource
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- that is the point
    expect(() => combine([of(1)])).toThrow(TypeError);
    // @ts-expect-error -- nor is a number
    expect(() => combine({ a: 1 })).toThrow(TypeError);
    // @ts-expect-error -- the option is called concurrent
    void combine([fromValue(1)], { parallel: true });
  });
});

describe('HandleOf', () => {
  it('is the handle of a resource, and never of anything else', () => {
    expectTypeOf<HandleOf<Resource<number>>>().toBeNumber();
    expectTypeOf<HandleOf<string>>().toBeNever();
  });
});
