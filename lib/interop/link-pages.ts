import type { AcquireContext } from '../core/acquire-context.js';
import { checkFunction } from '../internal/check.js';
import { ResourceError } from '../core/engine/errors.js';
import { FetchSource } from './fetch-source.js';
import { findLink } from './link-header.js';
import { limitsOf, listOf, type PageOptions } from './page-options.js';
import { Pages } from './pages.js';

/** A page of `paginate.link`: the body, and what came with it. */
export interface LinkedPage<B> {
  /** Where it came from, after redirections. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: B;
}

/** Options of `paginate.link`. */
export interface LinkOptions<B, T> extends PageOptions<LinkedPage<B>, T> {
  /** The first page, in a browser also relative to the page that is shown. Its origin is the one that is trusted. */
  readonly url: string | URL;
  /** Where to begin: the cursor of an earlier run, to resume it. Default: `url`. */
  readonly start?: string | URL;
  /** Called as the platform's `fetch`, which is the default. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Passed to each request: headers, credentials and so on. Its method is GET. */
  readonly init?: Omit<RequestInit, 'body' | 'method' | 'signal'>;
  /** Takes the body out of a response that is all right. Default: JSON; an empty list where there is none (204). */
  readonly parse?: (response: Response) => B | PromiseLike<B>;
  /** Default: the body is a list of items. */
  readonly items?: (page: LinkedPage<B>) => Iterable<T>;
  /** Which link leads on. Default: `next`; `prev` goes backwards. */
  readonly rel?: string;
  /**
   * What to do about a link to another origin than that of `url`: request it without credentials and with none of the
   * headers of `init` but `accept`, `accept-language` and `user-agent` (the default), or fail.
   */
  readonly crossOrigin?: 'omit-credentials' | 'refuse';
}

/** Headers that say nothing about who asks. */
const HARMLESS = ['accept', 'accept-language', 'user-agent'];

/** Pages that name the next one in a `Link` header (RFC 8288). */
export function linkedPages<B, T>(options: LinkOptions<B, T>): Pages<T, LinkedPage<B>, string> {
  const { retry, limiter, rel = 'next', crossOrigin = 'omit-credentials' } = options;
  const items = options.items ?? ((page: LinkedPage<B>): Iterable<T> => listOf(page.body));
  checkFunction(items, 'items');
  if (options.fetch !== undefined) checkFunction(options.fetch, 'fetch');
  if (options.parse !== undefined) checkFunction(options.parse, 'parse');
  if (!['omit-credentials', 'refuse'].includes(crossOrigin)) {
    throw new TypeError(`Expected crossOrigin to be 'omit-credentials' or 'refuse', received ${crossOrigin}.`);
  }
  const first = webAddress(options.url);
  const start = webAddress(options.start ?? first).href;
  const request: LinkRequest<B> = { ...options, first, crossOrigin };
  return new Pages<T, LinkedPage<B>, string>(
    {
      start,
      isCounted: false,
      isGuarded: true,
      open: (link) =>
        new FetchSource((url, context) => fetchLinked(url ?? start, request, context), { retry, limiter }, link),
      items,
      next: ({ headers, url }) => {
        const header = headers.get('link');
        return header === null ? undefined : findLink(header, rel, url)?.href;
      },
    },
    limitsOf(options),
  );
}

type LinkRequest<B> = Pick<LinkOptions<B, never>, 'fetch' | 'init' | 'parse'> & {
  readonly first: URL;
  readonly crossOrigin: 'omit-credentials' | 'refuse';
};

async function fetchLinked<B>(
  url: string,
  { fetch = globalThis.fetch, init, parse = parseJson, first, crossOrigin }: LinkRequest<B>,
  { signal }: AcquireContext,
): Promise<LinkedPage<B>> {
  const isForeign = webAddress(url).origin !== first.origin;
  if (isForeign && crossOrigin === 'refuse') {
    throw new ResourceError(`Expected a link within ${first.origin}, received ${url}.`, { resource: 'paginate.link' });
  }
  const response = await fetch(url, { ...init, ...(isForeign ? withoutCredentials(init) : undefined), signal });
  if (!response.ok) {
    const message = `${url} answered ${String(response.status)} ${response.statusText}`.trimEnd();
    throw new ResourceError(`${message}.`, { resource: 'paginate.link', cause: await received(response) });
  }
  const { status, headers } = response;
  return { url: response.url || url, status, headers, body: await parse(response) };
}

/** A copy that can still be read, without a connection that waits for somebody to do so. */
async function received(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  return new Response(body.byteLength > 0 ? body : null, response);
}

function withoutCredentials(init: LinkOptions<never, never>['init']): RequestInit {
  const given = new Headers(init?.headers);
  const headers = new Headers();
  for (const name of HARMLESS) {
    const value = given.get(name);
    if (value !== null) headers.set(name, value);
  }
  return { headers, credentials: 'omit', referrerPolicy: 'no-referrer' };
}

async function parseJson<B>(response: Response): Promise<B> {
  return (response.status === 204 ? [] : await response.json()) as B;
}

/** Links lead to pages of the web, and nowhere else. */
function webAddress(url: string | URL): URL {
  const address = new URL(url, (globalThis as { readonly location?: { readonly href: string } }).location?.href);
  if (address.protocol === 'https:' || address.protocol === 'http:') return address;
  throw new TypeError(`Expected an address that begins with https: or http:, received ${address.href}.`);
}
