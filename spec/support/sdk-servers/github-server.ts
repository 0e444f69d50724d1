import type { Resource } from '../../../lib/index.js';
import { pageSize, sdkServer, type SdkServer, type WireFormat } from './sdk-server.js';

const path = '/orgs/rx/repos';
const limit = 60;

/** GitHub's REST API, the repositories of an organisation: `page`, `per_page`, a `Link` header and rate limit headers. */
const format: WireFormat = {
  name: 'GitHub',
  contentType: 'application/json; charset=utf-8',

  pageAsked({ method, url: { pathname, searchParams } }) {
    const isCall = method === 'GET' && pathname === path && searchParams.get('per_page') === String(pageSize);
    return isCall ? Number(searchParams.get('page') ?? 1) : undefined;
  },

  pageAnswer({ number, names, isLast }, url, count) {
    const link = (page: number, rel: string): string =>
      `<${url}${path}?per_page=${String(pageSize)}&page=${String(page)}>; rel="${rel}"`;
    const links = [
      ...(number > 1 ? [link(number - 1, 'prev')] : []),
      ...(isLast ? [] : [link(number + 1, 'next'), link(count, 'last')]),
      ...(number > 1 ? [link(1, 'first')] : []),
    ];
    return {
      headers: {
        link: links.join(', '),
        'x-ratelimit-limit': String(limit),
        'x-ratelimit-remaining': String(count - number),
        'x-ratelimit-used': String(limit - count + number),
        'x-ratelimit-reset': '1900000000',
        'x-ratelimit-resource': 'core',
      },
      body: names.map((name, index) => ({ id: number * 100 + index, name, full_name: `rx/${name}` })),
    };
  },

  errorAnswer: (message) => ({ status: 502, body: { message, documentation_url: 'https://docs.github.com/rest' } }),
};

/** Repositories whose names are given by pages. `x-ratelimit-remaining` counts down to 0 with the last page. */
export function githubServer(pages: readonly (readonly string[])[]): Resource<SdkServer> {
  return sdkServer(format, pages);
}
