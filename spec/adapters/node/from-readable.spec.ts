import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex, PassThrough, pipeline, Readable } from 'node:stream';
import { createGunzip, createGzip, gzipSync } from 'node:zlib';
import { expectTypeOf } from 'expect-type';
import { concatMap, map, NEVER, reduce, Subject, take, toArray, type Observable } from 'rxjs';
import { awaitRelease, consume, firstValue, lastValue, pull, resource, settled, using } from '../../../lib/index.js';
import { fromReadable } from '../../../lib/adapters/node/index.js';
import { Journal, reported } from '../../support/journal.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { CountingReadable, listenersOf } from './support/counting.js';
import { closeConnection, openConnection, type Connection } from './support/server.js';

const boom = new Error('boom');

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

describe('fromReadable', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rxscope-from-readable-'));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  async function fileOf(name: string, content: string | Buffer): Promise<string> {
    const path = join(directory, name);
    await writeFile(path, content);
    return path;
  }

  it('emits the chunks of a file and completes once it is closed', async () => {
    const path = await fileOf('ten.txt', 'ten bytes.');
    const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: 4 });
    const journal = new Journal();
    stream.once('close', () => journal.note('closed'));
    await lastValue(fromReadable<string>(stream).pipe(map((chunk) => journal.note(chunk))));
    journal.note('completed');
    expect(journal.lines).toEqual(['ten ', 'byte', 's.', 'closed', 'completed']);
  });

  it('opens a stream for each subscription where it is given a function', async () => {
    const path = await fileOf('note.txt', 'a note');
    const text = fromReadable<string>(() => createReadStream(path, 'utf8'));
    expect(await lastValue(text)).toBe('a note');
    expect(await lastValue(text)).toBe('a note');
  });

  it('fails where that function throws, and where it opens nothing', async () => {
    const broken = fromReadable(() => {
      throw boom;
    });
    expect(await rejection(lastValue(broken))).toBe(boom);
    expect(await rejection(lastValue(fromReadable(() => null as never)))).toBeInstanceOf(TypeError);
  });

  it('passes falsy values of object mode', async () => {
    const stream = Readable.from([0, '', false]);
    expect(await lastValue(fromReadable(stream).pipe(toArray()))).toEqual([0, '', false]);
  });

  it('gives an empty stream as an empty observable', async () => {
    expect(await lastValue(fromReadable(Readable.from([])).pipe(toArray()))).toEqual([]);
  });

  it('reads what a child process prints', async () => {
    const child = spawn(process.execPath, ['--eval', `process.stdout.write('a'.repeat(100_000))`]);
    const length = fromReadable<Buffer>(child.stdout).pipe(reduce((sum, chunk) => sum + chunk.length, 0));
    expect(await lastValue(length)).toBe(100_000);
  });

  it('refuses, at the call, what is no stream', () => {
    expect(() => fromReadable({} as never)).toThrow('Expected a Readable or a function that opens one');
    expect(() => fromReadable(null as never)).toThrow('received null');
  });

  it('leaves the type of the chunks to whoever knows it', () => {
    expectTypeOf(fromReadable<string>(new PassThrough())).toEqualTypeOf<Observable<string> & AsyncIterable<string>>();
    expectTypeOf(fromReadable(new PassThrough())).toEqualTypeOf<Observable<any> & AsyncIterable<any>>(); // eslint-disable-line @typescript-eslint/no-explicit-any
  });

  describe('read at the speed of its consumer', () => {
    it('asks for nothing while a handler runs', async () => {
      const stream = new CountingReadable(5);
      const seen: number[][] = [];
      await lastValue(
        fromReadable<number>(stream).pipe(
          map((value) => {
            const before = stream.asked;
            stream.emit('readable'); // as if more had come in
            seen.push([value, stream.asked - before]);
          }),
        ),
      );
      expect(seen).toEqual([0, 1, 2, 3, 4].map((value) => [value, 0]));
    });

    it('is asked by pull for what has been worked off, and not for more', async () => {
      const stream = new CountingReadable();
      const slots = new Subject<never>();
      const started: number[] = [];
      const work = pull(fromReadable<number>(stream), (value) => {
        started.push(value);
        return slots;
      });
      const consumption = consume(work);
      await once(stream, 'readable');
      await microtasks();
      expect(started).toEqual([0]);
      expect(stream.asked).toBeLessThanOrEqual(2); // one out, one in the stream's own buffer
      await consumption.close();
      expect(stream.destroyed).toBe(true);
    });

    it('copies nothing ahead of a slow consumer, however long the stream', async () => {
      const stream = new CountingReadable(2000);
      let ahead = 0;
      const work = pull(fromReadable<number>(stream), async (value) => {
        await microtasks(3);
        ahead = Math.max(ahead, stream.asked - value);
      });
      await lastValue(work);
      expect(ahead).toBeLessThanOrEqual(3);
    });

    it('runs ahead without demand: the neighbour that pull is compared with', async () => {
      const stream = new CountingReadable(2000);
      let ahead = 0;
      const work = fromReadable<number>(stream).pipe(
        concatMap(async (value) => {
          await microtasks(3);
          ahead = Math.max(ahead, stream.asked - value);
        }),
      );
      await lastValue(work);
      expect(ahead).toBeGreaterThan(100);
    });
  });

  describe('left by its consumer', () => {
    let connection: Connection;

    beforeEach(async () => {
      connection = await openConnection();
    });

    afterEach(async () => {
      await closeConnection(connection);
    });

    it('destroys the stream synchronously, also while a chunk is awaited', async () => {
      const { client } = connection;
      const subscription = fromReadable(client).subscribe();
      await microtasks();
      const journal = new Journal();
      client.once('close', () => journal.note('closed'));
      subscription.unsubscribe();
      expect(client.destroyed).toBe(true);
      await settled();
      expect(journal.lines).toEqual(['closed']);
    });

    it('counts as a background release until the stream has closed', async () => {
      const { client, server } = connection;
      const journal = new Journal();
      client.once('close', () => journal.note('closed'));
      server.write('hello');
      const first = fromReadable(client).pipe(take(1), awaitRelease());
      await new Promise<void>((complete) => {
        first.subscribe({ next: (chunk) => journal.note(String(chunk)), complete });
      });
      journal.note('completed');
      expect(journal.lines).toEqual(['hello', 'closed', 'completed']);
    });

    it('is closed before the resource around it', async () => {
      const { client } = connection;
      const journal = new Journal();
      client.once('close', () => journal.note('closed'));
      const around = resource({ acquire: () => client, release: () => journal.note('released') });
      const consumption = consume(using(around, (socket) => fromReadable(socket)));
      await consumption.close();
      expect(journal.lines).toEqual(['closed', 'released']);
    });

    it('tells the other end of the connection', async () => {
      const { client, server } = connection;
      const ended = once(server.resume(), 'end');
      fromReadable(client).subscribe().unsubscribe();
      await ended;
    });

    it('destroys everything that was put together by pipeline', async () => {
      const source = new PassThrough();
      const unpacked = pipeline(source, createGunzip(), () => undefined);
      const consumption = consume(fromReadable(() => unpacked));
      await microtasks();
      const closed = once(source, 'close').catch(() => undefined);
      await consumption.close();
      await closed;
      expect(source.destroyed).toBe(true);
    });

    it('ends a response of HTTP in the middle', async () => {
      const server = createServer((_request, response) => {
        response.write('beginning');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const [response] = (await once(get({ port, host: '127.0.0.1' }), 'response')) as [IncomingMessage];
      expect(String(await firstValue(fromReadable(response)))).toBe('beginning');
      expect(response.destroyed).toBe(true);
      server.close();
      await once(server, 'close');
    });

    it('hands an error of destroying to whoever waits', async () => {
      const failing = (): Readable => new Readable({ read() {}, destroy: (_error, done) => done(boom) });
      expect(await rejection(consume(fromReadable(failing)).close())).toBe(boom);
      fromReadable(failing).subscribe().unsubscribe();
      await settled();
      expect(await reported()).toEqual(['boom']);
    });

    it('hands on an error that came when no chunk was asked for', async () => {
      const stream = new CountingReadable();
      const consumption = consume(pull(fromReadable(stream), () => NEVER));
      await once(stream, 'readable');
      await microtasks();
      stream.destroy(boom);
      await rejection(once(stream, 'close'));
      expect(await rejection(consumption.close())).toBe(boom);
    });
  });

  describe('failing', () => {
    it('passes the error of the stream as it is', async () => {
      const missing = fromReadable(() => createReadStream(join(directory, 'missing')));
      expect(codeOf(await rejection(lastValue(missing)))).toBe('ENOENT');
    });

    it('is told by Node where the stream closes before its end', async () => {
      const stream = new PassThrough();
      const failure = rejection(lastValue(fromReadable(stream)));
      stream.destroy();
      expect(codeOf(await failure)).toBe('ERR_STREAM_PREMATURE_CLOSE');
    });

    it('passes the error of a transform', async () => {
      const gunzip = createGunzip();
      gunzip.end('this is not gzip');
      expect(codeOf(await rejection(lastValue(fromReadable(gunzip))))).toBe('Z_DATA_ERROR');
    });

    it.each([
      [
        'subscribed before',
        (): Readable => {
          const stream = new PassThrough();
          fromReadable(stream).subscribe().unsubscribe();
          return stream;
        },
      ],
      ['destroyed', (): Readable => new PassThrough().destroy()],
    ])('refuses a stream that was %s', async (_, make) => {
      // prettier-ignore
      const failure = await rejection(lastValue(fromReadable(make())));
      expect(failure).toBeInstanceOf(TypeError);
      expect(String(failure)).toContain('Pass a function that opens a stream for each subscription');
    });

    it('refuses a stream that was read to its end, and one that another subscription reads', async () => {
      const stream = Readable.from(['a']);
      await lastValue(fromReadable(stream));
      expect(await rejection(lastValue(fromReadable(stream)))).toBeInstanceOf(TypeError);
      const shared = new PassThrough();
      const first = consume(fromReadable(shared));
      expect(String(await rejection(lastValue(fromReadable(shared))))).toContain('one that was read before');
      expect(shared.destroyed).toBe(false);
      await first.close();
    });

    it('fails with what a stream had failed with before', async () => {
      const stream = new PassThrough();
      stream.destroy(boom);
      await rejection(once(stream, 'close'));
      expect(await rejection(lastValue(fromReadable(stream)))).toBe(boom);
    });
  });

  describe('a stream with two sides', () => {
    it('stays open where it was handed over, and keeps no listener', async () => {
      const { client, server } = await openConnection({ allowHalfOpen: true });
      const before = listenersOf(client);
      server.end('question');
      expect(String(await lastValue(fromReadable(client)))).toBe('question');
      await microtasks();
      expect(client.destroyed).toBe(false);
      expect(listenersOf(client)).toEqual(before);
      client.end('answer');
      expect(String(await lastValue(fromReadable(server)))).toBe('answer');
      await closeConnection({ client, server });
    });

    it('is closed with its end where the function made it', async () => {
      let made: Duplex | undefined;
      const stream = fromReadable(() => {
        made = new Duplex({
          read() {
            this.push(null);
          },
        });
        return made;
      });
      await lastValue(stream, { defaultValue: null });
      expect(made?.closed).toBe(true);
    });

    it('completes once a transform has closed', async () => {
      const gzip = createGzip();
      const unpacked = Readable.from([gzipSync('text')]).pipe(createGunzip());
      gzip.end('text');
      expect(String(await lastValue(fromReadable(unpacked)))).toBe('text');
      expect(unpacked.closed).toBe(true);
      await lastValue(fromReadable(gzip));
      expect(gzip.closed).toBe(true);
    });
  });

  it('keeps no listener of a stream that it has read to its end', async () => {
    const stream = new PassThrough({ autoDestroy: false });
    const before = listenersOf(stream);
    stream.end('text');
    await lastValue(fromReadable(stream));
    expect(stream.destroyed).toBe(false);
    await new Promise(process.nextTick);
    expect(listenersOf(stream)).toEqual(before);
  });
});
