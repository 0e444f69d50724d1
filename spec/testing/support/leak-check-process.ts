// Runs examples one after the other, each under the leak check of the kit, and prints what it says of each; where it has
// nothing to say, what the example failed with. A process of its own, because what an example leaves behind cannot be
// closed from outside.
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
  const check = startLeakCheck({ stacks: true, releases: true });
  const run = main(() => undefined).then(() => '', messageOf);
  const failure = await Promise.race([run, setTimeout(limit, '')]);
  const said = await check.finish().then(() => '', messageOf);
  process.stdout.write(`${JSON.stringify(said === '' ? failure : said)}\n`);
}
process.exit(0); // what is open would keep the process alive

function messageOf(error: unknown): string {
  return (error as Error).message;
}
