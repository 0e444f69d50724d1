/**
 * Scenario 26: a class that is an async iterator. Left at once, also while it waits for the next value, and with its
 * `return()` awaited.
 *
 * Python: a class with `__aiter__` and `__anext__`.
 */
import type { RequestListener } from 'node:http';
import { Subject } from 'rxjs';
import { consume, firstValue, fromAsyncIterable, lastValue, use } from 'rxscope';
import { localServer } from './support/local-server.js';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

/** News of a server that answers a request when there is some (long polling). */
class News implements AsyncIterableIterator<string> {
  private seen = 0;

  constructor(
    private readonly url: string,
    private readonly signal: AbortSignal,
  ) {}

  async next(): Promise<IteratorResult<string, undefined>> {
    const response = await fetch(`${this.url}/news/${String(this.seen)}`, { signal: this.signal });
    this.seen += 1;
    return { done: false, value: await response.text() };
  }

  /** Called when the loop is left. Here the server is told. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    await fetch(`${this.url}/goodbye`);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** There are two pieces of news. Who asks for a third has to wait. */
function newsroom(waiting: Subject<void>, log: Log): RequestListener {
  const news = ['rain in the north', 'sun in the south'];
  return ({ url = '/' }, response) => {
    const [, what, number] = url.split('/');
    log(`server: ${url}`);
    const text = what === 'news' ? news[Number(number)] : 'bye';
    if (text !== undefined) response.end(text);
    else waiting.next();
  };
}

export async function main(log: Log): Promise<string[]> {
  const waiting = new Subject<void>();
  const work = localServer(newsroom(waiting, log)).pipe(
    use(async (url) => {
      const heard: string[] = [];
      const news = fromAsyncIterable(({ signal }) => new News(url, signal));
      const isWaiting = firstValue(waiting);
      const listening = consume(news, (text) => {
        heard.push(text);
      });
      await isWaiting;
      await listening.close(); // aborts the request that waits, and resolves when the goodbye has been said
      log('left');
      return heard;
    }),
  );
  return lastValue(work);
}

runDirectly('26-async-iterator-class.ts', main);
