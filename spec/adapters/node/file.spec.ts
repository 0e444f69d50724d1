import { closeSync, writeFileSync } from 'node:fs';
import { readFile, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { expectTypeOf } from 'expect-type';
import { NEVER } from 'rxjs';
import { file } from '../../../lib/adapters/node/index.js';
import { consume, lastValue, lease, openResources, settled, using, type Resource } from '../../../lib/index.js';
import { checkResourceContract } from '../../../lib/testing/index.js';
import { describeError, Journal } from '../../support/journal.js';
import { rejection } from '../../support/rejection.js';
import { codeOf, useScratch } from './support/scratch.js';

const boom = new Error('boom');

describe('file', () => {
  const scratch = useScratch();

  const textOf = (path: Parameters<typeof file>[0]): Promise<string> =>
    lastValue(using(file(path), (handle) => handle.readFile('utf8')));

  it('opens a file that is there, to read, and closes it before the end goes on', async () => {
    await writeFile(scratch.at('a.txt'), 'some text');
    let held: FileHandle | null = null;
    const text = await lastValue(
      using(file(scratch.at('a.txt')), async (handle) => {
        held = handle;
        expect(handle.fd).toBeGreaterThan(2);
        return handle.readFile('utf8');
      }),
    );
    expect(text).toBe('some text');
    expect(held).toHaveProperty('fd', -1);
  });

  it('takes a path as text, as bytes and as a file URL', async () => {
    const path = scratch.at('naïve #1 %41.txt');
    await writeFile(path, 'found');
    expect(await textOf(path)).toBe('found');
    expect(await textOf(Buffer.from(path))).toBe('found');
    expect(await textOf(pathToFileURL(path))).toBe('found');
  });

  it('takes names that are no text', async () => {
    const path = Buffer.concat([Buffer.from(scratch.at('')), Buffer.from('/\xff\xfe', 'latin1')]);
    await writeFile(path, 'found');
    expect(await textOf(path)).toBe('found');
  });

  it('opens as it is told, with the permissions it is told', async () => {
    const path = scratch.at('log.txt');
    const append = (text: string): Promise<unknown> =>
      lastValue(using(file(path, { flags: 'a', mode: 0o600 }), (handle) => handle.write(text)));
    await append('one ');
    await append('two');
    expect(await readFile(path, 'utf8')).toBe('one two');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('fails as Node does where it cannot be opened', async () => {
    expect(codeOf(await rejection(textOf(scratch.at('missing'))))).toBe('ENOENT');
  });

  it('closes on an error, which passes on as it is', async () => {
    writeFileSync(scratch.at('b.txt'), '');
    let held: FileHandle | null = null;
    const work = using(file(scratch.at('b.txt')), (handle) => {
      held = handle;
      throw boom;
    });
    expect(await rejection(lastValue(work))).toBe(boom);
    expect(held).toHaveProperty('fd', -1);
  });

  it('waits for a read that is under way before it closes', async () => {
    await writeFile(scratch.at('c.txt'), 'x'.repeat(100));
    const journal = new Journal();
    const consumption = consume(
      using(file(scratch.at('c.txt')), (handle) => {
        void handle.read(Buffer.alloc(100), 0, 100, 0).then(({ bytesRead }) => {
          journal.note(`read ${String(bytesRead)}`);
        });
        return NEVER;
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    await consumption.close();
    journal.note('closed');
    expect(journal.lines.at(-1)).toBe('closed');
    expect(['closed', 'read 100,closed']).toContain(journal.lines.join());
  });

  it('never shows a handle whose consumer left while it was opened, and closes it', async () => {
    await writeFile(scratch.at('d.txt'), '');
    const body = jest.fn(() => NEVER);
    const subscription = using(file(scratch.at('d.txt')), body).subscribe();
    expect(openResources()).toMatchObject([{ name: 'file', state: 'entering' }]);
    subscription.unsubscribe();
    await settled();
    expect(openResources()).toEqual([]);
    expect(body).not.toHaveBeenCalled();
  });

  it('leaves a handle alone that the body has closed', async () => {
    await writeFile(scratch.at('e.txt'), '');
    const work = using(file(scratch.at('e.txt')), async (handle) => {
      await handle.close();
      return 'closed';
    });
    expect(await lastValue(work)).toBe('closed');
  });

  it('tells what closing fails with, beside what the body failed with', async () => {
    await writeFile(scratch.at('f.txt'), '');
    const pulled = (after: () => string): Promise<unknown> =>
      rejection(
        lastValue(
          using(file(scratch.at('f.txt')), (handle) => {
            closeSync(handle.fd);
            return [after()];
          }),
        ),
      );
    expect(codeOf(await pulled(() => ''))).toBe('EBADF');
    const both = await pulled(() => {
      throw boom;
    });
    expect(describeError(both)).toMatch(/^S\(EBADF.*, boom\)$/);
  });

  it('is named file, unless it is told another name', async () => {
    await writeFile(scratch.at('g.txt'), '');
    await nameOf(file(scratch.at('g.txt')), 'file');
    await nameOf(file(scratch.at('g.txt'), { name: 'journal' }), 'journal');
  });

  async function nameOf(made: Resource<FileHandle>, name: string): Promise<void> {
    const held = await lease(made);
    expect(openResources().map((open) => open.name)).toEqual([name]);
    await held.release();
  }

  it('refuses at the call what is no path and no mode', () => {
    expect(() => file(null as never)).toThrow('Expected a path, as a string, a file URL or a Buffer, received null.');
    expect(() => file(3 as never)).toThrow('received number.');
    expect(() => file({} as never)).toThrow(TypeError);
    expect(() => file(new URL('https://example.org/a'))).toThrow('The URL must be of scheme file');
    expect(() => file('a', { mode: 0o10000 })).toThrow(RangeError);
    expect(() => file('a', { mode: '600' as never })).toThrow(
      'Expected mode to be a whole number from 0 to 4095, received 600.',
    );
  });

  it('is typed as the handle of Node', () => {
    expectTypeOf(file('a')).toEqualTypeOf<Resource<FileHandle>>();
  });

  describe('as any resource', () => {
    checkResourceContract(() => {
      const path = scratch.at('contract.txt');
      writeFileSync(path, '');
      return { resource: file(path), isOpen: (handle: FileHandle) => handle.fd !== -1 };
    });
  });
});
