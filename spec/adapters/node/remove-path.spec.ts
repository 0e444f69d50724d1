import { mkdir, writeFile } from 'node:fs/promises';
import { VirtualTimeScheduler } from 'rxjs';
import { removePath } from '../../../lib/adapters/node/remove-path.js';
import { lastValue } from '../../../lib/index.js';
import { Journal } from '../../support/journal.js';
import { microtasks } from '../../support/microtasks.js';
import { codeOf, useScratch } from './support/scratch.js';
import { rejection } from '../../support/rejection.js';

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** Removes in virtual time: what is written down has the time before it. */
async function course(codes: readonly string[], recursive = true): Promise<string[]> {
  const scheduler = new VirtualTimeScheduler();
  const journal = new Journal(() => scheduler.now());
  let tries = 0;
  const remove = async (path: string | Buffer): Promise<void> => {
    journal.note(`remove ${String(path)}`);
    const code = codes[tries++];
    if (code !== undefined) throw failure(code);
  };
  removePath('it', { recursive, scheduler, remove }).subscribe(journal.observer());
  for (let turn = 0; turn < 10; turn++) {
    await microtasks();
    scheduler.maxFrames = Infinity;
    scheduler.flush();
  }
  return journal.lines;
}

describe('removePath', () => {
  const scratch = useScratch();

  it.each(['EBUSY', 'ENOTEMPTY', 'EPERM'])('tries again after %s, with pauses that double', async (code) => {
    expect(await course([code, code, code])).toEqual([
      '0 remove it',
      '50 remove it',
      '150 remove it',
      '350 remove it',
      '350 next undefined',
      '350 complete',
    ]);
  });

  it('gives up after five more tries, with the last error', async () => {
    const lines = await course(Array<string>(9).fill('EBUSY'));
    expect(lines).toHaveLength(7);
    expect(lines.slice(-3)).toEqual(['750 remove it', '1550 remove it', '1550 error EBUSY']);
  });

  it('does not try again after any other error', async () => {
    expect(await course(['EACCES'])).toEqual(['0 remove it', '0 error EACCES']);
    expect(await course(['EBUSY', 'EIO'])).toEqual(['0 remove it', '50 remove it', '50 error EIO']);
  });

  it('takes what is gone for removed', async () => {
    await lastValue(removePath(scratch.at('missing'), { recursive: false }));
    await lastValue(removePath(scratch.at('missing'), { recursive: true }));
    expect(await scratch.names()).toEqual([]);
  });

  it('removes a directory only where it is told to', async () => {
    await mkdir(scratch.at('directory/inner'), { recursive: true });
    await writeFile(scratch.at('directory/inner/file'), '');
    const refused = await rejection(lastValue(removePath(scratch.at('directory'), { recursive: false })));
    expect(codeOf(refused)).toBe('ERR_FS_EISDIR');
    await lastValue(removePath(scratch.at('directory'), { recursive: true }));
    expect(await scratch.names()).toEqual([]);
  });

  it('removes nothing before it is subscribed', async () => {
    await writeFile(scratch.at('file'), '');
    const removal = removePath(Buffer.from(scratch.at('file')), { recursive: false });
    expect(await scratch.names()).toEqual(['file']);
    await lastValue(removal);
    expect(await scratch.names()).toEqual([]);
  });
});
