import { once } from 'node:events';
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rm, stat, symlink, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expectTypeOf } from 'expect-type';
import { NEVER, of, tap } from 'rxjs';
import { atomicFile, readLines, toWritable } from '../../../lib/adapters/node/index.js';
import { consume, lastValue, lease, openResources, settled, using, type Resource } from '../../../lib/index.js';
import { checkResourceContract } from '../../../lib/testing/index.js';
import { describeError } from '../../support/journal.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { codeOf, useScratch } from './support/scratch.js';

const boom = new Error('boom');

describe('atomicFile', () => {
  const scratch = useScratch();
  let path = '';

  beforeEach(async () => {
    path = scratch.at('settings.json');
    await writeFile(path, 'old');
  });

  afterEach(async () => {
    for (const name of await scratch.names()) await rm(scratch.at(name), { recursive: true });
  });

  const write = (made: Resource<FileHandle>, text = 'new'): Promise<unknown> =>
    lastValue(using(made, (draft) => draft.writeFile(text)));
  const text = (): Promise<string> => readFile(path, 'utf8');

  it('takes the place of the file when its scope completes, and not before', async () => {
    const work = using(atomicFile(path), async (draft) => {
      await draft.writeFile('new');
      return text();
    });
    expect(await lastValue(work)).toBe('old');
    expect(await text()).toBe('new');
    expect(await scratch.names()).toEqual(['settings.json']);
  });

  it('makes a file where there is none', async () => {
    await unlink(path);
    await write(atomicFile(path));
    expect(await text()).toBe('new');
  });

  it('leaves the file alone where the body fails, and where it is left', async () => {
    const failing = using(atomicFile(path), async (draft) => {
      await draft.writeFile('half');
      throw boom;
    });
    expect(await rejection(lastValue(failing))).toBe(boom);
    expect(await text()).toBe('old');
    let begun = false;
    const left = consume(using(atomicFile(path), (draft) => draft.writeFile('half').then(() => (begun = true))));
    await settledEnter();
    await left.close();
    expect(begun).toBe(true);
    expect([await text(), await scratch.names()]).toEqual(['old', ['settings.json']]);

    async function settledEnter(): Promise<void> {
      while (openResources().every(({ state }) => state !== 'held')) await new Promise(setImmediate);
      await microtasks();
    }
  });

  it('takes a path as bytes and as a file URL, and is written beside it', async () => {
    for (const given of [Buffer.from(path), pathToFileURL(path)]) {
      const work = using(atomicFile(given), async (draft) => {
        await draft.writeFile('new');
        return scratch.names();
      });
      expect((await lastValue(work)).map((name) => name.replace(/[0-9a-f]{32}/, '…'))).toEqual([
        '.rxscope-….tmp',
        'settings.json',
      ]);
      expect(await text()).toBe('new');
    }
  });

  it('takes the longest name that there can be', async () => {
    const longest = scratch.at('x'.repeat(255));
    await write(atomicFile(longest));
    expect(existsSync(longest)).toBe(true);
  });

  it('takes names that are no text', async () => {
    const odd = Buffer.concat([Buffer.from(`${scratch.path}/`), Buffer.from([0xff, 0xfe])]);
    await write(atomicFile(odd));
    await write(atomicFile(odd), 'newer');
    expect(await readFile(odd, 'utf8')).toBe('newer');
    await unlink(odd);
  });

  it('takes a path relative to where the process stands', async () => {
    const before = process.cwd();
    process.chdir(scratch.path);
    try {
      await write(atomicFile('settings.json'));
      await write(atomicFile('other.json'));
    } finally {
      process.chdir(before);
    }
    expect([await text(), await scratch.names()]).toEqual(['new', ['other.json', 'settings.json']]);
  });

  it('keeps the permissions of the file', async () => {
    await chmod(path, 0o751);
    await write(atomicFile(path));
    expect((await stat(path)).mode & 0o777).toBe(0o751);
  });

  it('gives a new file the permissions that any would have, or those it is told', async () => {
    await unlink(path);
    const umask = process.umask(0o022);
    await write(atomicFile(path));
    process.umask(umask);
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    await write(atomicFile(path, { mode: 0o622 }));
    expect((await stat(path)).mode & 0o777).toBe(0o622);
  });

  it('shows nobody more of a draft than of the file', async () => {
    await chmod(path, 0o600);
    const work = using(atomicFile(path), async (draft) => (await draft.stat()).mode & 0o777);
    expect(await lastValue(work)).toBe(0o600);
  });

  it('keeps the owner of the file, where it may', async () => {
    if (process.getuid?.() !== 0) return; // only the superuser gives files away
    await chown(path, 1234, 4321);
    await write(atomicFile(path));
    expect(await stat(path)).toMatchObject({ uid: 1234, gid: 4321 });
  });

  it('replaces what a link points to, and leaves the link', async () => {
    await mkdir(scratch.at('real'));
    await writeFile(scratch.at('real/file'), 'old');
    await symlink(scratch.at('real/file'), scratch.at('link'));
    await write(atomicFile(scratch.at('link')));
    expect(readFileSync(scratch.at('real/file'), 'utf8')).toBe('new');
    expect(await readFile(scratch.at('link'), 'utf8')).toBe('new');
    expect(await scratch.names('real')).toEqual(['file']);
  });

  it('takes the place of a file also where the body has closed the draft', async () => {
    await write(atomicFile(path), 'first');
    const work = using(atomicFile(path), (draft) =>
      toWritable(readLines(path), draft.createWriteStream({ encoding: 'utf8' })),
    );
    await lastValue(work, { defaultValue: null });
    expect(await text()).toBe('first');
    await lastValue(
      using(atomicFile(path), (draft) => toWritable(of('streamed'), draft.createWriteStream())),
      {
        defaultValue: null,
      },
    );
    expect(await text()).toBe('streamed');
  });

  it('can be read back before it takes the place', async () => {
    const work = using(atomicFile(path), async (draft) => {
      await draft.write('checked', 0);
      return (await draft.read(Buffer.alloc(7), 0, 7, 0)).buffer.toString();
    });
    expect(await lastValue(work)).toBe('checked');
  });

  it('lets the later of two have the last word', async () => {
    const [one, other] = [await lease(atomicFile(path)), await lease(atomicFile(path))];
    await one.value.writeFile('one');
    await other.value.writeFile('other');
    await other.release();
    expect(await text()).toBe('other');
    await one.release();
    expect(await text()).toBe('one');
  });

  it('leaves readers what they have opened', async () => {
    const reader = createReadStream(path, 'utf8');
    await new Promise((resolve) => reader.once('open', resolve));
    await write(atomicFile(path));
    const seen: unknown[] = [];
    for await (const chunk of reader) seen.push(chunk);
    expect(seen).toEqual(['old']);
  });

  it('refuses, while entering, what is there and no file', async () => {
    const refused = await rejection(write(atomicFile(scratch.path)));
    expect(refused).toBeInstanceOf(TypeError);
    expect(refused).toHaveProperty(
      'message',
      `Expected a file to replace, or none: "${scratch.path}" is something else.`,
    );
    const socket = createServer().listen(scratch.at('socket')); // neither a file nor a directory, and nobody else's
    await once(socket, 'listening');
    expect(await rejection(write(atomicFile(scratch.at('socket'))))).toBeInstanceOf(TypeError);
    socket.close();
    await once(socket, 'close');
    expect(codeOf(await rejection(write(atomicFile(scratch.at('missing/file')))))).toBe('ENOENT');
    expect(codeOf(await rejection(write(atomicFile(`${path}/file`))))).toBe('ENOTDIR');
    expect(await scratch.names()).toEqual(['settings.json']);
  });

  it('fails where it cannot take the place, and removes the draft', async () => {
    await unlink(path);
    const work = using(atomicFile(path), async (draft) => {
      await draft.writeFile('new');
      await mkdir(path);
    });
    expect(codeOf(await rejection(lastValue(work)))).toBe('EISDIR');
    expect(await scratch.names()).toEqual(['settings.json']);
  });

  it('fails where the draft has gone', async () => {
    const work = using(atomicFile(path), async () => {
      for (const name of await scratch.names()) if (name !== basename(path)) await unlink(scratch.at(name));
    });
    expect(codeOf(await rejection(lastValue(work)))).toBe('ENOENT');
    expect(await text()).toBe('old');
  });

  it('takes no further step where one has failed, and tells all that have', async () => {
    const { closeSync } = await import('node:fs');
    const work = using(atomicFile(path), (draft) => {
      closeSync(draft.fd);
      return ['done'];
    });
    expect(describeError(await rejection(lastValue(work)))).toMatch(/^S\(EBADF.*close, EBADF.*fsync\)$/);
    expect(await text()).toBe('old');
    expect(await scratch.names()).toEqual(['settings.json']);
  });

  it('removes the draft of a consumer that left while it was made', async () => {
    const body = jest.fn(() => NEVER);
    using(atomicFile(path), body).subscribe().unsubscribe();
    await settled();
    expect(body).not.toHaveBeenCalled();
    expect(await scratch.names()).toEqual(['settings.json']);
  });

  it('tells its values before it takes the place, and completes after', async () => {
    const seen: string[] = [];
    const work = using(atomicFile(path), (draft) => draft.writeFile('new').then(() => 'written')).pipe(
      tap({
        next: (value) => seen.push(`${value} ${readFileSync(path, 'utf8')}`),
        complete: () => seen.push(`complete ${readFileSync(path, 'utf8')}`),
      }),
    );
    await lastValue(work);
    expect(seen).toEqual(['written old', 'complete new']);
  });

  it('has a name, takes what any resource can be given, and refuses bad arguments', async () => {
    const held = await lease(atomicFile(path));
    expect(openResources().map(({ name }) => name)).toEqual(['atomic file']);
    await held.release({ kind: 'unsubscribe' });
    expect(() => atomicFile(path, { releaseTimeout: NaN })).toThrow(RangeError);
    expect(() => atomicFile(path, { mode: -1 })).toThrow(RangeError);
    expect(() => atomicFile(3 as never)).toThrow(TypeError);
    expectTypeOf(atomicFile('a')).toEqualTypeOf<Resource<FileHandle>>();
  });

  describe('as any resource', () => {
    checkResourceContract(() => {
      writeFileSync(path, 'old');
      return { resource: atomicFile(path), isOpen: (draft: FileHandle) => draft.fd !== -1 };
    });
  });
});
