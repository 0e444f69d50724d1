/** Values of the query: those that are null or undefined are left out, lists become several of one name. */
export type QueryInput =
  | URLSearchParams
  | Readonly<Record<string, QueryValue | readonly QueryValue[]>>
  | readonly (readonly [string, QueryValue])[];

/** One of them. */
export type QueryValue = string | number | boolean | bigint | null | undefined;

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\//i;

/** `baseUrl`, or null where there is none. What would be lost silently is refused. */
export function checkedBase(baseUrl: string | URL | undefined): URL | null {
  if (baseUrl === undefined) return null;
  const url = webAddress(baseUrl);
  if (url.search !== '' || url.hash !== '') {
    throw new TypeError(`Expected baseUrl to end with its path, received ${String(baseUrl)}. Pass query for the rest.`);
  }
  return url;
}

/**
 * The address of a request. A path goes to the end of the base's, whatever it looks like: only what begins with a scheme
 * and `://` can leave its origin.
 */
export function resolveUrl(path: string | URL, base: URL | null): URL {
  const text = String(path);
  if (base === null || ABSOLUTE.test(text)) return webAddress(text);
  const url = new URL(base);
  const { origin, pathname } = url;
  const joins = text !== '' && !text.startsWith('?') && !text.startsWith('#');
  const prefix = joins && !pathname.endsWith('/') ? `${pathname}/` : pathname;
  return new URL(origin + prefix + (joins && text.startsWith('/') ? text.slice(1) : text));
}

/** Adds to the query of an address. */
export function addQuery(url: URL, query: QueryInput | undefined): void {
  for (const [name, value] of entriesOf(query)) {
    if (value != null) url.searchParams.append(name, String(value));
  }
}

function entriesOf(query: QueryInput = []): Iterable<readonly [string, QueryValue]> {
  if (Symbol.iterator in query) return query;
  return Object.entries(query).flatMap(([name, given]) =>
    (Array.isArray(given) ? (given as readonly QueryValue[]) : [given as QueryValue]).map(
      (value) => [name, value] as const,
    ),
  );
}

/** An address without what may be secret in it, for errors. */
export function shownUrl(url: URL): string {
  return url.origin + url.pathname;
}

/** Takes the user out of an address: `fetch` refuses one. Null where there is none. */
export function takeUser(url: URL): string | null {
  const { username, password } = url;
  if (username === '' && password === '') return null;
  url.username = '';
  url.password = '';
  const bytes = new TextEncoder().encode(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** An address of the web; in a browser also relative to the page that is shown. */
export function webAddress(url: string | URL): URL {
  const here = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  const text = String(url);
  if (!URL.canParse(text, here)) {
    throw new TypeError(`Expected an address or a path below baseUrl, received ${text}. Pass baseUrl, or all of it.`);
  }
  const address = new URL(text, here);
  if (isWeb(address)) return address;
  throw new TypeError(`Expected an address that begins with https: or http:, received ${address.protocol}`);
}

export function isWeb({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'http:';
}
