/**
 * Scenario 10: fifty requests, ten at a time.
 *
 * Python: `async with semaphore: await client.get(url)` inside `asyncio.gather`
 */
import type { ServerResponse } from 'node:http';
import { from, map, mergeMap, toArray, type Observable } from 'rxjs';
import { lastValue, limit, resource, semaphore, use, using, type Resource } from 'rxscope';
import { localServer } from './support/local-server.js';
import { runDirectly } from './support/run-directly.js';

const REQUESTS = 50;

/** A server that counts how many wait, and answers soon after ten do: with fewer at a time nothing would come. */
class Pages {
  peak = 0;
  private received = 0;
  private readonly waiting: ServerResponse[] = [];

  readonly server = localServer((_, response) => {
    this.received++;
    this.peak = Math.max(this.peak, this.waiting.push(response));
    if (this.waiting.length === 10 || this.received === REQUESTS) setTimeout(() => this.answer(), 20); // and more could come
  });

  private answer(): void {
    for (const response of this.waiting.splice(0)) response.end('a page');
  }
}

/** A semaphore, around whatever the work is. */
function bySemaphore(urls: Observable<string>): Observable<string> {
  const ten = semaphore(10);
  return urls.pipe(mergeMap((url) => using(ten.permit, async () => (await fetch(url)).text())));
}

/** The same as a part of the resource: whoever uses it, wherever, is one of ten. */
function byLimit(urls: Observable<string>): Observable<string> {
  const ten = limit(semaphore(10));
  const answer = (url: string): Resource<Response> =>
    resource({
      name: url,
      acquire: ({ signal }) => fetch(url, { signal }),
      release: async (response) => {
        if (!response.bodyUsed) await response.body?.cancel();
      },
    }).pipe(ten);
  return urls.pipe(mergeMap((url) => answer(url).pipe(use((response) => response.text()))));
}

async function measure(
  fetchAll: (urls: Observable<string>) => Observable<string>,
): Promise<{ pages: number; peak: number }> {
  const pages = new Pages();
  const answers = using(pages.server, (address) => {
    const urls = Array.from({ length: REQUESTS }, (_, index) => `${address}/${String(index)}`);
    return fetchAll(from(urls)).pipe(toArray());
  });
  return lastValue(answers.pipe(map(({ length }) => ({ pages: length, peak: pages.peak }))));
}

export async function main(log: (line: string) => void): Promise<{ pages: number; peak: number }[]> {
  const results = [await measure(bySemaphore), await measure(byLimit)];
  for (const { pages, peak } of results) log(`${String(pages)} pages, ${String(peak)} at a time`);
  return results;
}

runDirectly('10-limit-concurrency.ts', main);
