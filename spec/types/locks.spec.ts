import { expectTypeOf } from 'expect-type';
import { asyncScheduler, of } from 'rxjs';
import {
  combine, fromValue, lease, limit, mutex, Mutex, semaphore, Semaphore, use, using, type Lease, type LockStats, type Resource,
} from '../../lib/index.js'; // prettier-ignore

describe('semaphore', () => {
  const three = semaphore(3, { name: 'x', aging: 5, scheduler: asyncScheduler });

  it('is made of a number and options, and has resources without a handle', () => {
    expectTypeOf(semaphore).parameter(0).toBeNumber();
    expectTypeOf(three).toEqualTypeOf<Semaphore>();
    expectTypeOf(three.permit).toEqualTypeOf<Resource<void>>();
    expectTypeOf(three.permits(2)).toEqualTypeOf<Resource<void>>();
    expectTypeOf(three.permits(2, { priority: 1 })).toEqualTypeOf<Resource<void>>();
    expectTypeOf(three.tryPermit).toEqualTypeOf<Resource<void>>();
    expectTypeOf(three.tryPermits(2)).toEqualTypeOf<Resource<void>>();
  });

  it('refuses what it does not know', () => {
    // @ts-expect-error -- the number is needed
    expect(() => semaphore()).toThrow(RangeError);
    // @ts-expect-error -- there is no such option
    void semaphore(1, { fair: true });
    // @ts-expect-error -- a priority is a number
    expect(() => three.permits(1, { priority: 'high' })).toThrow(RangeError);
    // @ts-expect-error -- one who only tries has no priority
    void three.tryPermits(1, { priority: 1 });
    // @ts-expect-error -- made by semaphore() alone
    expect(new Semaphore(3)).toBeInstanceOf(Semaphore);
  });

  it('tells numbers that cannot be set', () => {
    expectTypeOf(three.available).toBeNumber();
    expectTypeOf(three.waiting).toBeNumber();
    expectTypeOf(three.total).toBeNumber();
    expectTypeOf(three.resize).toEqualTypeOf<(total: number) => void>();
    // @ts-expect-error -- read only
    expect(() => (three.available = 1)).toThrow(TypeError);
    // @ts-expect-error -- read only: resize() does that
    expect(() => (three.total = 1)).toThrow(TypeError);
  });

  it('tells stats that cannot be changed', () => {
    const stats = three.stats();
    expectTypeOf(stats).toEqualTypeOf<LockStats>();
    expectTypeOf(stats.holders[0]?.heldFor).toEqualTypeOf<number | undefined>();
    expectTypeOf(stats.waiters[0]?.priority).toEqualTypeOf<number | undefined>();
    // @ts-expect-error -- read only
    expect(() => (stats.available = 1)).toThrow(TypeError);
    // @ts-expect-error -- read only
    expect(() => (stats.holders.length = 1)).toThrow(TypeError);
  });
});

describe('mutex', () => {
  it('needs nothing, and has resources without a handle', () => {
    expectTypeOf(mutex()).toEqualTypeOf<Mutex>();
    const { lock, tryLock, locked, waiting } = mutex({ name: 'x', reentrant: true });
    expectTypeOf(lock).toEqualTypeOf<Resource<void>>();
    expectTypeOf(tryLock).toEqualTypeOf<Resource<void>>();
    expectTypeOf(locked).toBeBoolean();
    expectTypeOf(waiting).toBeNumber();
    expectTypeOf(mutex().stats()).toEqualTypeOf<LockStats>();
  });

  it('refuses what it does not know', () => {
    // @ts-expect-error -- there is no such option
    void mutex({ permits: 2 });
    // @ts-expect-error -- reentrant or not
    void mutex({ reentrant: 'yes' });
  });

  it('is entered like any resource', () => {
    const { lock } = mutex();
    expectTypeOf(using(lock, () => of(1))).toExtend<{ subscribe(): unknown }>();
    expectTypeOf(combine({ lock, value: fromValue('a') })).toEqualTypeOf<Resource<{ lock: void; value: string }>>();
    expectTypeOf<ReturnType<typeof lease<void>>>().toEqualTypeOf<Promise<Lease<void>>>();
    void lock.pipe(
      use((handle) => {
        expectTypeOf(handle).toBeVoid();
        return of(1);
      }),
    );
  });
});

describe('limit', () => {
  it('keeps the type of the resource, with a number or a semaphore', () => {
    expectTypeOf(fromValue('a').pipe(limit(2))).toEqualTypeOf<Resource<string>>();
    expectTypeOf(fromValue(1).pipe(limit(semaphore(2)))).toEqualTypeOf<Resource<number>>();
  });

  it('refuses anything else', () => {
    // @ts-expect-error -- a mutex is no semaphore
    expect(() => limit(mutex())).toThrow(RangeError);
    // @ts-expect-error -- nor is a resource
    expect(() => limit(fromValue(1))).toThrow(RangeError);
  });
});
