/**
 * Scenario 21: scopes in scopes. The inner one is released before the outer one, and an error passes through each exit
 * on its way out.
 *
 * Python: `async with` inside `async with`.
 */
import { open, readdir, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lastValue, resource, using, type Exit, type Resource } from 'rxscope';
import { exists } from './support/exists.js';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

function file(path: string, log: Log): Resource<FileHandle> {
  return resource({
    name: basename(path),
    acquire: () => open(path, 'w'),
    release: async (handle, exit) => {
      await handle.close();
      log(`${basename(path)} closed: ${tell(exit)}`);
    },
  });
}

/** What is told of the directory, from inside it and just before it goes. */
function inventory(directory: string, log: Log): Resource<string> {
  return resource({
    name: 'inventory',
    acquire: () => directory,
    release: async (path, exit) => {
      log(`directory holds ${(await readdir(path)).join(', ')}: ${tell(exit)}`);
    },
  });
}

function tell(exit: Exit): string {
  return exit.kind === 'error' ? (exit.error as Error).message : exit.kind;
}

export async function main(log: Log): Promise<{ error: string; isDirectoryLeft: boolean }> {
  let path = '';
  const work = using(temporaryDirectory(), (directory) => {
    path = directory;
    return using(inventory(directory, log), () =>
      using(file(join(directory, 'outer.txt'), log), () =>
        using(file(join(directory, 'inner.txt'), log), async (inner) => {
          await inner.write('something');
          throw new Error('disk full');
        }),
      ),
    );
  });
  const error = await lastValue(work).then(
    () => 'none',
    (failure: unknown) => (failure as Error).message,
  );
  return { error, isDirectoryLeft: await exists(path) };
}

runDirectly('21-nested-scopes.ts', main);
