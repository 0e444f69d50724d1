import { existsSync, realpathSync } from 'node:fs';
import { mkdir, readFile, rename, rmdir, stat, symlink, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expectTypeOf } from 'expect-type';
import { NEVER } from 'rxjs';
import { tempFile, type TempFile } from '../../../lib/adapters/node/index.js';
import { consume, lastValue, lease, openResources, settled, using, type Resource } from '../../../lib/index.js';
import { checkResourceContract } from '../../../lib/testing/index.js';
import { rejection } from '../../support/rejection.js';
import { useScratch } from './support/scratch.js';

const boom = new Error('boom');

describe('tempFile', () => {
  const scratch = useScratch();
  const ours = (): Resource<TempFile> => tempFile({ directory: scratch.path });

  it('is open to write and to read', async () => {
    const text = using(ours(), async ({ path, handle }) => {
      await handle.write('written', 0);
      expect(await readFile(path, 'utf8')).toBe('written');
      return (await handle.read(Buffer.alloc(3), 0, 3, 0)).buffer.toString();
    });
    expect(await lastValue(text)).toBe('wri');
  });

  it('is in the temporary directory of the system unless told otherwise', async () => {
    const held = await lease(tempFile());
    expect(dirname(held.value.path)).toBe(realpathSync(tmpdir()));
    expect(basename(held.value.path)).toMatch(/^rxscope-[0-9a-f]{32}$/);
    await held.release();
  });

  it('is called as it is told, in the directory it is told, as text or as a URL', async () => {
    for (const directory of [scratch.path, pathToFileURL(scratch.path)]) {
      const held = await lease(tempFile({ directory, prefix: 'export-', suffix: '.csv' }));
      expect(dirname(held.value.path)).toBe(scratch.path);
      expect(basename(held.value.path)).toMatch(/^export-[0-9a-f]{32}\.csv$/);
      await held.release();
    }
  });

  it('is for its owner alone, unless told otherwise', async () => {
    const modes = [ours(), tempFile({ directory: scratch.path, mode: 0o640 })].map((made) =>
      lastValue(using(made, async ({ path }) => (await stat(path)).mode & 0o777)),
    );
    expect(await Promise.all(modes)).toEqual([0o600, 0o640]);
  });

  it('may be gone, or closed, when the scope ends', async () => {
    await lastValue(using(ours(), ({ path }) => unlink(path)));
    await lastValue(using(ours(), ({ path }) => rename(path, scratch.at('moved'))));
    await lastValue(using(ours(), ({ handle }) => handle.close()));
    expect(await scratch.names()).toEqual(['moved']);
    await unlink(scratch.at('moved'));
  });

  it('stays after an error, and only then, where it is told to', async () => {
    const made = tempFile({ directory: scratch.path, keepOnError: true });
    let path = '';
    const failing = using(made, async (held) => {
      path = held.path;
      await held.handle.write('evidence');
      throw boom;
    });
    expect(await rejection(lastValue(failing))).toBe(boom);
    expect(await readFile(path, 'utf8')).toBe('evidence');
    await unlink(path);
    await lastValue(using(made, () => ['fine']));
    const left = consume(using(made, () => NEVER));
    await lastValue(using(ours(), () => ['some time']));
    await left.close();
    expect(await scratch.names()).toEqual([]);
  });

  it('does not remove a directory that has taken its place', async () => {
    let path = '';
    const work = using(ours(), async (held) => {
      path = held.path;
      await unlink(path);
      await mkdir(path);
    });
    expect(await rejection(lastValue(work))).toHaveProperty('code', 'ERR_FS_EISDIR');
    expect(existsSync(path)).toBe(true);
    await rmdir(path);
  });

  it('removes a link that has taken its place, and not what that points to', async () => {
    await writeFile(scratch.at('other'), 'of somebody else');
    const work = using(ours(), async ({ path }) => {
      await unlink(path);
      await symlink(scratch.at('other'), path);
    });
    await lastValue(work);
    expect(await scratch.names()).toEqual(['other']);
    await unlink(scratch.at('other'));
  });

  it('never shows a file whose consumer left while it was made, and removes it', async () => {
    const body = jest.fn(() => NEVER);
    using(ours(), body).subscribe().unsubscribe();
    await settled();
    expect(body).not.toHaveBeenCalled();
    expect(await scratch.names()).toEqual([]);
  });

  it('fails as Node does where there is no such directory', async () => {
    const nowhere = tempFile({ directory: scratch.at('missing') });
    expect(await rejection(lastValue(using(nowhere, () => NEVER)))).toHaveProperty('code', 'ENOENT');
  });

  it('has a name, and takes what any resource can be given', async () => {
    const held = await lease(tempFile({ directory: scratch.path, releaseTimeout: 10_000 }));
    expect(openResources().map(({ name }) => name)).toEqual(['temp file']);
    await held.release();
    const other = await lease(tempFile({ directory: scratch.path, name: 'draft' }));
    expect(openResources().map(({ name }) => name)).toEqual(['draft']);
    await other.release();
    expect(() => tempFile({ releaseTimeout: -1 })).toThrow(RangeError);
  });

  it('refuses bad options at the call', () => {
    for (const part of ['a/b', '..\\a', 'a\0']) {
      expect(() => tempFile({ prefix: part })).toThrow(TypeError);
      expect(() => tempFile({ suffix: part })).toThrow(
        'Expected suffix to be part of a file name, without a slash, a backslash or a null character, received',
      );
    }
    expect(() => tempFile({ prefix: 3 as never })).toThrow(TypeError);
    expect(() => tempFile({ directory: null as never })).toThrow(TypeError);
    expect(() => tempFile({ mode: 0o1000 })).toThrow(RangeError);
  });

  it('is typed as a path and a handle', () => {
    expectTypeOf(tempFile()).toEqualTypeOf<Resource<TempFile>>();
    expectTypeOf<TempFile['handle']>().toEqualTypeOf<FileHandle>();
  });

  describe('as any resource', () => {
    checkResourceContract(() => ({
      resource: ours(),
      isOpen: ({ path, handle }: TempFile) => handle.fd !== -1 && existsSync(path),
    }));
  });
});
