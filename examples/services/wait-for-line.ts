import type { ChildProcess } from 'node:child_process';

/**
 * Resolves when a program has written `text`; rejects with what it did write where it ends without.
 *
 * What it writes is read to its end in any case: a program stops where nobody empties the pipe.
 */
export function waitForLine(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let written = '';
    const read = (chunk: string): void => {
      if (written.includes(text)) return;
      written += chunk;
      if (written.includes(text)) resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('close', () => {
      reject(new Error(`${child.spawnfile} ended early: ${written.trim()}`));
    });
  });
}
