import { once } from 'node:events';
import { Agent, request, type IncomingMessage, type Server } from 'node:http';
import { Controller, Get, Inject, Injectable, Post, type OnModuleDestroy } from '@nestjs/common';
import { Subject } from 'rxjs';
import {
  provideResource,
  RequestScoped,
  RxscopeModule,
  type RequestScope,
} from '../../../lib/adapters/nestjs/index.js';
import { resource, type Exit, type Resource } from '../../../lib/index.js';
import { describeExit, Journal } from '../../support/journal.js';
import { eventually } from '../../support/eventually.js';
import { gate } from '../../support/gate.js';
import { describePlatforms, ErrorLog, listen, makeModule, rootModule } from './support/nest-test.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const slow = { acquire: () => Promise.resolve('handle'), release: () => Promise.resolve() };

describePlatforms('provideResource()', (createApp) => {
  /** Depends on others by name: `c` needs `b` needs `a`. */
  function chain(journal: Journal, failing?: string, failure?: Error) {
    const part = (name: string): Resource<string> =>
      journal.resource(name, name === failing ? { acquire: () => Promise.reject(failure ?? new Error('no')) } : slow);
    return [
      provideResource('C', () => part('c'), { inject: ['B'] }),
      provideResource('A', part('a')),
      provideResource('B', () => part('b'), { inject: ['A'] }),
    ];
  }

  it('enters what a resource depends on before it, and releases in reverse, each finished before the next (S1)', async () => {
    const journal = new Journal();
    const app = await createApp(rootModule({ providers: chain(journal) }));
    expect(journal.take()).toEqual(['+a', '+a ok', '+b', '+b ok', '+c', '+c ok']);
    await app.close();
    expect(journal.take()).toEqual(['-c complete', '-c ok', '-b complete', '-b ok', '-a complete', '-a ok']);
  });

  it('hands handles to providers and to the functions that make resources', async () => {
    const journal = new Journal();
    @Injectable()
    class Users {
      constructor(@Inject('DB') readonly db: string) {}
    }
    const providers = [provideResource('DB', journal.resource('database')), Users];
    const app = await createApp(rootModule({ providers }));
    expect(app.get(Users).db).toBe('database');
    await app.close();
  });

  it('shares resources between modules by forFeature()', async () => {
    const journal = new Journal();
    const feature = RxscopeModule.forFeature([provideResource('DB', journal.resource('database'))]);
    const users = (db: string): Resource<string> => journal.resource(`users of ${db}`);
    const usersModule = makeModule({
      imports: [feature],
      providers: [provideResource('USERS', users, { inject: ['DB'] })],
    });
    const app = await createApp(rootModule({ imports: [usersModule, feature] }));
    expect(app.get<string>('USERS')).toBe('users of database');
    await app.close();
    expect(journal.lines).toEqual([
      '+database',
      '+users of database',
      '-users of database complete',
      '-database complete',
    ]);
  });

  describe('where one fails to enter', () => {
    it('fails to create the application, with what was entered released at once, in reverse, told the error', async () => {
      const journal = new Journal();
      const failure = new Error('no route to host');
      await expect(createApp(rootModule({ providers: chain(journal, 'c', failure) }))).rejects.toBe(failure);
      expect(journal.lines.slice(6)).toEqual([
        '-b error no route to host',
        '-b ok',
        '-a error no route to host',
        '-a ok',
      ]);
    });

    it('aborts what is still being entered beside it, and releases what comes of it', async () => {
      const journal = new Journal();
      const begun = gate();
      const exits: string[] = [];
      const stuck = resource({
        name: 'stuck',
        acquire: async ({ signal }) => {
          begun.open();
          await once(signal, 'abort');
          return 'late';
        },
        release: (_, exit: Exit) => exits.push(describeExit(exit)),
      });
      const failing = journal.resource('failing', {
        acquire: async () => {
          await begun.opened;
          throw new Error('no');
        },
      });
      const providers = [provideResource('A', stuck), provideResource('B', failing)];
      await expect(createApp(rootModule({ providers }))).rejects.toThrow('no');
      expect(exits).toEqual(['unsubscribe']);
    });
  });

  describe('closing', () => {
    // kpfromer/nestjs-typegoose#54, nestjs/nest#14118
    it('releases after requests in flight and after the hooks of all other modules', async () => {
      const journal = new Journal();
      const entered = gate();
      const rest = gate();
      @Injectable()
      class Flushing implements OnModuleDestroy {
        onModuleDestroy(): void {
          journal.note('module destroyed');
        }
        async onApplicationShutdown(): Promise<void> {
          await turn();
          journal.note('flushed to the database');
        }
      }
      @Controller()
      class Slow {
        @Get()
        async get(@RequestScoped() scope: RequestScope): Promise<string> {
          await scope.enter(journal.resource('tx', slow));
          entered.open();
          await rest.opened;
          return 'answered';
        }
      }
      const providers = [Flushing, provideResource('DB', journal.resource('database'))];
      const held = await listen(await createApp(rootModule({ providers, controllers: [Slow] })));
      const answer = fetch(held.value);
      await entered.opened;
      journal.take();
      const closed = held.release();
      await turn();
      rest.open();
      expect((await answer).headers.get('connection')).toBe('close'); // a kept one would hold the server up
      expect(await (await answer).text()).toBe('answered');
      await closed;
      const order = journal.lines.filter((line) => !line.startsWith('-tx'));
      expect(order).toEqual(['module destroyed', 'flushed to the database', '-database complete']);
      expect(journal.lines.indexOf('-tx ok')).toBeLessThan(journal.lines.indexOf('-database complete'));
    });

    it('waits for no connection that a client would keep after an answer, also where its request was still coming in', async () => {
      @Controller()
      class Uploads {
        @Post()
        post(): string {
          return 'answered';
        }
      }
      const app = await createApp(rootModule({ controllers: [Uploads] }));
      const held = await listen(app);
      const server = app.getHttpServer() as Server;
      const agent = new Agent({ keepAlive: true });
      const begun = once(server, 'request');
      const upload = request(held.value, { agent, method: 'POST', headers: { 'content-type': 'application/json' } });
      upload.write('{"some":');
      await begun;
      const closed = held.release();
      await eventually('the server is closing', () => !server.listening);
      const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
      upload.end('"body"}');
      const [answer] = await answered;
      expect([answer.statusCode, answer.headers.connection]).toEqual([201, 'close']);
      answer.resume();
      await closed;
      agent.destroy();
    });

    it('rejects with what a release fails with, and is logged; the others are released all the same (S5)', async () => {
      const journal = new Journal();
      const log = new ErrorLog();
      const refuse = (): Promise<never> => Promise.reject(new Error('refused'));
      const providers = ['a', 'b', 'c'].map((name, i) =>
        provideResource(name, () => journal.resource(name, name === 'b' ? { release: refuse } : {}), {
          inject: i === 0 ? [] : [['a', 'b'][i - 1] ?? ''],
        }),
      );
      const app = await createApp(rootModule({ providers }), log);
      await app.init();
      await expect(app.close()).rejects.toThrow('refused');
      expect(journal.lines.slice(3)).toEqual(['-c complete', '-b complete', '-b ok', '-a complete']);
      expect(log.lines).toEqual(["'b' failed to be released: refused"]);
    });

    it('releases once, however often it is called', async () => {
      const journal = new Journal();
      const app = await createApp(rootModule({ providers: [provideResource('A', journal.resource('a'))] }));
      await app.init();
      await Promise.all([app.close(), app.close()]);
      expect(journal.lines).toEqual(['+a', '-a complete']);
    });
  });

  it('logs a loss, releases that one at once and the others when the application closes', async () => {
    const journal = new Journal();
    const log = new ErrorLog();
    const cut = new Subject<string>();
    const providers = [
      provideResource('A', journal.resource('a')),
      provideResource('LINE', journal.resource('line', { lost: () => cut })),
    ];
    const app = await createApp(rootModule({ providers }), log);
    await app.init();
    journal.take();
    cut.next('cut');
    expect(journal.lines.map((line) => line.split(' ')[0])).toEqual(['-line']);
    expect(log.lines).toEqual([expect.stringContaining("'line' was lost")]);
    await app.close();
    expect(journal.lines.at(-1)).toBe('-a complete');
    expect(log.lines).toHaveLength(1);
  });

  it.each([null, 'a pool', {}])('refuses %p at the call', (source) => {
    expect(() => provideResource('DB', source as never)).toThrow(TypeError);
  });
});
