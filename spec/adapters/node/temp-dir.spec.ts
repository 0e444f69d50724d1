import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { expectTypeOf } from 'expect-type';
import { tempDir } from '../../../lib/adapters/node/index.js';
import { lastValue, lease, openResources, using, type Resource } from '../../../lib/index.js';
import { checkResourceContract } from '../../../lib/testing/index.js';
import { rejection } from '../../support/rejection.js';
import { useScratch } from './support/scratch.js';

const boom = new Error('boom');

describe('tempDir', () => {
  const scratch = useScratch();
  const ours = (): Resource<string> => tempDir({ directory: scratch.path });

  it('is a directory of its own, for its owner alone', async () => {
    const work = using(tempDir({ directory: scratch.path, prefix: 'a-', suffix: '.d' }), async (path) => {
      expect(dirname(path)).toBe(scratch.path);
      expect(basename(path)).toMatch(/^a-[0-9a-f]{32}\.d$/);
      const { mode } = await stat(path);
      return mode & 0o777;
    });
    expect(await lastValue(work)).toBe(0o700);
  });

  it('is removed with all that is in it', async () => {
    const work = using(ours(), async (path) => {
      await mkdir(`${path}/a/b`, { recursive: true });
      await writeFile(`${path}/a/b/c`, 'deep');
      return path;
    });
    expect(existsSync(await lastValue(work))).toBe(false);
  });

  it('may be gone when the scope ends', async () => {
    await lastValue(using(ours(), (path) => rm(path, { recursive: true })));
    await lastValue(using(ours(), (path) => rename(path, scratch.at('moved'))));
    expect(await scratch.names()).toEqual(['moved']);
    await rm(scratch.at('moved'), { recursive: true });
  });

  it('stays after an error where it is told to', async () => {
    let path = '';
    const work = using(tempDir({ directory: scratch.path, keepOnError: true }), async (held) => {
      path = held;
      await writeFile(`${path}/log`, 'evidence');
      throw boom;
    });
    expect(await rejection(lastValue(work))).toBe(boom);
    expect(await readFile(`${path}/log`, 'utf8')).toBe('evidence');
    await rm(path, { recursive: true });
  });

  it('removes a link that has taken its place, and not what that points to', async () => {
    await mkdir(scratch.at('other'));
    await writeFile(scratch.at('other/kept'), '');
    const work = using(ours(), async (path) => {
      await rm(path, { recursive: true });
      await symlink(scratch.at('other'), path);
    });
    await lastValue(work);
    expect(await scratch.names()).toEqual(['other']);
    expect(await scratch.names('other')).toEqual(['kept']);
    await rm(scratch.at('other'), { recursive: true });
  });

  it('stays where it was made when links that lead to it are turned elsewhere', async () => {
    await mkdir(scratch.at('one'));
    await mkdir(scratch.at('two'));
    await symlink(scratch.at('one'), scratch.at('link'));
    const work = using(tempDir({ directory: scratch.at('link') }), async (path) => {
      await mkdir(`${scratch.at('two')}/${basename(path)}`); // what the same path would lead to
      await rm(scratch.at('link'));
      await symlink(scratch.at('two'), scratch.at('link'));
      return path;
    });
    const path = await lastValue(work);
    expect(dirname(path)).toBe(scratch.at('one'));
    expect(await scratch.names('one')).toEqual([]);
    expect(await scratch.names('two')).toEqual([basename(path)]);
    for (const name of ['one', 'two', 'link']) await rm(scratch.at(name), { recursive: true });
  });

  it('has a name, and is typed as its path', async () => {
    const held = await lease(ours());
    expect(openResources().map(({ name }) => name)).toEqual(['temp dir']);
    await held.release();
    expectTypeOf(tempDir()).toEqualTypeOf<Resource<string>>();
  });

  it('refuses bad options at the call', () => {
    expect(() => tempDir({ prefix: '../' })).toThrow(TypeError);
    expect(() => tempDir({ directory: 3 as never })).toThrow(TypeError);
  });

  describe('as any resource', () => {
    checkResourceContract(() => ({ resource: ours(), isOpen: (path: string) => existsSync(path) }));
  });
});
