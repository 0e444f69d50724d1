import type { FastifyRequest } from 'fastify';
import { perRequest, requestScope } from '../../../lib/adapters/fastify/index.js';
import { Journal } from '../../support/journal.js';
import { describeMajors, listen, type TestApp } from './support/majors.js';

describeMajors('perRequest()', (build) => {
  async function answers(made: TestApp, ...paths: string[]): Promise<string[]> {
    const held = await listen(made);
    try {
      const texts: string[] = [];
      for (const path of paths) texts.push(await (await fetch(`${held.value}${path}`)).text());
      return texts;
    } finally {
      await held.release();
    }
  }

  it('enters once for each request, for all who ask', async () => {
    const made = build();
    const journal = new Journal();
    const page = perRequest((request: FastifyRequest) => journal.resource(request.url));
    await made.app.register(requestScope());
    made.app.get('/:n', async (request) => (await Promise.all([page(request), page(request)])).join());
    expect(await answers(made, '/1', '/2')).toEqual(['/1,/1', '/2,/2']);
    expect(journal.lines).toEqual(['+/1', '-/1 complete', '+/2', '-/2 complete']);
  });

  it('enters nothing where nobody asks', async () => {
    const made = build();
    const journal = new Journal();
    perRequest(() => journal.resource('tx'));
    await made.app.register(requestScope());
    made.app.get('/', () => Promise.resolve('ok'));
    expect(await answers(made, '/')).toEqual(['ok']);
    expect(journal.lines).toEqual([]);
  });

  it('enters before the handler, as a hook', async () => {
    const made = build();
    const journal = new Journal();
    const tx = perRequest(() => journal.resource('tx'));
    await made.app.register(requestScope());
    made.app.get('/', { preHandler: tx.preHandler }, async (request) => {
      journal.note('handler');
      return tx(request);
    });
    expect(await answers(made, '/')).toEqual(['tx']);
    expect(journal.lines).toEqual(['+tx', 'handler', '-tx complete']);
  });

  it('does not call the handler where entering fails before it', async () => {
    const made = build();
    const journal = new Journal();
    const tx = perRequest(() => journal.resource('tx', { acquire: () => Promise.reject(new Error('pool is empty')) }));
    await made.app.register(requestScope());
    made.app.get('/', { preHandler: tx.preHandler }, () => {
      journal.note('handler');
      return Promise.resolve('never');
    });
    const [answer] = await answers(made, '/');
    expect(JSON.parse(answer ?? '')).toMatchObject({ statusCode: 500, message: 'pool is empty' });
    expect(journal.lines).toEqual(['+tx', '+tx ok']);
  });

  it('releases one that another one needs after it', async () => {
    const made = build();
    const journal = new Journal();
    const connection = perRequest(() => journal.resource('connection'));
    const tx = perRequest((request) => journal.resource('tx', { acquire: () => connection(request) }));
    await made.app.register(requestScope());
    made.app.get('/', async (request) => tx(request));
    expect(await answers(made, '/')).toEqual(['connection']);
    expect(journal.lines).toEqual(['+tx', '+connection', '+tx ok', '-tx complete', '-connection complete']);
  });

  it('rejects where there is no scope', async () => {
    const made = build();
    const tx = perRequest(() => new Journal().resource('tx'));
    made.app.get('/', async (request) => tx(request));
    const [answer] = await answers(made, '/');
    expect(JSON.parse(answer ?? '')).toMatchObject({ message: expect.stringContaining('requestScope()') as unknown });
  });

  it('refuses what is no function at the call', () => {
    expect(() => perRequest(new Journal().resource('tx') as never)).toThrow(TypeError);
  });
});
