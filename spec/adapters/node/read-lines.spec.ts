import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { expectTypeOf } from 'expect-type';
import fc from 'fast-check';
import { filter, map, take, toArray } from 'rxjs';
import { readLines, tempFile, type FileReader, type ReadLinesOptions } from '../../../lib/adapters/node/index.js';
import {
  awaitRelease,
  CapacityError,
  lastValue,
  openResources,
  pull,
  settled,
  toAsyncIterable,
  using,
  type AskableObservable,
} from '../../../lib/index.js';
import { checkAsyncIterableContract } from '../../../lib/testing/index.js';
import { rejection } from '../../support/rejection.js';
import { codeOf, useScratch } from './support/scratch.js';

describe('readLines', () => {
  const scratch = useScratch();
  let path = '';

  beforeEach(() => {
    path = scratch.at('text.txt');
  });

  const linesOf = async (content: string | Buffer, options: ReadLinesOptions = {}): Promise<string[]> => {
    await writeFile(path, content);
    return lastValue(readLines(path, options).pipe(toArray()));
  };

  it.each<[string, string, string[]]>([
    ['line feeds', 'a\nb\n', ['a', 'b']],
    ['carriage returns before them', 'a\r\nb\r\n', ['a', 'b']],
    ['both', 'a\nb\r\nc\n', ['a', 'b', 'c']],
    ['a last line without an end', 'a\nb', ['a', 'b']],
    ['a single line without an end', 'a', ['a']],
    ['empty lines', '\n\na\n\n', ['', '', 'a', '']],
    ['empty lines with carriage returns', '\r\n\r\n', ['', '']],
    ['nothing', '', []],
    ['carriage returns in a line', 'a\rb\n\rc\n', ['a\rb', '\rc']],
    ['two carriage returns at its end', 'a\r\r\n', ['a\r']],
    ['a carriage return at the very end', 'a\n\r', ['a', '\r']],
    ['separators of other alphabets', 'a\u2028b\u0085c\n', ['a\u2028b\u0085c']],
    ['a byte order mark', '\ufeffa\n', ['\ufeffa']],
  ])('cuts text with %s', async (_, content, lines) => {
    for (const chunkSize of [1, 2, 3, 65_536]) expect(await linesOf(content, { chunkSize })).toEqual(lines);
  });

  it('puts characters of several bytes together across chunks', async () => {
    const text = 'naïve\n日本\r\n🦊🦊\n';
    for (let chunkSize = 1; chunkSize < 9; chunkSize++) {
      expect(await linesOf(text, { chunkSize })).toEqual(['naïve', '日本', '🦊🦊']);
    }
  });

  it('cuts any text as a split of it would, whatever the chunks', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '🦊', '\r', '\n', '\r\n'), maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (content, chunkSize) => {
        const expected = content.split('\n');
        const last = expected.pop() as string;
        const lines = expected.map((line) => line.replace(/\r$/, ''));
        expect(await linesOf(content, { chunkSize })).toEqual(last === '' ? lines : [...lines, last]);
      }),
      { numRuns: 200 },
    );
  });

  it('reads the encoding it is told', async () => {
    expect(await linesOf(Buffer.from('é\nü\r\n', 'utf16le'), { encoding: 'utf16le', chunkSize: 3 })).toEqual([
      'é',
      'ü',
    ]);
    expect(await linesOf(Buffer.from('é\nü', 'latin1'), { encoding: 'latin1' })).toEqual(['é', 'ü']);
    expect(await linesOf(Buffer.from('a\xff\n', 'latin1'))).toEqual(['a\ufffd']);
    expect(await linesOf(Buffer.from('a\n\xe6\x97', 'latin1'), { chunkSize: 1 })).toEqual(['a', '\ufffd']);
  });

  it('reads a part of a file, in bytes', async () => {
    expect(await linesOf('one\ntwo\nthree\n', { start: 4, end: 9 })).toEqual(['two', 'th']);
  });

  it('reads a file that is open, and lends it only', async () => {
    const work = using(tempFile(), async ({ handle }) => {
      await handle.write('one\ntwo\n', 0);
      const lines = await lastValue(readLines(handle, { start: 0 }).pipe(toArray()));
      return [...lines, handle.fd === -1];
    });
    expect(await lastValue(work)).toEqual(['one', 'two', false]);
  });

  it('takes a file URL', async () => {
    await writeFile(path, 'a\n');
    expect(await lastValue(readLines(pathToFileURL(path)))).toBe('a');
  });

  it('is done for good after the last line', async () => {
    await writeFile(path, 'a\nb');
    const iterator = readLines(path)[Symbol.asyncIterator]();
    const all = [await iterator.next(), await iterator.next(), await iterator.next(), await iterator.next()];
    expect(all.map(({ value }) => value)).toEqual(['a', 'b', undefined, undefined]);
  });

  describe('with a longest line', () => {
    /** A line without an end. */
    const endless = (): FileReader & { reads: number } => ({
      reads: 0,
      async read(buffer, offset, length) {
        this.reads++;
        buffer.fill('x', offset, offset + length);
        return { bytesRead: length };
      },
    });

    it('takes lines of exactly that length, whatever they end in', async () => {
      for (const content of ['abc\nabc', 'abc\r\nabc\r\n']) {
        for (const chunkSize of [1, 2, 100]) {
          expect(await linesOf(content, { maxLength: 3, chunkSize })).toEqual(['abc', 'abc']);
        }
      }
    });

    it('fails after the lines before it, and tells which one it is', async () => {
      for (const chunkSize of [1, 100]) {
        for (const content of ['a\nb\nabcd\nc\n', 'a\nb\nabcd\r\n', 'a\nb\nabcd']) {
          const seen: string[] = [];
          await writeFile(path, content);
          const work = readLines(path, { maxLength: 3, chunkSize }).pipe(map((line) => seen.push(line)));
          const error = await rejection(lastValue(work));
          expect(seen).toEqual(['a', 'b']);
          expect(error).toBeInstanceOf(CapacityError);
          expect(error).toMatchObject({
            message: 'Line 3 is longer than 3 characters. Raise maxLength, or read the file by readChunks().',
            resource: 'file',
          });
          expect(openResources()).toEqual([]);
        }
      }
    });

    it('reads no further than it has to, to tell', async () => {
      const reader = endless();
      const lines = readLines(reader, { maxLength: 100, chunkSize: 10 });
      expect(await rejection(lastValue(lines))).toBeInstanceOf(CapacityError);
      expect(reader.reads).toBe(11);
    });

    it('has one of 16,777,216 characters unless told otherwise', async () => {
      const reader = endless();
      expect(await rejection(lastValue(readLines(reader, { chunkSize: 2 ** 20 })))).toBeInstanceOf(CapacityError);
      expect(reader.reads).toBe(17);
    });

    it('takes time in proportion to its length, however many chunks it is made of', async () => {
      const length = 2_000_000; // searched again from its start for each chunk it would be 10 billion characters
      const [line] = await linesOf('x'.repeat(length), { chunkSize: 100, maxLength: length });
      expect(line).toHaveLength(length);
    });
  });

  describe('is read at the speed of its consumer', () => {
    /** Two lines in a chunk. */
    const counting = (): FileReader & { reads: number } => ({
      reads: 0,
      async read(buffer, offset) {
        buffer.write('a\nb\n', offset);
        return { bytesRead: this.reads++ < 2 ? 4 : 0 };
      },
    });

    it('reads the next chunk when the lines of the last one are used up', async () => {
      const reader = counting();
      const reads: number[] = [];
      for await (const line of readLines(reader, { chunkSize: 4 })) {
        expect(line).toMatch(/[ab]/);
        reads.push(reader.reads);
      }
      expect(reads).toEqual([1, 1, 2, 2]);
    });

    it('is asked by pull for one line after the other', async () => {
      const reader = counting();
      const work = pull(readLines(reader, { chunkSize: 4 }), (line) => [`${line}${String(reader.reads)}`]);
      expect(await lastValue(work.pipe(toArray()))).toEqual(['a1', 'b1', 'a2', 'b2']);
    });
  });

  it('closes the file where it is left, before the end goes on', async () => {
    await writeFile(path, 'a\nb\nc\n');
    const second = readLines(path).pipe(
      filter((line) => line === 'b'),
      take(1),
      awaitRelease(),
    );
    expect(await lastValue(second)).toBe('b');
    expect(openResources()).toEqual([]);
    readLines(path).subscribe().unsubscribe();
    await settled();
    expect(openResources()).toEqual([]);
  });

  it('passes on what reading fails with', async () => {
    expect(codeOf(await rejection(lastValue(readLines(scratch.at('missing')))))).toBe('ENOENT');
    expect(codeOf(await rejection(lastValue(readLines(scratch.path))))).toBe('EISDIR');
    expect(openResources()).toEqual([]);
  });

  it('refuses bad arguments at the call', () => {
    expect(() => readLines(3 as never)).toThrow(TypeError);
    expect(() => readLines('a', { maxLength: 0 })).toThrow(RangeError);
    expect(() => readLines('a', { chunkSize: 0 })).toThrow(RangeError);
    expect(() => readLines('a', { encoding: 'utf-7' as never })).toThrow(
      "Expected encoding to be one that Node knows, such as 'utf8', received utf-7.",
    );
  });

  it('is typed as what it is', () => {
    expectTypeOf(readLines('a')).toEqualTypeOf<AskableObservable<string>>();
  });

  describe('as any async iterable', () => {
    checkAsyncIterableContract(async () => {
      await writeFile(path, 'a\nb\nc\n');
      await writeFile(scratch.at('long.txt'), 'a\nbb\n');
      return {
        iterable: toAsyncIterable(readLines(path)),
        values: ['a', 'b', 'c'],
        failing: toAsyncIterable(readLines(scratch.at('long.txt'), { maxLength: 1 })),
      };
    });
  });
});
