/**
 * Scenario 1: a manager as a class. `enter` answers the handle, `exit` is told how the scope ended.
 *
 * Python: `async def __aenter__(self)` and `async def __aexit__(self, exc_type, exc, traceback)`.
 *
 * The file appears under its name only if everything was written: a reader never sees half of it.
 */
import { open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { fromManager, lastValue, use, using, type Exit } from 'rxscope';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

class AtomicFile {
  private handle: FileHandle | undefined;

  constructor(
    private readonly path: string,
    private readonly log: (line: string) => void,
  ) {}

  async enter(): Promise<FileHandle> {
    this.handle = await open(`${this.path}.part`, 'w');
    return this.handle;
  }

  async exit(exit: Exit): Promise<void> {
    await this.handle?.close();
    if (exit.kind === 'complete') await rename(`${this.path}.part`, this.path);
    else await rm(`${this.path}.part`);
    this.log(`${exit.kind}: ${exit.kind === 'complete' ? 'kept' : 'dropped'}`);
  }
}

export async function main(log: (line: string) => void): Promise<{ names: string[]; text: string }> {
  const work = using(temporaryDirectory(), async (directory) => {
    const atomic = (name: string) => fromManager(() => new AtomicFile(join(directory, name), log));
    const whole = async (file: FileHandle) => {
      await file.write('all of it');
    };
    const half = async (file: FileHandle) => {
      await file.write('half of');
      throw new Error('out of ideas');
    };
    await lastValue(atomic('whole.txt').pipe(use(whole)));
    await lastValue(atomic('half.txt').pipe(use(half))).catch((error: unknown) => {
      log((error as Error).message);
    });
    return { names: await readdir(directory), text: await readFile(join(directory, 'whole.txt'), 'utf8') };
  });
  return lastValue(work);
}

runDirectly('01-manager-class.ts', main);
