import { Readable } from 'node:stream';
import { concat, map, NEVER, Observable, of, throwError } from 'rxjs';
import {
  acquireTimeout, andThen, bufferedValuesFrom, combine, eachValueFrom, exitStack, fromAsyncIterable, fromDisposable,
  fromManager, fromReadableStream, fromValue, keyedMutex, keyedSemaphore, lease, limit, mapValue, mutex, named,
  onExit, orElse, paginate, pool, pull, releaseTimeout, resource, retryAcquire, rwLock, scoped, semaphore, suppress,
  toAsyncIterable, toReadableStream, using, type IterationOptions, type Resource,
} from '../../../lib/index.js'; // prettier-ignore
import { fromReadable } from '../../../lib/adapters/node/index.js';
import { keyed, Keyed, shareResource } from '../../../lib/sharing/index.js';
import { KeyedMap } from '../../../lib/sharing/keyed-map.js';
import { keyedSettings } from '../../../lib/sharing/keyed-options.js';
import {
  checkAsyncIterableContract,
  type AsyncIterableContractOptions,
} from '../../../lib/testing/contracts/check-async-iterable.js';
import { checkLockContract, type LockSubject } from '../../../lib/testing/contracts/check-lock.js';
import { checkPoolContract } from '../../../lib/testing/contracts/check-pool.js';
import { checkResourceContract, type ResourceContractOptions } from '../../../lib/testing/contracts/check-resource.js';
import type { ResourceSubject } from '../../../lib/testing/contracts/held-view.js';
import type { AsyncIterableSubject } from '../../../lib/testing/contracts/iterable-view.js';
import { manners, numbers, Shelf } from '../../support/shelf.js';

/** What is made of a number of parts that count. */
class Parts {
  opened = 0;
  closed = 0;

  constructor(readonly count = 1) {}

  open(): object {
    this.opened++;
    return {};
  }

  close(): void {
    this.closed++;
  }

  subject(made: Resource<unknown>): ResourceSubject<unknown> {
    return { resource: made, opened: () => this.opened / this.count, closed: () => this.closed / this.count };
  }

  sync(): Resource<object> {
    return resource({ acquire: () => this.open(), release: () => { this.close(); } });
  }

  async(): Resource<object> {
    return resource({
      acquire: async () => { await macrotask(); return this.open(); },
      release: async () => { await macrotask(); this.close(); },
    });
  }
} // prettier-ignore

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A value of each turn of the event loop. */
const soon = <T>(value: T): Observable<T> =>
  new Observable((subscriber) => {
    const immediate = setImmediate(() => {
      subscriber.next(value);
      subscriber.complete();
    });
    return () => {
      clearImmediate(immediate);
    };
  });

type Made = readonly [
  name: string,
  make: (parts: Parts) => Resource<unknown>,
  options?: ResourceContractOptions & { readonly parts?: number },
];

const sync = { synchronous: true };

/** A key of a map that is there as long as the test, without a scope that would have to be left. */
const ofMap = (part: () => Resource<object>): Resource<unknown> =>
  new Keyed(new KeyedMap(keyedSettings<string, object>(() => part(), {}))).get('key');

describe('checkResourceContract on what the library makes', () => {
  const made: readonly Made[] = [
    ['resource() of functions', (parts) => parts.sync(), sync],
    ['resource() of promises', (parts) => parts.async()],
    ['resource() of observables', (parts) => resource({ acquire: () => soon(1).pipe(map(() => parts.open())), release: () => soon(1).pipe(map(() => { parts.close(); })) })],
    ['an interruptible resource()', (parts) => resource({ acquire: () => soon(1).pipe(map(() => parts.open())), release: () => { parts.close(); }, interruptible: true })],
    ['resource() with exit', (parts) => resource({ acquire: () => parts.open(), exit: () => { parts.close(); } }), sync],
    ['resource() that watches for its loss', (parts) => resource({ acquire: () => parts.open(), release: () => { parts.close(); }, lost: () => NEVER }), sync],
    ['resource() of a generator', (parts) => resource(function* () { try { yield parts.open(); } finally { parts.close(); } }), sync],
    ['resource() of an async generator', (parts) => resource(async function* () { await macrotask(); try { yield parts.open(); } finally { await macrotask(); parts.close(); } })],
    ['resource() of a generator that suppresses', (parts) => resource(function* () { try { yield parts.open(); } catch { /* suppressed */ } finally { parts.close(); } }), { ...sync, suppresses: true }],
    ['fromManager()', (parts) => fromManager(() => ({ enter: () => parts.open(), exit: () => { parts.close(); } })), sync],
    ['fromManager() of promises', (parts) => fromManager(() => ({ enter: async () => parts.open(), exit: async () => { await macrotask(); parts.close(); } }))],
    ['fromDisposable()', (parts) => fromDisposable(() => ({ ...parts.open(), [Symbol.dispose]: () => { parts.close(); } })), sync],
    ['fromDisposable() of an async one', (parts) => fromDisposable(async () => ({ ...parts.open(), [Symbol.asyncDispose]: async () => { await macrotask(); parts.close(); } }))],
    ['fromDisposable() with a method', (parts) => fromDisposable(() => ({ ...parts.open(), end: () => { parts.close(); } }), 'end'), sync],
    ['fromValue()', () => fromValue(1), { ...sync, parts: Infinity }],
    ['combine()', (parts) => combine([parts.sync(), parts.sync()]), { ...sync, parts: 2 }],
    ['combine() of promises', (parts) => combine({ a: parts.async(), b: parts.async() }), { parts: 2 }],
    ['combine() side by side', (parts) => combine([parts.async(), parts.sync(), parts.async()], { concurrent: true, concurrentRelease: true }), { parts: 3 }],
    ['andThen()', (parts) => parts.sync().pipe(andThen(() => parts.sync())), { ...sync, parts: 2 }],
    ['andThen() of promises', (parts) => parts.async().pipe(andThen(() => parts.async())), { parts: 2 }],
    ['mapValue()', (parts) => parts.sync().pipe(mapValue((value) => ({ value }))), sync],
    ['named() and onExit()', (parts) => parts.async().pipe(named('other'), onExit(macrotask))],
    ['suppress()', (parts) => parts.async().pipe(suppress(Error)), { suppresses: true }],
    ['acquireTimeout() and releaseTimeout()', (parts) => parts.async().pipe(acquireTimeout(10_000), releaseTimeout(10_000))],
    ['retryAcquire()', (parts) => { let tries = 0; return fromManager(() => ({ enter: () => { if (++tries % 2 === 1) throw new Error('busy'); return parts.open(); }, exit: () => { parts.close(); } })).pipe(retryAcquire({ count: 2 })); }],
    ['orElse()', (parts) => resource<object>({ acquire: () => { throw new Error('down'); } }).pipe(orElse(() => parts.async()))],
    ['scoped()', (parts) => scoped(async (stack) => [await stack.enter(parts.async()), await stack.enter(parts.sync())]), { parts: 2 }],
    ['exitStack()', (parts) => exitStack().pipe(andThen((stack) => { stack.defer(() => { parts.close(); }); return fromValue(parts.open()); })), sync],
    ['shareResource()', (parts) => parts.sync().pipe(shareResource()), { ...sync, shared: true }],
    ['shareResource() of promises', (parts) => parts.async().pipe(shareResource()), { shared: true }],
    ['shareResource() that suppresses', (parts) => parts.sync().pipe(suppress(Error), shareResource()), { ...sync, shared: true, suppresses: true }],
    ['a key of a map', (parts) => ofMap(() => parts.sync()), { ...sync, shared: true }],
    ['a key of a map, of promises', (parts) => ofMap(() => parts.async()), { shared: true }],
    ['keyed(), and a key of it', (parts) => keyed<string, object>(() => parts.async(), { idleTimeout: Infinity }).pipe(andThen((map) => map.get('key')))],
    ['a lease', (parts) => resource({ acquire: ({ signal }) => lease(parts.async(), { signal }), release: (held) => held.release() })],
  ];
  describe.each(made.map(([name, make, options = {}]) => ({ name, make, options })))('$name', ({ make, options: { parts: count = 1, ...options } }) => {
    checkResourceContract(() => {
      const parts = new Parts(count);
      return count === Infinity ? make(parts) : parts.subject(make(parts));
    }, options);
  });
}); // prettier-ignore

type Iterated = readonly [
  name: string,
  make: () => AsyncIterableSubject<unknown>,
  options?: AsyncIterableContractOptions,
];

describe('checkAsyncIterableContract on what the library makes', () => {
  /** Held while it is iterated, and given back in a turn of its own. */
  const held = <T>(source: Observable<T>, options: IterationOptions, values?: readonly unknown[]): AsyncIterableSubject<unknown> => {
    const parts = new Parts();
    const part = resource({ acquire: () => parts.open(), release: async () => { await macrotask(); parts.close(); } });
    const iterable = (body: Observable<unknown>): AsyncIterable<unknown> => toAsyncIterable(using(part, () => body), options);
    return {
      iterable: iterable(source),
      ...(values === undefined ? {} : { values }),
      opened: () => parts.opened,
      closed: () => parts.closed,
      stalled: iterable(NEVER),
      failing: iterable(concat(source, throwError(() => new Error('of the source')))),
    };
  };
  const slow = concat(soon(1), soon(2), soon(3));
  const sheet = { items: [0], next: 'more' };
  const pages = { items: ({ items }: typeof sheet) => items, next: ({ next }: typeof sheet) => next };

  const iterated: readonly Iterated[] = [
    ['toAsyncIterable()', () => held(of(1, 2, 3), {}, [1, 2, 3])],
    ['toAsyncIterable() of a slow source', () => held(slow, {}, [1, 2, 3])],
    ['toAsyncIterable() with batch', () => held(of(1, 2, 3), { strategy: 'batch' }, [[1, 2, 3]])],
    ['toAsyncIterable() with batch, bounded', () => held(slow, { strategy: 'batch', highWaterMark: 5 })],
    ['toAsyncIterable() with latest', () => held(slow, { strategy: 'latest' })],
    ['toAsyncIterable() with next', () => held(slow, { strategy: 'next' })],
    ['toAsyncIterable(), bounded', () => held(of(1, 2, 3), { highWaterMark: 3 }, [1, 2, 3])],
    ['toAsyncIterable(), eager', () => held(of(1, 2, 3), { eager: true }, [1, 2, 3]), { eager: true }],
    ['toAsyncIterable() of what can be asked', () => ({ iterable: toAsyncIterable(fromAsyncIterable(async function* () { yield* [1, 2, 3]; })), values: [1, 2, 3] })],
    ['toAsyncIterable() of pull()', () => ({ iterable: toAsyncIterable(pull([1, 2, 3], (value) => soon(value * 2))), values: [2, 4, 6], stalled: toAsyncIterable(pull([1], () => NEVER)) })],
    ['eachValueFrom()', () => ({ iterable: eachValueFrom(of(1, 2, 3)), values: [1, 2, 3], stalled: eachValueFrom(NEVER) }), { once: true }],
    ['bufferedValuesFrom()', () => ({ iterable: bufferedValuesFrom(of(1, 2, 3)), values: [[1, 2, 3]], stalled: bufferedValuesFrom(NEVER) }), { once: true }],
    ...manners.map((manner): Iterated => [`paginate() of ${manner}`, () => ({
      iterable: paginate(new Shelf(5, 2, manner).options),
      values: numbers(5),
      stalled: paginate<typeof sheet, number, string>({ ...pages, fetch: () => NEVER }),
      failing: paginate<typeof sheet, number, string>({ ...pages, fetch: (cursor) => { if (cursor !== undefined) throw new Error('down'); return sheet; } }),
    })]),
    ['paginate() with prefetch', () => ({ iterable: paginate({ ...new Shelf(9, 2, 'a promise').options, prefetch: 3 }), values: numbers(9) })],
    ['pages of paginate()', () => ({ iterable: paginate(new Shelf(4, 2, 'a promise').options).pages })],
    ['fromReadable()', () => ({
      iterable: toAsyncIterable(fromReadable(() => Readable.from([1, 2, 3]))),
      values: [1, 2, 3],
      stalled: toAsyncIterable(fromReadable(() => new Readable({ objectMode: true, read: () => undefined }))),
      failing: toAsyncIterable(fromReadable(() => Readable.from((async function* () { yield 1; throw new Error('of the stream'); })()))),
    })],
    ['fromReadableStream()', () => ({
      iterable: toAsyncIterable(fromReadableStream(() => toReadableStream(of(1, 2, 3)))),
      values: [1, 2, 3],
      stalled: toAsyncIterable(fromReadableStream(() => new ReadableStream())),
    })],
  ];
  describe.each(iterated.map(([name, make, options = {}]) => ({ name, make, options })))('$name', ({ make, options }) => {
    checkAsyncIterableContract(make, options);
  });
}); // prettier-ignore

describe('checkLockContract on what the library makes', () => {
  type Locked = readonly [name: string, make: () => Resource<unknown> | LockSubject];

  const subject = (lock: Resource<unknown>, permits: number, waiting: () => number): LockSubject => ({
    lock,
    permits,
    get waiting() { return waiting(); },
  });
  const locked: readonly Locked[] = [
    ['mutex()', () => { const it = mutex(); return subject(it.lock, 1, () => it.waiting); }],
    ['mutex(), reentrant', () => { const it = mutex({ reentrant: true }); return subject(it.lock, 1, () => it.waiting); }],
    ['mutex() with a timeout', () => { const it = mutex(); return subject(it.lock.pipe(acquireTimeout(10_000)), 1, () => it.waiting); }],
    ['semaphore() of one', () => { const it = semaphore(1); return subject(it.permit, 1, () => it.waiting); }],
    ['semaphore() of three', () => { const it = semaphore(3); return subject(it.permit, 3, () => it.waiting); }],
    ['semaphore() with aging', () => { const it = semaphore(2, { aging: 5 }); return subject(it.permits(1, { priority: 1 }), 2, () => it.waiting); }],
    ['semaphore(), two permits of five', () => { const it = semaphore(5); return subject(it.permits(2), 2, () => it.waiting); }],
    ['semaphore(), resized', () => { const it = semaphore(1); it.resize(4); return subject(it.permit, 4, () => it.waiting); }],
    ['limit()', () => ({ lock: fromValue(1).pipe(limit(2)), permits: 2 })],
    ['limit() of a semaphore', () => { const it = semaphore(2); return subject(fromValue(1).pipe(limit(it)), 2, () => it.waiting); }],
    ['rwLock(), writing', () => { const it = rwLock(); return subject(it.write, 1, () => it.waiting); }],
    ['rwLock(), upgradable', () => { const it = rwLock(); return subject(it.upgradable, 1, () => it.waiting); }],
    ['rwLock(), upgraded', () => { const it = rwLock(); return subject(it.upgradable.pipe(andThen(({ upgrade }) => upgrade)), 1, () => it.waiting); }],
    ['keyedMutex()', () => { const it = keyedMutex(); return subject(it.lock('a'), 1, () => it.waiting('a')); }],
    ['keyedMutex() with keyOf', () => { const it = keyedMutex<object>({ keyOf: () => 1 }); return subject(it.lock({}), 1, () => it.waiting({})); }],
    ['keyedSemaphore()', () => { const it = keyedSemaphore(3); return subject(it.permit('a'), 3, () => it.waiting('a')); }],
    ['andThen() of a mutex', () => { const it = mutex(); return subject(it.lock.pipe(andThen(() => fromValue(1))), 1, () => it.waiting); }],
  ];
  describe.each(locked.map(([name, make]) => ({ name, make })))('$name', ({ make }) => {
    checkLockContract(make, { synchronous: true });
  });
}); // prettier-ignore

describe('checkPoolContract on what the library makes', () => {
  describe('pool()', () => {
    checkPoolContract((made, { max }) => pool(made, { max }), { synchronous: true });
  });
  describe('pool() of one', () => {
    checkPoolContract((made, { max }) => pool(made, { max }), { synchronous: true, max: 1 });
  });
  describe("pool() in the order 'fifo'", () => {
    checkPoolContract((made, { max }) => pool(made, { max, order: 'fifo' }), { synchronous: true, max: 3 });
  });
  describe('pool() that validates', () => {
    checkPoolContract((made, { max }) => pool(made, { max, validateAfter: 0, validate: () => true }), {
      synchronous: true,
    });
  });
  describe('pool() of five that validates with promises', () => {
    checkPoolContract((made, { max }) => pool(made, { max, validateAfter: 0, validate: async () => true }), { max: 5 });
  });
  describe('pool() that resets, and hears what happens', () => {
    checkPoolContract(
      async (made, { max }) => {
        const held = await lease(pool(made, { max, reset: macrotask, leakAfter: 10_000 }));
        held.value.events$.subscribe();
        held.value.stats$.subscribe();
        return {
          lease: held.value.lease,
          acquire: (options) => held.value.acquire(options),
          get stats() {
            return held.value.stats;
          },
          close: async (options) => {
            await held.value.close(options);
            await held.release();
          },
        };
      },
      { seed: 36 },
    );
  });
});
