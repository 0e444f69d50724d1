import type { Resource } from '../../../lib/index.js';
import { pageSize, sdkServer, type SdkServer, type WireFormat } from './sdk-server.js';

const path = '/v1/customers';

/** Stripe's list objects, the customers of an account: `limit`, `starting_after` and `has_more`. */
const format: WireFormat = {
  name: 'Stripe',
  contentType: 'application/json',

  pageAsked({ method, url: { pathname, searchParams }, headers }, pages) {
    const isCall =
      method === 'GET' &&
      pathname === path &&
      searchParams.get('limit') === String(pageSize) &&
      (headers.authorization ?? '').startsWith('Bearer sk_test_');
    const after = searchParams.get('starting_after') ?? undefined;
    return isCall ? pages.find((page) => page.after === after)?.number : undefined;
  },

  pageAnswer: ({ names, isLast }) => ({
    body: { object: 'list', url: path, has_more: !isLast, data: names.map((id) => ({ id, object: 'customer' })) },
  }),

  errorAnswer: (message) => ({ status: 400, body: { error: { type: 'invalid_request_error', message } } }),
};

/** Customers whose ids are given by pages. An empty page has to be the only one: Stripe goes on after an id. */
export function stripeServer(pages: readonly (readonly string[])[]): Resource<SdkServer> {
  return sdkServer(format, pages);
}
