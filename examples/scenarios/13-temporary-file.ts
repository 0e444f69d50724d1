/**
 * Scenario 13: temporary files and directories, gone on every path: when the work is done, when it fails, when it is left.
 *
 * Python: `async with temp_file(name) as path`, removed on exit; `tempfile.TemporaryDirectory`.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NEVER } from 'rxjs';
import { consume, lastValue, using } from 'rxscope';
import { readLines, tempDir, tempFile } from 'rxscope/node';
import { exists } from './support/exists.js';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

interface Result {
  /** What was sorted by way of a file. */
  readonly first: string;
  readonly mode: string;
  /** Which of them are left: after completion, an error, a consumer that left, and an error with `keepOnError`. */
  readonly left: readonly boolean[];
}

export async function main(log: Log): Promise<Result> {
  const paths: string[] = [];

  // Done: written, read back, closed and removed.
  const done = using(tempFile({ suffix: '.txt' }), async ({ path, handle }) => {
    paths.push(path);
    await handle.writeFile(['cherry', 'apple', 'banana'].sort().join('\n'));
    const first = await lastValue(readLines(handle, { start: 0, end: 4 }));
    return { first, mode: ((await stat(path)).mode & 0o777).toString(8) };
  });
  const { first, mode } = await lastValue(done);

  // Failed: a directory, with all that is in it.
  const failed = using(tempDir({ prefix: 'report-' }), async (path) => {
    paths.push(path);
    await mkdir(join(path, 'parts'));
    await writeFile(join(path, 'parts', 'one'), 'half a report');
    throw new Error('no more ink');
  });
  await lastValue(failed).catch((error: unknown) => {
    log(String(error));
  });

  // Left: whoever closes it can wait for the removal.
  const left = await new Promise<{ close(): Promise<void> }>((resolve) => {
    const consumption = consume(
      using(tempDir(), (path) => {
        paths.push(path);
        setImmediate(() => {
          resolve(consumption);
        });
        return NEVER;
      }),
    );
  });
  await left.close();

  // Kept, to be looked at.
  const around = using(tempDir(), async (directory) => {
    const kept = using(tempFile({ directory, keepOnError: true }), async ({ path, handle }) => {
      paths.push(path);
      await handle.writeFile('the evidence');
      throw new Error('what was that?');
    });
    await lastValue(kept).catch((error: unknown) => {
      log(String(error));
    });
    return Promise.all(paths.map(exists));
  });
  return { first, mode, left: await lastValue(around) };
}

runDirectly('13-temporary-file.ts', main);
