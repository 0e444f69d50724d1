import type { ServerResponse } from 'node:http';
import { Controller, Get, Inject, Scope } from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { HttpRequestPort } from '../../../lib/adapters/nestjs/http-port.js';
import { Responses } from '../../../lib/adapters/nestjs/responses.js';
import { describePlatforms, listen, rootModule } from './support/nest-test.js';

const RESPONSE = 'response';

/** What is known in a provider is written into the answer. */
@Controller()
class Writing {
  constructor(@Inject(RESPONSE) private readonly response: ServerResponse) {}

  @Get()
  get(): string {
    this.response.setHeader('x-known', 'yes');
    return 'ok';
  }
}

const root = rootModule({
  controllers: [Writing],
  providers: [
    {
      provide: RESPONSE,
      scope: Scope.REQUEST,
      inject: [REQUEST, Responses],
      useFactory: (request: HttpRequestPort, responses: Responses) => responses.of(request),
    },
  ],
});

describePlatforms('Responses', (createApp) => {
  it('knows the response to a request', async () => {
    const held = await listen(await createApp(root));
    expect((await fetch(held.value)).headers.get('x-known')).toBe('yes');
    await held.release();
  });

  it('knows none to what is no request of its application', async () => {
    const app = await createApp(root);
    await app.init();
    expect(app.get(Responses).of({})).toBeUndefined();
    expect(app.get(Responses).of({ raw: {} })).toBeUndefined();
    await app.close();
  });
});

describe('Responses', () => {
  const quiet: object = { logger: false };

  it('knows them in an application that is made of a testing module, which has no platform before', async () => {
    const made = await Test.createTestingModule({ imports: [root] }).compile();
    const held = await listen(made.createNestApplication(new FastifyAdapter(), quiet));
    expect((await fetch(held.value)).headers.get('x-known')).toBe('yes');
    await held.release();
  });

  it('knows none where there is no server', async () => {
    const context = await NestFactory.createApplicationContext(rootModule({}), quiet);
    expect(context.get(Responses).of({})).toBeUndefined();
    await context.close();
  });
});
