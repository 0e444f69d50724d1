import { connect as connectHttp2 } from 'node:http2';
import { PassThrough, Readable } from 'node:stream';
import { once } from 'node:events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { concatMap, NEVER, Subject } from 'rxjs';
import { fromValue, lastValue, resource, toReadableStream, use, using, type Exit } from '../../../lib/index.js';
import { requestScope, type RequestScopeOptions, type RequestScopes } from '../../../lib/adapters/fastify/index.js';
import { describeExit, Journal } from '../../support/journal.js';
import { eventually } from '../../support/eventually.js';
import { RawClient } from '../../support/raw-client.js';
import { gate } from '../../support/gate.js';
import { describeMajors, listen, type TestApp } from './support/majors.js';

describeMajors('requestScope()', (build) => {
  interface Service extends TestApp {
    readonly journal: Journal;
    readonly scopes: RequestScopes;
    /** Enters what is being tested in the scope of a request. Its release is opened by `released`. */
    enter(request: FastifyRequest): Promise<string>;
    /** Resolves with the exit when the release of the last request has begun. */
    readonly released: Promise<Exit>;
  }

  async function service(
    options: RequestScopeOptions = {},
    release: (exit: Exit) => unknown = () => undefined,
    serverOptions: object = {},
  ): Promise<Service> {
    const made = build(serverOptions);
    const journal = new Journal();
    const scopes = requestScope(options);
    await made.app.register(scopes);
    const told = gate<Exit>();
    const part = journal.resource('tx', {
      release: (exit) => {
        told.open(exit);
        return release(exit);
      },
    });
    return { ...made, journal, scopes, released: told.opened, enter: (request) => scopes.of(request).enter(part) };
  }

  /** Runs a test against a listening application and one raw client. */
  async function against(
    { app, errors }: TestApp,
    test: (address: string, client: RawClient) => Promise<void>,
  ): Promise<void> {
    const held = await listen({ app, errors });
    const client = await RawClient.connect(held.value);
    try {
      await test(held.value, client);
    } finally {
      await client.hangUp();
      await held.release();
    }
  }

  describe('a response that is sent', () => {
    it('is followed by the release, told complete', async () => {
      const { app, enter, journal, errors, released } = await service();
      app.get('/', async (request, reply) => {
        reply.raw.once('finish', () => {
          journal.note('sent');
        });
        return `in ${await enter(request)}`;
      });
      await against({ app, errors }, async (address) => {
        expect(await (await fetch(address)).text()).toBe('in tx');
        await released;
      });
      expect(journal.lines).toEqual(['+tx', 'sent', '-tx complete']);
      expect(errors).toEqual([]);
    });

    it('releases in reverse, each finished before the next', async () => {
      const { app, scopes, journal, errors } = await service();
      app.get('/', async (request) => {
        for (const name of ['a', 'b']) {
          await scopes.of(request).enter(journal.resource(name, { release: () => Promise.resolve() }));
        }
        return 'ok';
      });
      await against({ app, errors }, async (address) => {
        await (await fetch(address)).text();
      });
      expect(journal.lines).toEqual(['+a', '+b', '-b complete', '-b ok', '-a complete', '-a ok']);
    });

    it('ends its own scope on a connection that stays open', async () => {
      const { app, enter, journal, errors } = await service();
      app.get<{ Params: { n: string } }>('/:n', async (request) => {
        await enter(request);
        return `answer ${request.params.n}`;
      });
      await against({ app, errors }, async (_, client) => {
        for (const n of ['1', '2']) {
          client.request('GET', `/${n}`);
          await client.received(`answer ${n}`);
        }
      });
      expect(journal.lines).toEqual(['+tx', '-tx complete', '+tx', '-tx complete']);
    });

    it('waits for a handler that goes on after it', async () => {
      const { app, enter, journal, errors, released } = await service();
      const rest = gate();
      app.get('/', async (request, reply) => {
        await enter(request);
        await reply.send('early');
        await rest.opened;
        journal.note('handler over');
        return reply;
      });
      await against({ app, errors }, async (address) => {
        await (await fetch(address)).text();
        expect(journal.lines).toEqual(['+tx']);
        rest.open();
        await released;
      });
      expect(journal.lines).toEqual(['+tx', 'handler over', '-tx complete']);
    });

    it('is sent by a handler that calls back later', async () => {
      const { app, scopes, journal, errors, released } = await service();
      const later = gate();
      app.get('/', (request, reply) => {
        void scopes.of(request).enter(journal.resource('a'));
        void later.opened.then(() => reply.send('later'));
      });
      later.open();
      await against({ app, errors }, async (address) => {
        expect(await (await fetch(address)).text()).toBe('later');
      });
      expect(journal.lines).toEqual(['+a', '-a complete']);
      void released;
    });

    it('costs nothing where nothing is entered', async () => {
      const { app, journal, errors } = await service();
      app.get('/', () => Promise.resolve('ok'));
      await against({ app, errors }, async (address) => {
        expect((await fetch(address)).status).toBe(200);
        expect((await fetch(`${address}/missing`)).status).toBe(404);
      });
      expect(journal.lines).toEqual([]);
    });

    it('answers HEAD as well, in one scope', async () => {
      const { app, enter, journal, errors } = await service();
      app.get('/', async (request) => enter(request));
      await against({ app, errors }, async (address) => {
        expect((await fetch(address, { method: 'HEAD' })).status).toBe(200);
      });
      expect(journal.lines).toEqual(['+tx', '-tx complete']);
    });
  });

  describe('a request with a body', () => {
    // fastify/fastify#6725: its 'close' comes when the body has been read.
    it('is not over when its body has been read', async () => {
      const { app, enter, journal, errors, scopes } = await service();
      const entered = gate();
      const rest = gate();
      app.post('/', async (request) => {
        await enter(request);
        if (!request.raw.destroyed) await once(request.raw, 'close');
        entered.open();
        await rest.opened;
        return { aborted: scopes.of(request).signal.aborted };
      });
      await against({ app, errors }, async (address) => {
        const body = JSON.stringify({ some: 'body' });
        const answer = fetch(address, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
        await entered.opened;
        expect(journal.lines).toEqual(['+tx']);
        rest.open();
        expect(await (await answer).json()).toEqual({ aborted: false });
      });
      expect(journal.lines).toEqual(['+tx', '-tx complete']);
    });

    it.each([
      { onDisconnect: 'unsubscribe' },
      { onDisconnect: 'finish' }, // there is no handler yet that could finish
    ] as const)(
      'releases what a hook has entered when the client hangs up in the middle of it: %p',
      async (options) => {
        const { app, enter, journal, errors, released } = await service(options);
        const entered = gate();
        app.addHook('onRequest', async (request) => {
          await enter(request);
          entered.open();
        });
        app.post('/', () => Promise.reject(new Error('The handler is never called.')));
        await against({ app, errors }, async (_, client) => {
          client.request('POST', '/', { sent: '{"a":', announced: 100 });
          await entered.opened;
          await client.hangUp();
          expect(await released).toEqual({ kind: 'unsubscribe' });
        });
        expect(journal.lines).toEqual(['+tx', '-tx unsubscribe']);
      },
    );
  });

  describe('a failure', () => {
    const failure = new Error('no such city');

    it.each<[string, (app: FastifyInstance, enter: (request: FastifyRequest) => Promise<string>) => void]>([
      [
        'of the handler',
        (app, enter) => {
          app.get('/', async (request) => {
            await enter(request);
            throw failure;
          });
        },
      ],
      [
        'thrown by a handler that is no promise',
        (app, enter) => {
          app.addHook('preHandler', async (request) => {
            await enter(request);
          });
          app.get('/', () => {
            throw failure;
          });
        },
      ],
      [
        'sent by the handler',
        (app, enter) => {
          app.get('/', async (request, reply) => {
            await enter(request);
            return reply.send(failure);
          });
        },
      ],
      [
        'of a hook after it was entered',
        (app, enter) => {
          app.addHook('preHandler', async (request) => {
            await enter(request);
          });
          app.get('/', { preHandler: () => Promise.reject(failure) }, () => Promise.resolve('never'));
        },
      ],
      [
        'of the serializer',
        (app, enter) => {
          app.get('/', async (request, reply) => {
            await enter(request);
            reply.serializer(() => {
              throw failure;
            });
            return { a: 1 };
          });
        },
      ],
    ])('%s is what the release is told', async (_, declare) => {
      const { app, enter, errors, released } = await service();
      declare(app, enter);
      await against({ app, errors }, async (address) => {
        expect((await fetch(address)).status).toBe(500);
        const exit = await released;
        expect(exit.kind === 'error' && exit.error).toBe(failure);
      });
    });

    it('is not taken for a failed release', async () => {
      const told: unknown[] = [];
      const { app, enter, errors } = await service({ onReleaseError: (error) => told.push(error) });
      app.get('/', async (request) => {
        await enter(request);
        throw failure;
      });
      await against({ app, errors }, async (address) => {
        expect((await fetch(address)).status).toBe(500);
      });
      expect(told).toEqual([]);
    });

    it('is what the release is told also where an error handler answers for it', async () => {
      const { app, enter, errors, released } = await service();
      app.setErrorHandler((_error, _request, reply) => reply.code(200).send('never mind'));
      app.get('/', async (request) => {
        await enter(request);
        throw failure;
      });
      await against({ app, errors }, async (address) => {
        expect(await (await fetch(address)).text()).toBe('never mind');
        expect(await released).toEqual({ kind: 'error', error: failure });
      });
    });
  });

  describe('a client that hangs up before there is an answer', () => {
    async function hungUp(
      options: RequestScopeOptions,
      handle: (request: FastifyRequest, made: Service) => Promise<unknown>,
      after: (made: Service) => Promise<void>,
    ): Promise<Service> {
      const made = await service(options);
      const entered = gate();
      made.app.get('/', async (request) => {
        await made.enter(request);
        entered.open();
        return handle(request, made);
      });
      await against(made, async (_, client) => {
        client.request('GET', '/');
        await entered.opened;
        await client.hangUp();
        await after(made);
      });
      return made;
    }

    it('aborts the signal and has everything released, told unsubscribe, while the handler runs', async () => {
      const rest = gate();
      const reasons: unknown[] = [];
      const { journal, errors } = await hungUp(
        { onDisconnect: 'unsubscribe' },
        async (request, { journal: log, scopes }) => {
          const { signal } = scopes.of(request);
          await once(signal, 'abort');
          reasons.push(signal.reason);
          await rest.opened;
          log.note('handler over');
          return 'too late';
        },
        async ({ released }) => {
          await released;
          rest.open();
        },
      );
      expect(journal.lines).toEqual(['+tx', '-tx unsubscribe', 'handler over']);
      expect(reasons).toMatchObject([{ name: 'UnsubscribedError' }]);
      expect(errors).toEqual([]);
    });

    it('leaves an observable that was handed the signal, which is nothing to log', async () => {
      const { journal, errors } = await hungUp(
        {},
        (request, { journal: log, scopes }) =>
          lastValue(
            using(log.resource('rows'), () => NEVER),
            { signal: scopes.of(request).signal },
          ),
        async ({ released }) => {
          await released;
        },
      );
      expect(journal.lines).toEqual(['+tx', '+rows', '-rows unsubscribe', '-tx unsubscribe']);
      expect(errors).toEqual([]);
    });

    it('lets the handler finish by policy, and has everything released after it', async () => {
      const rest = gate();
      const { journal } = await hungUp(
        { onDisconnect: 'finish' },
        async (request, { journal: log, scopes }) => {
          await once(request.raw.socket, 'close');
          rest.open();
          await Promise.resolve();
          log.note(`handler over, aborted: ${String(scopes.of(request).signal.aborted)}`);
          return 'too late';
        },
        async ({ released }) => {
          await rest.opened;
          await released;
        },
      );
      expect(journal.lines).toEqual(['+tx', 'handler over, aborted: false', '-tx complete']);
    });

    it('tells the error of a handler that was let finish', async () => {
      const failure = new Error('late');
      const exits: Exit[] = [];
      await hungUp(
        { onDisconnect: 'finish' },
        async (request) => {
          await once(request.raw.socket, 'close');
          throw failure;
        },
        async ({ released }) => {
          exits.push(await released);
        },
      );
      expect(exits).toEqual([{ kind: 'error', error: failure }]);
    });

    it('aborts an acquire that is under way', async () => {
      const made = await service();
      const acquiring = gate();
      const ended = gate<unknown>();
      made.app.get('/', (request) => {
        const slow = resource({
          name: 'slow',
          acquire: async ({ signal }) => {
            acquiring.open();
            await once(signal, 'abort');
            ended.open(signal.reason);
            return 'late';
          },
          release: (_, exit) => {
            made.journal.note(`-slow ${describeExit(exit)}`);
          },
        });
        return made.scopes
          .of(request)
          .enter(slow)
          .catch((error: unknown) => (error as Error).name);
      });
      await against(made, async (_, client) => {
        client.request('GET', '/');
        await acquiring.opened;
        await client.hangUp();
        expect(await ended.opened).toMatchObject({ name: 'UnsubscribedError' });
      });
      expect(made.journal.lines).toEqual(['-slow unsubscribe']);
    });

    it('is told from one that has got it all, where the system never took the end of the answer', async () => {
      const { app, enter, errors, released } = await service();
      const headersSent = gate();
      app.get('/', async (request) => {
        await enter(request);
        setImmediate(() => {
          headersSent.open();
        });
        return 'x'.repeat(64_000_000);
      });
      await against({ app, errors }, async (_, client) => {
        client.pause();
        client.request('GET', '/');
        await headersSent.opened;
        await client.hangUp();
        expect(await released).toEqual({ kind: 'unsubscribe' });
      });
    });
  });

  describe('a stream', () => {
    const kinds: [string, (journal: Journal, rows: Subject<string>) => unknown][] = [
      [
        'of Node',
        (journal, rows) => Readable.fromWeb(toReadableStream(source(journal, rows)) as never, { encoding: 'utf8' }),
      ],
      ['of the web', (journal, rows) => toReadableStream(source(journal, rows).pipe(concatMap(encode)))],
    ];
    const encode = (row: string): Uint8Array[] => [new TextEncoder().encode(row)];
    const source = (journal: Journal, rows: Subject<string>) =>
      journal.resource('rows', { release: () => Promise.resolve() }).pipe(use(() => rows));

    it('is closed where a hook has put another one around it that does not', async () => {
      const made = await service();
      const rows = new Subject<string>();
      made.app.addHook('onSend', (_request, _reply, payload) =>
        Promise.resolve((payload as Readable).pipe(new PassThrough())),
      );
      made.app.get('/', async (request) => {
        await made.enter(request);
        return Readable.fromWeb(toReadableStream(source(made.journal, rows)) as never, { encoding: 'utf8' });
      });
      await against(made, async (_address, client) => {
        client.request('GET', '/');
        await eventually('the rows are read', () => rows.observed);
        rows.next('row 1;');
        await client.received('row 1;');
        await client.hangUp();
        expect(await made.released).toEqual({ kind: 'unsubscribe' });
      });
      expect(made.journal.lines.slice(2)).toEqual(['-rows unsubscribe', '-rows ok', '-tx unsubscribe']);
    });

    describe.each(kinds)('%s', (_, stream) => {
      async function streaming(rows: Subject<string>): Promise<Service> {
        const made = await service();
        made.app.get('/', async (request, reply) => {
          await made.enter(request);
          reply.type('text/plain');
          return stream(made.journal, rows);
        });
        return made;
      }

      it('is followed by the release when it has ended', async () => {
        const rows = new Subject<string>();
        const made = await streaming(rows);
        await against(made, async (_address, client) => {
          client.request('GET', '/');
          await eventually('the rows are read', () => rows.observed);
          rows.next('row 1;');
          await client.received('row 1;');
          expect(made.journal.lines).toEqual(['+tx', '+rows']);
          rows.next('row 2;');
          rows.complete();
          await client.received('row 2;');
          expect(await made.released).toEqual({ kind: 'complete' });
        });
        expect(made.journal.lines).toEqual(['+tx', '+rows', '-rows complete', '-rows ok', '-tx complete']);
      });

      it('is closed before the release where the client hangs up in the middle', async () => {
        const rows = new Subject<string>();
        const made = await streaming(rows);
        await against(made, async (_address, client) => {
          client.request('GET', '/');
          await eventually('the rows are read', () => rows.observed);
          rows.next('row 1;');
          await client.received('row 1;');
          await client.hangUp();
          expect(await made.released).toEqual({ kind: 'unsubscribe' });
        });
        expect(made.journal.lines).toEqual(['+tx', '+rows', '-rows unsubscribe', '-rows ok', '-tx unsubscribe']);
      });

      it('that fails in the middle is what the release is told', async () => {
        const rows = new Subject<string>();
        const failure = new Error('disk on fire');
        const made = await streaming(rows);
        await against(made, async (_address, client) => {
          client.request('GET', '/');
          await eventually('the rows are read', () => rows.observed);
          rows.next('row 1;');
          await client.received('row 1;');
          rows.error(failure);
          const exit = await made.released;
          expect(exit.kind === 'error' && exit.error).toBe(failure);
        });
      });
    });
  });

  describe('a release that fails', () => {
    const failure = new Error('commit refused');
    const refuse = (): never => {
      throw failure;
    };

    it('is logged, and the answer stays what it was', async () => {
      const { app, enter, errors } = await service({}, refuse);
      app.get('/', async (request) => enter(request));
      await against({ app, errors }, async (address) => {
        expect(await (await fetch(address)).text()).toBe('tx');
      });
      expect(errors).toEqual(['What belongs to the request failed to be released: commit refused']);
    });

    it('goes to onReleaseError instead, with its request', async () => {
      const told: unknown[] = [];
      const onReleaseError = (error: unknown, request: unknown): void => {
        told.push(error, (request as FastifyRequest).url);
      };
      const { app, enter, errors } = await service({ onReleaseError }, refuse);
      app.get('/path', async (request) => enter(request));
      await against({ app, errors }, async (address) => {
        await (await fetch(`${address}/path`)).text();
      });
      expect(told).toEqual([failure, '/path']);
      expect(errors).toEqual([]);
    });

    it('after an error tells of both', async () => {
      const told: unknown[] = [];
      const onReleaseError = (error: unknown): void => {
        told.push(error);
      };
      const cause = new Error('handler');
      const { app, enter, errors } = await service({ onReleaseError }, refuse);
      app.get('/', async (request) => {
        await enter(request);
        throw cause;
      });
      await against({ app, errors }, async (address) => {
        expect((await fetch(address)).status).toBe(500);
      });
      expect(told).toMatchObject([{ error: failure, suppressed: cause }]);
    });

    describe('before the response', () => {
      const release = 'before-response';

      it('fails the request', async () => {
        const { app, enter, errors } = await service({ release }, refuse);
        app.get('/', async (request) => enter(request));
        await against({ app, errors }, async (address) => {
          const answer = await fetch(address);
          expect([answer.status, await answer.json()]).toMatchObject([500, { message: 'commit refused' }]);
        });
        expect(errors).toEqual(['commit refused: commit refused']); // Fastify's own line for an answer with 500
      });

      it('leaves the error of a request that fails anyway', async () => {
        const { app, enter, errors } = await service({ release }, refuse);
        const cause = Object.assign(new Error('no such city'), { statusCode: 404 });
        app.get('/', async (request) => {
          await enter(request);
          throw cause;
        });
        await against({ app, errors }, async (address) => {
          expect((await fetch(address)).status).toBe(404);
        });
        expect(errors).toHaveLength(1);
      });
    });
  });

  describe("with release: 'before-response'", () => {
    it('has released when the first byte is sent', async () => {
      const { app, enter, journal, errors } = await service({ release: 'before-response' }, () => Promise.resolve());
      app.get('/', async (request, reply) => {
        const { raw } = reply;
        raw.once('finish', () => {
          journal.note('sent');
        });
        return enter(request);
      });
      await against({ app, errors }, async (address) => {
        await (await fetch(address)).text();
      });
      expect(journal.lines).toEqual(['+tx', '-tx complete', '-tx ok', 'sent']);
    });

    it('still releases after a stream', async () => {
      const { app, enter, journal, errors } = await service({ release: 'before-response' });
      app.get('/', async (request, reply: FastifyReply) => {
        await enter(request);
        reply.raw.once('finish', () => {
          journal.note('sent');
        });
        return Readable.from(['a', 'b']);
      });
      await against({ app, errors }, async (address) => {
        expect(await (await fetch(address)).text()).toBe('ab');
      });
      expect(journal.lines).toEqual(['+tx', 'sent', '-tx complete']);
    });
  });

  describe('app.close()', () => {
    it('waits for requests in flight, and for their releases', async () => {
      const releasing = gate();
      const made = await service({}, () => releasing.opened);
      const entered = gate();
      const rest = gate();
      made.app.get('/', async (request) => {
        await made.enter(request);
        entered.open();
        await rest.opened;
        return 'answered';
      });
      const held = await listen(made);
      const answer = fetch(held.value);
      await entered.opened;
      const closed = held.release().then(() => {
        made.journal.note('closed');
      });
      rest.open();
      expect(await (await answer).text()).toBe('answered');
      await made.released;
      expect(made.journal.lines).toEqual(['+tx', '-tx complete']);
      releasing.open();
      await closed;
      expect(made.journal.lines).toEqual(['+tx', '-tx complete', '-tx ok', 'closed']);
    });

    // Fastify keeps one for 72 seconds.
    it('waits for no connection that a client would keep after an answer', async () => {
      const made = await service();
      const entered = gate();
      const rest = gate();
      made.app.get('/', async () => {
        entered.open();
        await rest.opened;
        return 'answered';
      });
      made.app.get('/before', () => Promise.resolve('ok'));
      const held = await listen(made);
      const before = await fetch(`${held.value}/before`);
      expect([await before.text(), before.headers.get('connection')]).toEqual(['ok', 'keep-alive']);
      const answer = fetch(held.value);
      await entered.opened;
      const closed = held.release();
      await eventually('the server is closing', () => !made.app.server.listening);
      rest.open();
      expect((await answer).headers.get('connection')).toBe('close');
      expect(await (await answer).text()).toBe('answered');
      await closed;
    });
  });

  describe('the scope', () => {
    it('refuses to enter anything once it is over', async () => {
      const { app, enter, scopes, errors } = await service();
      const late = gate<unknown>();
      app.get('/', async (request, reply) => {
        await enter(request);
        reply.raw.once('close', () => {
          setImmediate(() => {
            scopes.of(request).enter(fromValue(1)).then(late.open, late.open);
          });
        });
        return 'ok';
      });
      await against({ app, errors }, async (address) => {
        await (await fetch(address)).text();
        expect(await late.opened).toMatchObject({ name: 'ClosedError' });
      });
    });

    it('is over at once where a handle is lost, and its signal tells', async () => {
      const { app, scopes, journal, errors } = await service();
      const cut = new Subject<string>();
      app.get('/', async (request) => {
        const scope = scopes.of(request);
        await scope.enter(journal.resource('line', { lost: () => cut }));
        const aborted = once(scope.signal, 'abort');
        cut.next('cut');
        await aborted;
        throw scope.signal.reason as Error;
      });
      await against({ app, errors }, async (address) => {
        await (await fetch(address)).text();
      });
      expect(journal.lines).toHaveLength(2);
      expect(journal.lines[1]).toMatch(/^-line error ResourceLostError/);
    });

    it('is found without its request, by option', async () => {
      const { app, scopes, enter, errors } = await service({ ambient: true });
      const deep = async (): Promise<boolean> => {
        await Promise.resolve();
        return scopes.current()?.signal.aborted === false;
      };
      app.get('/', async (request) => {
        await enter(request);
        return { found: (await deep()) && scopes.current() === scopes.of(request) };
      });
      await against({ app, errors }, async (address) => {
        expect(await (await fetch(address)).json()).toEqual({ found: true });
      });
      expect(scopes.current()).toBeUndefined();
    });

    it('is missed, with what to do, by a request whose routes are not in reach of the plugin', async () => {
      const { app, errors } = build();
      const scopes = requestScope();
      await app.register(async (child) => {
        await child.register(scopes);
        child.get('/in', (request) => Promise.resolve({ has: scopes.of(request).signal.aborted }));
      });
      app.get('/out', (request) => Promise.resolve(scopes.of(request)));
      await against({ app, errors }, async (address) => {
        expect(await (await fetch(`${address}/in`)).json()).toEqual({ has: false });
        const answer = (await (await fetch(`${address}/out`)).json()) as { message: string };
        expect(answer.message).toContain('Register requestScope() before its route');
      });
    });

    it('is one for each request, also where a child has the plugin once more', async () => {
      const { app, enter, scopes, journal, errors } = await service();
      const inner = requestScope();
      const seen = new Set<unknown>();
      app.addHook('preHandler', async (request) => {
        await enter(request);
        seen.add(scopes.of(request));
      });
      await app.register(async (child) => {
        await child.register(inner);
        child.get('/', (request) => {
          seen.add(inner.of(request));
          return Promise.resolve('ok');
        });
      });
      await against({ app, errors }, async (address) => {
        expect(await (await fetch(address)).text()).toBe('ok');
      });
      expect(seen.size).toBe(1);
      expect(journal.lines).toEqual(['+tx', '-tx complete']);
    });

    it('ends with a stream of HTTP/2, told whether that was reset', async () => {
      const { app, enter, journal, errors, scopes } = await service({}, () => undefined, { http2: true });
      const entered = gate();
      app.get('/', async (request) => enter(request));
      app.get('/slow', async (request) => {
        await enter(request);
        entered.open();
        await once(scopes.of(request).signal, 'abort');
        return 'too late';
      });
      await against({ app, errors }, async (address) => {
        const session = connectHttp2(address);
        const whole = session.request({ ':path': '/' });
        await once(whole.resume(), 'close');
        const cut = session.request({ ':path': '/slow' });
        cut.on('error', () => undefined);
        await entered.opened;
        cut.close(8);
        await once(cut, 'close');
        await eventually('both are released', () => journal.lines.length === 4);
        session.close();
        await once(session, 'close');
      });
      expect(journal.lines).toEqual(['+tx', '-tx complete', '+tx', '-tx unsubscribe']);
    });
  });

  it.each([{ onDisconnect: 'drain' }, { release: 'never' }])('refuses %p at the call', (options) => {
    expect(() => requestScope(options as unknown as RequestScopeOptions)).toThrow(TypeError);
  });
});
