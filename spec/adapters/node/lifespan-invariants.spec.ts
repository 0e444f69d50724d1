import { NEVER, of, Subject, timer } from 'rxjs';
import { awaitRelease, ClosedError, consume, lastValue, resource, use, using } from '../../../lib/index.js';
import { lifespan, StopForcedError, type Lifespan } from '../../../lib/adapters/node/index.js';
import { testResourcesAsync } from '../../../lib/testing/index.js';
import { rejection } from '../../support/rejection.js';
import { at, Records } from './support/application.js';
import { clean, signals, useLifespanProgram } from './support/lifespan-runs.js';

const boom = new Error('boom');

describe('lifespan', () => {
  let records: Records;

  beforeEach(() => {
    records = new Records();
  });

  describe('S1 starts in order and stops in reverse', () => {
    it('after its body has completed', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(async (scope) => {
          await scope.step('database', records.part('database', { start: 3, stop: 2 }));
          return scope.step('cache', records.part('cache', { start: 1, stop: 4 }));
        }, records.options);
        consume(app.pipe(use((name) => of(name))), records.observer());
        await flush();
        expect(records.take()).toEqual([
          '0 +database',
          '3 +cache',
          '4 next cache',
          '4 -cache complete',
          '8 -cache over',
          '8 -database complete',
          '10 -database over',
          '10 complete',
        ]);
      });
    });

    it('also of a start that has failed: what had started is told the error', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(async (scope) => {
          await scope.step('database', records.part('database', { stop: 2 }));
          await scope.step('cache', records.part('cache', { stop: 2 }));
          await scope.step('queue', resource({ acquire: () => Promise.reject(boom) }));
          records.note('never');
        }, records.options);
        consume(app, records.observer());
        await flush();
        expect(records.take()).toEqual([
          '0 +database',
          '0 +cache',
          '0 -cache error boom',
          '2 -cache over',
          '2 -database error boom',
          '4 -database over',
          '4 error boom',
        ]);
        expect(records.report).toMatchObject({ started: false, cause: { kind: 'error', error: boom } });
        expect(records.report.steps.map(({ name, start, stop }) => [name, start, stop])).toEqual([
          ['database', 'started', 'stopped'],
          ['cache', 'started', 'stopped'],
          ['queue', 'failed', 'none'],
        ]);
      });
    });

    it('what was started side by side stops in reverse of the order in which it was there', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(
          (scope) =>
            Promise.all([
              scope.step('slow', records.part('slow', { start: 5 })),
              scope.step('quick', records.part('quick', { start: 1 })),
            ]),
          records.options,
        );
        consume(app.pipe(use(() => of(1))));
        await flush();
        expect(records.take().filter((line) => line.includes(' -') && line.endsWith('complete'))).toEqual([
          '5 -slow complete',
          '5 -quick complete',
        ]);
      });
    });
  });

  describe('S2 stopped while it starts', () => {
    it('cancels the step that is starting and unwinds; the consumer is told an end without a value', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const stop = new Subject<string>();
        const app = lifespan(
          async (scope) => {
            await scope.step('database', records.part('database', { stop: 3 }));
            await scope.step('cache', records.part('cache', { start: 100 }));
            records.note('never');
          },
          { ...records.options, stopOn: stop },
        );
        consume(app, records.observer());
        at(10, () => {
          stop.next('enough');
        });
        await flush();
        expect(records.take()).toEqual([
          '0 +database',
          '0 +cache',
          '10 cache gives up',
          '10 -database unsubscribe',
          '13 -database over',
          '13 complete',
        ]);
        expect(records.report).toMatchObject({ started: false, cause: { kind: 'request', reason: 'enough' } });
        expect(records.report.steps[1]).toMatchObject({ name: 'cache', start: 'cancelled', stop: 'none', errors: [] });
      });
    });

    it('cancels it too where the consumer leaves, and is waited for', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(async (scope) => {
          await scope.step('database', records.part('database', { stop: 3 }));
          await scope.step('cache', records.part('cache', { start: 100 }));
        }, records.options);
        const consumption = consume(app, records.observer());
        at(10, () => void consumption.close().then(() => records.note('closed')));
        await flush();
        expect(records.take().slice(2)).toEqual([
          '10 cache gives up',
          '10 -database unsubscribe',
          '13 -database over',
          '13 closed',
        ]);
      });
    });

    it('stops a step that came to be there all the same, in its turn', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const stop = new Subject<void>();
        const deaf = resource({
          name: 'deaf',
          acquire: () => timer(20),
          release: () => records.note('-deaf'),
        });
        const app = lifespan(
          async (scope) => {
            await scope.step('database', records.part('database'));
            await scope.step('deaf', deaf);
          },
          { ...records.options, stopOn: stop },
        );
        consume(app, records.observer());
        at(10, () => {
          stop.next();
        });
        await flush();
        expect(records.take()).toEqual([
          '0 +database',
          '20 -deaf',
          '20 -database unsubscribe',
          '20 -database over',
          '20 complete',
        ]);
      });
    });

    it('refuses steps of a start that goes on, and waits for it', async () => {
      await testResourcesAsync(async ({ flush }) => {
        let refused: unknown;
        const app = lifespan(async (scope) => {
          await scope.step('database', records.part('database'));
          scope.stop();
          await lastValue(timer(5));
          refused = await rejection(scope.step('cache', records.part('cache')));
          await lastValue(timer(5));
          records.note('start is over');
        }, records.options);
        consume(app, records.observer());
        await flush();
        expect(refused).toBeInstanceOf(ClosedError);
        expect((refused as Error).message).toBe('"cache" was not started: "lifespan" is stopping.');
        expect(records.take()).toEqual([
          '0 +database',
          '10 start is over',
          '10 -database unsubscribe',
          '10 -database over',
          '10 complete',
        ]);
      });
    });

    it('tells what the start failed with besides being cancelled', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(async (scope) => {
          await scope.step('database', records.part('database'));
          scope.stop();
          throw boom;
        }, records.options);
        consume(app, records.observer());
        await flush();
        expect(records.take()).toEqual(['0 +database', '0 -database error boom', '0 -database over', '0 error boom']);
      });
    });

    it.each(['AbortError', 'CanceledError'])(
      'takes the %s of a client for being cancelled, which has come in place of the reason',
      async (name) => {
        await testResourcesAsync(async ({ flush }) => {
          const app = lifespan(async (scope) => {
            await scope.step('database', records.part('database'));
            scope.stop();
            throw Object.assign(new Error('canceled'), { name });
          }, records.options);
          consume(app, records.observer());
          await flush();
          expect(records.take()).toEqual(['0 +database', '0 -database unsubscribe', '0 -database over', '0 complete']);
        });
      },
    );
  });

  describe('S3 stops once', () => {
    it('however often it is told to', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(async (scope) => {
          await scope.step('database', records.part('database', { stop: 5 }));
          return scope;
        }, records.options);
        const work = app.pipe(
          use((scope: Lifespan) => {
            for (let due = 1; due < 5; due++) at(due, () => scope.stop(due));
            return NEVER;
          }),
        );
        consume(work, records.observer());
        await flush();
        expect(records.take()).toEqual(['0 +database', '1 -database unsubscribe', '6 -database over', '6 complete']);
        expect(records.report.cause).toEqual({ kind: 'request', reason: 1 });
      });
    });

    it('a second request forces: everything is still told to stop, nothing is waited for, and the error says what', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const stop = new Subject<void>();
        const app = lifespan(
          async (scope) => {
            await scope.step('database', records.part('database', { stop: 50 }));
            await scope.step('cache', records.part('cache', { stop: 50 }));
            await scope.step('server', records.part('server', { stop: 2 }));
          },
          { ...records.options, stopOn: stop },
        );
        const end = rejection(consume(app).done);
        for (const due of [10, 20]) at(due, () => stop.next());
        const error = (await end) as StopForcedError;
        expect(records.lines.at(-1)).toBe('20 -database unsubscribe');
        expect(error).toBeInstanceOf(StopForcedError);
        expect(error.message).toBe(
          'The stop of "lifespan" was forced by request, without waiting for database, cache.',
        );
        expect(error.left).toEqual(['database', 'cache']);
        expect(records.report.forced).toBe('request');
        expect(records.report.steps.map(({ name, stop: how, stopTook }) => [name, how, stopTook])).toEqual([
          ['database', 'forced', 0],
          ['cache', 'forced', 8],
          ['server', 'stopped', 2],
        ]);
        await flush();
        expect(records.lines.at(-1)).toBe('70 -database over');
      });
    });

    it('does not wait for a start that does not come to its end', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const deaf = resource({ acquire: () => timer(100), release: () => records.note('-deaf') });
        const app = lifespan(
          async (scope) => {
            await scope.step('database', records.part('database'));
            await scope.step('deaf', deaf);
          },
          { ...records.options, stopOn: timer(5), deadline: 10 },
        );
        const error = await rejection(lastValue(app));
        expect(error).toMatchObject({ name: 'StopForcedError', left: ['the start', 'database', 'deaf'] });
        await flush();
        expect(records.take().slice(1)).toEqual(['15 -database unsubscribe', '15 -database over', '100 -deaf']);
      });
    });

    it('the deadline forces', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(
          async (scope) => {
            await scope.step('database', records.part('database', { stop: 50 }));
          },
          { ...records.options, deadline: 30 },
        );
        consume(app.pipe(use(() => timer(10))), records.observer());
        await flush();
        expect(records.lines.slice(1)).toEqual(
          ['10 next undefined', '10 -database complete', '40 error StopForcedError', '60 -database over']
            .filter((line) => line !== '10 next undefined')
            .flatMap((line, index) => (index === 0 ? ['10 next 0', line] : [line])),
        );
        expect(records.report).toMatchObject({ forced: 'deadline', took: 30 });
      });
    });
  });

  describe('S4 gives each step its own time within the total', () => {
    it('goes on with the next where one has overrun its stop, and names it', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(async (scope) => {
          await scope.step('database', records.part('database', { stop: 2 }));
          await scope.step('cache', records.part('cache', { stop: 100 }), { stopTimeout: 10 });
        }, records.options);
        const error = await rejection(lastValue(app.pipe(use(() => of(1)))));
        expect(error).toMatchObject({
          name: 'ReleaseTimeoutError',
          resource: 'cache',
          message: '"cache" was not stopped within 10 ms.',
        });
        expect(records.take().slice(2)).toEqual([
          '0 -cache complete',
          '10 -database error ReleaseTimeoutError',
          '12 -database over',
        ]);
        expect(records.report.steps.map(({ name, stop, stopTook }) => [name, stop, stopTook])).toEqual([
          ['database', 'stopped', 2],
          ['cache', 'late', 10],
        ]);
        await flush();
      });
    });

    it('fails the start where one overruns it, and releases what comes late', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const deaf = resource({ acquire: () => timer(50), release: () => records.note('-deaf') });
        const app = lifespan(async (scope) => {
          await scope.step('database', records.part('database'));
          await scope.step('deaf', deaf, { startTimeout: 10 });
        }, records.options);
        consume(app, records.observer());
        await flush();
        expect(records.take()).toEqual([
          '0 +database',
          '10 -database error AcquireTimeoutError',
          '10 -database over',
          '10 error AcquireTimeoutError',
          '50 -deaf',
        ]);
        expect(records.report.steps[1]).toMatchObject({ name: 'deaf', start: 'late', startTook: 10, stop: 'none' });
      });
    });

    it('limits the whole start', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(
          async (scope) => {
            await scope.step('database', records.part('database', { start: 6 }));
            await scope.step('cache', records.part('cache', { start: 6 }));
          },
          { ...records.options, startTimeout: 10 },
        );
        consume(app, records.observer());
        await flush();
        expect(records.take()).toEqual([
          '0 +database',
          '6 +cache',
          '10 cache gives up',
          '10 -database error AcquireTimeoutError',
          '10 -database over',
          '10 error AcquireTimeoutError',
        ]);
      });
    });
  });

  describe('S5 stops everything whatever fails', () => {
    it('and tells every failure, the newer outside', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(async (scope) => {
          for (const name of ['one', 'two', 'three']) {
            const failing = (): Error => new Error(`${name} fails`);
            await scope.step(name, records.part(name, name === 'two' ? {} : { failing }));
          }
        }, records.options);
        consume(app.pipe(use(() => of(1))), records.observer());
        await flush();
        expect(records.lines.filter((line) => line.startsWith('0 -'))).toEqual([
          '0 -three complete',
          '0 -three over',
          '0 -two error three fails',
          '0 -two over',
          '0 -one error three fails',
          '0 -one over',
        ]);
        expect(records.lines.at(-1)).toBe('0 error S(one fails, three fails)');
        expect(records.report.steps.map(({ stop, errors }) => [stop, errors.map(String)])).toEqual([
          ['failed', ['Error: one fails']],
          ['stopped', []],
          ['failed', ['Error: three fails']],
        ]);
      });
    });
  });

  describe('S6 is not ready before anything is closed', () => {
    it('waits for readyDelay, still serving, and stays live until it has stopped', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(
          async (scope) => {
            const look = (line: string): void => records.note(`${line}: ready ${scope.isReady}, live ${scope.isLive}`);
            await scope.step('server', resource({ acquire: () => look('start'), release: () => look('stop') }));
            scope.ready$.subscribe({ next: (ready) => records.note(`ready ${ready}`), complete: () => look('end') });
            return scope;
          },
          { ...records.options, readyDelay: 20 },
        );
        const work = app.pipe(
          use((scope: Lifespan) => {
            at(10, () => scope.stop());
            return using(resource({ acquire: () => 1, release: () => records.note('body ends') }), () => NEVER);
          }),
        );
        consume(work);
        await flush();
        expect(records.take()).toEqual([
          '0 start: ready false, live true',
          '0 ready false',
          '0 ready true',
          '10 ready false',
          '30 body ends',
          '30 stop: ready false, live true',
          '30 end: ready false, live false',
        ]);
      });
    });

    it('also where the consumer leaves: before its body is torn down', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(
          async (scope) => {
            await scope.step('server', records.part('server'));
            return scope;
          },
          { ...records.options, readyDelay: 5 },
        );
        const work = app.pipe(
          use((scope: Lifespan) =>
            using(
              resource({ acquire: () => 1, release: () => records.note(`body ends: ready ${scope.isReady}`) }),
              () => NEVER,
            ),
          ),
        );
        const consumption = consume(work);
        at(10, () => void consumption.close());
        await flush();
        expect(records.take().slice(1)).toEqual([
          '10 body ends: ready false',
          '15 -server unsubscribe',
          '15 -server over',
        ]);
      });
    });

    it('has nothing to wait for where it was never ready', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(
          async (scope) => {
            await scope.step('server', records.part('server'));
            throw boom;
          },
          { ...records.options, readyDelay: 20 },
        );
        consume(app, records.observer());
        await flush();
        expect(records.lines.at(-1)).toBe('0 error boom');
      });
    });
  });

  describe('S8 waits before it stops anything', () => {
    it('for those who hold a beacon', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(async (scope) => {
          await scope.step('database', records.part('database'));
          return scope;
        }, records.options);
        const work = app.pipe(
          use((scope: Lifespan) => {
            consume(
              using(scope.beacon('import'), () => timer(40)),
              records.observer('import '),
            );
            return timer(10);
          }),
        );
        consume(work, records.observer());
        await flush();
        expect(records.take().slice(1)).toEqual([
          '10 next 0',
          '40 import next 0',
          '40 import complete',
          '40 -database complete',
          '40 -database over',
          '40 complete',
        ]);
        expect(records.report.beacons).toEqual([{ name: 'import', end: 'done', took: 30 }]);
      });
    });

    it('for beaconTimeout, and then ends them and waits for that', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const app = lifespan(
          async (scope) => {
            await scope.step('database', records.part('database'));
            return scope;
          },
          { ...records.options, beaconTimeout: 15 },
        );
        const work = app.pipe(
          use((scope: Lifespan) => {
            const job = using(scope.beacon('import'), () => using(records.part('file', { stop: 5 }), () => NEVER));
            consume(job.pipe(awaitRelease()), records.observer('import '));
            return timer(10);
          }),
        );
        consume(work);
        await flush();
        expect(records.take().slice(2)).toEqual([
          '25 -file unsubscribe',
          '30 -file over',
          '30 import error ResourceLostError',
          '30 -database complete',
          '30 -database over',
        ]);
        expect(records.report.beacons).toEqual([{ name: 'import', end: 'ended', took: 20 }]);
      });
    });

    it('and takes no more beacons when it waits for them', async () => {
      await testResourcesAsync(async ({ flush }) => {
        let late: unknown;
        const app = lifespan(async (scope) => scope, records.options);
        const work = app.pipe(
          use((scope: Lifespan) => {
            consume(using(scope.beacon('one'), () => timer(10)));
            at(
              5,
              () => void rejection(lastValue(using(scope.beacon('two'), () => of(1)))).then((error) => (late = error)),
            );
            return of(1);
          }),
        );
        consume(work);
        await flush();
        expect(late).toMatchObject({ name: 'ClosedError', message: '"two" was not begun: "lifespan" is stopping.' });
      });
    });
  });

  describe('in a process of its own', () => {
    // S7 and S9: whatever happens, each run is `clean` at its end.
    const program = useLifespanProgram();

    describe.each(['alone', 'main'])('%s', (kind) => {
      it.each(signals)('S1, S6, S7, S9: %s stops it in reverse, with exit code %i', async (signal, code) => {
        const process = program.start(kind, signal);
        await process.printed('ready');
        process.signal(signal);
        expect(await process.ended).toEqual({ code, signal: null });
        expect(process.lines.filter((line) => !line.startsWith(' '))).toEqual([
          ...['starting', '+database', '+cache', 'ready', 'draining', 'stopping'],
          ...['-cache', '-cache over', '-database', '-database over', 'stopped'],
          expect.stringMatching(`^lifespan stopped in \\d+ ms: ${signal}$`),
          `exit ${code}`,
          ...clean,
        ]);
        expect(process.complaint).toBe('');
      });

      it.each(signals)('S2: %s while it starts cancels that and unwinds, with exit code %i', async (signal, code) => {
        const process = program.start(`${kind}, starting`, signal);
        await process.printed('+late');
        process.signal(signal);
        expect(await process.ended).toEqual({ code, signal: null });
        expect(process.lines).toEqual([
          ...['+database', '+late', '-database', '-database over'],
          expect.stringMatching(`^lifespan stopped in \\d+ ms: ${signal}$`),
          expect.stringMatching(/^ {2}late: start cancelled after/),
          expect.stringMatching(/^ {2}database: stopped after/),
          `exit ${code}`,
          ...clean,
        ]);
      });

      it.each(signals)('S3, S7: a second %s forces, and the report says what was forced', async (signal, code) => {
        const process = program.start(`${kind}, hanging`, signal);
        await process.printed('ready');
        process.signal(signal);
        await process.printed('-cache');
        process.signal(signal);
        const { lines } = process;
        // Alone, its error is nobody's: RxJS throws it at the process, as it does with every error without a handler.
        expect(await process.ended).toEqual(kind === 'alone' ? { code: 1, signal: null } : { code, signal: null });
        expect(lines).toContain('-database');
        expect(lines.find((line) => line.startsWith('lifespan stopped'))).toMatch(`: ${signal}, forced by ${signal}`);
        expect(lines.find((line) => line.startsWith('  cache:'))).toMatch(/^ {2}cache: forced after/);
        expect(lines.find((line) => line.startsWith('  still open:'))).toContain('cache (exiting)');
        expect(lines.slice(-2)).toEqual(clean);
        expect(process.complaint).toContain(`forced by ${signal}, without waiting for`);
      });
    });

    it.each(signals)(
      'S3, S7: %s while it stops for another reason does not begin again, and is the exit code: %i',
      async (signal, code) => {
        const process = program.start('main, stopping', signal);
        await process.printed('-cache');
        process.signal(signal);
        expect(await process.ended).toEqual({ code, signal: null });
        expect(process.lines.filter((line) => line === '-cache')).toHaveLength(1);
        expect(process.lines.find((line) => line.startsWith('lifespan stopped'))).toMatch(/: complete$/);
        expect(process.lines.slice(-2)).toEqual(clean);
      },
    );

    it('S3: another signal than the first forces, too', async () => {
      const process = program.start('main, no deadline');
      await process.printed('ready');
      process.signal('SIGTERM');
      await process.printed('-cache');
      process.signal('SIGHUP');
      expect(await process.ended).toEqual({ code: 143, signal: null });
      expect(process.lines.find((line) => line.startsWith('lifespan stopped'))).toMatch(': SIGTERM, forced by SIGHUP');
    });

    it('S10: an error that nobody has caught stops it once, and is its error', async () => {
      const process = program.start('uncaught, alone');
      expect(await process.ended).toEqual({ code: 0, signal: null });
      expect(process.lines.filter((line) => !line.startsWith(' '))).toEqual([
        ...['starting', '+database', '+cache', 'ready', 'draining', 'stopping'],
        ...['-cache', '-cache over', '-database', '-database over', 'stopped'],
        expect.stringMatching(/^lifespan stopped in \d+ ms: uncaught Error: thrown$/),
        'Error: thrown',
        'exit 0',
        ...clean,
      ]);
    });
  });
});
