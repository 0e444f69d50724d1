/**
 * Scenario 3: an exit that swallows an error. The scope then completes without a value; any other error passes.
 *
 * Python: `return True` from `__aexit__`, or catching around the `yield` of an `@asynccontextmanager`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromValue, lastValue, resource, suppress, using, type Resource } from 'rxscope';
import { codeOf } from './support/code-of.js';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

/** As functions: `exit` stands in for `release` and may answer `true`. */
function lenientByExit(log: Log): Resource<string> {
  return resource({
    name: 'lenient',
    acquire: () => 'exit',
    exit: (name, exit) => {
      log(`${name} sees ${exit.kind}`);
      return exit.kind === 'error' && isMissing(exit.error);
    },
  });
}

/** As a generator: catching the error and finishing. */
function lenientByCatch(log: Log): Resource<string> {
  return resource(function* () {
    try {
      yield 'generator';
    } catch (error) {
      log(`generator catches ${codeOf(error)}`);
      if (!isMissing(error)) throw error;
    }
  });
}

/** As an operator, on a resource that swallows nothing. */
const lenientByOperator = fromValue('operator').pipe(suppress(isMissing));

export async function main(log: Log): Promise<Record<string, string>> {
  const work = using(temporaryDirectory(), async (directory) => {
    const read = (lenient: Resource<string>, path: string) =>
      lastValue(
        using(lenient, () => readFile(path, 'utf8')),
        { defaultValue: 'nothing' },
      );
    const missing = join(directory, 'missing.txt');
    return {
      exit: await read(lenientByExit(log), missing),
      generator: await read(lenientByCatch(log), missing),
      operator: await read(lenientByOperator, missing),
      // Reading a directory is another error, and none of their business.
      otherError: await read(lenientByCatch(log), directory).catch(codeOf),
    };
  });
  return lastValue(work);
}

runDirectly('03-exit-swallows-error.ts', main);
