import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import { expectTypeOf } from 'expect-type';
import { concatMap, map, mergeMap, NEVER, of, take, toArray, type Observable } from 'rxjs';
import {
  WorkerExitError,
  workerThread,
  type WorkerPort,
  type WorkerThread,
  type WorkerThreadOptions,
} from '../../../lib/adapters/node/index.js';
import {
  awaitRelease,
  ClosedError,
  consume,
  firstValue,
  lastValue,
  lease,
  openResources,
  pool,
  pull,
  ReleaseTimeoutError,
  ResourceLostError,
  settled,
  using,
  type AskableObservable,
  type Lease,
  type Pool,
  type Resource,
} from '../../../lib/index.js';
import { checkResourceContract } from '../../../lib/testing/index.js';
import { Clock } from '../../support/clock.js';
import { eventually } from '../../support/eventually.js';
import { inVirtualTime, reported } from '../../support/journal.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { bundle } from './support/bundle.js';
import type { Calls, CallsData } from './support/calls-worker.js';
import { useScratch } from './support/scratch.js';

type Thread = WorkerThread<Calls>;

jest.setTimeout(30_000);

describe('workerThread', () => {
  const scratch = useScratch();
  let file = '';

  beforeAll(async () => {
    file = await bundle('calls-worker.ts', scratch.path);
  });

  /** The worker of the specs, and how many of its calls and releases have come to their `finally`. */
  function ours(how?: CallsData['how'], options: WorkerThreadOptions = {}) {
    const ended = new SharedArrayBuffer(4);
    const workerData: CallsData = { ended, ...(how === undefined ? {} : { how }) };
    const threads: Worker[] = [];
    const made = workerThread<Calls>(() => {
      const { worker } = options;
      const thread = new Worker(file, { workerData, stderr: true, ...worker });
      threads.push(thread);
      return thread;
    }, options);
    return { made, threads, ended: () => new Int32Array(ended)[0] };
  }

  const asked = <R>(work: (thread: Thread) => Observable<R>, how?: CallsData['how']): Promise<R[]> =>
    lastValue(using(ours(how).made, work).pipe(toArray()));

  const isRunning = (thread: Worker | undefined): boolean => thread !== undefined && thread.threadId !== -1;

  describe('answers', () => {
    it('with one value, a promise of it, nothing, a list as it is', async () => {
      expect(await asked((thread) => thread.call('double', 21))).toEqual([42]);
      expect(await asked((thread) => thread.call('later', 'a'))).toEqual(['A']);
      expect(await asked((thread) => thread.call('nothing'))).toEqual([undefined]);
      expect(await asked((thread) => thread.call('list', 3))).toEqual([[0, 1, 2]]);
      expect(await asked((thread) => thread.call('greeting'))).toEqual(['hello you']);
    });

    it('with each value of a generator, of an observable, and of both in one', async () => {
      expect(await asked((thread) => thread.call('upTo', 3))).toEqual([1, 2, 3]);
      expect(await asked((thread) => thread.call('letters', 'abc'))).toEqual(['a', 'b', 'c']);
      expect(await asked((thread) => thread.call('asked'))).toEqual([1, 2]);
      expect(await asked((thread) => thread.call('ticks').pipe(take(2)))).toEqual(['tick 0', 'tick 1']);
      expect(await asked((thread) => thread.call('upTo', 0))).toEqual([]);
    });

    it('several at a time, each its own', async () => {
      const work = (thread: Thread): Observable<number> =>
        of(1, 2, 3).pipe(mergeMap((n) => thread.call('upTo', n).pipe(map((value) => n * 10 + value))));
      expect((await asked(work)).sort()).toEqual([11, 21, 22, 31, 32, 33]);
    });

    it('each subscription anew', async () => {
      const work = (thread: Thread): Observable<number> => {
        const call = thread.call('double', 1);
        return of(1, 2).pipe(concatMap(() => call));
      };
      expect(await asked(work)).toEqual([2, 2]);
    });

    it('one by one, as it is asked', async () => {
      const work = (thread: Thread): Observable<string> =>
        pull(thread.call('upTo', 4), (value) =>
          thread.call('produced').pipe(map((produced) => `${String(value)} of ${String(produced)}`)),
        );
      expect(await asked(work)).toEqual(['1 of 1', '2 of 2', '3 of 3', '4 of 4']);
      const held = await lease(ours().made);
      for await (const value of held.value.call('upTo', 3)) {
        expect(await firstValue(held.value.call('produced'))).toBe(value);
      }
      await held.release();
    });

    it('at promises and signals, by firstValue', async () => {
      const held = await lease(ours().made);
      expect(await firstValue(held.value.call('double', 2))).toBe(4);
      const aborting = new AbortController();
      const left = firstValue(held.value.call('waits'), { signal: aborting.signal });
      aborting.abort();
      expect(await rejection(left)).toBe(aborting.signal.reason);
      await held.release();
    });

    it('whatever else the worker sends', async () => {
      expect(await asked((thread) => thread.call('chatter'))).toEqual(['said']);
    });
  });

  describe('is made', () => {
    it('of a path, a file URL, code, or by a function', async () => {
      const code = `
        const { parentPort, workerData } = require('node:worker_threads');
        parentPort.on('message', ({ rxscope, id, input }) => {
          if (rxscope === 'call') parentPort.postMessage({ rxscope: 'last', id, value: input + workerData });
          else parentPort.close();
        });
        parentPort.postMessage({ rxscope: 'ready' });
      `;
      const worker = { workerData: 1 };
      const inCode = workerThread<{ add: (n: number) => number }>(code, { worker: { ...worker, eval: true } });
      expect(await lastValue(using(inCode, (thread) => thread.call('add', 2)))).toBe(3);
      for (const source of [file, pathToFileURL(file), () => new Worker(file)]) {
        expect(await lastValue(using(workerThread<Calls>(source), (thread) => thread.call('double', 2)))).toBe(4);
      }
    });

    it('for each scope, and not before', async () => {
      const { made, threads } = ours();
      expect(threads).toHaveLength(0);
      await Promise.all([1, 2].map((n) => lastValue(using(made, (thread) => thread.call('double', n)))));
      expect(threads).toHaveLength(2);
      expect(threads.some(isRunning)).toBe(false);
    });

    it('with the options of Node', async () => {
      const { made } = ours(undefined, { worker: { env: { A: '1' }, name: 'counter' } });
      expect(await lastValue(using(made, (thread) => thread.call('double', 1)))).toBe(2);
    });

    it('and is entered when it is ready, not when it is online', async () => {
      const { made, threads } = ours('acquire hangs');
      const entered = jest.fn();
      const subscription = made.subscribe(entered);
      await new Promise((resolve) => threads[0]?.once('online', resolve));
      await microtasks();
      expect(entered).not.toHaveBeenCalled();
      expect(openResources()).toMatchObject([{ name: 'worker', state: 'entering' }]);
      subscription.unsubscribe();
      await settled();
      expect(isRunning(threads[0])).toBe(false);
    });

    it('not at all where the worker fails, exits or cannot be found', async () => {
      const failed = await rejection(lastValue(ours('acquire fails').made));
      expect(failed).toMatchObject({ message: 'no model', code: 'E_ODD' });
      const exited = await rejection(lastValue(ours('acquire exits').made));
      expect(exited).toBeInstanceOf(WorkerExitError);
      expect(exited).toMatchObject({
        message: '"worker" has exited with code 3.',
        exitCode: 3,
        code: 'RXSCOPE_WORKER_EXIT',
        resource: 'worker',
      });
      const missing = await rejection(lastValue(workerThread(scratch.at('missing.cjs'))));
      expect(missing).toHaveProperty('code', 'MODULE_NOT_FOUND');
      expect(await rejection(lastValue(workerThread('no/path')))).toHaveProperty('code', 'ERR_WORKER_PATH');
    });
  });

  describe('ends', () => {
    it('when its scope does, with what it holds released, before the end goes on', async () => {
      const { made, threads, ended } = ours();
      await lastValue(using(made, (thread) => thread.call('double', 1)));
      expect([ended(), isRunning(threads[0])]).toEqual([1, false]);
    });

    it('after its calls, which are cancelled first', async () => {
      const { made, ended } = ours();
      const held = await lease(made);
      const results = ['waits', 'silence', 'rejectsAborted'] as const;
      const calls = results.map((name) => rejection(firstValue(held.value.call(name) as Observable<unknown>)));
      await firstValue(held.value.call('double', 1));
      await held.release();
      expect(ended()).toBe(4);
      for (const error of await Promise.all(calls)) {
        expect(error).toBeInstanceOf(ClosedError);
        expect(error).toMatchObject({ message: '"worker" was closed while it was called.', resource: 'worker' });
      }
      expect(await rejection(firstValue(held.value.call('double', 1)))).toBeInstanceOf(ClosedError);
    });

    it('with the error of its release', async () => {
      const work = using(ours('release fails').made, (thread) => thread.call('double', 1));
      expect(await rejection(lastValue(work))).toMatchObject({ message: 'still in use', code: 'E_ODD', name: 'Odd' });
    });

    it('by force where the release takes too long, which is told', async () => {
      const { made, threads } = ours('release hangs', { closeTimeout: 50 });
      const error = await rejection(lastValue(using(made, (thread) => thread.call('double', 1))));
      expect(error).toBeInstanceOf(ReleaseTimeoutError);
      expect(error).toHaveProperty('message', '"worker" did not close within 50 ms, and was terminated.');
      expect(isRunning(threads[0])).toBe(false);
    });

    it('by force where something keeps it although it has closed, which is no failure', async () => {
      const { made, threads, ended } = ours('stray timer', { closeTimeout: 200 });
      await lastValue(using(made, (thread) => thread.call('double', 1)));
      expect([ended(), isRunning(threads[0])]).toEqual([1, false]);
    });
  });

  describe('cancelled', () => {
    const cancelled = async (
      call: (thread: Thread) => Observable<unknown>,
      options: WorkerThreadOptions = { cancelTimeout: 10_000 },
    ): Promise<{
      readonly held: Lease<Thread>;
      readonly ended: () => number | undefined;
      readonly close: Promise<void>;
    }> => {
      const { made, ended } = ours(undefined, options);
      const held = await lease(made);
      const consumption = consume(call(held.value));
      await microtasks();
      return { held, ended, close: consumption.close() };
    };

    it.each(['waits', 'silence', 'rejectsAborted'] as const)('%s is told, and waited for', async (name) => {
      const { held, ended, close } = await cancelled((thread) => thread.call(name));
      await close;
      expect(ended()).toBe(1);
      expect(await firstValue(held.value.call('double', 4))).toBe(8); // the same worker
      await held.release();
    });

    it('a generator is left in its finally', async () => {
      const { made, ended } = ours();
      const held = await lease(made);
      expect(await lastValue(held.value.call('upTo', 100).pipe(take(2), toArray(), awaitRelease()))).toEqual([1, 2]);
      expect(ended()).toBe(1);
      await held.release();
    });

    it('a call that has not begun is never sent', async () => {
      const held = await lease(ours().made);
      const iterator = held.value.call('upTo', 3)[Symbol.asyncIterator]();
      await iterator.return(undefined);
      expect(await firstValue(held.value.call('produced'))).toBe(0);
      await held.release();
    });

    it('what its end fails with is told to who waits, else reported', async () => {
      const { held, close } = await cancelled((thread) => thread.call('failsAborted'));
      expect(await rejection(close)).toMatchObject({ message: 'could not stop', code: 'E_ODD' });
      const unheard = held.value.call('failsAborted').subscribe();
      await firstValue(held.value.call('double', 1));
      unheard.unsubscribe();
      await settled();
      expect(await reported()).toEqual(['Odd']);
      await held.release();
    });

    it.each(['loops', 'stuck'] as const)('%s is terminated when its time is over', async (name) => {
      const { held, close } = await cancelled((thread) => thread.call(name), {
        cancelTimeout: 50,
      });
      const other = rejection(firstValue(held.value.call('waits')));
      await close;
      const error = await other;
      expect(error).toBeInstanceOf(ResourceLostError);
      expect(error).toMatchObject({ message: '"worker" was lost while it was called.', resource: 'worker' });
      expect((error as ResourceLostError).cause).toBeInstanceOf(ReleaseTimeoutError);
      expect((error as { cause: Error }).cause.message).toBe(
        'A call of "worker" did not end within 50 ms of being cancelled: it was terminated.',
      );
      expect(await rejection(held.release())).toBeInstanceOf(ResourceLostError);
    });

    it('with its scope, it is over before the end goes on, though it had to be terminated', async () => {
      const { made, threads } = ours(undefined, { cancelTimeout: 20 });
      const consumption = consume(using(made, (thread) => thread.call('loops')));
      await eventually('the worker is there', () => isRunning(threads[0]));
      await eventually('it is held', () => openResources()[0]?.state === 'held');
      await consumption.close();
      expect(isRunning(threads[0])).toBe(false);
    });
  });

  describe('fails a call', () => {
    it('with its error: class of the language, name, message, code, cause and stack', async () => {
      const fail = (what: Parameters<Calls['throws']>[0]): Promise<unknown> =>
        rejection(asked((thread) => thread.call('throws', what)));
      const range = await fail('range');
      expect(range).toBeInstanceOf(RangeError);
      expect(range).toHaveProperty('message', 'too far');
      expect((range as Error).stack).toContain('calls-worker');
      expect(await fail('odd')).toMatchObject({ name: 'Odd', message: 'strange', code: 'E_ODD' });
      expect(await fail('caused')).toMatchObject({ message: 'outer', cause: { name: 'Odd', message: 'inner' } });
      expect(await fail('text')).toBe('just text');
      expect(await fail('undefined')).toBeUndefined();
      expect(await fail('function')).toMatchObject({ message: '[Function (anonymous)]' });
    });

    it('after its values', async () => {
      const seen: number[] = [];
      const work = asked((thread) => thread.call('failsAfter', 2).pipe(map((value) => seen.push(value))));
      expect(await rejection(work)).toMatchObject({ message: 'enough' });
      expect(seen).toEqual([1, 2]);
    });

    it('that cannot be sent, there or back', async () => {
      const { made, ended } = ours();
      const held = await lease(made);
      expect(await rejection(firstValue(held.value.call('double', (() => 1) as never)))).toHaveProperty(
        'name',
        'DataCloneError',
      );
      expect(await rejection(firstValue(held.value.call('notSent')))).toHaveProperty('name', 'DataCloneError');
      expect(await rejection(lastValue(held.value.call('notSentLater')))).toHaveProperty('name', 'DataCloneError');
      expect(ended()).toBe(1);
      expect(await firstValue(held.value.call('double', 4))).toBe(8);
      await held.release();
    });

    it('that is not known', async () => {
      const error = await rejection(asked((thread) => thread.call('unknown' as 'nothing')));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty(
        'message',
        expect.stringMatching(/^Expected the name of a call, one of double, later, .*, received unknown\.$/),
      );
    });
  });

  describe('X1 lost', () => {
    it.each([
      ['exit', 'has exited with code 5', (thread: Thread) => thread.call('exit', 5)],
      ['crash', 'uncaught', (thread: Thread) => thread.call('crash')],
    ])('by %s: the scope and calls outside of it fail, and the thread has ended', async (_, message, call) => {
      const { made, threads } = ours();
      let outside: Promise<unknown> | null = null;
      const work = using(made, (thread) => {
        outside = rejection(firstValue(thread.call('waits')));
        return call(thread);
      });
      const error = await rejection(lastValue(work));
      expect(error).toBeInstanceOf(ResourceLostError);
      expect(error).toHaveProperty('message', '"worker" was lost while it was held.');
      expect(String((error as Error).cause)).toContain(message);
      const other = await (outside as unknown as Promise<unknown>);
      expect(other).toBeInstanceOf(ResourceLostError);
      expect((other as Error).cause).toBe((error as Error).cause);
      expect(isRunning(threads[0])).toBe(false);
    });

    it('by running out of memory', async () => {
      const { made } = ours(undefined, { worker: { resourceLimits: { maxOldGenerationSizeMb: 16 }, stderr: true } });
      const error = await rejection(lastValue(using(made, (thread) => thread.call('fill'))));
      expect(error).toMatchObject({ name: 'ResourceLostError', cause: { code: 'ERR_WORKER_OUT_OF_MEMORY' } });
    });

    it('by somebody who terminates it', async () => {
      const { made, threads } = ours();
      const held = await lease(made);
      await threads[0]?.terminate();
      await eventually('it is known', () => openResources().length === 0);
      expect(await rejection(firstValue(held.value.call('double', 1)))).toBeInstanceOf(ResourceLostError);
      expect(await rejection(held.release())).toMatchObject({ cause: { exitCode: 1 } });
    });

    it('where what it holds is lost', async () => {
      const work = using(ours('lost').made, () => NEVER);
      expect(await rejection(lastValue(work))).toMatchObject({ name: 'ResourceLostError' });
    });

    it('while a call is not asked for anything: the next one who asks is told', async () => {
      const { made, threads } = ours();
      const held = await lease(made);
      const iterator = held.value.call('upTo', 3)[Symbol.asyncIterator]();
      expect(await iterator.next()).toEqual({ done: false, value: 1 });
      await threads[0]?.terminate();
      await eventually('it is known', () => openResources().length === 0);
      expect(await rejection(iterator.next())).toBeInstanceOf(ResourceLostError);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      await held.release().catch(() => undefined);
    });
  });

  it('X4 moves what it is told to move, both ways', async () => {
    const held = await lease(ours().made);
    const bytes = new Uint8Array([1, 2, 3]);
    expect(await firstValue(held.value.call('sum', bytes, { transfer: [bytes.buffer] }))).toBe(6);
    expect(bytes.byteLength).toBe(0);
    const copied = new Uint8Array([4]);
    expect(await firstValue(held.value.call('sum', copied))).toBe(4);
    expect(copied.byteLength).toBe(1);
    expect((await firstValue(held.value.call('bytes', 4))).bytes).toEqual(new Uint8Array([7, 7, 7, 7]));
    expect(await firstValue(held.value.call('lengthHere'))).toBe(0);
    await held.release();
  });

  describe('in a pool', () => {
    const inPool = <R>(
      options: WorkerThreadOptions,
      body: (pool: Pool<Thread>, threads: Worker[]) => Promise<R>,
    ): Promise<R> => {
      const { made, threads } = ours(undefined, options);
      return lastValue(using(pool(made, { max: 2 }), (workers) => body(workers, threads)));
    };

    it('is lent to many, and there are no more than its max', async () => {
      const { made, threads } = ours();
      const work = using(pool(made, { max: 2 }), (workers) =>
        of(1, 2, 3, 4, 5, 6).pipe(
          mergeMap((n) => using(workers.lease, (thread) => thread.call('double', n))),
          toArray(),
        ),
      );
      expect((await lastValue(work)).sort((a, b) => a - b)).toEqual([2, 4, 6, 8, 10, 12]);
      expect(threads).toHaveLength(2);
      expect(threads.some(isRunning)).toBe(false);
    });

    it('X2 is lent again only when the call of who has left it has ended', async () => {
      await inPool({}, async (workers, threads) => {
        workers.resize(1);
        const consumption = consume(using(workers.lease, (thread) => thread.call('waits')));
        await eventually('it is lent', () => workers.stats.borrowed === 1 && isRunning(threads[0]));
        const next = firstValue(using(workers.lease, (thread) => thread.call('produced')));
        const order: string[] = [];
        await Promise.all([consumption.close().then(() => order.push('ended')), next.then(() => order.push('next'))]);
        expect(order).toEqual(['ended', 'next']);
        expect(threads).toHaveLength(1);
      });
    });

    it('is replaced where it was terminated, or has died', async () => {
      await inPool({ cancelTimeout: 20 }, async (workers, threads) => {
        const consumption = consume(using(workers.lease, (thread) => thread.call('loops')));
        await eventually('it is lent', () => workers.stats.borrowed === 1);
        await consumption.close();
        const dies = using(workers.lease, (thread) => thread.call('exit', 1) as Observable<unknown>);
        expect(await rejection(lastValue(dies))).toBeInstanceOf(ResourceLostError);
        expect(await firstValue(using(workers.lease, (thread) => thread.call('double', 3)))).toBe(6);
        expect(threads.map(isRunning)).toEqual([false, false, true]);
      });
    });

    it('X5 is not started over and over where it cannot start', async () => {
      const { made, threads } = ours('acquire fails');
      const work = using(pool(made, { max: 2, backoff: { initial: 60_000, max: 60_000 } }), async (workers) => {
        expect(await rejection(lastValue(workers.lease))).toMatchObject({ message: 'no model' });
        const next = consume(workers.lease);
        for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
        expect([threads.length, workers.stats.waiting]).toEqual([1, 1]);
        await next.close();
      });
      await lastValue(work);
    });

    it('X6 ends with its pool, which waits for what is lent, or ends it where it is told to', async () => {
      await inPool({}, async (workers, threads) => {
        let isLent = false;
        const call = lastValue(
          using(workers.lease, (thread) => {
            isLent = true;
            return thread.call('ticks').pipe(take(20));
          }),
        );
        await eventually('it is lent', () => isLent);
        await workers.close();
        expect([await call, threads.some(isRunning)]).toEqual(['tick 19', false]);
      });
      await inPool({ cancelTimeout: 20 }, async (workers, threads) => {
        const calls = (['waits', 'loops'] as const).map((name) =>
          rejection(lastValue(using(workers.lease, (thread) => thread.call(name) as Observable<unknown>))),
        );
        await eventually('both are lent', () => workers.stats.borrowed === 2);
        await workers.close({ force: true });
        for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(ClosedError);
        expect([threads.length, threads.some(isRunning)]).toEqual([2, false]);
      });
    });

    it('that dies while nobody has it is replaced, too', async () => {
      await inPool({}, async (workers, threads) => {
        await firstValue(using(workers.lease, (thread) => thread.call('double', 3)));
        await threads[0]?.terminate();
        await eventually('it is gone', () => workers.stats.total === 0);
        expect(await firstValue(using(workers.lease, (thread) => thread.call('double', 3)))).toBe(6);
      });
    });
  });

  describe('over a port of the spec', () => {
    class FakePort extends EventEmitter implements WorkerPort {
      readonly sent: unknown[] = [];
      terminated = 0;

      postMessage(message: unknown): void {
        this.sent.push(message);
      }

      async terminate(): Promise<void> {
        this.terminated++;
        await Promise.resolve();
        if (this.listenerCount('exit') > 0) this.emit('exit', 1);
      }

      answers(message: object): void {
        this.emit('message', message);
      }
    }

    const entered = async (
      options: WorkerThreadOptions = {},
    ): Promise<{ port: FakePort; held: Lease<WorkerThread> }> => {
      const port = new FakePort();
      const entering = lease(workerThread(() => port, options));
      port.answers({ rxscope: 'ready' });
      return { port, held: await entering };
    };
    const leave = async ({ port, held }: { port: FakePort; held: Lease<WorkerThread> }): Promise<void> => {
      const released = held.release();
      port.answers({ rxscope: 'closed' });
      port.emit('exit', 0);
      await released;
      expect(port.eventNames()).toEqual([]);
    };

    it('is lost where a message cannot be read, and is terminated', async () => {
      const { port, held } = await entered();
      const call = rejection(firstValue(held.value.call('a')));
      await microtasks();
      const unread = new Error('unread');
      port.emit('messageerror', unread);
      expect(await call).toMatchObject({ name: 'ResourceLostError', cause: unread });
      expect(await rejection(held.release())).toMatchObject({ cause: unread });
      expect(port.terminated).toBeGreaterThan(0);
    });

    it('X3 drops what comes after a call was left, and what belongs to none', async () => {
      const { port, held } = await entered();
      const seen: unknown[] = [];
      const consumption = consume(held.value.call('a'), (value) => seen.push(value));
      await microtasks();
      const closing = consumption.close();
      port.answers({ rxscope: 'value', id: 1, value: 'late' });
      port.answers({ rxscope: 'value', id: 99, value: 'of nobody' });
      port.answers({ rxscope: 'strange' });
      port.answers({ rxscope: 'end', id: 1 });
      port.answers({ rxscope: 'end', id: 1 });
      await closing;
      expect(seen).toEqual([]);
      expect(port.sent).toEqual([
        { rxscope: 'call', id: 1, name: 'a', input: undefined },
        { rxscope: 'cancel', id: 1 },
      ]);
      await leave({ port, held });
    });

    it('takes a last value that was on its way for the end', async () => {
      const { port, held } = await entered();
      const consumption = consume(held.value.call('a'));
      await microtasks();
      const closing = consumption.close();
      port.answers({ rxscope: 'last', id: 1, value: 'late' });
      await closing;
      await leave({ port, held });
    });

    it('asks for the next result when the handler has returned', async () => {
      const { port, held } = await entered();
      const sentThen: number[] = [];
      const consumption = consume(held.value.call('a'), () => sentThen.push(port.sent.length));
      await microtasks();
      port.answers({ rxscope: 'value', id: 1, value: 0 });
      await microtasks();
      expect([sentThen, port.sent.length]).toEqual([[1], 2]);
      port.answers({ rxscope: 'end', id: 1 });
      await consumption.done;
      await leave({ port, held });
    });

    it('waits a second for a call to end, and five for the worker, unless told otherwise', async () => {
      // In virtual time: what a promise leads to is awaited between the frames.
      const scheduled: (number | undefined)[] = [];
      await new Promise<void>((resolve) => {
        inVirtualTime((_, __, scheduler) => {
          const { schedule } = scheduler;
          const noting = function (this: unknown, ...args: Parameters<typeof schedule>) {
            scheduled.push(args[1]);
            return schedule.apply(scheduler, args);
          };
          Object.assign(scheduler, { schedule: noting });
          void (async () => {
            const { port, held } = await entered({ scheduler });
            const consumption = consume(held.value.call('a'));
            await microtasks();
            const closing = consumption.close();
            await microtasks();
            port.answers({ rxscope: 'end', id: 1 });
            await closing;
            await leave({ port, held });
            resolve();
          })();
        });
      });
      expect(scheduled).toEqual([1000, 5000]);
    });

    it('has no timer for a time without end', async () => {
      const clock = new Clock();
      const { port, held } = await entered({ cancelTimeout: Infinity, closeTimeout: 2 ** 31, scheduler: clock });
      const consumption = consume(held.value.call('a'));
      await microtasks();
      const closing = consumption.close();
      await microtasks();
      expect([port.sent.length, clock.timers]).toEqual([2, 0]); // it is cancelled
      port.answers({ rxscope: 'end', id: 1 });
      await closing;
      const released = held.release();
      await microtasks();
      expect([port.sent.length, clock.timers]).toEqual([3, 0]); // it is told to close
      port.answers({ rxscope: 'closed' });
      port.emit('exit', 0);
      await released;
    });

    it('fails to release where the worker breaks while it closes', async () => {
      for (const breaks of [
        (port: FakePort) => port.emit('error', new Error('broke')),
        (port: FakePort) => port.emit('exit', 4),
      ]) {
        const { port, held } = await entered();
        const released = rejection(held.release());
        breaks(port);
        expect(String(await released)).toMatch(/broke|has exited with code 4/);
        expect(port.eventNames()).toEqual([]);
      }
    });

    it('needs no answer to close where the worker just ends', async () => {
      const { port, held } = await entered();
      const released = held.release();
      port.emit('exit', 0);
      expect(await released).toBe(false);
    });
  });

  it('refuses bad arguments at the call', () => {
    expect(() => workerThread(3 as never)).toThrow(
      'Expected the path or URL of a worker, its code, or a function that makes one, received number.',
    );
    expect(() => workerThread(null as never)).toThrow('received null');
    expect(() => workerThread('./a.js', { cancelTimeout: -1 })).toThrow(RangeError);
    expect(() => workerThread('./a.js', { closeTimeout: NaN })).toThrow(
      'Expected closeTimeout to be a number of milliseconds, 0 or more, received NaN.',
    );
  });

  it('has a name', async () => {
    const held = await lease(ours(undefined, { name: 'model' }).made);
    expect(openResources().map(({ name }) => name)).toEqual(['model']);
    await held.release();
  });

  it('is typed by what it can do', () => {
    expectTypeOf(workerThread<Calls>('./a.js')).toEqualTypeOf<Resource<WorkerThread<Calls>>>();
    const check = (thread: Thread): void => {
      expectTypeOf(thread.call('double', 1)).toEqualTypeOf<AskableObservable<number>>();
      expectTypeOf(thread.call('later', 'a')).toEqualTypeOf<AskableObservable<string>>();
      expectTypeOf(thread.call('upTo', 1)).toEqualTypeOf<AskableObservable<number>>();
      expectTypeOf(thread.call('letters', 'a')).toEqualTypeOf<AskableObservable<string>>();
      expectTypeOf(thread.call('list', 1)).toEqualTypeOf<AskableObservable<number[]>>();
      void thread.call('greeting');
      void thread.call('nothing', undefined, { transfer: [] });
      // @ts-expect-error there is no such call
      void thread.call('missing');
      // @ts-expect-error the input is of the wrong type
      void thread.call('double', 'a');
      // @ts-expect-error the input is missing
      void thread.call('double');
    };
    expectTypeOf(check).toBeFunction();
  });

  describe('as any resource', () => {
    const code = `
      const { parentPort } = require('node:worker_threads');
      parentPort.on('message', () => parentPort.close());
      parentPort.postMessage({ rxscope: 'ready' });
    `;
    checkResourceContract(
      () => {
        const threads: Worker[] = [];
        const made = workerThread(() => {
          const thread = new Worker(code, { eval: true });
          threads.push(thread);
          return thread;
        });
        const closed = (): number => threads.filter((thread) => thread.threadId === -1).length;
        return { resource: made, opened: () => threads.length, closed };
      },
      { patience: 20_000 },
    );
  });
});
