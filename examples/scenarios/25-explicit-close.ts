/**
 * Scenario 25: closing by hand, as often as you like, and at the end of a block.
 *
 * Python: `await generator.aclose()`, `contextlib.aclosing`, and `async with` for the blocks.
 */
import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { interval } from 'rxjs';
import {
  consume,
  ExitStack,
  lastValue,
  lease,
  onExit,
  resource,
  use,
  using,
  type Consumption,
  type Resource,
} from 'rxscope';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

function file(path: string, title: string, log: Log): Resource<FileHandle> {
  const opened = resource({ name: title, acquire: () => open(path, 'r'), release: (handle) => handle.close() });
  return opened.pipe(onExit(({ kind }) => log(`${title} closed: ${kind}`)));
}

export async function main(log: Log): Promise<{ texts: string[]; descriptors: number[] }> {
  const work = using(temporaryDirectory(), async (directory) => {
    const path = join(directory, 'note.txt');
    await writeFile(path, 'a note');

    // By hand: the second close waits for the first, and does nothing else.
    const byHand = await lease(file(path, 'lease', log));
    const texts = [await byHand.value.readFile('utf8')];
    await Promise.all([byHand.release(), byHand.release()]);
    await byHand.release();

    // At the end of a block, whichever way it is left.
    const handles = [byHand.value];
    {
      await using held = await lease(file(path, 'lease of a block', log));
      await using stack = new ExitStack();
      handles.push(held.value, await stack.enter(file(path, 'stack of a block', log)));
      texts.push(await held.value.readFile('utf8'));
    }

    // A stream that would never end by itself, and whose closing can be awaited.
    const endless = file(path, 'stream', log).pipe(use(() => interval(1)));
    const stream = await new Promise<Consumption>((resolve) => {
      const running = consume(endless, () => resolve(running));
    });
    await stream.close();
    await stream.close();
    return { texts, descriptors: handles.map(({ fd }) => fd) };
  });
  return lastValue(work);
}

runDirectly('25-explicit-close.ts', main);
