import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Get,
  Inject,
  Post,
  Sse,
  StreamableFile,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { interval, map, NEVER, of, Subject, tap, timeout, type Observable } from 'rxjs';
import {
  RequestScoped,
  RequestScopePolicy,
  RxscopeModule,
  type RequestScope,
  type RequestScopeOptions,
} from '../../../lib/adapters/nestjs/index.js';
import { using, type Exit, type Lease, type Resource } from '../../../lib/index.js';
import { Journal } from '../../support/journal.js';
import { eventually } from '../../support/eventually.js';
import { RawClient } from '../../support/raw-client.js';
import { gate, type Gate } from '../../support/gate.js';
import { describePlatforms, ErrorLog, listen, makeModule, rootModule } from './support/nest-test.js';

interface Stage {
  readonly journal: Journal;
  readonly errors: string[];
  readonly address: string;
  readonly client: RawClient;
  /** Opens when the handler has got as far as it says. */
  readonly reached: Gate;
  /** What the handler waits for. */
  readonly rest: Gate;
  /** Exit of the release of the last request. */
  readonly released: Promise<Exit>;
  close(): Promise<void>;
}

/** What handlers use. */
class Tools {
  readonly reached = gate();
  readonly rest = gate();
  readonly rows = new Subject<string>();

  constructor(
    readonly journal: Journal,
    readonly tx: Resource<string>,
  ) {}
}

class Failure extends Error {}
const failure = new Failure('no such city');

/** Reads the value that comes, as many interceptors do. */
class ReadingInterceptor implements NestInterceptor {
  constructor(@Inject(Tools) private readonly tools: Tools) {}

  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      tap({
        next: (value) => {
          this.tools.journal.note(`next ${String(value)}`);
        },
        unsubscribe: () => {
          this.tools.journal.note('left');
        },
      }),
    );
  }
}

@Controller()
class TestController {
  constructor(@Inject(Tools) private readonly tools: Tools) {}

  @Get('value')
  async value(@RequestScoped() scope: RequestScope): Promise<string> {
    return `in ${await scope.enter(this.tools.tx)}`;
  }

  @Get('values')
  async values(@RequestScoped() scope: RequestScope): Promise<Observable<string>> {
    await scope.enter(this.tools.tx);
    return of('one', 'two');
  }

  @Get('nothing')
  nothing(): string {
    return 'ok';
  }

  @Get('fails')
  async fails(@RequestScoped() scope: RequestScope): Promise<never> {
    await scope.enter(this.tools.tx);
    throw failure;
  }

  @Post('body')
  async body(@RequestScoped() scope: RequestScope, @Body() body: object): Promise<object> {
    await scope.enter(this.tools.tx);
    this.tools.reached.open();
    await this.tools.rest.opened;
    return { ...body, aborted: scope.signal.aborted };
  }

  @Get('slow')
  async slow(@RequestScoped() scope: RequestScope): Promise<string> {
    const { tools } = this;
    await scope.enter(tools.tx);
    scope.signal.addEventListener('abort', () => {
      tools.journal.note(`aborted ${(scope.signal.reason as Error).name}`);
    });
    tools.reached.open();
    await tools.rest.opened;
    tools.journal.note('handler over');
    return 'slow';
  }

  @Get('slow-finish')
  @RequestScopePolicy({ onDisconnect: 'finish' })
  slowAndFinish(@RequestScoped() scope: RequestScope): Promise<string> {
    return this.slow(scope);
  }

  @Get('observed')
  async observed(@RequestScoped() scope: RequestScope): Promise<Observable<string>> {
    await scope.enter(this.tools.tx);
    const rows = this.tools.journal.resource('rows', { release: () => Promise.resolve() });
    return using(rows, () => {
      this.tools.reached.open();
      return NEVER;
    });
  }

  @UseInterceptors(ReadingInterceptor)
  @Get('read')
  read(@RequestScoped() scope: RequestScope): Promise<Observable<string>> {
    return this.observed(scope);
  }

  @Get('file')
  async file(@RequestScoped() scope: RequestScope): Promise<StreamableFile> {
    await scope.enter(this.tools.tx);
    const { rows, reached, journal } = this.tools;
    const stream = new Readable({
      read: () => {
        reached.open();
      },
      destroy: (error, done) => {
        journal.note('file closed');
        done(error);
      },
    });
    rows.subscribe({
      next: (row) => stream.push(row),
      error: (error: unknown) => stream.destroy(error as Error),
      complete: () => stream.push(null),
    });
    return new StreamableFile(stream);
  }

  @Sse('events')
  async events(@RequestScoped() scope: RequestScope): Promise<Observable<{ data: string }>> {
    await scope.enter(this.tools.tx);
    const feed = this.tools.journal.resource('feed', { release: () => Promise.resolve() });
    return using(feed, () => {
      this.tools.reached.open();
      return this.tools.rows.pipe(
        tap((row) => {
          this.tools.journal.note(`row ${row}`);
        }),
        map((data) => ({ data })),
      );
    });
  }

  @RequestScopePolicy({ onDisconnect: 'finish' })
  @Sse('events-finish')
  eventsAndFinish(@RequestScoped() scope: RequestScope): Promise<Observable<{ data: string }>> {
    return this.events(scope);
  }

  @Sse('late-events')
  async lateEvents(@RequestScoped() scope: RequestScope): Promise<Observable<{ data: string }>> {
    await scope.enter(this.tools.tx);
    this.tools.reached.open();
    await this.tools.rest.opened;
    return using(this.tools.journal.resource('feed'), () => interval(1).pipe(map((n) => ({ data: String(n) }))));
  }

  @Get('lost')
  async lost(@RequestScoped() scope: RequestScope): Promise<Observable<string>> {
    const cut = new Subject<string>();
    await scope.enter(this.tools.journal.resource('line', { lost: () => cut }));
    queueMicrotask(() => {
      cut.next('cut');
    });
    return NEVER;
  }

  @Get('late')
  async late(@RequestScoped() scope: RequestScope): Promise<string> {
    await scope.enter(this.tools.tx);
    const { journal, rest } = this.tools;
    void scope.ended.then(async () => {
      await scope.enter(this.tools.tx).catch((error: unknown) => {
        journal.note((error as Error).name);
      });
      rest.open();
    });
    return 'ok';
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describePlatforms('the request scope of RxscopeModule', (createApp) => {
  /** Runs a test against an application with {@link TestController}, and closes everything. */
  async function onStage(
    test: (stage: Stage, tools: Tools) => Promise<void>,
    options: RequestScopeOptions = {},
    release: (exit: Exit) => unknown = () => undefined,
  ): Promise<Pick<Stage, 'journal' | 'errors'>> {
    const journal = new Journal();
    const told = gate<Exit>();
    const tx = journal.resource('tx', {
      release: (exit) => {
        told.open(exit);
        return release(exit);
      },
    });
    const tools = new Tools(journal, tx);
    const log = new ErrorLog();
    const providers = [{ provide: Tools, useValue: tools }, ReadingInterceptor];
    const app = await createApp(rootModule({ controllers: [TestController], providers }, options), log);
    const held = await listen(app);
    const client = await RawClient.connect(held.value);
    let closed: Promise<unknown> | null = null;
    const close = async (): Promise<void> => {
      await client.hangUp();
      await (closed ??= held.release());
    };
    const { reached, rest } = tools;
    try {
      await test(
        { journal, errors: log.lines, address: held.value, client, reached, rest, released: told.opened, close },
        tools,
      );
    } finally {
      rest.open();
      await close();
    }
    return { journal, errors: log.lines };
  }

  /** An application whose one route never answers, with an interceptor outside of ours. */
  async function between(
    intercept: (next: CallHandler) => Observable<unknown>,
    options: RequestScopeOptions = {},
  ): Promise<{ journal: Journal; listening: Lease<string>; reached: Gate }> {
    const journal = new Journal();
    const reached = gate();
    @Controller()
    class Stuck {
      @Get()
      async stuck(@RequestScoped() scope: RequestScope): Promise<Observable<never>> {
        await scope.enter(journal.resource('tx'));
        reached.open();
        return NEVER;
      }
    }
    const outer: NestInterceptor = { intercept: (_, next) => intercept(next) };
    const outerModule = makeModule({ providers: [{ provide: APP_INTERCEPTOR, useValue: outer }] });
    const stuckModule = makeModule({ imports: [outerModule, RxscopeModule.forRoot(options)], controllers: [Stuck] });
    return { journal, listening: await listen(await createApp(stuckModule)), reached };
  }

  describe('a response that is sent', () => {
    it('is followed by the release, told complete', async () => {
      const { journal, errors } = await onStage(async ({ address, released }) => {
        expect(await (await fetch(`${address}/value`)).text()).toBe('in tx');
        expect(await released).toEqual({ kind: 'complete' });
      });
      expect(journal.lines).toEqual(['+tx', '-tx complete']);
      expect(errors).toEqual([]);
    });

    it('is the last value of an observable', async () => {
      const { journal } = await onStage(async ({ address }) => {
        expect(await (await fetch(`${address}/values`)).text()).toBe('two');
      });
      expect(journal.lines).toEqual(['+tx', '-tx complete']);
    });

    it('ends its own scope on a connection that stays open', async () => {
      const { journal } = await onStage(async ({ client, journal: log }) => {
        for (const count of [1, 2]) {
          client.request('GET', '/value');
          await eventually('it is released', () => log.lines.length === count * 2);
        }
      });
      expect(journal.lines).toEqual(['+tx', '-tx complete', '+tx', '-tx complete']);
    });

    it('needs nothing of a handler that uses no scope, nor of a path that is not there', async () => {
      const { journal, errors } = await onStage(async ({ address }) => {
        expect((await fetch(`${address}/nothing`)).status).toBe(200);
        expect((await fetch(`${address}/missing`)).status).toBe(404);
      });
      expect(journal.lines).toEqual([]);
      expect(errors).toEqual([]);
    });
  });

  it('is not over when the body of a request has been read', async () => {
    const { journal } = await onStage(async ({ address, reached, rest, journal: log }) => {
      const body = JSON.stringify({ some: 'body' });
      const answer = fetch(`${address}/body`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      await reached.opened;
      await turn();
      expect(log.lines).toEqual(['+tx']);
      rest.open();
      expect(await (await answer).json()).toEqual({ some: 'body', aborted: false });
    });
    expect(journal.lines).toEqual(['+tx', '-tx complete']);
  });

  it('tells the very error of the handler', async () => {
    const { journal } = await onStage(async ({ address, released }) => {
      expect((await fetch(`${address}/fails`)).status).toBe(500);
      const exit = await released;
      expect(exit.kind === 'error' && exit.error).toBe(failure);
    });
    expect(journal.lines).toHaveLength(2);
  });

  describe('a client that hangs up before there is an answer', () => {
    it('has everything released, told unsubscribe, while the handler runs', async () => {
      const { journal, errors } = await onStage(async ({ client, reached, rest, released, journal: log }) => {
        client.request('GET', '/slow');
        await reached.opened;
        await client.hangUp();
        await released;
        rest.open();
        await eventually('the handler is over', () => log.lines.includes('handler over'));
      });
      expect(journal.lines).toEqual(['+tx', 'aborted UnsubscribedError', '-tx unsubscribe', 'handler over']);
      expect(errors).toEqual([]);
    });

    it('lets the handler finish by the policy of the route', async () => {
      const { journal } = await onStage(async ({ client, reached, rest, released, journal: log }) => {
        client.request('GET', '/slow-finish');
        await reached.opened;
        await client.hangUp();
        for (let i = 0; i < 5; i++) await turn();
        expect(log.lines).toEqual(['+tx']);
        rest.open();
        await released;
      });
      expect(journal.lines).toEqual(['+tx', 'handler over', '-tx complete']);
    });

    it('lets the handler finish by the policy of the application', async () => {
      const policy = { onDisconnect: 'finish' } as const;
      const { journal } = await onStage(async ({ client, reached, rest, released }) => {
        client.request('GET', '/slow');
        await reached.opened;
        await client.hangUp();
        await turn();
        rest.open();
        await released;
      }, policy);
      expect(journal.lines).toEqual(['+tx', 'handler over', '-tx complete']);
    });

    it("unsubscribes the handler's observable, whose own scope is released before", async () => {
      const { journal, errors } = await onStage(async ({ client, reached, released }) => {
        client.request('GET', '/observed');
        await reached.opened;
        await client.hangUp();
        await released;
      });
      expect(journal.lines).toEqual(['+tx', '+rows', '-rows unsubscribe', '-rows ok', '-tx unsubscribe']);
      expect(errors).toEqual([]); // nestjs/nest#10853: no EmptyError
    });

    it('leaves the interceptors inside', async () => {
      const { journal } = await onStage(async ({ client, reached, released }) => {
        client.request('GET', '/read');
        await reached.opened;
        await client.hangUp();
        await released;
      });
      expect(journal.lines.slice(1)).toEqual(['+rows', 'left', '-rows unsubscribe', '-rows ok', '-tx unsubscribe']);
    });

    it('completes for the interceptors outside, with undefined', async () => {
      const told: string[] = [];
      const { journal, listening, reached } = await between((next) =>
        next.handle().pipe(tap({ next: (value) => told.push(String(value)), complete: () => told.push('complete') })),
      );
      const client = await RawClient.connect(listening.value);
      client.request('GET', '/');
      await reached.opened;
      await client.hangUp();
      await listening.release();
      expect(told).toEqual(['undefined', 'complete']);
      expect(journal.lines).toEqual(['+tx', '-tx unsubscribe']);
    });
  });

  describe('a StreamableFile', () => {
    it('is read to its end before anything is released', async () => {
      const { journal } = await onStage(async ({ client, reached, journal: log, released }, { rows }) => {
        client.request('GET', '/file');
        await reached.opened;
        rows.next('row 1;');
        await client.received('row 1;');
        expect(log.lines).toEqual(['+tx']);
        rows.next('row 2;');
        rows.complete();
        expect(await released).toEqual({ kind: 'complete' });
        await client.received('row 2;');
      });
      expect(journal.lines).toEqual(['+tx', 'file closed', '-tx complete']);
    });

    it('is read to its end also where everything else is released before the response', async () => {
      const policy = { release: 'before-response' } as const;
      const { journal } = await onStage(async ({ client, reached, released }, { rows }) => {
        client.request('GET', '/file');
        await reached.opened;
        rows.next('row 1;');
        await client.received('row 1;');
        rows.complete();
        await released;
      }, policy);
      expect(journal.lines).toEqual(['+tx', 'file closed', '-tx complete']);
    });

    it('is closed before the release where the client hangs up in the middle', async () => {
      const { journal } = await onStage(async ({ client, reached, released }, { rows }) => {
        client.request('GET', '/file');
        await reached.opened;
        rows.next('row 1;');
        await client.received('row 1;');
        await client.hangUp();
        await released;
      });
      expect(journal.lines).toEqual(['+tx', 'file closed', '-tx unsubscribe']);
    });

    it('tells unsubscribe where the client hangs up in the middle, also where the handler may finish', async () => {
      const { journal } = await onStage(
        async ({ client, reached, released }, { rows }) => {
          client.request('GET', '/file');
          await reached.opened;
          rows.next('row 1;');
          await client.received('row 1;');
          await client.hangUp();
          expect(await released).toEqual({ kind: 'unsubscribe' });
        },
        { onDisconnect: 'finish' },
      );
      expect(journal.lines).toEqual(['+tx', 'file closed', '-tx unsubscribe']);
    });

    it('that fails in the middle is what the release is told', async () => {
      await onStage(async ({ client, reached, released }, { rows }) => {
        client.request('GET', '/file');
        await reached.opened;
        rows.next('row 1;');
        await client.received('row 1;');
        rows.error(failure);
        const exit = await released;
        expect(exit.kind === 'error' && exit.error).toBe(failure);
      });
    });
  });

  describe('server-sent events', () => {
    it('are left, and everything is released, when the client hangs up', async () => {
      const { journal, errors } = await onStage(async ({ client, reached, released }, { rows }) => {
        client.request('GET', '/events');
        await reached.opened;
        rows.next('1');
        await client.received('data: 1');
        await client.hangUp();
        await released;
        expect(rows.observed).toBe(false);
      });
      expect(journal.lines).toEqual(['+tx', '+feed', 'row 1', '-feed unsubscribe', '-feed ok', '-tx unsubscribe']);
      expect(errors).toEqual([]);
    });

    it('go on without a client by policy, so that they can be resumed', async () => {
      const { journal } = await onStage(async ({ client, reached, released, journal: log }, { rows }) => {
        client.request('GET', '/events-finish');
        await reached.opened;
        rows.next('1');
        await client.received('data: 1');
        await client.hangUp();
        for (let i = 0; i < 5; i++) await turn();
        rows.next('2');
        expect(log.lines.at(-1)).toBe('row 2');
        rows.complete();
        await released;
      });
      expect(journal.lines.slice(2)).toEqual(['row 1', 'row 2', '-feed complete', '-feed ok', '-tx complete']);
    });

    // nestjs/nest#17128
    it('are never begun where the client hung up while they were prepared', async () => {
      const { journal } = await onStage(async ({ client, reached, rest, released }) => {
        client.request('GET', '/late-events');
        await reached.opened;
        await client.hangUp();
        await released;
        rest.open();
        for (let i = 0; i < 5; i++) await turn();
      });
      expect(journal.lines).toEqual(['+tx', '-tx unsubscribe']);
    });

    it('are released when they complete', async () => {
      const { journal } = await onStage(async ({ client, reached, released }, { rows }) => {
        client.request('GET', '/events');
        await reached.opened;
        rows.next('1');
        await client.received('data: 1');
        rows.complete();
        await released;
      });
      expect(journal.lines.slice(3)).toEqual(['-feed complete', '-feed ok', '-tx complete']);
    });
  });

  describe('a release that fails', () => {
    const refuse = (): never => {
      throw new Error('commit refused');
    };

    it('is logged, and the answer stays what it was', async () => {
      const { errors } = await onStage(
        async ({ address }) => {
          expect(await (await fetch(`${address}/value`)).text()).toBe('in tx');
        },
        {},
        refuse,
      );
      expect(errors).toEqual(['What belongs to a request failed to be released: commit refused']);
    });

    it('fails the request where it comes before the response', async () => {
      const { errors } = await onStage(
        async ({ address }) => {
          expect((await fetch(`${address}/value`)).status).toBe(500);
        },
        { release: 'before-response' },
        refuse,
      );
      expect(errors).toEqual(['commit refused']); // Nest's own line for an answer with 500
    });

    it('leaves the error of a request that fails anyway', async () => {
      const { errors } = await onStage(
        async ({ address }) => {
          expect((await fetch(`${address}/fails`)).status).toBe(500);
        },
        { release: 'before-response' },
        refuse,
      );
      expect(errors).toHaveLength(2);
      expect(errors).toContain('no such city');
    });
  });

  it('releases before the first byte by option', async () => {
    const releasing = gate();
    const policy = { release: 'before-response' } as const;
    const { journal } = await onStage(
      async ({ client, released, journal: log }) => {
        client.request('GET', '/value');
        await released;
        await turn();
        expect(client.text).toBe('');
        releasing.open();
        await client.received('in tx');
        expect(log.lines.at(-1)).toBe('-tx ok');
      },
      policy,
      () => releasing.opened,
    );
    expect(journal.lines).toEqual(['+tx', '-tx complete', '-tx ok']);
  });

  it('fails the request where a handle is lost, with everything released', async () => {
    const { journal, errors } = await onStage(async ({ address }) => {
      expect((await fetch(`${address}/lost`)).status).toBe(500);
    });
    expect(journal.lines.map((line) => line.split(' ', 2).join(' '))).toEqual(['+line', '-line error']);
    expect(errors).toHaveLength(1);
  });

  it('refuses to enter anything once it is over', async () => {
    const { journal } = await onStage(async ({ address, rest }) => {
      await (await fetch(`${address}/late`)).text();
      await rest.opened;
    });
    expect(journal.lines).toEqual(['+tx', '-tx complete', 'ClosedError']);
  });

  it('makes app.close() wait for requests in flight, and for their releases', async () => {
    const releasing = gate();
    const { journal } = await onStage(
      async ({ address, close, reached, rest, released, journal: log }) => {
        const answer = fetch(`${address}/slow`);
        await reached.opened;
        const closed = close().then(() => {
          log.note('closed');
        });
        rest.open();
        expect(await (await answer).text()).toBe('slow');
        await released;
        await turn();
        expect(log.lines).toEqual(['+tx', 'handler over', '-tx complete']);
        releasing.open();
        await closed;
      },
      {},
      () => releasing.opened,
    );
    expect(journal.lines).toEqual(['+tx', 'handler over', '-tx complete', '-tx ok', 'closed']);
  });

  // Whose client is still there, so that the policy for those that hang up says nothing.
  it.each(['unsubscribe', 'finish'] as const)(
    'is left by an interceptor outside that gives up: %s',
    async (onDisconnect) => {
      const { journal, listening } = await between((next) => next.handle().pipe(timeout(5)), { onDisconnect });
      expect((await fetch(listening.value)).status).toBe(500);
      expect(journal.lines).toEqual(['+tx', '-tx unsubscribe']);
      await listening.release();
    },
  );

  it('is missed, with what to do, where the module is not imported', async () => {
    @Controller()
    class Alone {
      @Get()
      get(@RequestScoped() scope: RequestScope): string {
        return scope.constructor.name;
      }
    }
    const log = new ErrorLog();
    const held = await listen(await createApp(makeModule({ controllers: [Alone] }), log));
    expect((await fetch(held.value)).status).toBe(500);
    await held.release();
    expect(log.lines).toEqual([expect.stringContaining('Import RxscopeModule.forRoot()')]);
  });

  it.each([{ onDisconnect: 'drain' }, { release: 'never' }])('refuses %p at the call', (options) => {
    expect(() => RxscopeModule.forRoot(options as RequestScopeOptions)).toThrow(TypeError);
    expect(() => RequestScopePolicy(options as RequestScopeOptions)).toThrow(TypeError);
  });
});

// Express has no HTTP/2.
describe('the request scope of RxscopeModule on Fastify, with HTTP/2', () => {
  it.each([
    ['unsubscribe', ['aborted UnsubscribedError', '-tx unsubscribe'], ['handler over']],
    ['finish', [], ['handler over', '-tx complete']],
  ] as const)('ends with its stream: %s', async (onDisconnect, atOnce, later) => {
    const journal = new Journal();
    const tools = new Tools(journal, journal.resource('tx'));
    const providers = [{ provide: Tools, useValue: tools }, ReadingInterceptor];
    const root = rootModule({ controllers: [TestController], providers }, { onDisconnect });
    const quiet: object = { logger: new ErrorLog() };
    const held = await listen(await NestFactory.create(root, new FastifyAdapter({ http2: true }), quiet));
    const session = connectHttp2(held.value);
    await once(session.request({ ':path': '/value' }).resume(), 'close');
    await eventually('the first is released', () => journal.lines.length === 2);
    expect(journal.take()).toEqual(['+tx', '-tx complete']);
    const cut = session.request({ ':path': '/slow' });
    cut.on('error', () => undefined);
    await tools.reached.opened;
    cut.close(8);
    await once(cut, 'close');
    await eventually('the scope is left', () => journal.lines.length === 1 + atOnce.length);
    tools.rest.open();
    await eventually('the handler is over', () => journal.lines.length === 1 + atOnce.length + later.length);
    session.close();
    await once(session, 'close');
    await held.release();
    expect(journal.lines).toEqual(['+tx', ...atOnce, ...later]);
  });
});
