import { applicationResource, fastifyServer } from '../../../lib/adapters/fastify/index.js';
import { lastValue, lease, using } from '../../../lib/index.js';
import { Journal } from '../../support/journal.js';
import { describeMajors } from './support/majors.js';

describeMajors('fastifyServer()', (build) => {
  const options = { port: 0, host: '127.0.0.1' };

  it('listens while its scope is open', async () => {
    const { app } = build();
    app.get('/', () => Promise.resolve('hello'));
    const work = using(
      fastifyServer(() => app, options),
      async (entered) => {
        const { port } = entered.server.address() as { port: number };
        return (await fetch(`http://127.0.0.1:${String(port)}`)).text();
      },
    );
    expect(await lastValue(work)).toBe('hello');
    expect(app.server.listening).toBe(false);
  });

  it.each([{ host: '127.0.0.1' }, {}])('takes a port that is free where it is told %p', async (where) => {
    const held = await lease(fastifyServer(() => build().app, where));
    expect((held.value.server.address() as { port: number }).port).toBeGreaterThan(0);
    await held.release();
  });

  it('builds one for each scope', async () => {
    const built: unknown[] = [];
    const server = fastifyServer(() => {
      const { app } = build();
      built.push(app);
      return app;
    }, options);
    for (let i = 0; i < 2; i++) await (await lease(server)).release();
    expect(new Set(built).size).toBe(2);
  });

  it.each([
    ["another plugin's failure", () => Promise.reject(new Error('not ours')), 'not ours'],
    ['a port that is taken', () => Promise.resolve(), 'EADDRINUSE'],
  ])('closes the application on %s', async (_, plugin, message) => {
    const journal = new Journal();
    const taken = await lease(fastifyServer(() => build().app, options));
    const { port } = taken.value.server.address() as { port: number };
    const { app } = build();
    void app.register(applicationResource('a', journal.resource('a')));
    void app.register(plugin);
    await expect(lease(fastifyServer(() => app, { ...options, port }))).rejects.toThrow(message);
    expect(journal.lines).toEqual(['+a', expect.stringContaining('-a ')]);
    await taken.release();
  });

  it('takes a promise of an application', async () => {
    const { app } = build();
    const build5 = async () => {
      await app.register(() => Promise.resolve());
      return app;
    };
    const held = await lease(fastifyServer(build5, options));
    expect(app.server.listening).toBe(true);
    await held.release();
  });

  it('fails with what building fails with', async () => {
    const failure = new Error('no configuration');
    const thrown = fastifyServer(() => {
      throw failure;
    });
    await expect(lease(thrown)).rejects.toBe(failure);
    await expect(lease(fastifyServer(() => Promise.reject(failure)))).rejects.toBe(failure);
  });

  it('refuses what is no function at the call', () => {
    expect(() => fastifyServer(build().app as never)).toThrow(TypeError);
  });
});
