import { concat, delay, EMPTY, mergeMap, NEVER, of, throwError, timer, type Observable } from 'rxjs';
import { andThen, combine, consume, use, using, type Resource } from '../../lib/index.js';
import { describeError, inVirtualTime, Journal, reported, type Part } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

// Two resources, one inside the other; each way a scope can end, with each way a part of it can fail. What has to
// happen is worked out below from the words of laws 3, 4 and 7 to 12, by other means than those of the library.

type End = 'completed' | 'failed' | 'unsubscribed';
type Release = 'succeeds' | 'fails' | 'suppresses';
type Position = 'nowhere' | 'outer' | 'inner';

interface Row {
  readonly end: End;
  readonly acquireFails: Position;
  readonly inner: Release;
  readonly outer: Release;
}

interface Expected {
  /** Acquires, values and releases, each with the frame in which it happens. */
  readonly events: readonly (readonly [number, string])[];
  /** What the consumer is told at the end; nothing where it has left. */
  readonly consumer: string | undefined;
  /** What a waiter is told at the end. */
  readonly waiter: string;
  /** What goes to config.onUnhandledError where there is no waiter. */
  readonly reported: readonly string[];
}

const frames = { acquire: 2, body: 4, release: 3 };

/** The laws, for two resources. Outcomes are written as they are described: `complete`, `unsubscribe`, `error …`. */
function expectedOf({ end, acquireFails, inner, outer }: Row): Expected {
  const events: [number, string][] = [];
  let frame = 0;
  let outcome = { completed: 'complete', failed: 'error body', unsubscribed: 'unsubscribe' }[end];
  const held: ['inner' | 'outer', Release][] = [];
  let failed = false;
  for (const [name, release] of [
    ['outer', outer],
    ['inner', inner],
  ] as const) {
    // prettier-ignore
    if (failed) continue;
    events.push([frame, `+${name}`]);
    frame += frames.acquire;
    events.push([frame, `+${name} ok`]);
    failed = acquireFails === name;
    if (!failed) held.unshift([name, release]);
  }
  if (failed) {
    outcome = `error acquire ${acquireFails}`; // law 11
  } else {
    frame += frames.body;
    events.push([frame - 1, 'next value']);
  }
  const left = !failed && end === 'unsubscribed';
  for (const [name, release] of held) {
    events.push([frame, `-${name} ${outcome}`]); // laws 4, 7 and 10
    frame += frames.release;
    events.push([frame, `-${name} ok`]);
    const isError = outcome.startsWith('error ');
    if (release === 'fails')
      outcome = isError ? `error S(release ${name}, ${outcome.slice(6)})` : `error release ${name}`; // law 9
    if (release === 'suppresses' && isError) outcome = left ? 'unsubscribe' : 'complete'; // law 8
  }
  const isError = outcome.startsWith('error ');
  return {
    events,
    consumer: left ? undefined : outcome, // law 3
    waiter: isError ? `rejected ${outcome.slice(6)}` : 'resolved',
    reported: left && isError ? [outcome.slice(6)] : [], // law 12
  };
}

const ends: readonly End[] = ['completed', 'failed', 'unsubscribed'];
const releases: readonly Release[] = ['succeeds', 'fails', 'suppresses'];
const rows: readonly Row[] = [
  ...ends.flatMap((end) =>
    releases.flatMap((inner) => releases.map((outer) => ({ end, acquireFails: 'nowhere' as const, inner, outer }))),
  ),
  ...releases.map((outer) => ({ end: 'completed', acquireFails: 'inner', inner: 'succeeds', outer }) as const),
  { end: 'completed', acquireFails: 'outer', inner: 'succeeds', outer: 'succeeds' },
];

/** How acquires and releases answer. */
interface Kind {
  answer(value: unknown, frames: number): unknown;
  fail(error: Error, frames: number): unknown;
}

const kinds = {
  synchronous: {
    answer: (value) => value,
    fail: (error) => {
      throw error;
    },
  },
  promise: { answer: (value) => Promise.resolve(value), fail: (error) => Promise.reject(error) },
  'virtual-time observable': {
    answer: (value, due) => of(value).pipe(delay(due)),
    fail: (error, due) => timer(due).pipe(mergeMap(() => throwError(() => error))),
  },
} satisfies Record<string, Kind>;

function partOf(name: 'inner' | 'outer', row: Row, kind: Kind): Part {
  const how = row[name];
  return {
    acquire: () =>
      row.acquireFails === name
        ? kind.fail(new Error(`acquire ${name}`), frames.acquire)
        : kind.answer(name, frames.acquire),
    exit: () =>
      how === 'fails'
        ? kind.fail(new Error(`release ${name}`), frames.release)
        : kind.answer(how === 'suppresses', frames.release),
  };
}

/** A value, one frame before the end; without frames both at once. */
function bodyOf({ end }: Row, due: number): Observable<string> {
  const rest = { completed: EMPTY, failed: throwError(() => new Error('body')), unsubscribed: NEVER }[end];
  if (due === 0) return concat(of('value'), rest);
  return concat(of('value').pipe(delay(due - 1)), timer(1).pipe(mergeMap(() => rest)));
}

type Compose = (outer: Resource<string>, inner: Resource<string>, body: () => Observable<string>) => Observable<string>;
const compositions: readonly [string, Compose][] = [
  ['nested', (outer, inner, body) => using(outer, () => using(inner, body))],
  ['chained', (outer, inner, body) => outer.pipe(andThen(() => inner), use(body))], // prettier-ignore
  ['combined', (outer, inner, body) => combine([outer, inner]).pipe(use(body))],
  ['combined, released as parts', (outer, inner, body) => combine([outer, combine([inner], { concurrent: true })]).pipe(use(body))], // prettier-ignore
];

const title = ({ end, acquireFails, inner, outer }: Row): string =>
  acquireFails === 'nowhere'
    ? `${end}, the inner release ${inner}, the outer one ${outer}`
    : `the ${acquireFails} acquire fails, the outer release ${outer}`;

/** Subscribes, or has somebody wait; answers how to leave. */
type Receive = (source: Observable<string>, journal: Journal) => { leave(): void; told(): Promise<string | undefined> };

const plain: Receive = (source, journal) => {
  let told: string | undefined;
  const subscription = source.subscribe({
    next: (value) => {
      journal.note(`next ${value}`);
    },
    error: (error: unknown) => {
      told = `error ${describeError(error)}`;
    },
    complete: () => {
      told = 'complete';
    },
  });
  return {
    leave: () => {
      subscription.unsubscribe();
    },
    told: async () => Promise.resolve(told),
  };
};

const waiting: Receive = (source, journal) => {
  const consumption = consume(source, (value) => {
    journal.note(`next ${value}`);
  });
  const told = consumption.done.then(
    () => 'resolved',
    (error: unknown) => `rejected ${describeError(error)}`,
  );
  return {
    leave: () => {
      void consumption.close().catch(() => undefined);
    },
    told: async () => told,
  };
};

describe('the oracle of the exit matrix', () => {
  it('agrees with a few rows worked out by hand', () => {
    expect(expectedOf({ end: 'failed', acquireFails: 'nowhere', inner: 'fails', outer: 'fails' })).toMatchObject({
      consumer: 'error S(release outer, S(release inner, body))',
      reported: [],
    });
    expect(expectedOf({ end: 'unsubscribed', acquireFails: 'nowhere', inner: 'fails', outer: 'suppresses' })).toMatchObject({ consumer: undefined, waiter: 'resolved', reported: [] }); // prettier-ignore
    expect(expectedOf({ end: 'completed', acquireFails: 'inner', inner: 'succeeds', outer: 'succeeds' })).toMatchObject(
      {
        events: [[0, '+outer'], [2, '+outer ok'], [2, '+inner'], [4, '+inner ok'], [4, '-outer error acquire inner'], [7, '-outer ok']], // prettier-ignore
        consumer: 'error acquire inner',
      },
    );
    expect(rows).toHaveLength(31);
  });
});

describe.each(compositions)('exit matrix: two resources, %s,', (_, compose) => {
  const sourceOf = (row: Row, kind: Kind, journal: Journal, due: number): Observable<string> =>
    compose(
      journal.resource('outer', partOf('outer', row, kind)),
      journal.resource('inner', partOf('inner', row, kind)),
      () => bodyOf(row, due),
    );

  describe.each([
    ['a consumer', plain, 'consumer'],
    ['a waiter', waiting, 'waiter'],
  ] as const)('for %s,', (_receiver, receive, who) => {
    const verify = async (row: Row, told: Promise<string | undefined>): Promise<void> => {
      expect(await told).toBe(expectedOf(row)[who]);
      expect(await reported()).toEqual(who === 'waiter' ? [] : expectedOf(row).reported);
    };

    it.each(rows.map((row) => [title(row), row] as const))('synchronous: %s', async (_title, row) => {
      const journal = new Journal();
      const received = receive(sourceOf(row, kinds.synchronous, journal, 0), journal);
      if (row.end === 'unsubscribed') received.leave();
      const events = expectedOf(row).events.map(([, line]) => line).filter((line) => !line.endsWith(' ok')); // prettier-ignore
      expect(journal.lines).toEqual(events);
      await verify(row, received.told());
    });

    it.each(rows.map((row) => [title(row), row] as const))('promise: %s', async (_title, row) => {
      const journal = new Journal();
      const received = receive(sourceOf(row, kinds.promise, journal, 0), journal);
      await nextMacrotask();
      if (row.end === 'unsubscribed') received.leave();
      await verify(row, received.told());
      expect(journal.lines).toEqual(expectedOf(row).events.map(([, line]) => line));
    });

    it.each(rows.map((row) => [title(row), row] as const))('virtual-time observable: %s', async (_title, row) => {
      const received: ReturnType<Receive>[] = [];
      const { lines } = inVirtualTime((journal, { flush }) => {
        const one = receive(sourceOf(row, kinds['virtual-time observable'], journal, frames.body), journal);
        received.push(one);
        if (row.end === 'unsubscribed') {
          timer(2 * frames.acquire + frames.body).subscribe(() => {
            one.leave();
          });
        }
        flush();
      });
      expect(lines).toEqual(expectedOf(row).events.map(([frame, line]) => `${frame} ${line}`));
      await verify(row, (received[0] as ReturnType<Receive>).told());
    });
  });
});
