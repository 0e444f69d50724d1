/**
 * Scenario 20: how many resources there are is known only at run time. All of them are opened, or none.
 *
 * Python: `AsyncExitStack` with `enter_async_context` in a loop, `callback`, `push_async_exit` and `pop_all`.
 */
import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ExitStack, lastValue, onExit, resource, using, type Resource } from 'rxscope';
import { codeOf } from './support/code-of.js';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

function file(path: string, log: Log): Resource<FileHandle> {
  const opened = resource({ name: basename(path), acquire: () => open(path), release: (handle) => handle.close() });
  return opened.pipe(onExit(() => log(`${basename(path)} closed`)));
}

/** Opens every file, or fails with none of them open. Who gets the stack closes it. */
async function openAll(paths: readonly string[], log: Log): Promise<{ handles: FileHandle[]; stack: ExitStack }> {
  await using building = new ExitStack();
  const handles: FileHandle[] = [];
  for (const path of paths) handles.push(await building.enter(file(path, log)));
  return { handles, stack: building.move() }; // from here on leaving this function closes nothing
}

export async function main(log: Log): Promise<{ texts: string[]; fileDescriptors: number[]; error: string }> {
  const work = using(temporaryDirectory(), async (directory) => {
    const paths = ['a', 'b', 'c'].map((name) => join(directory, name));
    for (const path of paths) await writeFile(path, `text of ${basename(path)}`);

    const { handles, stack } = await openAll(paths, log);
    stack.defer(() => log('deferred'));
    stack.push((exit) => log(`pushed: ${exit.kind}`));
    const texts = await Promise.all(handles.map((handle) => handle.readFile('utf8')));
    await stack.close();

    const error = await openAll([...paths.slice(0, 2), join(directory, 'missing')], log).then(() => 'none', codeOf);
    return { texts, fileDescriptors: handles.map(({ fd }) => fd), error };
  });
  return lastValue(work);
}

runDirectly('20-dynamic-number.ts', main);
