/**
 * Scenario 4: handle the error, pass it on, close. Every step is awaited before the next begins.
 *
 * Python: `except Error as e: await handle(e); raise` and `finally: await close()` around the `yield`.
 */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { concat, of, throwError } from 'rxjs';
import { lastValue, resource, use, using, type Resource } from 'rxscope';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

/** A protocol on disk that ends with the reason where the work fails. */
function protocol(path: string, log: Log): Resource<(entry: string) => Promise<void>> {
  return resource(async function* () {
    const file = await open(path, 'w');
    const write = (entry: string): Promise<void> => file.appendFile(`${entry}\n`);
    try {
      yield write;
      await write('well done');
    } catch (error) {
      await write(`aborted: ${(error as Error).message}`);
      log('handled');
      throw error;
    } finally {
      await file.close();
      log('closed');
    }
  });
}

export async function main(log: Log): Promise<{ good: string; bad: string }> {
  const work = using(temporaryDirectory(), async (directory) => {
    const good = join(directory, 'good.txt');
    await lastValue(protocol(good, log).pipe(use((write) => write('step 1'))));

    const bad = join(directory, 'bad.txt');
    const broken = concat(
      of('step 1'),
      throwError(() => new Error('step 2 broke')),
    );
    await lastValue(protocol(bad, log).pipe(use(() => broken))).catch((error: unknown) => {
      log(`caller: ${(error as Error).message}`); // after the file is closed, so that it can be read
    });
    return { good: await readFile(good, 'utf8'), bad: await readFile(bad, 'utf8') };
  });
  return lastValue(work);
}

runDirectly('04-handle-rethrow-close.ts', main);
