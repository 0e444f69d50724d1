/**
 * Scenario 17: what belongs to a request. Each request that asks for it has a transaction of its own: committed when it has been
 * answered, rolled back where its handler fails, and also where its client hangs up in the middle.
 *
 * Python: `Depends(get_db)` with a `yield` in FastAPI.
 */
import { once } from 'node:events';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { Client, type ClientConfig } from 'pg';
import { andThen, lastValue, onExit, resource, use, using, type Resource } from 'rxscope';
import { applicationResource, fastifyServer, perRequest, requestScope } from 'rxscope/fastify';
import { pgPool, transaction } from 'rxscope/postgres';
import { postgresServer } from '../services/servers.js';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

/** The guest book is on a server that others may use as well. */
const guests = `guests_${String(process.pid)}`;

/** A guest book. Its transactions write down how they end, and `asked` is called when a slow request has begun. */
function guestBook(config: ClientConfig, log: Log, asked: () => void): FastifyInstance {
  const database = applicationResource(
    'database',
    pgPool(() => new Client(config), { max: 2, name: 'database' }),
  );
  const scopes = requestScope({ onReleaseError: (error) => log(`not released: ${String(error)}`) });
  const tx = perRequest((request: FastifyRequest) =>
    transaction(database.of(request.server)).pipe(onExit(({ kind }) => log(`${request.url} ${kind}`))),
  );
  const sign = async (request: FastifyRequest): Promise<void> => {
    await (await tx(request)).query(`INSERT INTO ${guests} VALUES ($1)`, [request.url]);
  };

  const app = fastify();
  void app.register(database);
  void app.register(scopes);
  void app.after(() => {
    app.get('/ada', async (request) => {
      await sign(request);
      return 'welcome';
    });
    app.get('/mallory', async (request) => {
      await sign(request);
      throw new Error('not invited');
    });
    // Waits for somebody who will have left. Its query is cancelled then.
    app.get('/bob', async (request) => {
      await sign(request);
      asked();
      await (await tx(request)).query('SELECT pg_sleep(60)');
      return 'never';
    });
  });
  return app;
}

/** Where the guests are, until the scope ends. */
function table(config: ClientConfig): Resource<Client> {
  const client = resource({
    name: 'client',
    acquire: async () => {
      const made = new Client(config);
      await made.connect();
      return made;
    },
    release: (made) => made.end(),
  });
  const book = (held: Client): Resource<Client> =>
    resource({
      name: 'guest book',
      acquire: async () => {
        await held.query(`CREATE TABLE ${guests} (name text)`);
        return held;
      },
      release: () => held.query(`DROP TABLE ${guests}`),
    });
  return client.pipe(andThen(book));
}

interface Result {
  /** Answers to those who stayed. */
  readonly answers: readonly number[];
  /** Whose names are in the book in the end. */
  readonly guests: readonly string[];
}

export async function main(log: Log): Promise<Result> {
  const work = postgresServer().pipe(
    use((config) =>
      using(table(config), async (client) => {
        const answers = await visit(config, log);
        const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${guests}`);
        return { answers, guests: rows.map(({ name }) => name) };
      }),
    ),
  );
  return lastValue(work);
}

/** Three visitors, of whom the last one hangs up. The application is closed when all of it is released. */
function visit(config: ClientConfig, log: Log): Promise<number[]> {
  const leaving = new AbortController();
  const build = (): FastifyInstance => guestBook(config, log, () => leaving.abort());
  const visits = using(fastifyServer(build, { port: 0, host: '127.0.0.1' }), async (app) => {
    const ask = (path: string, signal?: AbortSignal): Promise<Response> =>
      fetch(`${app.listeningOrigin}${path}`, signal === undefined ? {} : { signal });
    const answers = [(await ask('/ada')).status, (await ask('/mallory')).status];
    const left = once(leaving.signal, 'abort');
    await ask('/bob', leaving.signal).catch((error: unknown) => log(`/bob hangs up: ${(error as Error).name}`));
    await left;
    return answers;
  });
  return lastValue(visits);
}

runDirectly('17-request-scope.ts', main);
