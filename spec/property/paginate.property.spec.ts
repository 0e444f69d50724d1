/**
 * Paginated streams with pages of any size, fetched in any way and taken at any speed, against a simple model.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';
import { defer, delay, from, of, throwError } from 'rxjs';
import { paginate, settled, type Awaitable, type Pages } from '../../lib/index.js';
import { reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';
import { PATIENCE, parameters } from './support/parameters.js';

const boom = new Error('boom');

const ways = ['value', 'promise', 'slow promise', 'observable', 'slow observable'] as const;

interface Sheet {
  readonly items: readonly number[];
  readonly way: (typeof ways)[number];
}

const sheets = (least: number): fc.Arbitrary<Sheet[]> =>
  fc.array(fc.record({ items: fc.array(fc.nat(9), { minLength: least, maxLength: 4 }), way: fc.constantFrom(...ways) }), { minLength: 1, maxLength: 8 }); // prettier-ignore

const journeys = {
  prefetch: fc.nat(4),
  /** The page whose fetch fails. */
  failing: fc.option(fc.nat(9), { nil: -1 }),
  /** How many items are taken before the consumer leaves. */
  leaveAfter: fc.option(fc.nat(20), { nil: Infinity }),
  /** How many microtasks it takes over each. */
  pauses: fc.array(fc.nat(6), { minLength: 1, maxLength: 5 }),
  maxItems: fc.option(fc.integer({ min: 1, max: 20 }), { nil: Infinity }),
  maxPages: fc.option(fc.integer({ min: 1, max: 9 }), { nil: Infinity }),
};

type Journey = { [Name in keyof typeof journeys]: (typeof journeys)[Name] extends fc.Arbitrary<infer V> ? V : never };

/** Answers a page as its way says. */
function answer<P>(page: P, way: Sheet['way'], isFailing: boolean): Awaitable<P> {
  const slowly = async (): Promise<P> => {
    await microtasks(way === 'slow promise' ? 7 : 0);
    if (isFailing) throw boom;
    return page;
  };
  if (way === 'promise' || way === 'slow promise') return slowly();
  if (way === 'slow observable') return defer(() => from(slowly()).pipe(delay(0)));
  if (way === 'observable') return isFailing ? throwError(() => boom) : of(page);
  if (isFailing) throw boom;
  return page;
}

/** What a consumer must see: the items up to a limit or a failure. Where the pages begin too. */
function model(pages: readonly Sheet[], { failing, maxItems, maxPages }: Journey) {
  const items: number[] = [];
  const begins: number[] = [];
  let hasFailed = false;
  for (const [index, page] of pages.entries()) {
    if (index >= maxPages || items.length >= maxItems) break;
    begins.push(items.length);
    hasFailed = index === failing;
    if (hasFailed) break;
    items.push(...page.items);
  }
  const enough = items.length >= maxItems;
  return { items: items.slice(0, maxItems), begins, hasFailed: hasFailed && !enough };
}

interface Log {
  /** The most pages requested beyond those that were taken or asked for. */
  readonly beyond: () => void;
  requested: number;
  taken: number;
  hasLeft: boolean;
  readonly faults: string[];
}

/** Takes the items as a loop that pauses and leaves. */
async function take(pages: Pages<number, unknown>, { pauses, leaveAfter }: Journey, log: Log) {
  const received: number[] = [];
  let error: unknown;
  try {
    if (leaveAfter > 0) {
      for await (const item of pages) {
        received.push(item);
        await microtasks(pauses[received.length % pauses.length]);
        log.taken = received.length;
        if (received.length >= leaveAfter) break;
      }
    }
  } catch (failure) {
    error = failure;
  }
  log.hasLeft = true;
  await nextMacrotask();
  await settled();
  return { received, error };
}

function logFor(begins: readonly number[], prefetch: number): Log {
  const log: Log = {
    requested: 0,
    taken: 0,
    hasLeft: false,
    faults: [],
    beyond: () => {
      log.requested++;
      if (log.hasLeft) log.faults.push('a request after leaving');
      // Every page that begins where the consumer is may have been asked for: empty ones are taken as they come.
      const wanted = begins.filter((begin) => begin <= log.taken).length;
      if (log.requested > wanted + prefetch) {
        log.faults.push(`${String(log.requested)} requests with ${String(log.taken)} items taken`);
      }
    },
  };
  return log;
}

async function judge(
  { items, hasFailed }: ReturnType<typeof model>,
  { leaveAfter, failing }: Journey,
  { received, error }: { received: number[]; error: unknown },
  log: Log,
): Promise<void> {
  expect(received).toEqual(items.slice(0, leaveAfter));
  expect(log.faults).toEqual([]);
  if (leaveAfter > items.length) {
    expect(error).toBe(hasFailed ? boom : undefined);
  } else if (error !== undefined) {
    // It left while the page that fails was under way: leaving rejects with that, which is reported as well (law 33).
    expect([error, failing >= 0]).toEqual([boom, true]);
    expect(await reported()).toEqual(['boom']);
  }
}

describe('a paginated stream', () => {
  it(
    'has the items of its pages in order, and never more requests out than it may',
    async () => {
      await fc.assert(
        fc.asyncProperty(sheets(0), fc.record(journeys), async (pages, journey) => {
          const expected = model(pages, journey);
          const log = logFor(expected.begins, journey.prefetch);
          const { prefetch, maxItems, maxPages } = journey;
          const source = paginate({
            prefetch,
            maxItems,
            maxPages,
            fetch: (cursor: number | undefined): Awaitable<number> => {
              log.beyond();
              const index = cursor ?? 0;
              return answer(index, pages[index]?.way ?? 'value', index === journey.failing);
            },
            items: (index) => pages[index]?.items ?? [],
            next: (index) => (index + 1 < pages.length ? index + 1 : undefined),
          });
          await judge(expected, journey, await take(source, journey, log), log);
        }),
        parameters(300),
      );
    },
    PATIENCE,
  );

  it(
    'keeps to that with requests side by side',
    async () => {
      const numbered = fc.record({ total: fc.nat(24), size: fc.integer({ min: 1, max: 5 }), ways: fc.array(fc.constantFrom(...ways), { minLength: 1 }), byPage: fc.boolean() }); // prettier-ignore
      await fc.assert(
        fc.asyncProperty(numbered, fc.record(journeys), async ({ total, size, ways, byPage }, journey) => {
          const pages = Array.from({ length: Math.max(1, Math.ceil(total / size)) }, (_, index): Sheet => {
            const length = Math.min(size, total - index * size);
            return {
              items: Array.from({ length }, (_, i) => index * size + i),
              way: ways[index % ways.length] ?? 'value',
            };
          });
          const expected = model(pages, journey);
          const log = logFor(expected.begins, journey.prefetch);
          const fetch = (index: number): Awaitable<readonly number[]> => {
            log.beyond();
            return answer(pages[index]?.items ?? [], pages[index]?.way ?? 'value', index === journey.failing);
          };
          const { prefetch, maxItems, maxPages } = journey;
          const shared = { prefetch, maxItems, maxPages, total: () => total };
          const source = byPage
            ? paginate.page({ ...shared, size, first: 0, fetch: (page) => fetch(page) })
            : paginate.offset({ ...shared, limit: size, fetch: (offset) => fetch(offset / size) });
          await judge(expected, journey, await take(source, journey, log), log);
        }),
        parameters(300),
      );
    },
    PATIENCE,
  );
});
