// Runs examples one after the other, each under the leak check of the kit, and prints what it says of each. A process of
// its own, because what an example leaves behind cannot be closed from outside.
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startLeakCheck } from 'rxscope/testing';

interface Example {
  readonly main: (log: (line: string) => void) => Promise<unknown>;
}

/** The time limit of a test: what waits for a release that was removed does not come to its end. */
const limit = 5000;

for (const path of process.argv.slice(2)) {
  const { main } = (await import(pathToFileURL(path).href)) as Example;
  const check = startLeakCheck({ stacks: true });
  await Promise.race([main(() => undefined), setTimeout(limit)]);
  const said = await check.finish().then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
process.exit(0); // what is open would keep the process alive
