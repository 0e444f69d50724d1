import { Readable } from 'node:stream';
import fastify from 'fastify';
import { fromAsyncIterable, resource, type Pool, type Resource } from 'rxscope';
import type { Model } from './model.js';

/** An HTTP service that answers a text with a line of JSON for each of its sentences, as they are made. The handle is its address. */
export function inferenceService(models: Pool<Model>): Resource<string> {
  const app = fastify({ bodyLimit: 16 * 1024 * 1024, forceCloseConnections: true });
  app.post<{ Body: string }>('/sentences', (request, reply) => {
    const lines = fromAsyncIterable(({ signal }) => answer(models, request.body, signal));
    // Fastify destroys the stream when the client hangs up: the iteration is left, the call cancelled, the model given back.
    return reply.type('application/x-ndjson').send(Readable.from(lines));
  });
  return resource({
    name: 'inference service',
    acquire: () => app.listen({ host: '127.0.0.1', port: 0 }),
    release: () => app.close(),
  });
}

/** Borrows a model and asks it for one sentence after the other, as fast as the client reads. */
async function* answer(models: Pool<Model>, text: string, signal: AbortSignal): AsyncGenerator<string> {
  await using held = await models.acquire({ signal });
  for await (const sentence of held.value.call('sentences', text)) yield `${JSON.stringify(sentence)}\n`;
}
