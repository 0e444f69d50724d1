/**
 * Holds two temporary files and a temporary directory, and ends in the given way: `exiting-holder <how> <sweep>`. Prints
 * their paths first, and then how many listen to what before, during and after.
 */
import { writeFile } from 'node:fs/promises';
import { tempDir } from '../../../../lib/adapters/node/temp-dir.js';
import { tempFile } from '../../../../lib/adapters/node/temp-file.js';
import { combine, lease } from '../../../../lib/index.js';

const [how, sweep] = process.argv.slice(2);
const options = { removeAtProcessExit: sweep === 'sweep' };

async function main(): Promise<void> {
  const held = await lease(combine([tempFile(options), tempFile(options), tempDir(options)]));
  const [one, other, directory] = held.value;
  await writeFile(`${directory}/inside`, 'something');
  process.stdout.write([one.path, other.path, directory].join('\n'));
  if (how === 'release') await held.release();
  if (how === 'exit') process.exit(3);
  if (how === 'throw') setImmediate(() => { throw new Error('of the program'); }); // prettier-ignore
}

void main();
