/**
 * Scenario 18: model inference. The model is held in worker threads, a pool lends them, a service streams one result per
 * sentence. A client that leaves takes its inference with it; on shutdown the models are unloaded.
 *
 * Python: a model loaded in the lifespan of an application, `/async-predict` with a streaming response.
 */
import { lastValue, pool, using, type Pool } from 'rxscope';
import type { Sentence } from '../inference/model-worker.js';
import { model, type Model } from '../inference/model.js';
import { inferenceService } from '../inference/service.js';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

interface Result {
  /** What two clients were told at the same time. */
  readonly opinions: readonly (readonly string[])[];
  readonly named: readonly string[];
  /** How many models are lent out when the client that left is gone. */
  readonly lent: number;
  readonly made: number;
}

const reviews = ['I love this place! The soup was terrible.', 'We paid $25 on 4th of May. It was wonderful.'];

export function main(log: Log): Promise<Result> {
  const work = using(pool(model(log), { name: 'models', min: 2, max: 2 }), async (models) => {
    await models.ready();
    return lastValue(using(inferenceService(models), (address) => visits(address, models)));
  });
  return lastValue(work);
}

async function visits(address: string, models: Pool<Model>): Promise<Result> {
  const answers = await Promise.all(reviews.map((text) => sentencesOf(address, text)));
  await leaveEarly(address);
  await models.drain(); // nothing is lent any more: the call has ended in its worker
  return {
    opinions: answers.map((sentences) => sentences.map(({ sentiment }) => (sentiment > 0 ? 'good' : 'bad'))),
    named: answers.flat().flatMap(({ entities }) => entities),
    lent: models.stats.borrowed,
    made: models.stats.created,
  };
}

/** All there is to say about a text. */
async function sentencesOf(address: string, text: string): Promise<Sentence[]> {
  const response = await post(address, text);
  return (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Sentence);
}

/** Sends a text of twenty thousand sentences, and hangs up after the first of them. */
async function leaveEarly(address: string): Promise<void> {
  const leaving = new AbortController();
  const response = await post(address, 'This goes on and on.\n\n'.repeat(20_000), leaving.signal);
  await response.body?.getReader().read();
  leaving.abort();
}

function post(address: string, text: string, signal?: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'text/plain' };
  return fetch(`${address}/sentences`, {
    method: 'POST',
    headers,
    body: text,
    ...(signal === undefined ? {} : { signal }),
  });
}

runDirectly('18-model-inference.ts', main);
