/**
 * Scenario 31: a synchronous manager stays synchronous from end to end, beside the asynchronous ones.
 *
 * Python: `with` beside `async with`. Here it is the same `using`: what waits for nothing is over when `subscribe`
 * returns, and not a microtask later, so that marble tests can look at it.
 */
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Observable } from 'rxjs';
import { lastValue, resource, using, type Resource } from 'rxscope';
import { runDirectly } from './support/run-directly.js';
import { temporaryDirectory } from './support/temporary-directory.js';

type Log = (line: string) => void;

function descriptor(path: string, log: Log): Resource<number> {
  return resource(function* () {
    const opened = openSync(path, 'r');
    log('opened');
    try {
      yield opened;
    } finally {
      closeSync(opened);
      log('closed');
    }
  });
}

/** Four bytes at a time. */
function chunks(file: number): Observable<string> {
  return new Observable((subscriber) => {
    const buffer = Buffer.alloc(4);
    for (let length = readSync(file, buffer); length > 0 && !subscriber.closed; length = readSync(file, buffer)) {
      subscriber.next(buffer.toString('utf8', 0, length));
    }
    subscriber.complete();
  });
}

export async function main(log: Log): Promise<{ text: string; microtasks: number }> {
  const work = using(temporaryDirectory(), (directory) => {
    const path = join(directory, 'text');
    writeFileSync(path, 'ten bytes.');
    let text = '';
    let microtasks = 0;
    void Promise.resolve().then(() => (microtasks += 1));

    log('before subscribe');
    using(descriptor(path, log), chunks).subscribe({
      next: (chunk) => {
        log(`chunk "${chunk}"`);
        text += chunk;
      },
      complete: () => log('complete'),
    });
    log('after subscribe');
    return [{ text, microtasks }];
  });
  return lastValue(work);
}

runDirectly('31-sync-manager.ts', main);
