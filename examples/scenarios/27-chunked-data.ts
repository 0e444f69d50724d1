/**
 * Scenario 27: chunks of a source as a stream, with back-pressure.
 *
 * Python: `async for chunk in AsyncDataStream(source, chunk_size=10)`. A stream of Node takes the place of `AsyncDataStream`;
 * its consumer decides how fast it is read.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { take, toArray } from 'rxjs';
import { firstValue, lastValue, pull, using } from 'rxscope';
import { fromReadable, toWritable } from 'rxscope/node';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

/** Cuts a text into chunks, and says whenever it is asked for one. */
class DataStream extends Readable {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly chunkSize: number,
    private readonly log: Log,
  ) {
    super({ objectMode: true, highWaterMark: 1 }); // bytes would be joined where two chunks of them wait
  }

  override _read(): void {
    const chunk = this.text.slice(this.at, (this.at += this.chunkSize));
    if (chunk !== '') this.log(`cut "${chunk}"`);
    this.push(chunk === '' ? null : chunk);
  }
}

/** Work that takes its time: some turns of the event loop. */
async function handle(chunk: string, log: Log): Promise<string> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  log(`handled "${chunk}"`);
  return chunk.toUpperCase();
}

export async function main(log: Log): Promise<{ handled: string[]; copied: string; first: string; closed: boolean }> {
  const text = 'ten bytes, and then ten more';
  const chunks = fromReadable<string>(() => new DataStream(text, 10, log));

  // Node cuts one chunk ahead, as `highWaterMark` says. The one after it waits until it is asked for.
  const handled = await lastValue(pull(chunks, (chunk) => handle(chunk, log)).pipe(toArray()));

  const work = using(temporaryDirectory(), async (directory) => {
    const [from, to] = [join(directory, 'from'), join(directory, 'to')];
    await writeFile(from, text);

    // From a file to a file: read as fast as it can be written.
    const file = fromReadable<Buffer>(() => createReadStream(from, { highWaterMark: 10 }));
    await lastValue(
      toWritable(file, () => createWriteStream(to)),
      { defaultValue: null },
    );
    const copied = await readFile(to, 'utf8');

    // Enough is enough: the file is closed before the promise resolves.
    const stream = createReadStream(from, { encoding: 'utf8', highWaterMark: 3 });
    const first = await firstValue(fromReadable<string>(stream).pipe(take(1)));
    return { handled, copied, first, closed: stream.closed };
  });
  return lastValue(work);
}

runDirectly('27-chunked-data.ts', main);
