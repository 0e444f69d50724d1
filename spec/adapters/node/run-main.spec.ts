import { config, NEVER, of, tap, throwError } from 'rxjs';
import { resource, using } from '../../../lib/index.js';
import { lifespan, runMain } from '../../../lib/adapters/node/index.js';
import { takeUnhandledErrors } from '../../../lib/testing/jest/index.js';
import { Gate, Journal } from '../../support/journal.js';
import { clean, signals, useLifespanProgram } from './support/lifespan-runs.js';

const boom = new Error('boom');

describe('runMain', () => {
  describe('in a process of its own', () => {
    const program = useLifespanProgram();
    const released = ['+server', '-server', '-server over'];

    it('ends by itself with 0 where the program completes', async () => {
      const process = program.start('completes');
      expect(await process.ended).toEqual({ code: 0, signal: null });
      expect(process.lines).toEqual([...released, 'exit 0', ...clean]);
      expect(process.complaint).toBe('');
    });

    it('ends with 1 where it fails, and prints everything that has failed', async () => {
      const process = program.start('fails');
      expect(await process.ended).toEqual({ code: 1, signal: null });
      expect(process.lines.slice(-3)).toEqual(['exit 1', ...clean]);
      expect(process.complaint.split('\n').filter((line) => !/^ *at /.test(line))).toEqual([
        'Error: boom',
        '  caused by: Error: deep',
        '  then, while that was handled: Error: close',
        '',
      ]);
    });

    it.each(signals)('ends with the code of %s, %i, after everything is released', async (signal, code) => {
      const process = program.start('plain', signal);
      await process.printed('+server');
      process.signal(signal);
      expect(await process.ended).toEqual({ code, signal: null });
      expect(process.lines).toEqual([...released, `exit ${code}`, ...clean]);
      expect(process.complaint).toBe('');
    });

    it.each(signals)('gives up what it is entering at %s', async (signal, code) => {
      const process = program.start('plain, starting', signal);
      await process.printed('+late');
      process.signal(signal);
      expect(await process.ended).toEqual({ code, signal: null });
      expect(process.lines).toEqual(['+late', `exit ${code}`, ...clean]);
      expect(process.complaint).toBe('');
    });

    it.each(signals)('does not interrupt the releases at %s, and is told as stopped', async (signal, code) => {
      const process = program.start('plain, stopping', signal);
      await process.printed('-server');
      process.signal(signal);
      expect(await process.ended).toEqual({ code, signal: null });
      expect(process.lines).toEqual([...released, `exit ${code}`, ...clean]);
    });

    it.each(signals)('does not wait any longer at a second %s, and says for what', async (signal, code) => {
      const process = program.start('plain, hanging', signal);
      await process.printed('+server');
      process.signal(signal);
      await process.printed('-server');
      process.signal(signal);
      expect(await process.ended).toEqual({ code, signal: null });
      expect(process.lines).toEqual(['+server', '-server', `exit ${code}`, ...clean]);
      expect(process.complaint).toBe(`Not waited for, forced by ${signal}: server (exiting).\n`);
    });

    it('does not wait longer than the deadline', async () => {
      const process = program.start('plain, deadline');
      await process.printed('+server');
      process.signal('SIGTERM');
      expect(await process.ended).toEqual({ code: 143, signal: null });
      expect(process.complaint).toBe('Not waited for, forced by deadline: server (exiting).\n');
    });

    it('takes a second signal that follows at once for the echo of the first', async () => {
      const process = program.start('plain, echo', 'SIGINT');
      await process.printed('+server');
      process.signal('SIGINT');
      await process.printed('-server');
      process.signal('SIGINT'); // the release waits for it; nobody else does
      expect(await process.ended).toEqual({ code: 130, signal: null });
      expect(process.lines).toEqual([...released, 'exit 130', ...clean]);
      expect(process.complaint).toBe('');
    });

    it('waits for what was left behind in the background', async () => {
      const process = program.start('left behind');
      expect(await process.ended).toEqual({ code: 0, signal: null });
      expect(process.lines).toEqual([...released, 'main is over', 'exit 0', ...clean]);
    });

    it.each([
      ['an uncaught exception', 'uncaught', 'Error: thrown'],
      ['an unhandled rejection', 'rejected', 'Error: rejected'],
      ['what RxJS has nobody to give to', 'unhandled', 'Error: unhandled'],
    ])('takes %s for the end: releases, prints it, ends with 1', async (_what, scenario, message) => {
      const process = program.start(scenario);
      expect(await process.ended).toEqual({ code: 1, signal: null });
      expect(process.lines).toEqual([...released, 'exit 1', ...clean]);
      expect(process.complaint.split('\n')[0]).toBe(message);
    });

    it('begins to stop at the first of two such errors, and prints both (S10)', async () => {
      const process = program.start('uncaught, twice');
      expect(await process.ended).toEqual({ code: 1, signal: null });
      expect(process.lines).toEqual([...released, 'exit 1', ...clean]);
      expect(process.complaint.split('\n').filter((line) => line.startsWith('Error'))).toEqual([
        'Error: first',
        'Error: second',
      ]);
    });

    it('calls process.exit where it is asked to', async () => {
      const process = program.start('exit true');
      expect(await process.ended).toEqual({ code: 0, signal: null });
      expect(process.lines.slice(3)).toEqual(['process.exit is called', 'exit 0', clean[0], 'alive: Timeout']);
    });

    it('calls it after some time where something keeps the process alive, and says what', async () => {
      const process = program.start('exit in time');
      expect(await process.ended).toEqual({ code: 0, signal: null });
      expect(process.lines.slice(3, 4)).toEqual(['process.exit is called']);
      expect(process.complaint).toBe('Still alive after 20 ms, because of 1 Timeout.\n');
    });

    it('does not keep the process alive for that', async () => {
      const process = program.start('exit not needed');
      expect(await process.ended).toEqual({ code: 0, signal: null });
      expect(process.lines).toEqual([...released, 'exit 0', ...clean]);
    });

    it('leaves an exit code that the program has set where there is nothing to add', async () => {
      expect(await program.start('own exit code').ended).toEqual({ code: 7, signal: null });
    });

    it.each([
      ['SIGTERM', 0],
      ['SIGINT', 9],
    ] as const)('ends with the exit code that is made of its end: %s, %i', async (signal, code) => {
      const process = program.start('mapped exit code');
      await process.printed('+server');
      process.signal(signal);
      expect(await process.ended).toEqual({ code, signal: null });
    });
  });

  describe('in this process', () => {
    const codeBefore = process.exitCode;
    const options = { signals: ['SIGUSR2'], echo: 0, print: (text: string) => printed.push(text) } as const;
    let printed: string[];

    beforeEach(() => {
      printed = [];
      process.exitCode = undefined;
    });

    afterEach(() => {
      process.exitCode = codeBefore;
      expect(process.listenerCount('SIGUSR2')).toBe(0);
    });

    it('answers how it has ended, when everything is released', async () => {
      const journal = new Journal();
      const server = journal.resource('server', { release: () => Promise.resolve() });
      expect(
        await runMain(
          using(server, () => of(1)),
          options,
        ),
      ).toEqual({ kind: 'complete', signal: null, errors: [], forced: null });
      expect(journal.take()).toEqual(['+server', '-server complete', '-server ok']);
      expect(process.exitCode).toBe(0);
    });

    it('takes a function that makes the program, and what that throws', async () => {
      expect(await runMain(() => [1, 2], options)).toMatchObject({ kind: 'complete' });
      const end = await runMain(() => {
        throw boom;
      }, options);
      expect(end).toMatchObject({ kind: 'error', errors: [boom] });
      expect(process.exitCode).toBe(1);
      expect(printed).toHaveLength(1);
    });

    it('tells the signal, and what a release has failed with because of it', async () => {
      const server = resource({ name: 'server', acquire: () => 1, release: () => Promise.reject(boom) });
      const end = runMain(
        using(server, () => NEVER),
        options,
      );
      process.emit('SIGUSR2');
      expect(await end).toEqual({ kind: 'stopped', signal: 'SIGUSR2', errors: [boom], forced: null });
      expect(process.exitCode).toBe(128 + 12);
      expect(printed.map((text) => text.split('\n')[0])).toEqual(['Error: boom']);
    });

    it('waits no longer than the deadline for what was left behind', async () => {
      const gate = new Gate();
      const stuck = resource({ name: 'stuck', acquire: () => 1, release: () => gate.promise });
      stuck.subscribe().unsubscribe();
      expect(await runMain(of(1), { ...options, deadline: 5 })).toMatchObject({ kind: 'error', forced: 'deadline' });
      expect(printed).toEqual(['Not waited for, forced by deadline: stuck (exiting).']);
      gate.open();
    });

    it('decides on the exit code, whatever is inside', async () => {
      const inner = lifespan(() => 1, { signals: ['SIGUSR2'], echo: 0 });
      const end = runMain(inner, { ...options, exitCode: () => 0 });
      process.emit('SIGUSR2');
      expect(await end).toMatchObject({ kind: 'stopped', signal: 'SIGUSR2' });
      expect(process.exitCode).toBe(0);
    });

    it('ends where it is told to while it subscribes', async () => {
      const end = runMain(() => {
        process.emit('SIGUSR2');
        return NEVER;
      }, options);
      expect(await end).toMatchObject({ kind: 'stopped', forced: null });
    });

    it('prints an error once that has stopped a lifespan inside of it', async () => {
      const inner = lifespan(() => 1, { signals: [], uncaught: true });
      const end = runMain(inner.pipe(tap(() => setImmediate(() => process.emit('uncaughtException', boom)))), options);
      expect(await end).toMatchObject({ kind: 'error', errors: [boom] });
      expect(printed).toHaveLength(1);
    });

    it('is over at a second signal, although a release is not', async () => {
      const gate = new Gate();
      const server = resource({ name: 'server', acquire: () => 1, release: () => gate.promise });
      const end = runMain(
        using(server, () => NEVER),
        options,
      );
      process.emit('SIGUSR2');
      process.emit('SIGUSR2');
      expect(await end).toMatchObject({ kind: 'stopped', forced: 'SIGUSR2' });
      expect(printed).toEqual(['Not waited for, forced by SIGUSR2: server (exiting).']);
      gate.open();
    });

    it('leaves errors that nobody has caught alone where it is told to', async () => {
      const count = process.listenerCount('uncaughtException');
      const before = config.onUnhandledError;
      const end = runMain(NEVER, { ...options, uncaught: false });
      expect(process.listenerCount('uncaughtException')).toBe(count);
      expect(config.onUnhandledError).toBe(before);
      process.emit('SIGUSR2');
      await end;
    });

    it('tells an error also to who took it before, and puts that back', async () => {
      const before = config.onUnhandledError;
      const end = runMain(() => {
        throwError(() => boom).subscribe();
        return NEVER;
      }, options);
      expect(await end).toMatchObject({ kind: 'error', errors: [boom] });
      expect(await takeUnhandledErrors()).toEqual([boom]);
      expect(config.onUnhandledError).toBe(before);
    });

    it('refuses options that there are none of', async () => {
      await expect(runMain(of(1), { exitcode: 1 } as never)).rejects.toThrow(
        /^There is no exitcode in the options of runMain\(\)/,
      );
    });

    it.each(['deadline', 'echo', 'exit'])('refuses a %s that is no time', async (name) => {
      await expect(runMain(of(1), { [name]: -1 })).rejects.toThrow(
        new RangeError(`Expected ${name} to be a number of milliseconds, 0 or more, received -1.`),
      );
    });
  });
});
