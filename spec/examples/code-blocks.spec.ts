import type { ClientConfig } from 'pg';
import { postgresServer, redisServer } from '../../examples/services/servers.js';
import { lease, mapValue, type Lease } from '../../lib/index.js';
import { root } from '../support/sources.js';
import { readExamples } from '../support/code-blocks-surface.js';
import { readEntryPoints } from '../support/entry-points.js';
import { missingRedisServer } from '../support/services.js';
import { checkTypes, findBlocks, prepare, runBlock, type Block, type Prepared } from '../support/code-blocks.js';

jest.setTimeout(30_000); // the first block that uses it loads a framework

const blocks = findBlocks().map(prepare);
let typeErrors: ReadonlyMap<Block, readonly string[]>;

/** The blocks find servers as programs do: by an address in the environment. */
const servers = { DATABASE_URL: postgresServer().pipe(mapValue(addressOf)), REDIS_URL: redisServer() };
const missing = { DATABASE_URL: undefined, REDIS_URL: missingRedisServer() };
const names = ['DATABASE_URL', 'REDIS_URL'] as const;
const found = names.map((name) => process.env[name]);
const held: Lease<string | undefined>[] = [];

beforeAll(() => {
  typeErrors = checkTypes(blocks);
}, 120_000);

function declare({ block, faults, ...prepared }: Prepared, isMissing: boolean): void {
  (isMissing ? it.skip : it)(`${block.file}:${String(block.line)} ${block.symbol}`, async () => {
    expect(faults).toEqual([]);
    expect(typeErrors.get(block)).toEqual([]);
    if (block.noRun === null) await runBlock({ block, faults, ...prepared });
  });
}

const needs = (name: (typeof names)[number], { block }: Prepared): boolean => block.code.includes(name);

describe('Code in documents and doc comments', () => {
  for (const prepared of blocks.filter((one) => !names.some((name) => needs(name, one)))) declare(prepared, false);

  // Apart from the others, which look at what is open.
  describe('that needs a server', () => {
    beforeAll(async () => {
      for (const name of names.filter((name) => missing[name] === undefined)) {
        const server = await lease(servers[name]);
        held.push(server);
        if (server.value !== undefined) process.env[name] = server.value;
      }
    }, 60_000);

    afterAll(async () => {
      names.forEach((name, index) => {
        if (found[index] === undefined) Reflect.deleteProperty(process.env, name);
      });
      for (const server of held.reverse()) await server.release();
    });

    for (const prepared of blocks.filter((one) => names.some((name) => needs(name, one)))) {
      const isMissing = names.some((name) => missing[name] !== undefined && needs(name, prepared));
      declare(prepared, isMissing);
    }
  });
});

/** As an address, which a socket has, too; undefined where `pg` finds the server by PGHOST. */
function addressOf({ connectionString, host, user, database }: ClientConfig): string | undefined {
  if (host === undefined) return connectionString;
  return `postgres://${user ?? ''}@localhost/${database ?? ''}?host=${host}`;
}

describe('Public functions and classes', () => {
  it.each(readEntryPoints(root))('of $specifier have an example', ({ source }) => {
    const without = readExamples(root, source).filter(({ examples }) => examples === 0);
    expect(without.map(({ name }) => name)).toEqual([]);
  });
});
