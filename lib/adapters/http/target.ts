import type { Payload } from './request-body.js';
import { dropContent, keepHarmless, setHeaders, type DefaultHeaders, type HeadersInput } from './request-headers.js';
import { addQuery, resolveUrl, shownUrl, takeUser, type QueryInput } from './request-url.js';

/** Where a request goes now: at first as it was asked for, and on from there by redirects. */
export interface Target {
  readonly method: string;
  readonly url: URL;
  readonly payload: Payload | null;
}

/** What headers a request has is a matter of where it goes. */
export interface Identity {
  readonly defaults: DefaultHeaders;
  /** Sent to `home` as `Authorization`, unless the headers have one. */
  readonly authorization: string | null;
  /** The origin that is trusted with what the client knows. */
  readonly home: string;
  readonly own: HeadersInput;
  /** Of the user in the request's own address. */
  readonly ownAuthorization: string | null;
  /** The origin that was asked, and is trusted with what the request itself has. */
  readonly asked: string;
}

/** What of a client takes part in an address. */
export interface AddressSettings {
  readonly base: URL | null;
  readonly query: QueryInput | undefined;
}

/** An address as it is asked for: with the query of the client only within its origin (H7). */
export function addressOf(
  path: string | URL,
  query: QueryInput | undefined,
  { base, query: defaults }: AddressSettings,
): { readonly url: URL; readonly authorization: string | null; readonly home: string } {
  const url = resolveUrl(path, base);
  const authorization = takeUser(url);
  const home = base?.origin ?? url.origin;
  if (url.origin === home) addQuery(url, defaults);
  addQuery(url, query);
  return { url, authorization, home };
}

/** The headers for one try. To other origins go only those that do not say who asks (H7). */
export async function headersFor(target: Target, identity: Identity): Promise<Headers> {
  const { method, url } = target;
  const { defaults, authorization, home, own, ownAuthorization, asked } = identity;
  const headers = new Headers();
  if (authorization !== null) headers.set('authorization', authorization);
  setHeaders(headers, typeof defaults === 'function' ? await defaults({ method, url: shownUrl(url) }) : defaults);
  if (url.origin !== home) keepHarmless(headers);
  const asking = new Headers();
  if (ownAuthorization !== null) asking.set('authorization', ownAuthorization);
  setHeaders(asking, own);
  if (url.origin !== asked) keepHarmless(asking);
  setHeaders(headers, [...asking]);
  if (target.payload === null) dropContent(headers);
  return headers;
}
