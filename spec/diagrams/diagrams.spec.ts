import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawAll, unusedScenes } from '../../scripts/diagrams/book.js';
import { drawnByHand } from '../../scripts/diagrams/places.js';
import { scenes } from '../../scripts/diagrams/scenes.js';
import { readSources, root } from '../support/sources.js';

/** Servers, files, threads and processes go by their own time; what is drawn of them are states and orders. */
const notVirtual = 'does not follow virtual time';

/** Files of lib with drawings that are not generated, each with the reason. */
const exceptions: ReadonlyMap<string, string> = new Map([
  ['adapters/fastify/health-routes.ts', notVirtual],
  ['adapters/fastify/request-scopes.ts', notVirtual],
  ['adapters/nestjs/application-scope.ts', notVirtual],
  ['adapters/nestjs/health-module.ts', notVirtual],
  ['adapters/response/request-scope.ts', notVirtual],
  ['adapters/node/atomic-file.ts', notVirtual],
  ['adapters/node/http-server.ts', notVirtual],
  ['adapters/node/lifespan-state.ts', notVirtual],
  ['adapters/node/lifespan-step.ts', notVirtual],
  ['adapters/node/lifespan.ts', notVirtual],
  ['adapters/node/read-chunks.ts', notVirtual],
  ['adapters/node/read-lines.ts', notVirtual],
  ['adapters/node/tcp-server.ts', notVirtual],
  ['adapters/node/worker-link.ts', notVirtual],
  ['adapters/postgres/listen.ts', notVirtual],
  ['adapters/postgres/rows.ts', notVirtual],
  ['adapters/postgres/transaction.ts', notVirtual],
  ['adapters/redis/leader-election.ts', notVirtual],
  ['adapters/node/from-readable.ts', 'streams of Node do not follow virtual time'],
  ['adapters/node/to-writable.ts', 'the same'],
  ['interop/waiting-line.ts', 'states, no marbles'],
]);

const pages = drawAll(root);

describe('diagrams', () => {
  it.each(pages)('in $path are those that `npm run diagrams` draws', ({ path, text }) => {
    expect(existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : 'not there').toBe(text);
  });

  it('that no document shows are not in docs/images', () => {
    const drawn = pages.map(({ path }) => path);
    expect(readdirSync(join(root, 'docs/images')).filter((file) => !drawn.includes(`docs/images/${file}`))).toEqual([]);
  });

  it('have names of their own and are shown somewhere', () => {
    expect(new Set(scenes.map(({ name }) => name)).size).toBe(scenes.length);
    expect(unusedScenes(root)).toEqual([]);
  });

  it('in doc comments are all generated', () => {
    const byHand = [...readSources('lib')].filter(([, text]) => drawnByHand(text).length > 0).map(([file]) => file);
    expect(byHand).toEqual([...exceptions.keys()].sort());
  });
});
