import { setTimeout as wait } from 'node:timers/promises';
import { Effect, Option, Stream } from 'effect';
import type { Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { eachPage, type Fetch, type Page, pagesOf, serving } from './pages.js';
import { repeating } from './runs.js';
import { running, sumOf, take } from './streams.js';

const pages = 50;
const size = 100;

/** Milliseconds that a page takes to come, and as many to be worked on: looking one page ahead halves the time. */
const latency = 2;

const answer = serving(pagesOf(pages, size));

const fetch: Fetch = async (cursor) => {
  await wait(latency);
  return answer(cursor);
};

async function work({ items }: Page): Promise<void> {
  await wait(latency);
  items.forEach(take);
}

async function loop(): Promise<void> {
  for (let cursor: number | undefined = 0; cursor !== undefined;) {
    const page: Page = await fetch(cursor);
    await work(page);
    cursor = page.next;
  }
}

/** The next page is on its way while this one is worked on. An error in between is nobody's. */
async function lookAhead(): Promise<void> {
  for (let coming: Promise<Page> | undefined = fetch(0); coming !== undefined;) {
    const page: Page = await coming;
    coming = page.next === undefined ? undefined : fetch(page.next);
    await work(page);
  }
}

async function generator(): Promise<void> {
  for await (const page of eachPage(fetch)) await work(page);
}

const effect = Stream.paginate(0, (cursor) =>
  Effect.map(
    Effect.promise(() => fetch(cursor)),
    (page) => [[page], Option.fromUndefinedOr(page.next)] as const,
  ),
).pipe(
  Stream.buffer({ capacity: 1 }),
  Stream.runForEach((page) => Effect.promise(() => work(page))),
);

const paginated = () =>
  rxscope.paginate({
    fetch,
    items: ({ items }: Page) => items,
    next: ({ next }) => next,
    prefetch: 1,
  });

async function byPage(): Promise<void> {
  for await (const { page } of paginated().pages) await work(page);
}

/** Item by item: whoever has read a page to its end stops there for as long as the page takes. */
async function byItem(): Promise<void> {
  for await (const item of paginated()) {
    if (item % size === size - 1) await wait(latency);
    take(item);
  }
}

const pulled = (): Promise<unknown> => rxscope.lastValue(rxscope.pull(paginated().pages, ({ page }) => work(page)));

export const workloads: readonly Workload[] = [
  {
    id: 'W9b',
    title: '50 pages, 2 ms to come and 2 ms to be worked on',
    kind: 'time',
    unit: 'page',
    units: pages,
    work: { ...sumOf(pages * size), opened: pages },
    floor: { name: 'loop', prepare: () => repeating(loop) },
    variants: [
      { name: 'look-ahead by hand', prepare: () => repeating(lookAhead) },
      { name: 'rxscope by page, prefetch 1', prepare: () => repeating(byPage) },
      { name: 'rxscope by item, prefetch 1', prepare: () => repeating(byItem) },
      { name: 'rxscope pull, prefetch 1', prepare: () => repeating(pulled) },
      { name: 'Effect buffer(1)', prepare: () => running(effect) },
      { name: 'generator by page', prepare: () => repeating(generator) },
    ],
    goals: [
      { variant: 'rxscope by page, prefetch 1', atMost: 0.52 },
      { variant: 'rxscope by item, prefetch 1', atMost: 0.52 },
      { variant: 'rxscope pull, prefetch 1', atMost: 0.52 },
    ],
  },
];
