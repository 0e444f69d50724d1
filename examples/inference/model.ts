import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Resource } from 'rxscope';
import { workerThread, type WorkerThread } from 'rxscope/node';
import type { ModelCalls } from './model-worker.js';

export type Model = WorkerThread<ModelCalls>;

const file = resolve('examples', 'inference', 'start-worker.mjs');

/** A language model in a thread of its own: loaded when entered, unloaded with its scope. `log` is told what it says. */
export function model(log: (line: string) => void): Resource<Model> {
  const open = (): Worker =>
    new Worker(file).on('message', (message: unknown) => {
      const { log: line } = message as { readonly log?: string };
      if (line !== undefined) log(line);
    });
  return workerThread<ModelCalls>(open, { name: 'model worker' });
}
