/**
 * Scenario 12: files. An open file is a resource; its lines and chunks are read as they are asked for; what is written is
 * closed, or in its place as a whole, before the end is told.
 *
 * Python: `async with aiofiles.open(path) as file: async for line in file`.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filter, take, toArray } from 'rxjs';
import { awaitRelease, lastValue, openResources, pull, using } from 'rxscope';
import { atomicFile, file, readChunks, readLines, tempDir } from 'rxscope/node';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

interface Result {
  /** The first two lines of the log that are errors. */
  readonly errors: readonly string[];
  readonly digest: string;
  /** What the summary says after it could not be written, and after it could. */
  readonly summaries: readonly string[];
  readonly open: number;
}

export function main(log: Log): Promise<Result> {
  return lastValue(using(tempDir(), (directory) => work(join(directory, 'app.log'), join(directory, 'summary'), log)));
}

async function work(path: string, summary: string, log: Log): Promise<Result> {
  // Written line by line. The file is closed before the promise resolves.
  const written = using(file(path, { flags: 'w' }), (handle) =>
    pull(['start', 'error: disk', 'error: net', 'ok', 'error: late'], (line) => handle.write(`${line}\n`)),
  );
  await lastValue(written);

  // Read until there is enough of it: the rest is never looked at, and the file is closed.
  const errors = await lastValue(
    readLines(path).pipe(
      filter((line) => line.startsWith('error')),
      take(2),
      toArray(),
      awaitRelease(),
    ),
  );
  const open = openResources().filter(({ name }) => name === 'file').length;

  // Chunk by chunk, the next one read when the last has been worked off.
  const hash = createHash('sha256');
  for await (const chunk of readChunks(path, { chunkSize: 16 })) hash.update(chunk);

  // Replaced as a whole, or not at all.
  await save(summary, 'none yet');
  const summaries: string[] = [];
  await save(summary, 'half', new Error('out of ideas')).catch((error: unknown) => {
    log(String(error));
  });
  summaries.push(await readFile(summary, 'utf8'));
  await save(summary, `${String(errors.length)} errors`);
  summaries.push(await readFile(summary, 'utf8'));
  return { errors, digest: hash.digest('hex').slice(0, 8), summaries, open };
}

function save(path: string, text: string, failure?: Error): Promise<string> {
  const saved = using(atomicFile(path), async (draft) => {
    await draft.writeFile(text);
    if (failure !== undefined) throw failure;
    return text;
  });
  return lastValue(saved);
}

runDirectly('12-files.ts', main);
