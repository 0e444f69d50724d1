import {
  ListQueuesCommand,
  paginateListQueues,
  type ListQueuesCommandOutput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { map, take, tap, toArray } from 'rxjs';
import type Stripe from 'stripe';
import {
  andThen,
  fromValue,
  lastValue,
  lease,
  mapValue,
  paginate,
  settled,
  use,
  type AcquireContext,
  type Lease,
  type Pages,
  type Resource,
} from '../../lib/index.js';
import { Journal } from '../support/journal.js';
import { rejection } from '../support/rejection.js';
import { octokit, sqsClient, stripe } from '../support/sdk-servers/clients.js';
import { githubServer } from '../support/sdk-servers/github-server.js';
import type { SdkServer } from '../support/sdk-servers/sdk-server.js';
import { sqsServer } from '../support/sdk-servers/sqs-server.js';
import { stripeServer } from '../support/sdk-servers/stripe-server.js';

const names = [['a', 'b'], ['c', 'd'], ['e']] as const;

interface Options {
  readonly prefetch?: number;
  readonly maxItems?: number;
  readonly maxPages?: number;
}

/** What a factory is told, or nothing where the SDK is used on its own. */
type Told = Partial<AcquireContext>;

/** How one SDK lists things, and how that is given to `paginate`. `P` is what its iterable consists of. */
interface Sdk<P, T> {
  readonly name: string;
  /** Whether it takes a signal. */
  readonly isAbortable: boolean;
  serve(pages: readonly (readonly string[])[]): Resource<SdkServer>;
  connect(server: SdkServer): Resource<(told?: Told) => AsyncIterable<P>>;
  paginate(source: AsyncIterable<P> | ((context: AcquireContext) => AsyncIterable<P>), options?: Options): Pages<T, P>;
  nameOf(item: T): string;
}

const sqs: Sdk<ListQueuesCommandOutput, string> = {
  name: 'paginateListQueues of @aws-sdk/client-sqs',
  isAbortable: true,
  serve: sqsServer,
  connect(server) {
    const list = (client: SQSClient, { signal }: Told = {}): AsyncIterable<ListQueuesCommandOutput> =>
      paginateListQueues({ client }, { MaxResults: 2 }, { abortSignal: signal });
    return sqsClient(server).pipe(mapValue((client) => (told) => list(client, told)));
  },
  paginate: (source, options) => paginate(source, { items: (page) => page.QueueUrls ?? [], ...options }),
  nameOf: (url) => url.slice(url.lastIndexOf('/') + 1),
};

const repositories = (server: SdkServer, { signal }: Told = {}) =>
  octokit(server, signal).paginate.iterator('GET /orgs/{org}/repos', { org: 'rx', per_page: 2 });

type RepositoryPage = ReturnType<typeof repositories> extends AsyncIterable<infer P> ? P : never;

const github: Sdk<RepositoryPage, RepositoryPage['data'][number]> = {
  name: 'paginate.iterator of Octokit',
  isAbortable: true,
  serve: githubServer,
  connect: (server) => fromValue((told) => repositories(server, told)),
  paginate: (source, options) => paginate(source, { items: ({ data }) => data, ...options }),
  nameOf: ({ name }) => name,
};

const customers: Sdk<Stripe.Customer, Stripe.Customer> = {
  name: 'a list of Stripe',
  isAbortable: false,
  serve: stripeServer,
  connect: (server) => fromValue(() => stripe(server).customers.list({ limit: 2 })),
  paginate: (source, options) => paginate(source, options),
  nameOf: ({ id }) => id,
};

/** A server, and what lists what is there. */
interface Open<P> {
  readonly server: SdkServer;
  readonly list: (told?: Told) => AsyncIterable<P>;
}

function open<P, T>(sdk: Sdk<P, T>, pages: readonly (readonly string[])[] = names): Promise<Lease<Open<P>>> {
  const opened = sdk
    .serve(pages)
    .pipe(andThen((server) => sdk.connect(server).pipe(mapValue((list) => ({ server, list })))));
  return lease(opened);
}

/**
 * The pages asked for until now. A list of its own goes to the server first, by the same client: what was sent before
 * has arrived then. Its page is not counted.
 */
async function askedOf<P>({ server, list }: Open<P>): Promise<readonly number[]> {
  await list()[Symbol.asyncIterator]().next();
  await server.roundTrip();
  server.asked.splice(server.asked.lastIndexOf(1), 1);
  return server.asked;
}

/** What the iterator of an SDK was asked for. */
interface Watched {
  readonly calls: string[];
  readonly failures: unknown[];
  /** How many calls of `next()` were pending at most. */
  mostPending: number;
}

/** Writes down what the iterator of an SDK is asked for. It stays what it is otherwise. */
function watch<T>(source: AsyncIterable<T>): Watched {
  const watched: Watched = { calls: [], failures: [], mostPending: 0 };
  const iterator = source[Symbol.asyncIterator]();
  const { next, return: leave } = iterator;
  let pending = 0;
  iterator.next = async (...value) => {
    watched.calls.push('next');
    watched.mostPending = Math.max(watched.mostPending, ++pending);
    try {
      return await next.apply(iterator, value);
    } catch (error) {
      watched.failures.push(error);
      throw error;
    } finally {
      pending--;
    }
  };
  if (leave !== undefined) {
    iterator.return = (value) => {
      watched.calls.push('return');
      return leave.call(iterator, value);
    };
  }
  source[Symbol.asyncIterator] = () => iterator;
  return watched;
}

function describeSdk<P, T>(sdk: Sdk<P, T>): void {
  const collected = (pages: Pages<T, P>): Promise<string[]> =>
    lastValue(pages.pipe(toArray())).then((items) => items.map(sdk.nameOf));

  describe(sdk.name, () => {
    it('lists page by page in a plain loop', async () => {
      await using opened = await open(sdk);
      const { server, list } = opened.value;
      let elements = 0;
      for await (const element of list()) elements += element === undefined ? 0 : 1;
      expect(elements).toBeGreaterThanOrEqual(names.length);
      expect(server.asked).toEqual([1, 2, 3]);
    });

    it('is seen when it asks for a page that nobody waits for', async () => {
      await using opened = await open(sdk);
      const page = opened.value.list()[Symbol.asyncIterator]().next();
      expect(await askedOf(opened.value)).toEqual([1]);
      await page;
    });

    it('is refused where it asks for what the real server does not have', async () => {
      await using opened = await open(sdk, []);
      const error = await rejection(collected(sdk.paginate(opened.value.list)));
      expect(String(error)).toContain('not understood');
    });

    it('gives all items in order', async () => {
      await using opened = await open(sdk);
      const { server, list } = opened.value;
      expect(await collected(sdk.paginate(list))).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(server.asked).toEqual([1, 2, 3]);
    });

    it('gives all items in order to a loop', async () => {
      await using opened = await open(sdk);
      const { server, list } = opened.value;
      const items: string[] = [];
      for await (const item of sdk.paginate(list)) items.push(sdk.nameOf(item));
      expect(items).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(server.asked).toEqual([1, 2, 3]);
    });

    it('is taken as an object too', async () => {
      await using opened = await open(sdk);
      const { server, list } = opened.value;
      expect(await collected(sdk.paginate(list()))).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(server.asked).toEqual([1, 2, 3]);
    });

    it('is asked for nothing before the subscription', async () => {
      await using opened = await open(sdk);
      const { list } = opened.value;
      const pages = sdk.paginate(list, { prefetch: 2 });
      pages[Symbol.asyncIterator]();
      expect(await askedOf(opened.value)).toEqual([]);
    });

    it('begins anew with each subscription', async () => {
      await using opened = await open(sdk);
      const { server, list } = opened.value;
      const pages = sdk.paginate(list);
      expect(await collected(pages)).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(await collected(pages)).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(server.asked).toEqual([1, 2, 3, 1, 2, 3]);
    });

    it.each([
      { count: 1, asked: [1] },
      { count: 2, asked: [1] },
      { count: 3, asked: [1, 2] },
    ])('is asked for pages $asked where $count items are taken', async ({ count, asked }) => {
      await using opened = await open(sdk);
      const { list } = opened.value;
      const items = await lastValue(sdk.paginate(list).pipe(take(count), toArray()));
      expect(items.map(sdk.nameOf)).toEqual(['a', 'b', 'c'].slice(0, count));
      expect(await askedOf(opened.value)).toEqual(asked);
    });

    it.each([
      { maxItems: 2, asked: [1] },
      { maxItems: 3, asked: [1, 2] },
    ])('is asked for pages $asked where maxItems is $maxItems', async ({ maxItems, asked }) => {
      await using opened = await open(sdk);
      const { list } = opened.value;
      const items = await collected(sdk.paginate(list, { maxItems }));
      expect(items).toEqual(['a', 'b', 'c'].slice(0, maxItems));
      expect(await askedOf(opened.value)).toEqual(asked);
    });

    it.each([
      { prefetch: 0, asked: [1] },
      { prefetch: 1, asked: [1, 2] },
    ])('is asked for pages $asked by a loop that works on page 1, where prefetch is $prefetch', async (given) => {
      await using opened = await open(sdk);
      const { server, list } = opened.value;
      const seen: string[] = [];
      for await (const item of sdk.paginate(list, { prefetch: given.prefetch })) {
        seen.push(sdk.nameOf(item));
        if (seen.length < 2) continue;
        await server.askedTimes(given.asked.length);
        expect(await askedOf(opened.value)).toEqual(given.asked);
        break;
      }
      expect(seen).toEqual(['a', 'b']);
      expect(await askedOf(opened.value)).toEqual(given.asked);
    });

    it('is asked for no further page after leaving while one is on its way', async () => {
      await using opened = await open(sdk);
      const { server, list } = opened.value;
      const journal = new Journal();
      const page2 = server.hold(2);
      const subscription = sdk.paginate(list).subscribe({
        next: (item) => journal.note(sdk.nameOf(item)),
        error: (error: unknown) => journal.note(String(error)),
        complete: () => journal.note('complete'),
      });
      await page2.asked;
      subscription.unsubscribe();
      if (sdk.isAbortable) await page2.hungUp;
      page2.open();
      await settled();
      expect(journal.lines).toEqual(['a', 'b']);
      expect(await askedOf(opened.value)).toEqual([1, 2]);
    });

    it('passes the error of a page as it is, after the items before it and the releases around it', async () => {
      await using opened = await open(sdk);
      const { server, list } = opened.value;
      const journal = new Journal();
      server.failOnce(2);
      const source = list();
      const { failures } = watch(source);
      const around = journal.resource('client').pipe(
        use(() => sdk.paginate(source)),
        tap({ next: (item) => journal.note(sdk.nameOf(item)), error: () => journal.note('error') }),
      );
      const error = await rejection(lastValue(around));
      expect(failures).toEqual([error]);
      expect(error).toBe(failures[0]);
      expect(String(error)).toContain('page 2 failed');
      expect(journal.lines.map((line) => line.replace(/(-client error).*/, '$1'))).toEqual([
        ...['+client', 'a', 'b', '-client error', 'error'],
      ]);
      expect(server.asked).toEqual([1, 2]);
    });

    it('tells of a page that failed ahead of its turn when it is its turn', async () => {
      await using opened = await open(sdk);
      const { server, list } = opened.value;
      server.failOnce(2);
      const seen: string[] = [];
      const looped = (async () => {
        for await (const item of sdk.paginate(list, { prefetch: 1 })) {
          seen.push(sdk.nameOf(item));
          if (seen.length === 2) await server.askedTimes(2).then(() => askedOf(opened.value));
        }
      })();
      expect(String(await rejection(looped))).toContain('page 2 failed');
      expect(seen).toEqual(['a', 'b']);
      expect(await askedOf(opened.value)).toEqual([1, 2]);
    });

    it('is asked for one thing at a time, whatever prefetch is', async () => {
      await using opened = await open(sdk);
      const source = opened.value.list();
      const watched = watch(source);
      const items: string[] = [];
      for await (const item of sdk.paginate(source, { prefetch: 3 })) items.push(sdk.nameOf(item));
      expect(items).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(watched.mostPending).toBe(1);
      expect(watched.calls).not.toContain('return');
    });

    it('is whole again for the next subscription after an error', async () => {
      await using opened = await open(sdk);
      const { server, list } = opened.value;
      server.failOnce(2);
      const pages = sdk.paginate(list);
      await rejection(collected(pages));
      expect(await collected(pages)).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(server.asked).toEqual([1, 2, 1, 2, 3]);
    });
  });
}

describeSdk(sqs);
describeSdk(github);
describeSdk(customers);

describe('a list that is used up', () => {
  async function secondTime<P, T>(sdk: Sdk<P, T>): Promise<unknown> {
    await using opened = await open(sdk);
    const { list } = opened.value;
    const pages = sdk.paginate(list());
    await lastValue(pages.pipe(take(3), toArray()));
    const result = await lastValue(pages.pipe(map(sdk.nameOf), toArray())).catch((error: unknown) => error);
    expect(await askedOf(opened.value)).toEqual([1, 2]);
    return result;
  }

  it('of an AWS SDK is an error that says what to pass instead', async () => {
    const error = await secondTime(sqs);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/Pass a function/);
  });

  it('of Stripe is an error that says what to pass instead', async () => {
    const error = await secondTime(customers);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/Pass a function/);
  });

  it('of Octokit cannot be told from a fresh one, and goes on where it was left', async () => {
    await using opened = await open(github);
    const pages = github.paginate(opened.value.list());
    expect((await lastValue(pages.pipe(take(3), toArray()))).map(github.nameOf)).toEqual(['a', 'b', 'c']);
    expect((await lastValue(pages.pipe(toArray()))).map(github.nameOf)).toEqual(['e']);
  });
});

describe('leaving a list early', () => {
  async function callsOf<P, T>(sdk: Sdk<P, T>, options: Options, count: number): Promise<string[]> {
    await using opened = await open(sdk);
    const source = opened.value.list();
    const { calls } = watch(source);
    await lastValue(sdk.paginate(source, options).pipe(take(count), toArray()));
    await settled();
    return calls;
  }

  it.each([
    { by: 'take', options: {}, count: 1 },
    { by: 'maxItems', options: { maxItems: 1 }, count: 9 },
  ])('by $by closes the iterator once', async ({ options, count }) => {
    expect(await callsOf(sqs, options, count)).toEqual(['next', 'return']);
    expect(await callsOf(customers, options, count)).toEqual(['next', 'return']);
    expect(await callsOf(github, options, count)).toEqual(['next']); // it has no return()
  });
});

describe('queues of Amazon SQS', () => {
  it('go on after an empty page', async () => {
    await using opened = await open(sqs, [['a', 'b'], [], ['c']]);
    const { server, list } = opened.value;
    const urls = await lastValue(sqs.paginate(list).pipe(toArray()));
    expect(urls.map(sqs.nameOf)).toEqual(['a', 'b', 'c']);
    expect(server.asked).toEqual([1, 2, 3]);
  });

  it('end after maxPages', async () => {
    await using opened = await open(sqs);
    const { list } = opened.value;
    const urls = await lastValue(sqs.paginate(list, { maxPages: 2 }).pipe(toArray()));
    expect(urls.map(sqs.nameOf)).toEqual(['a', 'b', 'c', 'd']);
    expect(await askedOf(opened.value)).toEqual([1, 2]);
  });

  it('come with their pages as the SDK made them', async () => {
    await using opened = await open(sqs);
    const pages = await lastValue(sqs.paginate(opened.value.list).pages.pipe(toArray()));
    expect(pages.map(({ page }) => page.QueueUrls?.length)).toEqual([2, 2, 1]);
    expect(pages.map(({ cursor }) => cursor)).toEqual([undefined, undefined, undefined]);
    expect(pages.map(({ page }) => page.$metadata.httpStatusCode)).toEqual([200, 200, 200]);
  });

  it('can be gone on with where each page is asked for with its token', async () => {
    await using server = await lease(sqsServer(names));
    await using held = await lease(sqsClient(server.value));
    const client = held.value;
    const queues = (start?: string) =>
      paginate.cursor({
        ...(start !== undefined && { start }),
        fetch: (token: string | undefined, { signal }) =>
          client.send(new ListQueuesCommand({ MaxResults: 2, NextToken: token }), { abortSignal: signal }),
        items: (page) => page.QueueUrls ?? [],
        next: (page) => page.NextToken,
      });
    const { cursor } = await lastValue(queues().pages.pipe(take(1)));
    expect((await lastValue(queues(cursor).pipe(toArray()))).map(sqs.nameOf)).toEqual(['c', 'd', 'e']);
    expect(server.value.asked).toEqual([1, 2, 3]);
  });
});

describe('repositories of GitHub', () => {
  it('go on after an empty page', async () => {
    await using opened = await open(github, [['a', 'b'], [], ['c']]);
    const { server, list } = opened.value;
    const found = await lastValue(github.paginate(list).pipe(toArray()));
    expect(found.map(github.nameOf)).toEqual(['a', 'b', 'c']);
    expect(server.asked).toEqual([1, 2, 3]);
  });

  it('end before the rate limit is used up', async () => {
    await using opened = await open(github);
    const { list } = opened.value;
    const pages = paginate(list, {
      items: ({ data }) => data,
      until: ({ headers }) => Number(headers['x-ratelimit-remaining']) <= 1,
    });
    const found = await lastValue(pages.pipe(toArray()));
    expect(found.map(github.nameOf)).toEqual(['a', 'b', 'c', 'd']);
    expect(await askedOf(opened.value)).toEqual([1, 2]);
  });
});

describe('customers of Stripe', () => {
  it('are iterated, though their list is a promise too', async () => {
    await using server = await lease(stripeServer(names));
    const list = stripe(server.value).customers.list({ limit: 2 });
    expect(list).toBeInstanceOf(Promise);
    const found = await lastValue(paginate(list).pipe(toArray()));
    expect(found.map(({ object, id }) => [object, id])).toEqual(names.flat().map((id) => ['customer', id]));
  });

  it('are awaited by the page, though their list is iterable too, where each page is asked for with a cursor', async () => {
    await using server = await lease(stripeServer(names));
    const { customers: api } = stripe(server.value);
    const pages = paginate.cursor({
      fetch: (after: string | undefined) =>
        api.list({ limit: 2, ...(after !== undefined && { starting_after: after }) }),
      items: ({ data }) => data,
      next: ({ has_more, data }) => (has_more ? data.at(-1)?.id : undefined),
    });
    const found = await lastValue(pages.pipe(toArray()));
    expect(found.map(customers.nameOf)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(server.value.asked).toEqual([1, 2, 3]);
  });
});
