import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import { writeFile, type FileHandle } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { expectTypeOf } from 'expect-type';
import { concatMap, map, Subject, take, toArray } from 'rxjs';
import { file, readChunks, type FileReader, type ReadChunksOptions } from '../../../lib/adapters/node/index.js';
import {
  awaitRelease,
  consume,
  lastValue,
  lease,
  openResources,
  pull,
  settled,
  toAsyncIterable,
  using,
  type AskableObservable,
} from '../../../lib/index.js';
import { checkAsyncIterableContract } from '../../../lib/testing/index.js';
import { describeError, Gate, reported } from '../../support/journal.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { codeOf, useScratch } from './support/scratch.js';

const boom = new Error('boom');

/** A file in memory that reads no more than `most` bytes at a time, and notes what it was asked. */
class Tape implements FileReader {
  readonly asked: string[] = [];
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly most = Infinity,
  ) {}

  async read(buffer: Buffer, offset: number, length: number, position: number | null): Promise<{ bytesRead: number }> {
    this.asked.push(`${String(length)}@${String(position)}`);
    const from = position ?? this.at;
    const bytesRead = buffer.write(this.text.slice(from, from + Math.min(length, this.most)), offset, length);
    if (position === null) this.at += bytesRead;
    return { bytesRead };
  }
}

describe('readChunks', () => {
  const scratch = useScratch();
  let path = '';

  beforeAll(async () => {
    path = scratch.at('ten.txt');
    await writeFile(path, 'ten bytes.');
  });

  const texts = (
    source: Parameters<typeof readChunks>[0],
    options: ReadChunksOptions = { chunkSize: 4 },
  ): Promise<string[]> =>
    lastValue(
      readChunks(source, options).pipe(
        map((chunk) => chunk.toString()),
        toArray(),
      ),
    );

  it('gives chunks of one size, the last one with what is left, and completes when the file is closed', async () => {
    const seen: string[] = [];
    await lastValue(readChunks(path, { chunkSize: 4 }).pipe(map((chunk) => seen.push(String(chunk)))));
    expect(seen).toEqual(['ten ', 'byte', 's.']);
    expect(openResources()).toEqual([]);
  });

  it('takes a path as text, as bytes, as a file URL, and a file that is open', async () => {
    expect(await texts(Buffer.from(path), {})).toEqual(['ten bytes.']);
    expect(await texts(pathToFileURL(path), {})).toEqual(['ten bytes.']);
    expect(await lastValue(using(file(path), (handle) => texts(handle, {})))).toEqual(['ten bytes.']);
  });

  it('has no chunk for an empty file, and no empty one where the last is full', async () => {
    await writeFile(scratch.at('empty'), '');
    expect(await texts(scratch.at('empty'))).toEqual([]);
    expect(await texts(path, { chunkSize: 5 })).toEqual(['ten b', 'ytes.']);
    expect(await texts(path, { chunkSize: 10 })).toEqual(['ten bytes.']);
  });

  it('reads from start to end, both included', async () => {
    expect(await texts(path, { start: 4, end: 8, chunkSize: 3 })).toEqual(['byt', 'es']);
    expect(await texts(path, { start: 4, end: 4 })).toEqual(['b']);
    expect(await texts(path, { end: 2 })).toEqual(['ten']);
    expect(await texts(path, { start: 8 })).toEqual(['s.']);
    expect(await texts(path, { start: 20 })).toEqual([]);
    expect(await texts(path, { start: 4, end: 3 })).toEqual([]);
    expect(await texts(path, { start: 4, end: 100 })).toEqual(['bytes.']);
  });

  it('reads 65,536 bytes at a time unless told otherwise', async () => {
    await writeFile(scratch.at('long'), 'x'.repeat(65_537));
    expect((await texts(scratch.at('long'), {})).map((text) => text.length)).toEqual([65_536, 1]);
  });

  it('fills chunks of which one read brings only a part', async () => {
    const tape = new Tape('ten bytes.', 3);
    expect(await texts(tape)).toEqual(['ten ', 'byte', 's.']);
    expect(tape.asked).toEqual(['4@null', '1@null', '4@null', '1@null', '4@null', '2@null']);
  });

  it('does not move the position of an open file where it is told where to start', async () => {
    const tape = new Tape('ten bytes.', 3);
    expect(await texts(tape, { start: 4, chunkSize: 4 })).toEqual(['byte', 's.']);
    expect(tape.asked).toEqual(['4@4', '1@7', '4@8', '2@10']);
    expect(await texts(tape, {})).toEqual(['ten bytes.']);
  });

  it('goes on where an open file stands, and leaves it open', async () => {
    const held = await lease(file(path));
    await held.value.read(Buffer.alloc(4), 0, 4, null);
    expect(await texts(held.value, { end: 3 })).toEqual(['byte']);
    expect(await texts(held.value)).toEqual(['s.']);
    expect(held.value.fd).not.toBe(-1);
    await held.release();
  });

  it('opens nothing before it is subscribed, and reads anew for each', async () => {
    const chunks = readChunks(scratch.at('later.txt'));
    await writeFile(scratch.at('later.txt'), 'now');
    const both = await Promise.all([lastValue(chunks), lastValue(chunks)]);
    expect(both.map(String)).toEqual(['now', 'now']);
    expect(both[0]).not.toBe(both[1]);
  });

  it('gives each chunk memory of its own', async () => {
    const chunks = await lastValue(readChunks(path, { chunkSize: 1 }).pipe(toArray()));
    expect(String(Buffer.concat(chunks))).toBe('ten bytes.');
  });

  describe('is read at the speed of its consumer', () => {
    it('reads nothing while a handler runs', async () => {
      const tape = new Tape('abc');
      const asked: number[] = [];
      await lastValue(readChunks(tape, { chunkSize: 1 }).pipe(map(() => asked.push(tape.asked.length))));
      expect(asked).toEqual([1, 2, 3]);
    });

    it('is asked by pull for what has been worked off', async () => {
      const tape = new Tape('abc');
      const slots: Subject<never>[] = [];
      const work = pull(readChunks(tape, { chunkSize: 1 }), () => (slots[slots.length] = new Subject<never>()));
      const consumption = consume(work);
      await microtasks();
      expect([slots.length, tape.asked.length]).toEqual([1, 1]);
      slots[0]?.complete();
      await microtasks();
      expect([slots.length, tape.asked.length]).toEqual([2, 2]);
      await consumption.close();
    });

    it('is asked by for await and toAsyncIterable for one after the other', async () => {
      for (const iterable of [
        (s: AskableObservable<Buffer>) => s,
        (s: AskableObservable<Buffer>) => toAsyncIterable(s),
      ]) {
        const tape = new Tape('abc');
        const seen: string[] = [];
        for await (const chunk of iterable(readChunks(tape, { chunkSize: 1 }))) {
          await microtasks();
          seen.push(`${String(chunk)} after ${String(tape.asked.length)}`);
        }
        expect(seen).toEqual(['a after 1', 'b after 2', 'c after 3']);
      }
    });
  });

  describe('left early', () => {
    it('closes the file before the end goes on, where it is waited for', async () => {
      const chunks = readChunks(path, { chunkSize: 1 }).pipe(take(2), toArray(), awaitRelease());
      expect((await lastValue(chunks)).map(String)).toEqual(['t', 'e']);
      expect(openResources()).toEqual([]);
    });

    it('closes the file where a loop is left', async () => {
      for await (const chunk of readChunks(path, { chunkSize: 1 })) {
        expect(String(chunk)).toBe('t');
        expect(openResources()).toMatchObject([{ name: 'file', state: 'held' }]);
        break;
      }
      expect(openResources()).toEqual([]);
    });

    it('closes the file where a handler fails', async () => {
      const chunks = readChunks(path).pipe(
        concatMap(() => {
          throw boom;
        }),
      );
      expect(await rejection(lastValue(chunks))).toBe(boom);
      expect(openResources()).toEqual([]);
    });

    it('closes a file that was still being opened', async () => {
      readChunks(path).subscribe().unsubscribe();
      expect(openResources()).not.toEqual([]);
      await settled();
      expect(openResources()).toEqual([]);
    });

    it('reads nothing of a file that was still being opened, so that nothing of it can fail', async () => {
      readChunks(scratch.path).subscribe().unsubscribe(); // a directory: to read it is an error
      await settled();
      expect(await reported()).toEqual([]);
    });

    it('is closed only when the read that is under way has come to its end, and drops what it brings', async () => {
      const gate = new Gate<{ bytesRead: number }>();
      const seen = jest.fn();
      const consumption = consume(readChunks({ read: () => gate.promise }), seen);
      await microtasks();
      const closed = jest.fn();
      const closing = consumption.close().then(closed);
      await microtasks();
      expect(closed).not.toHaveBeenCalled();
      gate.open({ bytesRead: 0 });
      await closing;
      expect(seen).not.toHaveBeenCalled();
    });
  });

  describe('fails', () => {
    it('where the file cannot be opened', async () => {
      expect(codeOf(await rejection(texts(scratch.at('missing'))))).toBe('ENOENT');
    });

    it('where it cannot be read, with the file closed', async () => {
      expect(codeOf(await rejection(texts(scratch.path)))).toBe('EISDIR');
      expect(openResources()).toEqual([]);
    });

    it('with both errors where closing fails, too', async () => {
      const work = readChunks(path, { chunkSize: 1 });
      const failure = await rejection(
        lastValue(
          work.pipe(
            map(() => {
              closeSync(descriptorOf(path));
            }),
          ),
        ),
      );
      expect(describeError(failure)).toMatch(/^S\(EBADF.*, EBADF.*\)$/);
    });

    it('with the very error of an open file', async () => {
      expect(await rejection(texts({ read: () => Promise.reject(boom) }))).toBe(boom);
    });
  });

  it('refuses bad arguments at the call', () => {
    expect(() => readChunks(3 as never)).toThrow(TypeError);
    expect(() => readChunks(path, { chunkSize: 0 })).toThrow(
      'Expected chunkSize to be a whole number from 1 to 2147483647, received 0.',
    );
    expect(() => readChunks(path, { chunkSize: 1.5 })).toThrow(RangeError);
    expect(() => readChunks(path, { start: -1 })).toThrow(
      'Expected start to be a whole number from 0 to 9007199254740991, received -1.',
    );
    expect(() => readChunks(path, { start: 5, end: 3 })).toThrow(RangeError);
    expect(() => readChunks(path, { end: NaN })).toThrow(RangeError);
  });

  it('takes a file handle of Node, and is typed as what it is', () => {
    expectTypeOf<FileHandle>().toExtend<FileReader>();
    expectTypeOf(readChunks('a')).toEqualTypeOf<AskableObservable<Buffer>>();
  });

  describe('as any async iterable', () => {
    checkAsyncIterableContract(() => ({
      iterable: toAsyncIterable(readChunks(path, { chunkSize: 4 })),
      values: ['ten ', 'byte', 's.'].map((text) => Buffer.from(text)),
      failing: toAsyncIterable(readChunks({ read: () => Promise.reject(boom) })),
    }));
  });
});

/** The descriptor of the one file of that path that this process has open. */
function descriptorOf(path: string): number {
  const found = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });
  expect(found).toHaveLength(1);
  return Number(found[0]);
}
