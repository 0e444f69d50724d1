import { once } from 'node:events';
import { Subject } from 'rxjs';
import { applicationResource, requestScope } from '../../../lib/adapters/fastify/index.js';
import { resource, type Exit } from '../../../lib/index.js';
import { describeExit, Journal } from '../../support/journal.js';
import { eventually } from '../../support/eventually.js';
import { gate } from '../../support/gate.js';
import { describeMajors, listen } from './support/majors.js';

describeMajors('applicationResource()', (build) => {
  describe('entering', () => {
    it('is done when register() has been awaited, and the handle is on the instance', async () => {
      const { app } = build();
      const journal = new Journal();
      const database = applicationResource('db', journal.resource('database', { acquire: () => Promise.resolve('d') }));
      await app.register(database);
      expect(journal.take()).toEqual(['+database', '+database ok']);
      expect(database.of(app)).toBe('d');
      expect((app as unknown as { db: string }).db).toBe('d');
      await app.close();
      expect(journal.take()).toEqual(['-database complete']);
    });

    it('goes in the order of registration, and back in reverse, each finished before the next (S1)', async () => {
      const { app } = build();
      const journal = new Journal();
      const slow = { acquire: () => Promise.resolve('x'), release: () => Promise.resolve() };
      for (const name of ['a', 'b', 'c']) void app.register(applicationResource(name, journal.resource(name, slow)));
      await app.ready();
      expect(journal.take()).toEqual(['+a', '+a ok', '+b', '+b ok', '+c', '+c ok']);
      await app.close();
      expect(journal.take()).toEqual(['-c complete', '-c ok', '-b complete', '-b ok', '-a complete', '-a ok']);
    });

    it('hands the instance to a function, where other resources are', async () => {
      const { app } = build();
      const journal = new Journal();
      const database = applicationResource('db', journal.resource('database'));
      const users = applicationResource('users', (instance) => journal.resource(`users of ${database.of(instance)}`), {
        dependencies: ['db'],
      });
      await app.register(database).register(users);
      expect(users.of(app)).toBe('users of database');
      await app.close();
    });

    it('breaks out of encapsulation, and names itself', async () => {
      const { app } = build();
      const journal = new Journal();
      const seen: unknown[] = [];
      await app.register(async (child) => {
        await child.register(applicationResource('inner', journal.resource('inner')));
        seen.push('inner' in child);
      });
      await app.register(applicationResource('db', journal.resource('database')));
      seen.push('inner' in app, 'db' in app);
      expect(seen).toEqual([true, false, true]);
      expect(app.printPlugins()).toContain('db');
      await app.close();
    });

    it('fails to load before what it depends on', async () => {
      const { app } = build();
      const journal = new Journal();
      void app.register(applicationResource('users', journal.resource('users'), { dependencies: ['db'] }));
      await expect(app.ready()).rejects.toThrow(/dependency 'db'/);
      expect(journal.lines).toEqual([]);
      await app.close();
    });

    it('says of an application that has none what is missing', async () => {
      const { app } = build();
      const database = applicationResource('db', new Journal().resource('database'));
      expect(() => database.of(app)).toThrow("Expected an application with 'db'");
      await app.close();
    });
  });

  describe('where one fails to enter (S1)', () => {
    it('fails ready() with that error, and what was entered is released at once, in reverse, told it', async () => {
      const { app } = build();
      const journal = new Journal();
      const failure = new Error('no route to host');
      const failing = journal.resource('c', { acquire: () => Promise.reject(failure) });
      for (const part of [journal.resource('a'), journal.resource('b'), failing, journal.resource('d')]) {
        void app.register(applicationResource(part.name, part));
      }
      await expect(app.ready()).rejects.toBe(failure);
      expect(journal.take()).toEqual([
        '+a',
        '+b',
        '+c',
        '+c ok',
        '-b error no route to host',
        '-a error no route to host',
      ]);
      await app.close();
      expect(journal.lines).toEqual([]);
    });

    it('logs what releasing the others fails with', async () => {
      const { app, errors } = build();
      const journal = new Journal();
      const refuse = (): never => {
        throw new Error('refused');
      };
      void app.register(applicationResource('a', journal.resource('a', { release: refuse })));
      void app.register(applicationResource('b', journal.resource('b', { acquire: refuse })));
      await expect(app.ready()).rejects.toThrow('refused');
      expect(errors).toEqual([expect.stringContaining("'b' failed to be released") as unknown]);
      await app.close();
    });

    it("leaves what other people's plugins fail with to close()", async () => {
      const { app } = build();
      const journal = new Journal();
      void app.register(applicationResource('a', journal.resource('a')));
      void app.register(() => Promise.reject(new Error('not ours')));
      await expect(app.ready()).rejects.toThrow('not ours');
      expect(journal.take()).toEqual(['+a']);
      await app.close();
      expect(journal.take()).toEqual(['-a complete']);
    });

    it('aborts an acquire that is still under way when the application closes', async () => {
      const { app } = build({ pluginTimeout: 50 });
      const journal = new Journal();
      const ended = gate<string>();
      const stuck = resource({
        name: 'stuck',
        acquire: async ({ signal }) => {
          await once(signal, 'abort');
          return 'late';
        },
        release: (_, exit: Exit) => {
          ended.open(describeExit(exit));
        },
      });
      void app.register(applicationResource('a', journal.resource('a')));
      void app.register(applicationResource('stuck', stuck));
      await expect(app.ready()).rejects.toMatchObject({ code: expect.stringContaining('TIMEOUT') as unknown });
      await app.close();
      expect(await ended.opened).toBe('unsubscribe');
      expect(journal.lines.at(0)).toBe('+a');
      expect(journal.lines).toHaveLength(2);
    });
  });

  describe('releasing', () => {
    it('begins when the requests in flight are answered and their scopes released, whatever was registered first', async () => {
      const made = build();
      const journal = new Journal();
      const scopes = requestScope();
      const entered = gate();
      const rest = gate();
      const releasing = gate();
      await made.app.register(scopes);
      await made.app.register(applicationResource('db', journal.resource('database')));
      made.app.get('/', async (request) => {
        await scopes.of(request).enter(journal.resource('tx', { release: () => releasing.opened }));
        entered.open();
        await rest.opened;
        return 'answered';
      });
      const held = await listen(made);
      const answer = fetch(held.value);
      await entered.opened;
      const closed = held.release();
      rest.open();
      expect(await (await answer).text()).toBe('answered');
      await eventually('the request is over', () => journal.lines.includes('-tx complete'));
      expect(journal.lines).toEqual(['+database', '+tx', '-tx complete']);
      releasing.open();
      await closed;
      expect(journal.lines).toEqual(['+database', '+tx', '-tx complete', '-tx ok', '-database complete']);
    });

    it('comes after the onClose hooks that were added later', async () => {
      const { app } = build();
      const journal = new Journal();
      await app.register(applicationResource('db', journal.resource('database')));
      app.addHook('onClose', async () => {
        await Promise.resolve();
        journal.note('flushed to the database');
      });
      await app.close();
      expect(journal.lines).toEqual(['+database', 'flushed to the database', '-database complete']);
    });

    it('fails close() and is logged, and the others are released all the same (S5)', async () => {
      const { app, errors } = build();
      const journal = new Journal();
      const refuse = (): Promise<never> => Promise.reject(new Error('refused'));
      for (const name of ['a', 'b', 'c']) {
        void app.register(applicationResource(name, journal.resource(name, name === 'b' ? { release: refuse } : {})));
      }
      await app.ready();
      await expect(app.close()).rejects.toThrow('refused');
      expect(journal.lines.slice(3)).toEqual(['-c complete', '-b complete', '-b ok', '-a complete']);
      expect(errors).toEqual(["Application resource 'b' failed to be released: refused"]);
    });
  });

  describe('a handle that is lost', () => {
    it('closes the application, and is logged', async () => {
      const { app, errors } = build();
      const journal = new Journal();
      const cut = new Subject<string>();
      await app.register(applicationResource('a', journal.resource('a')));
      await app.register(applicationResource('db', journal.resource('database', { lost: () => cut })));
      await app.ready();
      const closed = gate();
      app.server.once('close', closed.open);
      await app.listen({ port: 0 });
      cut.next('cut');
      await closed.opened;
      await eventually('all is released', () => journal.lines.includes('-a complete'));
      expect(errors).toEqual([expect.stringContaining("Application resource 'db' was lost") as unknown]);
      expect(journal.lines.map((line) => line.split(' ')[0])).toEqual(['+a', '+database', '-database', '-a']);
    });

    it('is told instead, by option', async () => {
      const { app, errors } = build();
      const told: unknown[] = [];
      const cut = new Subject<string>();
      const line = new Journal().resource('line', { lost: () => cut });
      const onLost = (error: unknown, instance: unknown): void => {
        told.push((error as Error).name, instance === app);
      };
      await app.register(applicationResource('line', line, { onLost }));
      await app.listen({ port: 0 });
      cut.next('cut');
      expect(told).toEqual(['ResourceLostError', true]);
      expect(app.server.listening).toBe(true);
      await app.close();
      expect(errors).toEqual([]);
    });
  });

  it.each([
    ['', {}],
    [1, {}],
    ['db', null],
    ['db', 'a pool'],
  ])('refuses %p and %p at the call', (name, source) => {
    expect(() => applicationResource(name as string, source as never)).toThrow(TypeError);
  });
});
