import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { sweepAtExit } from '../../../lib/adapters/node/exit-sweep.js';
import { useScratch } from './support/scratch.js';

describe('sweepAtExit', () => {
  const scratch = useScratch();
  const listeners = (): number => process.listenerCount('exit');

  /** What the process would do where it exited now, to the listeners that came after `before`. */
  function exitNow(before: readonly unknown[]): void {
    for (const listener of process.listeners('exit')) if (!before.includes(listener)) listener(0);
  }

  it('listens once for all paths, and no longer than there are any', () => {
    const before = listeners();
    const undo = ['a', 'b', 'c'].map((name) => sweepAtExit(scratch.at(name), false));
    expect(listeners()).toBe(before + 1);
    undo[0]?.();
    undo[1]?.();
    expect(listeners()).toBe(before + 1);
    undo[2]?.();
    expect(listeners()).toBe(before);
  });

  it('removes files, and directories where it is told to, whatever cannot be removed', async () => {
    const before = process.listeners('exit');
    await writeFile(scratch.at('file'), '');
    await mkdir(scratch.at('kept/inner'), { recursive: true });
    await mkdir(scratch.at('directory/inner'), { recursive: true });
    const undo = [
      sweepAtExit(scratch.at('kept'), false),
      sweepAtExit(scratch.at('missing'), false),
      sweepAtExit(scratch.at('file'), false),
      sweepAtExit(scratch.at('directory'), true),
    ];
    exitNow(before);
    expect(await scratch.names()).toEqual(['kept']);
    for (const forget of undo) forget();
  });

  it('forgets what is taken back', async () => {
    const before = process.listeners('exit');
    await writeFile(scratch.at('mine'), '');
    const undo = sweepAtExit(scratch.at('other'), false);
    sweepAtExit(scratch.at('mine'), false)();
    exitNow(before);
    undo();
    expect(existsSync(scratch.at('mine'))).toBe(true);
  });
});
