import { expectTypeOf } from 'expect-type';
import { concatMap, EMPTY, NEVER, of, Subject, throwError, toArray } from 'rxjs';
import {
  awaitRelease,
  consume,
  lastValue,
  lease,
  mutex,
  openResources,
  resource,
  settled,
  use,
  using,
  type Resource,
} from '../../../lib/index.js';
import { lifespan, type Lifespan, type LifespanState } from '../../../lib/adapters/node/index.js';
import { testResourcesAsync } from '../../../lib/testing/index.js';
import { describeError, Gate, reported } from '../../support/journal.js';
import { rejection } from '../../support/rejection.js';
import { at, Records } from './support/application.js';

const boom = new Error('boom');

describe('lifespan', () => {
  let records: Records;

  beforeEach(() => {
    records = new Records();
  });

  const app = (...names: string[]): Resource<Lifespan> =>
    lifespan(async (scope) => {
      for (const name of names) await scope.step(name, records.part(name));
      return scope;
    }, records.options);

  it('is a resource: its handle is what building it has answered', async () => {
    const made = lifespan(
      async (scope) => ({ size: (await scope.step('name', records.part('abc'))).length }),
      records.options,
    );
    expectTypeOf(made).toEqualTypeOf<Resource<{ size: number }>>();
    expect(await lastValue(made.pipe(use(({ size }) => of(size))))).toBe(3);
    const held = await lease(made);
    expect(held.value).toEqual({ size: 3 });
    await held.release();
    expect(records.reports).toHaveLength(2);
  });

  it('takes an observable for an answer that comes, and a handle for what it is', async () => {
    const subject = new Subject<number>();
    const pool = resource({ acquire: () => of(subject) });
    const made = lifespan((scope) => {
      void scope.step('pool', pool);
      return of(1);
    }, records.options);
    expect(await lastValue(made.pipe(use((one) => of(one))))).toBe(1);
    const given = lifespan(async (scope) => ({ pool: await scope.step('pool', pool) }), records.options);
    expect(await lastValue(given.pipe(use(({ pool: same }) => of(same === subject))))).toBe(true);
  });

  it('does nothing before it is entered, and everything anew each time', async () => {
    const made = app('one');
    expect(records.take()).toEqual([]);
    await lastValue(made.pipe(use(() => EMPTY)), { defaultValue: null });
    await lastValue(made.pipe(use(() => EMPTY)), { defaultValue: null });
    expect(records.take().filter((line) => line.includes('+one'))).toHaveLength(2);
  });

  it('stays open as long as it is subscribed to, where it is used without a body', async () => {
    await testResourcesAsync(async ({ flush }) => {
      const seen: string[] = [];
      const consumption = consume(app('one'), (scope) => seen.push(scope.state));
      await flush();
      expect(seen).toEqual(['ready']);
      await consumption.close();
      expect(records.lines.at(-2)).toMatch(/-one unsubscribe$/);
    });
  });

  it.each([
    ['completes', () => of(1), 'complete'],
    ['fails', () => throwError(() => boom), 'error boom'],
  ])('tells the steps when the body %s', async (_how, body, exit) => {
    await consume(app('one').pipe(use(body)), { error: () => undefined }).done.catch(() => undefined);
    expect(records.lines[1]).toMatch(new RegExp(`-one ${exit}$`));
  });

  it('lets a step suppress the error of the body, where it has the form for it', async () => {
    const lenient = resource({ acquire: () => 1, exit: () => true });
    const made = lifespan((scope) => scope.step('lenient', lenient), records.options);
    const values = made.pipe(
      use(() => throwError(() => boom)),
      toArray(),
    );
    expect(await lastValue(values)).toEqual([]);
    expect(records.report).toMatchObject({ cause: { kind: 'error', error: boom }, steps: [{ stop: 'stopped' }] });
  });

  describe('where a step loses what it holds', () => {
    const dying = (): { readonly dead: Subject<unknown>; readonly step: Resource<number> } => {
      const dead = new Subject<unknown>();
      const step = resource({
        acquire: () => 1,
        release: (_, exit) => records.note(`-dying ${exit.kind}`),
        lost: () => dead,
      });
      return { dead, step };
    };

    it('stops with that error, which has the name of the step', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const { dead, step } = dying();
        const made = lifespan(async (scope) => {
          await scope.step('database', records.part('database'));
          await scope.step('connection', step);
          await scope.step('server', records.part('server'));
        }, records.options);
        const error = rejection(consume(made).done);
        at(10, () => dead.next(boom));
        expect(await error).toMatchObject({ name: 'ResourceLostError', resource: 'connection', cause: boom });
        expect(records.take().slice(2)).toEqual([
          '10 -dying error',
          '10 -server error ResourceLostError',
          '10 -server over',
          '10 -database error ResourceLostError',
          '10 -database over',
        ]);
        expect(records.report.steps.map(({ stop, errors }) => [stop, errors])).toEqual([
          ['stopped', []],
          ['stopped', []],
          ['stopped', []],
        ]);
        await flush();
      });
    });

    it('is told that error once, whatever fails to stop because of it', async () => {
      const { dead, step } = dying();
      const made = lifespan(async (scope) => {
        await scope.step('connection', step);
        await scope.step('schema', records.part('schema', { failing: () => new Error('no connection') }));
      }, records.options);
      const error = rejection(consume(made, () => dead.next(boom)).done);
      expect(describeError(await error)).toBe('S(no connection, ResourceLostError)');
      expect(records.report.steps.map(({ stop }) => stop)).toEqual(['stopped', 'failed']);
    });

    it('is told it as a failure of the step where it stops for something else', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const { dead, step } = dying();
        const made = lifespan(async (scope) => {
          await scope.step('connection', step);
          await scope.step('server', records.part('server', { stop: 10 }));
        }, records.options);
        const error = rejection(consume(made.pipe(use(() => of(1)))).done);
        at(5, () => dead.next(boom));
        expect(await error).toMatchObject({ name: 'ResourceLostError', resource: 'connection' });
        expect(records.report).toMatchObject({
          cause: { kind: 'complete' },
          steps: [{ stop: 'failed' }, { stop: 'stopped' }],
        });
        await flush();
      });
    });

    it('fails its start with that error, where it has not come to an end yet', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const { dead, step } = dying();
        const made = lifespan(async (scope) => {
          await scope.step('connection', step);
          await scope.step('server', records.part('server', { start: 100 }));
        }, records.options);
        const error = rejection(consume(made).done);
        at(10, () => dead.next(boom));
        expect(await error).toMatchObject({ name: 'ResourceLostError', resource: 'connection' });
        expect(records.take()).toEqual(['0 +server', '10 server gives up', '10 -dying error']);
        await flush();
      });
    });
  });

  describe('a step', () => {
    it('may fail without the start, where that goes on', async () => {
      const made = lifespan(async (scope) => {
        await scope.step('database', records.part('database'));
        return scope.step('cache', resource({ acquire: () => Promise.reject(boom) })).catch(() => 'no cache');
      }, records.options);
      expect(await lastValue(made.pipe(use((cache) => of(cache))))).toBe('no cache');
      expect(records.report.steps.map(({ name, start, errors }) => [name, start, errors])).toEqual([
        ['database', 'started', []],
        ['cache', 'failed', [boom]],
      ]);
    });

    it('can be started when everything runs, and is stopped first', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const work = app('database').pipe(
          use(async (scope) => {
            await scope.step('late', records.part('late'));
            return scope.state;
          }),
        );
        consume(work, records.observer());
        await flush();
        expect(records.take().slice(1, 4)).toEqual(['0 +late', '0 next ready', '0 -late complete']);
      });
    });

    it('is shown under its name while it is open', async () => {
      const made = lifespan(
        (scope) => scope.step('database', resource({ name: 'pg', acquire: () => 1, release: () => 2 })),
        {
          ...records.options,
          name: 'api',
        },
      );
      const held = await lease(made);
      expect(openResources().map(({ name }) => name)).toEqual(['api', 'database']);
      await held.release();
    });

    it('refuses bad times, and what is no resource', async () => {
      const failures: unknown[] = [];
      const made = lifespan(async (scope) => {
        failures.push(await rejection(scope.step('one', records.part('one'), { stopTimeout: -1 })));
        failures.push(await rejection(scope.step('two', {} as never)));
      }, records.options);
      await lastValue(made.pipe(use(() => of(1))));
      expect(failures.map(String)).toEqual([
        'RangeError: Expected stopTimeout to be a number of milliseconds, 0 or more, received -1.',
        expect.stringMatching(/^TypeError: /),
      ]);
      expect(records.take()).toEqual([]);
    });

    it('that fails to stop because it was told an error tells its own failure alone', async () => {
      const made = lifespan(
        (scope) => scope.step('one', records.part('one', { failing: () => new Error('stuck') })),
        records.options,
      );
      const error = await rejection(lastValue(made.pipe(use(() => throwError(() => boom)))));
      expect(error).toMatchObject({ name: 'SuppressedError', suppressed: boom, error: { message: 'stuck' } });
      expect(records.report.steps[0]?.errors.map(String)).toEqual(['Error: stuck']);
    });

    it('whose stop fails when nobody waits for it any more is reported', async () => {
      await testResourcesAsync(async ({ expectUnhandled, flush }) => {
        const made = lifespan(
          (scope) => scope.step('one', records.part('one', { stop: 20, failing: () => boom }), { stopTimeout: 10 }),
          records.options,
        );
        const error = await rejection(lastValue(made.pipe(use(() => of(1)))));
        expect(error).toMatchObject({ name: 'ReleaseTimeoutError' });
        expectUnhandled(boom);
        await flush();
      });
    });
  });

  describe('its state', () => {
    it('goes from starting to stopped, and is kept', async () => {
      const states: LifespanState[] = [];
      let kept: Lifespan | null = null;
      const made = lifespan((scope) => {
        kept = scope;
        scope.state$.subscribe((state) => states.push(state));
        return scope.step('one', records.part('one'));
      }, records.options);
      await lastValue(made.pipe(use(() => of(1))));
      expect(states).toEqual(['starting', 'ready', 'draining', 'stopping', 'stopped']);
      const over = kept as unknown as Lifespan;
      expect([over.state, over.isReady, over.isLive, over.signal.aborted]).toEqual(['stopped', false, false, true]);
      expect(await lastValue(over.state$)).toBe('stopped');
    });

    it('has a signal that aborts when the stop begins, and says why', async () => {
      await testResourcesAsync(async ({ flush }) => {
        const causes: unknown[] = [];
        const work = app('one').pipe(
          use((scope) => {
            causes.push(scope.cause);
            scope.signal.addEventListener('abort', () => {
              causes.push(scope.cause);
              records.note(String(scope.signal.reason));
            });
            at(5, () => scope.stop('deploy'));
            return NEVER;
          }),
        );
        consume(work);
        await flush();
        expect(records.lines[1]).toBe('5 ClosedError: "lifespan" is stopping: request (deploy).');
        expect(causes).toEqual([null, { kind: 'request', reason: 'deploy' }]);
      });
    });

    it('refuses steps when it has stopped', async () => {
      const scope = await lastValue(app('one').pipe(use((one) => of(one))));
      expect(await rejection(scope.step('two', records.part('two')))).toMatchObject({
        name: 'ClosedError',
        resource: 'two',
      });
      expect(await rejection(lastValue(using(scope.beacon('job'), () => of(1))))).toMatchObject({
        name: 'ClosedError',
        resource: 'job',
      });
    });
  });

  describe('stopOn', () => {
    it('stops it with an error where that fails', async () => {
      const made = lifespan((scope) => scope.step('one', records.part('one')), {
        ...records.options,
        stopOn: throwError(() => boom),
      });
      expect(await rejection(lastValue(made))).toBe(boom);
      expect(records.lines).toEqual([]); // before it had begun
    });

    it('is unsubscribed when everything has stopped', async () => {
      const stop = new Subject<void>();
      const held = await lease(lifespan(() => 1, { ...records.options, stopOn: stop }));
      expect(stop.observed).toBe(true);
      await held.release();
      expect(stop.observed).toBe(false);
    });

    it('stops at once what has not begun, without a call of what builds it', async () => {
      const build = jest.fn();
      const values = lifespan(build, { ...records.options, stopOn: of('no') }).pipe(toArray());
      expect(await lastValue(values)).toEqual([]);
      expect(build).not.toHaveBeenCalled();
    });
  });

  describe('told by signals', () => {
    const codeBefore = process.exitCode;

    afterEach(() => {
      process.exitCode = codeBefore;
      expect(process.listenerCount('SIGUSR2')).toBe(0);
    });

    const signalled = { signals: ['SIGUSR2'], echo: 0 } as const;

    it('completes, and sets the exit code unless there is one', async () => {
      for (const [before, after] of [
        [undefined, 140],
        [3, 3],
      ]) {
        process.exitCode = before;
        const done = consume(
          lifespan((scope) => scope.step('one', records.part('one')), { ...records.options, ...signalled }),
        ).done;
        process.emit('SIGUSR2');
        await done;
        expect(process.exitCode).toBe(after);
      }
    });

    it('stops the inner of two first, and leaves the exit code to the outer', async () => {
      process.exitCode = undefined;
      const inner = lifespan((scope) => scope.step('inner', records.part('inner')), {
        ...records.options,
        ...signalled,
        name: 'in',
      });
      const outer = lifespan((scope) => scope.step('outer', records.part('outer')), {
        ...records.options,
        ...signalled,
        name: 'out',
      });
      const opened = new Gate();
      const done = consume(
        outer.pipe(
          use(() => inner),
          concatMap((name) => {
            opened.open();
            return of(name);
          }),
        ),
      ).done;
      await opened.promise;
      process.emit('SIGUSR2');
      await done;
      expect(records.reports.map(({ name, cause }) => [name, cause.kind])).toEqual([
        ['in', 'signal'],
        ['out', 'signal'],
      ]);
      expect(records.lines.map((line) => line.replace(/^\d+ /, ''))).toEqual([
        ...['+outer', '+inner', '-inner unsubscribe', '-inner over'],
        ...['-outer complete', '-outer over'],
      ]);
      expect(process.exitCode).toBe(140);
    });

    it('fails with an error that nobody has caught, and reports the others', async () => {
      const gate = new Gate();
      const slow = resource({ name: 'slow', acquire: () => 1, release: () => gate.promise });
      const made = lifespan((scope) => scope.step('slow', slow), { ...records.options, uncaught: true });
      const seen = new Gate();
      const error = rejection(consume(made, () => seen.open()).done);
      await seen.promise;
      process.emit('uncaughtException', boom);
      process.emit('uncaughtException', new Error('again'));
      gate.open();
      expect(await error).toBe(boom);
      expect(records.report.cause).toEqual({ kind: 'uncaught', error: boom });
      expect(records.report.uncaught.map(String)).toEqual(['Error: again']);
      expect(process.listenerCount('uncaughtException')).toBe(0);
    });
  });

  it('reports what onReport throws, and ends all the same', async () => {
    const made = lifespan(() => 1, {
      ...records.options,
      onReport: () => {
        throw boom;
      },
    });
    expect(await lastValue(made.pipe(use((one) => of(one))))).toBe(1);
    expect(await reported()).toEqual(['boom']);
  });

  it('says what is still open inside of it, not what is around it', async () => {
    await testResourcesAsync(async ({ flush }) => {
      const made = lifespan(
        (scope) => scope.step('stuck', records.part('stuck', { stop: 50 }), { stopTimeout: 5 }),
        records.options,
      );
      await rejection(
        lastValue(using(resource({ name: 'around', acquire: () => 1 }), () => made.pipe(use(() => of(1))))),
      );
      expect(records.report.open).toEqual([{ name: 'stuck', state: 'exiting' }]);
      await flush();
    });
  });

  it('lets go of a lock that a step holds, when it stops', async () => {
    const { lock } = mutex();
    const made = lifespan((scope) => scope.step('lock', lock), records.options);
    await lastValue(made.pipe(use(() => of(1))));
    expect(await lastValue(using(lock, () => of('free')))).toBe('free');
    await settled();
  });

  it('is waited for by awaitRelease downstream', async () => {
    await testResourcesAsync(async ({ flush }) => {
      const made = lifespan((scope) => scope.step('one', records.part('one', { stop: 5 })), records.options);
      const left = using(made, () => of(1, 2)).pipe(awaitRelease());
      consume(left, records.observer());
      await flush();
      expect(records.lines.slice(-2)).toEqual(['5 -one over', '5 complete']);
    });
  });

  it('refuses, at the call, what builds nothing', () => {
    expect(() => lifespan(null as never)).toThrow(new TypeError('Expected build to be a function, received null.'));
    expect(() => lifespan(() => 1, { deadline: -1 })).toThrow(RangeError);
  });
});
