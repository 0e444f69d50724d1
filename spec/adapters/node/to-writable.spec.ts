import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { createServer, get, request, type IncomingMessage } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { createGunzip, createGzip, gunzipSync } from 'node:zlib';
import { expectTypeOf } from 'expect-type';
import { concat, merge, NEVER, of, Subject, throwError, toArray, type Observable } from 'rxjs';
import { consume, lastValue, openResources, settled } from '../../../lib/index.js';
import { fromReadable, toWritable } from '../../../lib/adapters/node/index.js';
import { Gate, Journal, reported } from '../../support/journal.js';
import { nextMacrotask } from '../../support/macrotask.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { HeldWritable, listenersOf } from './support/counting.js';
import { closeConnection, openConnection } from './support/server.js';

const boom = new Error('boom');

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

/** What the operating system says of a peer that is gone is a matter of moments. */
const brokenPipe = ['EPIPE', 'ECONNRESET'];

/** Waits for the end of what never has a value. */
const done = (written: Observable<never>): Promise<null> => lastValue(written, { defaultValue: null });

/** Numbers without end, by hand, so that nothing is asked ahead, and what happens to it. */
class Numbers implements AsyncIterable<number> {
  asked = 0;
  returned = 0;
  readonly return = new Gate();

  constructor(private readonly end = Infinity) {
    this.return.open();
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    return {
      next: async () =>
        this.asked < this.end ? { done: false, value: this.asked++ } : { done: true, value: undefined },
      return: async () => {
        this.returned++;
        await this.return.promise;
        return { done: true, value: undefined };
      },
    };
  }
}

/** One that never answers. */
class Silence extends Numbers {
  override [Symbol.asyncIterator](): AsyncIterator<number> {
    return { ...super[Symbol.asyncIterator](), next: () => new Gate<never>().promise };
  }
}

describe('toWritable', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rxscope-to-writable-'));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('writes every value of an iterable, an async iterable and an observable, and completes once the file is closed', async () => {
    const path = join(directory, 'note.txt');
    async function* words() {
      yield 'one ';
      yield 'two ';
    }
    for (const source of [['one ', 'two '], words(), of('one ', 'two ')]) {
      const file = createWriteStream(path);
      await done(toWritable(source, file));
      expect(file.closed).toBe(true);
      expect(await readFile(path, 'utf8')).toBe('one two ');
    }
  });

  it('opens a stream for each subscription where it is given a function', async () => {
    const path = join(directory, 'twice.txt');
    const written = toWritable(['a'], () => createWriteStream(path, { flags: 'a' }));
    await done(concat(written, written));
    expect(await readFile(path, 'utf8')).toBe('aa');
  });

  it('ends an empty stream where the source is empty', async () => {
    const path = join(directory, 'empty.txt');
    await done(toWritable([], () => createWriteStream(path)));
    expect((await stat(path)).size).toBe(0);
  });

  it('writes to the standard input of a child process', async () => {
    const child = spawn(process.execPath, ['--eval', 'process.stdin.pipe(process.stdout)']);
    const echoed = merge(toWritable(['a', 'b'], child.stdin), fromReadable<Buffer>(child.stdout)).pipe(toArray());
    expect(Buffer.concat(await lastValue(echoed)).toString()).toBe('ab');
  });

  it('refuses, at the call, what is no stream', () => {
    expect(() => toWritable([], {} as never)).toThrow('Expected a Writable or a function that opens one');
    expect(() => toWritable([], null as never)).toThrow('received null');
  });

  it('has no values', () => {
    expectTypeOf(toWritable([1], new PassThrough())).toEqualTypeOf<Observable<never>>();
  });

  describe('written to at the speed of the stream', () => {
    it('asks for the next value only after drain', async () => {
      const numbers = new Numbers();
      const stream = new HeldWritable();
      const consumption = consume(toWritable(numbers, stream));
      await microtasks();
      expect([numbers.asked, stream.written]).toEqual([1, [0]]);
      for (const count of [2, 3, 4]) {
        const drained = once(stream, 'drain');
        stream.finishOne();
        await drained;
        await microtasks();
        expect([numbers.asked, stream.written.length]).toEqual([count, count]);
      }
      await consumption.close();
    });

    it('fills the buffer of the stream up to its mark, and no further', async () => {
      const numbers = new Numbers();
      const stream = new HeldWritable(16);
      const full = once(stream, HeldWritable.full);
      const consumption = consume(toWritable(numbers, stream));
      await full;
      await nextMacrotask();
      expect(numbers.asked).toBe(16);
      await consumption.close();
    });

    it('asks a generator without promises no sooner', async () => {
      let asked = 0;
      function* endless() {
        for (;;) yield asked++;
      }
      const stream = new HeldWritable();
      const consumption = consume(toWritable(endless(), stream));
      expect([asked, stream.written]).toEqual([1, [0]]);
      const drained = once(stream, 'drain');
      stream.finishOne();
      await drained;
      expect(stream.written).toEqual([0, 1]);
      await consumption.close();
    });

    it('keeps what a plain observable emits meanwhile, in order', async () => {
      const source = new Subject<number>();
      const stream = new HeldWritable();
      const written = done(toWritable(source, stream));
      for (const value of [0, 1, 2]) source.next(value);
      source.complete();
      expect(stream.written).toEqual([0]);
      for (let i = 0; i < 2; i++) {
        const drained = once(stream, 'drain');
        stream.finishOne();
        await drained;
      }
      stream.finishOne();
      await written;
      expect(stream.written).toEqual([0, 1, 2]);
    });

    it('copies 64 MB with two buffers full at most', async () => {
      const [from, to] = [join(directory, 'from'), join(directory, 'to')];
      const size = 64 * 1024 * 1024;
      const handle = await open(from, 'w');
      await handle.truncate(size);
      await handle.close();
      const [source, target] = [createReadStream(from), createWriteStream(to)];
      let most = 0;
      let chunks = 0;
      const write = target.write.bind(target) as (...args: unknown[]) => boolean;
      target.write = (...args: unknown[]) => {
        const answer = write(...args);
        chunks++;
        most = Math.max(most, source.readableLength + target.writableLength);
        return answer;
      };
      await done(toWritable(fromReadable(source), target));
      expect((await stat(to)).size).toBe(size);
      expect(chunks).toBeGreaterThanOrEqual(size / source.readableHighWaterMark);
      // What was read ahead, one chunk more than fits, and the one being written.
      expect(most).toBeLessThanOrEqual(2 * source.readableHighWaterMark + target.writableHighWaterMark);
      expect([source.closed, target.closed]).toEqual([true, true]);
    }, 60_000);
  });

  describe('with `end: false`', () => {
    it('leaves the stream open and completes when what was written has arrived', async () => {
      const stream = new HeldWritable(16);
      const journal = new Journal();
      const before = listenersOf(stream);
      const written = done(toWritable([0, 1], stream, { end: false })).then(() => journal.note('completed'));
      await microtasks();
      stream.finishOne();
      await microtasks();
      expect(journal.lines).toEqual([]);
      expect(openResources().map(({ name }) => name)).toEqual(['writable']);
      stream.finishOne();
      await written;
      expect(stream.writable).toBe(true);
      expect(listenersOf(stream)).toEqual(before);
      await done(toWritable([], stream));
    });

    it('takes one source after the other, without a listener more', async () => {
      const stream = new PassThrough();
      const before = listenersOf(stream);
      for (let i = 0; i < 20; i++) await done(toWritable([String(i % 10)], stream, { end: false }));
      expect(listenersOf(stream)).toEqual(before);
      stream.end();
      expect(String(await lastValue(fromReadable(stream)))).toBe('01234567890123456789');
    });

    it('leaves it open as well where the source fails or is left: it is only lent', async () => {
      const stream = new HeldWritable(16);
      expect(await rejection(done(toWritable(throwError(() => boom), stream, { end: false })))).toBe(boom); // prettier-ignore
      await consume(toWritable(new Numbers(), stream, { end: false })).close();
      expect(stream.writable).toBe(true);
      stream.destroy();
    });
  });

  describe('when the source fails', () => {
    it('destroys the stream with that error, which passes on once it has closed', async () => {
      const journal = new Journal();
      const gate = new Gate();
      const stream = new Writable({
        write: (_chunk, _encoding, callback) => callback(),
        destroy: (error, callback) => void gate.promise.then(() => callback(error)),
      });
      stream.on('error', (error) => journal.note(`stream ${error.message}`));
      stream.on('close', () => journal.note('closed'));
      toWritable(concat(of('a'), throwError(() => boom)), stream).subscribe(journal.observer()); // prettier-ignore
      await microtasks();
      expect(stream.destroyed).toBe(true);
      expect(journal.lines).toEqual([]);
      gate.open();
      await new Promise<void>((resolve) => stream.once('close', resolve));
      await microtasks();
      expect(journal.lines).toEqual(['stream boom', 'closed', 'error boom']);
    });

    it('joins what destroying fails with', async () => {
      const stream = new Writable({ destroy: (_error, callback) => callback(new Error('not closed')) });
      const failure = await rejection(done(toWritable(throwError(() => boom), stream))); // prettier-ignore
      expect(failure).toMatchObject({ name: 'SuppressedError', error: { message: 'not closed' }, suppressed: boom });
    });

    it('takes any value for an error', async () => {
      const failed = toWritable(throwError(() => undefined), new PassThrough()); // prettier-ignore
      expect(await rejection(done(failed))).toBeUndefined();
      expect(await rejection(done(toWritable(throwError(() => 'text'), new PassThrough())))).toBe('text'); // prettier-ignore
    });

    it('takes a value that cannot be written for a failure', async () => {
      const stream = createWriteStream(join(directory, 'wrong'));
      const failure = await rejection(done(toWritable<unknown>(['right', null], stream)));
      expect(codeOf(failure)).toBe('ERR_STREAM_NULL_VALUES');
      expect(stream.closed).toBe(true);
    });
  });

  describe('when it is left', () => {
    it('leaves the source and destroys the stream at once, and waits for its closing in the background', async () => {
      const source = new Numbers();
      const { client, server } = await openConnection();
      const journal = new Journal();
      client.once('close', () => journal.note('closed'));
      const subscription = toWritable(source, client).subscribe();
      subscription.unsubscribe();
      expect([source.returned, client.destroyed]).toEqual([1, true]);
      expect(journal.lines).toEqual([]);
      await settled();
      expect(journal.lines).toEqual(['closed']);
      await closeConnection({ client, server });
    });

    it('does not wait for a source that takes its time to destroy the stream', async () => {
      const source = new Silence();
      const gate = new Gate();
      Object.assign(source, { return: gate });
      const stream = new HeldWritable();
      const closed = once(stream, 'close');
      const consumption = consume(toWritable(source, stream));
      const closing = consumption.close();
      await closed;
      gate.open();
      await closing;
    });

    it('destroys it also while the last writes are going on, and while it ends', async () => {
      const writing = new HeldWritable(16);
      const ending = new Writable({ final: () => undefined });
      for (const stream of [writing, ending]) {
        const consumption = consume(toWritable([0], stream));
        await microtasks();
        await consumption.close();
        expect(stream.closed).toBe(true);
      }
    });

    it('hands an error of destroying to whoever waits', async () => {
      const failing = (): Writable => new Writable({ destroy: (_error, callback) => callback(boom) });
      expect(await rejection(consume(toWritable(NEVER, failing)).close())).toBe(boom);
      toWritable(NEVER, failing).subscribe().unsubscribe();
      await settled();
      expect(await reported()).toEqual(['boom']);
    });
  });

  describe('when the stream fails', () => {
    it.each([
      ['cannot be opened', (): string => join(directory, 'missing', 'file'), 'ENOENT'],
      ['is full', (): string => '/dev/full', 'ENOSPC'],
    ])('leaves the source: a file that %s', async (_, path, code) => {
      const source = new Numbers();
      const bytes = { [Symbol.asyncIterator]: () => mapped(source[Symbol.asyncIterator](), String) };
      expect(codeOf(await rejection(done(toWritable(bytes, () => createWriteStream(path())))))).toBe(code);
      expect(source.returned).toBe(1);
    });

    it('leaves the source: a child process that ends in between', async () => {
      const child = spawn(process.execPath, ['--eval', `process.stdin.once('data', () => process.exit())`]);
      const source = new Numbers();
      const bytes = { [Symbol.asyncIterator]: () => mapped(source[Symbol.asyncIterator](), () => 'x'.repeat(100_000)) };
      const ended = once(child, 'exit');
      expect(brokenPipe).toContain(codeOf(await rejection(done(toWritable(bytes, child.stdin)))));
      expect(source.returned).toBe(1);
      await ended;
    });

    it('leaves the source: a connection that the other end has cut', async () => {
      const { client, server } = await openConnection();
      const source = new Numbers();
      const bytes = { [Symbol.asyncIterator]: () => mapped(source[Symbol.asyncIterator](), () => 'x'.repeat(100_000)) };
      const failure = rejection(done(toWritable(bytes, client)));
      await once(server, 'readable');
      server.resetAndDestroy();
      expect(brokenPipe).toContain(codeOf(await failure));
      expect(source.returned).toBe(1);
      await closeConnection({ client, server });
    });

    it('leaves a source that has nothing to write at the moment', async () => {
      const source = new Silence();
      const stream = new PassThrough();
      const failure = rejection(done(toWritable(source, stream)));
      stream.destroy(boom);
      expect(await failure).toBe(boom);
      expect(source.returned).toBe(1);
    });

    it('is told by Node where the stream is destroyed without an error', async () => {
      const stream = new PassThrough();
      const failure = rejection(done(toWritable(new Silence(), stream)));
      stream.destroy();
      expect(codeOf(await failure)).toBe('ERR_STREAM_PREMATURE_CLOSE');
    });

    it('fails with the next write where the stream was ended elsewhere', async () => {
      const source = new Subject<string>();
      const stream = new PassThrough();
      const failure = rejection(done(toWritable(source, stream.resume())));
      const closed = once(stream, 'close');
      stream.end();
      await closed;
      source.next('late');
      expect(codeOf(await failure)).toBe('ERR_STREAM_WRITE_AFTER_END');
    });

    it('fails with the error of a write that was finished late', async () => {
      const stream = new HeldWritable(16);
      const failure = rejection(done(toWritable([0], stream)));
      await microtasks();
      stream.finishOne(boom);
      expect(await failure).toBe(boom);
    });

    it('fails with the error of ending', async () => {
      const stream = new Writable({ final: (callback) => callback(boom) });
      expect(await rejection(done(toWritable([], stream)))).toBe(boom);
    });
  });

  describe('a stream with two sides', () => {
    it('stays open for reading where it was handed over', async () => {
      const gzip = createGzip();
      await done(toWritable(['text'], gzip));
      expect(gzip.destroyed).toBe(false);
      const packed = await lastValue(fromReadable<Buffer>(gzip).pipe(toArray()));
      expect(String(gunzipSync(Buffer.concat(packed)))).toBe('text');
    });

    it('unpacks what is packed, as it comes', async () => {
      const gzip = createGzip();
      const gunzip = createGunzip();
      const texts = merge(
        toWritable(Array.from({ length: 1000 }, String), gzip),
        toWritable(fromReadable(gzip), gunzip),
        fromReadable<Buffer>(gunzip),
      ).pipe(toArray());
      expect(String(Buffer.concat(await lastValue(texts)))).toBe(Array.from({ length: 1000 }, String).join(''));
    });

    it('answers over the connection that it was asked on', async () => {
      const { client, server } = await openConnection({ allowHalfOpen: true });
      const echoed = merge(toWritable(fromReadable(server), server), toWritable(['a', 'b'], client), fromReadable<Buffer>(client)); // prettier-ignore
      expect(String(Buffer.concat(await lastValue(echoed.pipe(toArray()))))).toBe('ab');
      await closeConnection({ client, server });
    });

    it('is read out and closed where the function made it', async () => {
      const server = createTcpServer((socket) => socket.resume().end('an answer that nobody reads')).listen(0);
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const journal = new Journal();
      await done(toWritable(['question'], () => connect(port).once('close', () => journal.note('closed'))));
      journal.note('completed');
      expect(journal.lines).toEqual(['closed', 'completed']);
      server.close();
      await once(server, 'close');
    });
  });

  it('sends the body of a request of HTTP, and answers with what it reads', async () => {
    const server = createServer((asked, response) => {
      toWritable(fromReadable(asked), response).subscribe();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asking = request({ port, host: '127.0.0.1', method: 'POST', agent: false });
    const answered = once(asking, 'response') as Promise<[IncomingMessage]>;
    await done(toWritable(['a', 'b'], asking));
    const [response] = await answered;
    expect(String(Buffer.concat(await lastValue(fromReadable<Buffer>(response).pipe(toArray()))))).toBe('ab');
    server.close();
    await once(server, 'close');
  });

  describe('a response of HTTP', () => {
    async function answer(
      source: AsyncIterable<string>,
    ): Promise<{ response: IncomingMessage; outcome: Promise<unknown>; close: () => Promise<void> }> {
      // prettier-ignore
      const outcome = new Gate<unknown>();
      const server = createServer((_request, response) => {
        done(toWritable(source, response)).then(outcome.open, outcome.open);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const [response] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [IncomingMessage];
      const close = async (): Promise<void> => {
        server.close();
        await once(server, 'close');
      };
      return { response, outcome: outcome.promise, close };
    }

    it('is written and ended', async () => {
      async function* body() {
        yield 'row 1\n';
        yield 'row 2\n';
      }
      const { response, outcome, close } = await answer(body());
      const text = Buffer.concat(await lastValue(fromReadable<Buffer>(response).pipe(toArray())));
      expect(String(text)).toBe('row 1\nrow 2\n');
      expect(await outcome).toBeNull();
      await close();
    });

    it('leaves the source where the client hangs up', async () => {
      const source = new Numbers();
      const endless = {
        [Symbol.asyncIterator]: () => mapped(source[Symbol.asyncIterator](), () => 'x'.repeat(10_000)),
      };
      const { response, outcome, close } = await answer(endless);
      response.destroy();
      expect([...brokenPipe, 'ERR_STREAM_PREMATURE_CLOSE']).toContain(codeOf(await outcome));
      expect(source.returned).toBe(1);
      await close();
    });
  });

  it('writes what an observable emits until it is left', async () => {
    const stream = new PassThrough();
    const source = new Subject<string>();
    const consumption = consume(toWritable(source, stream));
    source.next('a');
    source.next('b');
    expect(String(stream.read())).toBe('ab');
    await consumption.close();
    expect([source.observed, stream.closed]).toEqual([false, true]);
  });

  it('writes objects in object mode', async () => {
    const stream = new PassThrough({ objectMode: true });
    const passed = merge(toWritable([{ a: 1 }, { b: 2 }], stream), fromReadable<object>(stream)).pipe(toArray());
    expect(await lastValue(passed)).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('reads a stream that it is handed through fromReadable', async () => {
    const from = Readable.from(['a', 'b']);
    const stream = new PassThrough();
    await done(toWritable(fromReadable(from), stream));
    expect(String(await lastValue(fromReadable(stream)))).toBe('ab');
  });
});

function mapped(numbers: AsyncIterator<number>, text: (value: number) => string): AsyncIterator<string> {
  return {
    next: async () => {
      const result = await numbers.next();
      return result.done === true ? result : { done: false, value: text(result.value) };
    },
    return: async () => {
      await numbers.return?.();
      return { done: true, value: undefined };
    },
  };
}
