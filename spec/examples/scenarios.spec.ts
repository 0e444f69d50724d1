import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main as managerClass } from '../../examples/scenarios/01-manager-class.js';
import { main as managerGenerator } from '../../examples/scenarios/02-manager-generator.js';
import { main as exitSwallowsError } from '../../examples/scenarios/03-exit-swallows-error.js';
import { main as handleRethrowClose } from '../../examples/scenarios/04-handle-rethrow-close.js';
import { main as resourcePool } from '../../examples/scenarios/08-resource-pool.js';
import { main as locks } from '../../examples/scenarios/09-locks.js';
import { main as limitConcurrency } from '../../examples/scenarios/10-limit-concurrency.js';
import { main as severalAtOnce } from '../../examples/scenarios/19-several-at-once.js';
import { main as dynamicNumber } from '../../examples/scenarios/20-dynamic-number.js';
import { main as nestedScopes } from '../../examples/scenarios/21-nested-scopes.js';
import { main as timeout } from '../../examples/scenarios/22-timeout.js';
import { main as bestEffortCleanup } from '../../examples/scenarios/23-best-effort-cleanup.js';
import { main as taskGroupOfThree } from '../../examples/scenarios/24-task-group.js';
import { main as explicitClose } from '../../examples/scenarios/25-explicit-close.js';
import { main as asyncIteratorClass } from '../../examples/scenarios/26-async-iterator-class.js';
import { main as chunkedData } from '../../examples/scenarios/27-chunked-data.js';
import { main as asyncGenerator } from '../../examples/scenarios/28-async-generator.js';
import { main as paginatedApi } from '../../examples/scenarios/29-paginated-api.js';
import { main as managerAndIterator } from '../../examples/scenarios/30-manager-and-iterator.js';
import { main as syncManager } from '../../examples/scenarios/31-sync-manager.js';
import { main as marbleTests } from '../../examples/scenarios/32-marble-tests.js';
import { root } from '../support/sources.js';

/** Runs an example and answers what it returned and, in order, what it logged. */
async function run<T>(main: (log: (line: string) => void) => Promise<T>): Promise<{ result: T; lines: string[] }> {
  const lines: string[] = [];
  const result = await main((line) => lines.push(line));
  return { result, lines };
}

jest.setTimeout(60_000); // some wait for sockets and files, on whatever machine

describe('the scenario examples', () => {
  it('01 keeps a file that was written to its end and drops the other', async () => {
    const { result, lines } = await run(managerClass);
    expect(result).toEqual({ names: ['whole.txt'], text: 'all of it' });
    expect(lines).toEqual(['complete: kept', 'error: dropped', 'out of ideas']);
  });

  it('02 enters before the yield and exits after it, asynchronously and synchronously', async () => {
    const { result, lines } = await run(managerGenerator);
    expect(result).toEqual({ answer: 'HELLO', journal: 'began\nfailed: no more paper\n' });
    expect(lines).toEqual(['server listens', 'server closed', 'journal closed']);
  });

  it('03 swallows the error it is for and passes on any other', async () => {
    const { result, lines } = await run(exitSwallowsError);
    expect(result).toEqual({ exit: 'nothing', generator: 'nothing', operator: 'nothing', otherError: 'EISDIR' });
    expect(lines).toEqual(['exit sees error', 'generator catches ENOENT', 'generator catches EISDIR']);
  });

  it('04 handles the error, closes, and only then tells the caller', async () => {
    const { result, lines } = await run(handleRethrowClose);
    expect(result).toEqual({ good: 'step 1\nwell done\n', bad: 'aborted: step 2 broke\n' });
    expect(lines).toEqual(['closed', 'handled', 'closed', 'caller: step 2 broke']);
  });

  it('08 makes two of them for six who want one, and closes both', async () => {
    const { result, lines } = await run(resourcePool);
    const answers = [1, 2, 3, 4, 5, 6].map((n) => `HELLO ${String(n)}`);
    expect({ ...result, answers: [...result.answers].sort() }).toEqual({ answers, made: 2, waited: 6, left: 0 });
    expect(lines).toEqual(['somebody has called', 'somebody has called']);
  });

  it('09 keeps steps together, lets two in at a time, and has each side of a full or empty buffer wait', async () => {
    const { result, lines } = await run(locks);
    const copied = 'one\ntwo\nthree\nfour\nfive\nsix\n';
    expect(result).toEqual({ count: 10, available: 2, most: 2, copied });
    expect(lines).toEqual(['a reads', 'b reads', 'd reads']); // c has left the line
  });

  it('10 has ten of fifty requests under way, never more and never fewer', async () => {
    const { result, lines } = await run(limitConcurrency);
    const each = { pages: 50, peak: 10 };
    expect(result).toEqual([each, each]);
    expect(lines).toEqual(['50 pages, 10 at a time', '50 pages, 10 at a time']);
  });

  it('19 releases in reverse order, and the first where the second fails to enter', async () => {
    const { result, lines } = await run(severalAtOnce);
    expect(result).toEqual({ saved: 'you asked for /cities', error: 'EADDRINUSE', isDirectoryLeft: false });
    expect(lines).toEqual([
      ...['server listens', 'directory removed: complete', 'server closed'],
      ...['server listens', 'directory removed: error', 'server closed'],
    ]);
  });

  it('20 opens all files or none', async () => {
    const { result, lines } = await run(dynamicNumber);
    expect(result).toEqual({
      texts: ['text of a', 'text of b', 'text of c'],
      fileDescriptors: [-1, -1, -1],
      error: 'ENOENT',
    });
    expect(lines).toEqual([
      ...['pushed: complete', 'deferred', 'c closed', 'b closed', 'a closed'],
      ...['b closed', 'a closed'],
    ]);
  });

  it('21 closes the inner scope before the outer one, each told the error', async () => {
    const { result, lines } = await run(nestedScopes);
    expect(result).toEqual({ error: 'disk full', isDirectoryLeft: false });
    expect(lines).toEqual([
      'inner.txt closed: disk full',
      'outer.txt closed: disk full',
      'directory holds inner.txt, outer.txt: disk full',
    ]);
  });

  it('22 ends a connection in order when its time is over, and tells only then', async () => {
    const { result, lines } = await run(timeout);
    expect(result).toEqual({ inTime: 'hello', late: 'TimeoutError' });
    expect(lines).toEqual([
      ...['server hears hello', 'server hears goodbye', 'connection closed: complete'],
      ...['server hears how are you?', 'server hears goodbye', 'connection closed: unsubscribe'],
      ...['told', 'server closed'],
    ]);
  });

  it('23 loses no error and skips no release where one hangs and one fails', async () => {
    const { result, lines } = await run(bestEffortCleanup);
    expect(result).toEqual({
      failures: [
        'Error: the notice of closing could not be sent',
        'ReleaseTimeoutError: "server" was not released within 50 ms.',
        'Error: the actual problem',
      ],
      isDirectoryLeft: false,
    });
    expect(lines).toEqual(['directory removed all the same']);
  });

  it('24 cancels the rest at the first failure, and tells one error when all have cleaned up', async () => {
    const { result, lines } = await run(taskGroupOfThree);
    expect(result).toEqual({
      alone: 'nothing about trouble',
      both: ['nothing about trouble', 'ENOENT'],
      ticks: 'tick',
    });
    expect(lines).toEqual(['rain', 'published: unsubscribe', 'rain']);
  });

  it('25 closes once, however often and wherever it is closed', async () => {
    const { result, lines } = await run(explicitClose);
    expect(result).toEqual({ texts: ['a note', 'a note'], descriptors: [-1, -1, -1] });
    expect(lines).toEqual([
      'lease closed: complete',
      'stack of a block closed: complete',
      'lease of a block closed: complete',
      'stream closed: unsubscribe',
    ]);
  });

  it('26 leaves an iterator that waits at once, and awaits its return', async () => {
    const { result, lines } = await run(asyncIteratorClass);
    expect(result).toEqual(['rain in the north', 'sun in the south']);
    expect(lines).toEqual([
      ...['server: /news/0', 'server: /news/1', 'server: /news/2'],
      ...['server: /goodbye', 'left'],
    ]);
  });

  it('27 reads a chunk ahead, and no more, of who works on one, and closes what it has enough of', async () => {
    const { result, lines } = await run(chunkedData);
    expect(result).toEqual({
      handled: ['TEN BYTES,', ' AND THEN ', 'TEN MORE'],
      copied: 'ten bytes, and then ten more',
      first: 'ten',
      closed: true,
    });
    expect(lines).toEqual([
      ...['cut "ten bytes,"', 'cut " and then "', 'handled "ten bytes,"'],
      ...['cut "ten more"', 'handled " and then "', 'handled "ten more"'],
    ]);
  });

  it('28 goes from a generator to an observable and back, and closes it wherever it is left', async () => {
    const { result, lines } = await run(asyncGenerator);
    expect(result).toEqual({
      ...{ all: [0, 3, 6, 9], backwards: [3, 2, 1] },
      ...{ firstSquares: [1, 4, 9], looped: [4, 16] },
    });
    expect(lines).toEqual([
      ...['closed 0 to 10', 'closed 3 to 0'],
      ...['closed 1 to 1000000', 'three squares', 'closed 1 to 1000000', 'after the loop'],
    ]);
  });

  it('29 requests a page when it is wanted or one ahead, stops when there is enough, and goes on later', async () => {
    const { result, lines } = await run(paginatedApi);
    const all = 'Amok Bambi Chess Demian Emma Faust Gobseck';
    expect(result).toEqual({
      ...{ numbered: all, counted: all, tokens: all, linked: all },
      ...{ early: 'Amok Bambi', ahead: 'Amok Bambi', resumed: all },
    });
    expect(lines).toEqual([
      ...[1, 2, 3, 4].map((page) => `/numbered?at=${String(page)}`), // the last one is empty
      ...[0, 3, 6, 7].map((offset) => `/counted?at=${String(offset)}`),
      ...['/tokens?at=0', '/tokens?at=3', '/tokens?at=6'],
      ...['/linked?at=0', '/linked?at=3', '/linked?at=6'],
      ...['two are enough', '/numbered?at=1'],
      ...['one ahead', '/numbered?at=1', '/numbered?at=2'],
      ...['one page, and the others later', '/tokens?at=0', '/tokens?at=3', '/tokens?at=6'],
    ]);
  });

  it('30 enters, goes through and exits in one observable', async () => {
    const { result, lines } = await run(managerAndIterator);
    expect(result).toEqual({ all: ['ca978112', '3e23e816'], first: ['ca978112'] });
    expect(lines).toEqual([
      ...['hashing a', 'hashing b', 'thread ended: complete'],
      ...['hashing a', 'thread ended: unsubscribe', 'after both'],
    ]);
  });

  it('31 is over before subscribe returns', async () => {
    const { result, lines } = await run(syncManager);
    expect(result).toEqual({ text: 'ten bytes.', microtasks: 0 });
    expect(lines).toEqual([
      ...['before subscribe', 'opened', 'chunk "ten "', 'chunk "byte"', 'chunk "s."'],
      ...['closed', 'complete', 'after subscribe'],
    ]);
  });

  it('32 sees how long things take, how they end, and what stays open', async () => {
    const { result, lines } = await run(marbleTests);
    expect(result.split('\n')).toEqual([
      'What is open at the end of frame 8 differs.',
      '  expected  socket',
      '  actual    socket, socket',
    ]);
    expect(lines).toEqual(
      ['durations', 'exits', 'order', 'entering', 'leaving', 'losing', 'handover', 'waiting', 'imperative'].map(
        (name) => `${name} as drawn`,
      ),
    );
  });

  it('are all run by a spec of this folder', () => {
    const specs = readdirSync(__dirname).filter((name) => name.endsWith('.spec.ts'));
    const texts = specs.map((name) => readFileSync(join(__dirname, name), 'utf8'));
    const files = readdirSync(join(root, 'examples', 'scenarios')).filter((name) => name.endsWith('.ts'));
    const isRun = (file: string): boolean =>
      texts.some((text) => text.includes(`scenarios/${file.replace('.ts', '')}`));
    expect(files.filter((file) => !isRun(file))).toEqual([]);
    expect(files.map((file) => Number(file.slice(0, 2)))).toEqual(expect.arrayContaining([1, 6, 32]));
  });
});
