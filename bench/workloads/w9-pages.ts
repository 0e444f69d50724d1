import { Effect, Option, Stream } from 'effect';
import { concatMap, EMPTY, expand, from, type Observable } from 'rxjs';
import type { Run, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { eachItem, eachPage, type Page, pagesOf, serving } from './pages.js';
import { draining, iterating, running, sumOf, take } from './streams.js';

const pages = 100;
const size = 100;

const fetch = serving(pagesOf(pages, size));

async function byHand(operations: number): Promise<void> {
  for (let i = 0; i < operations; i += 1) {
    for (let cursor: number | undefined = 0; cursor !== undefined;) {
      const page: Page = await fetch(cursor);
      for (const item of page.items) take(item);
      cursor = page.next;
    }
  }
}

const takeItems = ({ items }: Page): void => {
  for (const item of items) take(item);
};

async function byPage(operations: number): Promise<void> {
  for (let i = 0; i < operations; i += 1) for await (const page of eachPage(fetch)) takeItems(page);
}

/** Asks for a page as soon as it knows of it, however many of them wait to be read. */
const expanded = (): Observable<number> =>
  from(fetch(0)).pipe(
    expand(({ next }) => (next === undefined ? EMPTY : fetch(next))),
    concatMap(({ items }) => items),
  );

const effect = Stream.paginate(0, (cursor) =>
  Effect.map(
    Effect.promise(() => fetch(cursor)),
    ({ items, next }) => [items, Option.fromUndefinedOr(next)] as const,
  ),
).pipe(Stream.runForEachArray((items) => Effect.sync(() => items.forEach(take))));

const paginated = () =>
  rxscope.paginate({
    fetch,
    items: ({ items }: Page) => items,
    next: ({ next }) => next,
    prefetch: 1,
  });

function byPageOfRxscope(): Run {
  return async (operations) => {
    for (let i = 0; i < operations; i += 1) for await (const { page } of paginated().pages) takeItems(page);
  };
}

export const workloads: readonly Workload[] = [
  {
    id: 'W9',
    title: '100 pages of 100 items, no latency',
    kind: 'time',
    unit: 'item',
    units: pages * size,
    work: { ...sumOf(pages * size), opened: pages },
    floor: { name: 'loop', prepare: () => byHand },
    variants: [
      { name: 'generator by page', prepare: () => byPage },
      { name: 'rxscope, prefetch 1', prepare: () => draining(paginated) },
      { name: 'rxscope by page, for await, prefetch 1', prepare: byPageOfRxscope },
      { name: 'rxscope by item, for await, prefetch 1', prepare: () => iterating(paginated) },
      { name: 'Effect', prepare: () => running(effect) },
      { name: 'rxjs expand + concatMap (unbounded)', prepare: () => draining(expanded) },
      { name: 'generator by item', prepare: () => iterating(() => eachItem(fetch)) },
      { name: 'rxjs from(generator by item)', prepare: () => draining(() => from(eachItem(fetch))) },
    ],
    goals: [{ variant: 'rxscope, prefetch 1', atMost: 1.4 }],
  },
];
