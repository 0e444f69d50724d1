import {
  CanActivate,
  Controller,
  ForbiddenException,
  Get,
  Inject,
  Injectable,
  Module,
  UseGuards,
  type MiddlewareConsumer,
  type NestMiddleware,
  type NestModule,
  type Type,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { provideRequestResource, provideResource, RxscopeModule } from '../../../lib/adapters/nestjs/index.js';
import type { Resource } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { gate } from '../../support/gate.js';
import { Journal } from '../../support/journal.js';
import { RawClient } from '../../support/raw-client.js';
import { describePlatforms, ErrorLog, listen, rootModule } from './support/nest-test.js';

class Refusing implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

const REACHED = 'reached';

@Controller()
class Guarded {
  constructor(@Inject('SESSION') private readonly session: string) {}

  @Get('open')
  open(): string {
    return this.session;
  }

  @UseGuards(Refusing)
  @Get('closed')
  closed(): string {
    return this.session;
  }
}

@Controller()
class Stuck {
  constructor(
    @Inject('SESSION') readonly session: string,
    @Inject(REACHED) private readonly reached: () => void,
  ) {}

  @Get('stuck')
  stuck(): Promise<never> {
    this.reached();
    return new Promise(() => undefined);
  }
}

function parts(journal: Journal): { controllers: [typeof Guarded]; providers: ReturnType<typeof provideResource>[] } {
  const session = (pool: string): Resource<string> => journal.resource(`session of ${pool}`);
  return {
    controllers: [Guarded],
    providers: [
      provideResource('DB', journal.resource('pool')),
      provideRequestResource('SESSION', session, { inject: ['DB'] }),
    ],
  };
}

describePlatforms('provideRequestResource()', (createApp, platform) => {
  it('injects a handle of the request, and releases it after the response', async () => {
    const journal = new Journal();
    const held = await listen(await createApp(rootModule(parts(journal))));
    expect(await (await fetch(`${held.value}/open`)).text()).toBe('session of pool');
    await held.release();
    expect(journal.lines).toEqual(['+pool', '+session of pool', '-session of pool complete', '-pool complete']);
  });

  it('releases what was made for a request that a guard refuses', async () => {
    const journal = new Journal();
    const held = await listen(await createApp(rootModule(parts(journal))));
    expect((await fetch(`${held.value}/closed`)).status).toBe(403);
    await held.release();
    expect(journal.lines).toEqual(['+pool', '+session of pool', '-session of pool complete', '-pool complete']);
  });

  it('releases it, told unsubscribe, when the client hangs up', async () => {
    const journal = new Journal();
    const reached = gate();
    const providers = [
      provideRequestResource('SESSION', journal.resource('session')),
      { provide: REACHED, useValue: reached.open },
    ];
    const held = await listen(await createApp(rootModule({ controllers: [Stuck], providers })));
    const client = await RawClient.connect(held.value);
    client.request('GET', '/stuck');
    await reached.opened;
    await client.hangUp();
    await eventually('it is released', () => journal.lines.length === 2);
    expect(journal.lines).toEqual(['+session', '-session unsubscribe']);
    await held.release();
  });

  it('fails the request where it fails to be entered', async () => {
    const journal = new Journal();
    const fails = journal.resource('session', { acquire: () => Promise.reject(new Error('pool is empty')) });
    const log = new ErrorLog();
    const providers = [provideRequestResource('SESSION', fails)];
    const held = await listen(await createApp(rootModule({ controllers: [Guarded], providers }), log));
    expect((await fetch(`${held.value}/open`)).status).toBe(500);
    await held.release();
    expect(log.lines).toEqual(['pool is empty']);
  });

  describe('with a middleware that is made for each request', () => {
    /** A module with the middleware in front of all routes. */
    function behind(token: string, journal: Journal): Type {
      @Injectable()
      class Middleware implements NestMiddleware {
        constructor(@Inject(token) private readonly handle: unknown) {}

        use(_request: unknown, _response: unknown, next: () => void): void {
          journal.note(`middleware has ${typeof this.handle}`);
          next();
        }
      }
      @Module({
        imports: [RxscopeModule.forRoot()],
        controllers: [Guarded],
        providers: [provideRequestResource('SESSION', journal.resource('session'))],
      })
      class Root implements NestModule {
        configure(consumer: MiddlewareConsumer): void {
          consumer.apply(Middleware).forRoutes('*all');
        }
      }
      return Root;
    }

    it('is entered after it, for the route', async () => {
      const journal = new Journal();
      const held = await listen(await createApp(behind(REQUEST, journal)));
      expect(await (await fetch(`${held.value}/open`)).text()).toBe('session');
      await held.release();
      expect(journal.lines).toEqual(['middleware has object', '+session', '-session complete']);
    });

    it('is entered for it on Express; with Fastify the request fails, with what to do', async () => {
      const journal = new Journal();
      const log = new ErrorLog();
      const held = await listen(await createApp(behind('SESSION', journal), log));
      const { status } = await fetch(`${held.value}/open`);
      await held.release();
      if (platform === 'Express') {
        expect([status, log.lines]).toEqual([200, []]);
        expect(journal.lines).toEqual(['+session', 'middleware has string', '-session complete']);
      } else {
        expect([status, log.lines]).toEqual([500, [expect.stringContaining('Use a parameter with @RequestScoped()')]]);
        expect(journal.lines).toEqual([]);
      }
    });
  });

  it.each([null, 'a pool', {}])('refuses %p at the call', (source) => {
    expect(() => provideRequestResource('SESSION', source as never)).toThrow(TypeError);
  });
});
