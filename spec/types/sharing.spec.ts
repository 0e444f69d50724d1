import { expectTypeOf } from 'expect-type';
import { asyncScheduler } from 'rxjs';
import { fromValue, keyed, named, shareResource, use, type Keyed, type KeyedInstance, type KeyedOptions, type KeyedReport, type KeyedStats, type Resource, type ShareOptions } from '../../lib/index.js'; // prettier-ignore

describe('shareResource', () => {
  it('keeps the type of what it shares, in a pipe and by itself', () => {
    expectTypeOf(fromValue(1).pipe(shareResource())).toEqualTypeOf<Resource<number>>();
    expectTypeOf(shareResource({ idleTimeout: 5 })(fromValue('a'))).toEqualTypeOf<Resource<string>>();
    const chained = fromValue({ id: 1 }).pipe(named('a'), shareResource({ overlap: true }), named('b'));
    expectTypeOf(chained).toEqualTypeOf<Resource<{ id: number }>>();
    void chained.pipe(
      use((value) => {
        expectTypeOf(value).toEqualTypeOf<{ id: number }>();
        return [];
      }),
    );
  });

  it('takes its options', () => {
    const options: ShareOptions = { idleTimeout: 1, overlap: true, scheduler: asyncScheduler };
    void shareResource(options);
    // @ts-expect-error -- the option is called idleTimeout
    void shareResource({ timeout: 1 });
    // @ts-expect-error -- milliseconds
    expect(() => shareResource({ idleTimeout: '1s' })).toThrow(RangeError);
    // @ts-expect-error -- a number is no resource
    expect(() => shareResource()(1)).toThrow(TypeError);
  });
});

describe('keyed', () => {
  it('infers keys and handles from the factory', () => {
    const map = keyed((key: string) => fromValue(key.length));
    expectTypeOf(map).toEqualTypeOf<Resource<Keyed<string, number>>>();
    void map.pipe(
      use((numbers) => {
        expectTypeOf(numbers.get('a')).toEqualTypeOf<Resource<number>>();
        expectTypeOf(numbers.refresh('a')).toEqualTypeOf<Resource<number>>();
        expectTypeOf(numbers.keys).toEqualTypeOf<readonly string[]>();
        expectTypeOf(numbers.stats()).toEqualTypeOf<KeyedStats<string>>();
        expectTypeOf(numbers.stats().instances).toEqualTypeOf<readonly KeyedInstance<string>[]>();
        expectTypeOf(numbers.close()).toEqualTypeOf<Promise<KeyedReport>>();
        expectTypeOf(numbers.close({ force: true })).toEqualTypeOf<Promise<KeyedReport>>();
        expectTypeOf(numbers.invalidate).toEqualTypeOf<(key: string) => void>();
        expectTypeOf(numbers.touch).toEqualTypeOf<(key: string) => void>();
        return [];
      }),
    );
  });

  it('hands the key to the options', () => {
    const options: KeyedOptions<{ id: number }> = { keyOf: ({ id }) => id, idleTimeout: ({ id }) => id };
    expectTypeOf(keyed((key: { id: number }) => fromValue(key), options)).toEqualTypeOf<
      Resource<Keyed<{ id: number }, { id: number }>>
    >();
    void keyed((key: number) => fromValue(key), {
      idleTimeout: (key) => {
        expectTypeOf(key).toBeNumber();
        return key;
      },
      keyOf: (key) => {
        expectTypeOf(key).toBeNumber();
        return String(key);
      },
      capacity: 3,
      whenFull: 'wait',
      overlap: true,
      scheduler: asyncScheduler,
    });
  });

  it('refuses keys, policies and factories of another type', () => {
    void keyed((key: string) => fromValue(key)).pipe(
      use((map) => {
        // @ts-expect-error -- the key is a string
        void map.get(1);
        // @ts-expect-error -- the same
        map.invalidate(1);
        return [];
      }),
    );
    // @ts-expect-error -- there is no such policy
    expect(() => keyed((key: string) => fromValue(key), { whenFull: 'error' })).toThrow(TypeError);
    // @ts-expect-error -- the factory answers a resource
    void keyed((key: string) => key);
    // @ts-expect-error -- the snapshot is read-only
    const change = (stats: KeyedStats<string>): number => (stats.idle = 1);
    expect(change).toBeInstanceOf(Function);
  });
});
