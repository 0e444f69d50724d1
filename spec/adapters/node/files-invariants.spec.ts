/** F1 to F7: what files and temporary files keep to. */
import { execFile } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { asyncScheduler, NEVER, type SchedulerLike, type Subscription } from 'rxjs';
import { tempDir, tempFile } from '../../../lib/adapters/node/index.js';
import { consume, lastValue, lease, mapValue, using, type Resource } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { describeError, Journal } from '../../support/journal.js';
import { rejection } from '../../support/rejection.js';
import { bundle } from './support/bundle.js';
import { useScratch } from './support/scratch.js';

const run = promisify(execFile);
const boom = new Error('boom');

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK', 'SIGUSR1', 'SIGUSR2'] as const;
const listeners = (): number[] =>
  [...signals, 'exit', 'beforeExit', 'uncaughtException'].map((name) => process.listenerCount(name));

describe('files', () => {
  const scratch = useScratch();

  const kinds: readonly (readonly [string, () => Resource<string>])[] = [
    ['a temporary file', () => pathOf(tempFile({ directory: scratch.path }))],
    ['a temporary directory', () => tempDir({ directory: scratch.path })],
  ];

  describe.each(kinds)('F1 %s is removed, and the end waits for that', (_, made) => {
    it('on completion, before it is told', async () => {
      const journal = new Journal();
      let path = '';
      await new Promise<void>((resolve) => {
        using(made(), (own) => {
          path = own;
          return [existsSync(path)];
        }).subscribe({
          next: (isThere) => journal.note(`held: ${String(isThere)}`),
          complete: () => {
            journal.note(`complete: ${String(existsSync(path))}`);
            resolve();
          },
        });
      });
      expect(journal.lines).toEqual(['held: true', 'complete: false']);
    });

    it('on an error, before it is told', async () => {
      let path = '';
      const work = using(made(), (own) => {
        path = own;
        throw boom;
      });
      const gone = await lastValue(work).catch((error: unknown) => [error, existsSync(path)]);
      expect(gone).toEqual([boom, false]);
    });

    it('on unsubscribe, before whoever waits for the release goes on', async () => {
      let path = '';
      const work = consume(
        using(made(), (own) => {
          path = own;
          return NEVER;
        }),
      );
      await eventually('it is held', () => path !== '');
      expect(existsSync(path)).toBe(true);
      await work.close();
      expect(existsSync(path)).toBe(false);
    });
  });

  describe('F2 a directory is removed recursively', () => {
    it('with what is deep, hidden, read-only or a dangling link, and with what was removed meanwhile', async () => {
      const work = using(tempDir({ directory: scratch.path }), async (path) => {
        await mkdir(`${path}/${'deep/'.repeat(50)}`, { recursive: true });
        await writeFile(`${path}/.hidden`, '');
        await writeFile(`${path}/read-only`, '', { mode: 0o400 });
        await symlink('/nowhere/at/all', `${path}/dangling`);
        await rm(`${path}/deep/deep`, { recursive: true });
        return path;
      });
      expect(existsSync(await lastValue(work))).toBe(false);
    });

    it('also while something writes into it, with pauses on the given scheduler', async () => {
      let isPaused = false;
      const paused = (): boolean => isPaused;
      const schedule = (...args: Parameters<typeof asyncScheduler.schedule>): Subscription => {
        isPaused = true;
        return asyncScheduler.schedule(...args);
      };
      const scheduler = Object.create(asyncScheduler, { schedule: { value: schedule } }) as SchedulerLike;
      const held = await lease(tempDir({ directory: scratch.path, scheduler }));
      const path = held.value;
      for (let n = 0; n < 300; n++) await writeFile(`${path}/${String(n)}`, '');
      // Writes until a removal has been found to fail. Were it gone before, a write would fail, and so would the test.
      const writing = (async () => {
        for (let n = 300; !paused(); n++)
          await Promise.all([0, 1, 2, 3].map((k) => writeFile(`${path}/${String(n)}.${String(k)}`, '')));
      })();
      const outcomes = await Promise.allSettled([held.release(), writing]);
      expect(outcomes[0].status).toBe('fulfilled');
      expect(existsSync(path)).toBe(false);
      expect([isPaused, outcomes[1].status]).toEqual([true, 'fulfilled']);
    });
  });

  describe('F3 nothing outside of the path is followed or removed', () => {
    it('neither what links in it point to, nor what a link in its place does', async () => {
      await mkdir(scratch.at('outside'));
      await writeFile(scratch.at('outside/kept'), 'kept');
      const work = using(tempDir({ directory: scratch.path }), async (path) => {
        await symlink(scratch.at('outside'), `${path}/directory`);
        await symlink(scratch.at('outside/kept'), `${path}/file`);
        await symlink('..', `${path}/up`);
      });
      await lastValue(work);
      expect(await readFile(scratch.at('outside/kept'), 'utf8')).toBe('kept');
      await rm(scratch.at('outside'), { recursive: true });
    });

    it('names are never the same, and cannot lead out of the directory', async () => {
      const paths = await Promise.all(
        Array.from({ length: 200 }, () =>
          lastValue(using(pathOf(tempFile({ directory: scratch.path })), (path) => [path])),
        ),
      );
      expect(new Set(paths).size).toBe(200);
      const digits = paths.map((path) => path.slice(-32));
      expect(digits.every((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true);
      expect(new Set(digits.map((name) => name.slice(0, 8))).size).toBeGreaterThan(195); // chance, from the first digit on
      expect(() => tempFile({ prefix: '../' })).toThrow(TypeError);
      expect(() => tempDir({ suffix: '/..' })).toThrow(TypeError);
    });

    it('modes are 0600 and 0700, whatever the umask lets through', async () => {
      const before = process.umask(0);
      try {
        const file = await lease(tempFile({ directory: scratch.path }));
        const directory = await lease(tempDir({ directory: scratch.path }));
        const modes = [await stat(file.value.path), await stat(directory.value)].map(({ mode }) => mode & 0o777);
        expect(modes).toEqual([0o600, 0o700]);
        await Promise.all([file.release(), directory.release()]);
      } finally {
        process.umask(before);
      }
    });
  });

  it('F4 no signal is listened to, and nothing else of the process', async () => {
    const before = listeners();
    const held = [
      await lease(tempFile({ directory: scratch.path })),
      await lease(tempDir({ directory: scratch.path })),
    ];
    expect(listeners()).toEqual(before);
    for (const one of held) await one.release();
    expect(listeners()).toEqual(before);
  });

  describe('F5 what is held when the process exits', () => {
    let program = '';

    beforeAll(async () => {
      program = await bundle('exiting-holder.ts', scratch.path);
    });

    /** Runs the program; answers which of the three are left, and cleans up after it. */
    async function left(how: string, sweep = ''): Promise<boolean[]> {
      const ended = (error: unknown): { stdout: string } => error as { stdout: string };
      const env = { ...process.env, TMPDIR: scratch.path };
      const { stdout } = await run(process.execPath, [program, how, sweep], { env }).catch(ended);
      const paths = stdout.split('\n');
      expect(paths).toHaveLength(3);
      const there = paths.map((path) => existsSync(path));
      for (const path of paths) await rm(path, { recursive: true, force: true });
      return there;
    }

    it.each(['exit', 'throw', 'end'])('is removed, where that was asked for, on %s', async (how) => {
      expect(await left(how, 'sweep')).toEqual([false, false, false]);
    });

    it('stays otherwise', async () => {
      expect(await left('exit')).toEqual([true, true, true]);
    });

    it('has been removed where it was released, and the listener with it', async () => {
      expect(await left('release', 'sweep')).toEqual([false, false, false]);
      const before = listeners();
      const held = await lease(tempFile({ directory: scratch.path, removeAtProcessExit: true }));
      expect(process.listenerCount('exit')).toBe((before[signals.length] as number) + 1);
      await held.release();
      expect(listeners()).toEqual(before);
    });
  });

  describe('F6 the handle is closed before the file is removed', () => {
    it('and both are tried where both fail', async () => {
      let path = '';
      const work = using(tempFile({ directory: scratch.path }), async (held) => {
        path = held.path;
        closeSync(held.handle.fd);
        await rm(path);
        await mkdir(path);
        return 'done';
      });
      const failure = describeError(await rejection(lastValue(work)));
      expect(failure).toMatch(/^S\(.*(ERR_FS_EISDIR|SystemError).*, .*EBADF.*\)$/);
      await rm(path, { recursive: true });
    });

    it('and it is removed where closing fails', async () => {
      let path = '';
      const work = using(tempFile({ directory: scratch.path }), (held) => {
        path = held.path;
        closeSync(held.handle.fd);
        return ['done'];
      });
      expect(await rejection(lastValue(work))).toHaveProperty('code', 'EBADF');
      expect(existsSync(path)).toBe(false);
    });

    it('so that it is closed when it is no longer there', async () => {
      const held = await lease(tempFile({ directory: scratch.path }));
      const order: string[] = [];
      const { handle, path } = held.value;
      const close = handle.close.bind(handle);
      handle.close = async () => {
        order.push(`close, ${existsSync(path) ? 'there' : 'gone'}`);
        await close();
        order.push(`closed, ${existsSync(path) ? 'there' : 'gone'}`);
      };
      await held.release();
      expect([...order, existsSync(path)]).toEqual(['close, there', 'closed, there', false]);
    });
  });

  describe('F7 an atomic write that is killed', () => {
    let program = '';
    const whole = 'new '.repeat(15_000);

    beforeAll(async () => {
      program = await bundle('killed-writer.ts', scratch.path);
    });

    /** What is at the path after a run that was killed before that step, and what it printed. */
    async function outcome(
      step: number,
      old: string | null,
    ): Promise<{ text: string | null; steps: string; drafts: string[] }> {
      const directory = scratch.at(`run-${String(step)}`);
      await mkdir(directory);
      const path = `${directory}/state`;
      if (old !== null) await writeFile(path, old);
      const ended = (error: unknown): { stdout: string } => {
        expect(error).toMatchObject({ signal: 'SIGKILL' });
        return { stdout: '' };
      };
      const { stdout } = await run(process.execPath, [program, path, String(step)]).catch(ended);
      const text = existsSync(path) ? await readFile(path, 'utf8') : null;
      const drafts = (await scratch.names(`run-${String(step)}`)).filter((name) => name !== 'state');
      await rm(directory, { recursive: true });
      return { text, steps: stdout, drafts };
    }

    it.each([
      ['replacing a file', 'old '.repeat(20_000)],
      ['making a new one', null],
    ])('leaves the old or the new file, at each of its steps, %s', async (_, old) => {
      const { text, steps, drafts } = await outcome(0, old);
      expect([text, drafts]).toEqual([whole, []]);
      const names = steps.split(',');
      expect(names.join()).toMatch(/open.*(write,){3}sync,close,rename,open,sync,close,rm$/);
      const renamed = names.indexOf('rename') + 1;
      const numbers = names.map((_name, index) => index + 1);
      for (let at = 0; at < numbers.length; at += 2) {
        const some = numbers.slice(at, at + 2);
        const outcomes = await Promise.all(some.map((step) => outcome(step, old)));
        outcomes.forEach((found, index) => {
          const step = some[index] as number;
          expect([step, found.text]).toEqual([step, step <= renamed ? old : whole]);
          expect(found.drafts.every((name) => /^\.rxscope-[0-9a-f]{32}\.tmp$/.test(name))).toBe(true);
          expect(found.drafts.length).toBeLessThanOrEqual(step <= renamed ? 1 : 0);
        });
      }
    });
  });

  /** The path alone. */
  function pathOf(made: ReturnType<typeof tempFile>): Resource<string> {
    return made.pipe(mapValue(({ path }) => path));
  }
});
