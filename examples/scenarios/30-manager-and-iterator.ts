/**
 * Scenario 30: a manager and an iterator in one: entered, gone through, exited, as one observable.
 *
 * Python: `async with AsyncProcessor(…) as p: async for result in p: …`
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { take, toArray } from 'rxjs';
import { fromManager, lastValue, use, type Exit } from 'rxscope';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

const program = `
  const { parentPort } = require('node:worker_threads');
  const { createHash } = require('node:crypto');
  parentPort.on('message', (text) => parentPort.postMessage(createHash('sha256').update(text).digest('hex')));
`;

/** Hashes texts in a thread of its own, one after the other, as they are asked for. */
class AsyncProcessor {
  private worker: Worker | undefined;

  constructor(
    private readonly texts: readonly string[],
    private readonly log: Log,
  ) {}

  async enter(): Promise<this> {
    this.worker = new Worker(program, { eval: true });
    await once(this.worker, 'online');
    return this;
  }

  async exit({ kind }: Exit): Promise<void> {
    await this.worker?.terminate();
    this.log(`thread ended: ${kind}`);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (const text of this.texts) {
      this.worker?.postMessage(text);
      this.log(`hashing ${text}`);
      const [digest] = (await once(this.worker as Worker, 'message')) as [string];
      yield digest.slice(0, 8);
    }
  }
}

export async function main(log: Log): Promise<{ all: string[]; first: string[] }> {
  const digests = fromManager(() => new AsyncProcessor(['a', 'b'], log)).pipe(use((processor) => processor));
  const all = await lastValue(digests.pipe(toArray()));
  const first = await lastValue(digests.pipe(take(1), toArray()));
  log('after both');
  return { all, first };
}

runDirectly('30-manager-and-iterator.ts', main);
