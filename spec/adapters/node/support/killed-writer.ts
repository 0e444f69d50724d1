/**
 * Writes a file atomically, and kills itself before the given step: `killed-writer <path> <step>`. Prints what the steps are
 * called, where it lives to tell.
 */
import promises, { type FileHandle } from 'node:fs/promises';
import { atomicFile } from '../../../../lib/adapters/node/atomic-file.js';
import { lastValue, using } from '../../../../lib/index.js';

const [path = '', last] = process.argv.slice(2);
const steps: string[] = [];

/** Takes a step before each call. */
function watch(owner: object, names: readonly string[]): void {
  const methods = owner as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const method = methods[name] as (...args: unknown[]) => unknown;
    methods[name] = function (this: unknown, ...args) {
      if (steps.push(name) === Number(last)) process.kill(process.pid, 'SIGKILL');
      return method.apply(this, args);
    };
  }
}

async function main(): Promise<void> {
  const handle = await promises.open(process.execPath);
  const methods = Object.getPrototypeOf(handle) as object;
  await handle.close();
  const { open } = promises;
  promises.open = async (...args) => {
    const opened = await open(...args);
    watch(opened, ['close']); // of each handle its own, other than the rest
    return opened;
  };
  watch(promises, ['realpath', 'stat', 'open', 'rename', 'rm']);
  watch(methods, ['stat', 'chmod', 'chown', 'write', 'sync']);
  const write = async (draft: FileHandle): Promise<void> => {
    for (let line = 0; line < 3; line++) await draft.write('new '.repeat(5000));
  };
  await lastValue(using(atomicFile(path), write));
  process.stdout.write(steps.join());
}

void main();
