import { map, toArray } from 'rxjs';
import { lastValue, paginate, ResourceError } from '../../lib/index.js';
import { linkedPages } from '../../lib/interop/link-pages.js';
import { errorOf } from '../support/failing.js';

// Over real HTTP: paginate-http.spec.ts.

interface Call {
  readonly url: string;
  readonly init: RequestInit;
}

/** Answers as it is told, and remembers the requests. */
function fake(answers: Readonly<Record<string, Response | undefined>>) {
  const calls: Call[] = [];
  const fetch = (url: string, init: RequestInit): Promise<Response> => {
    calls.push({ url, init });
    const answer = answers[url];
    return answer === undefined ? Promise.reject(new Error(`no ${url}`)) : Promise.resolve(answer.clone());
  };
  return { calls, fetch };
}

const page = (body: unknown, link?: string): Response =>
  new Response(JSON.stringify(body), { headers: link === undefined ? {} : { link } });

const url = 'https://api.example/items';

describe('linkedPages', () => {
  it('is paginate.link', () => {
    expect(paginate.link).toBe(linkedPages);
  });

  it('follows rel="next" until there is none; a page has its address, status, headers and body', async () => {
    const { calls, fetch } = fake({ [url]: page([1], '<?page=2>; rel=next'), [`${url}?page=2`]: page([2]) });
    const pages = linkedPages<number[], number>({ url, fetch });
    expect(await lastValue(pages.pipe(toArray()))).toEqual([1, 2]);
    const shown = pages.pages.pipe(map(({ page: { url, status, body }, cursor }) => ({ url, status, body, cursor })), toArray()); // prettier-ignore
    expect(await lastValue(shown)).toEqual([
      { url, status: 200, body: [1], cursor: `${url}?page=2` },
      { url: `${url}?page=2`, status: 200, body: [2], cursor: undefined },
    ]);
    expect(calls.map(({ url }) => url)).toEqual([url, `${url}?page=2`, url, `${url}?page=2`]);
  });

  it('begins at start, where a run can be resumed', async () => {
    const { calls, fetch } = fake({ [`${url}?page=2`]: page([2]) });
    expect(await lastValue(linkedPages({ url, fetch, start: `${url}?page=2` }).pipe(toArray()))).toEqual([2]);
    expect(calls).toHaveLength(1);
  });

  it('takes a URL for an address, and another relation', async () => {
    const { fetch } = fake({ [url]: page([2], '</first>; rel="prev"'), 'https://api.example/first': page([1]) });
    expect(await lastValue(linkedPages({ url: new URL(url), fetch, rel: 'prev' }).pipe(toArray()))).toEqual([2, 1]);
  });

  it('takes items out of a body, which parse has made', async () => {
    const { fetch } = fake({ [url]: new Response('a b') });
    const pages = linkedPages({
      url,
      fetch,
      parse: async (response) => ({ words: (await response.text()).split(' ') }),
      items: ({ body, status }) => [...body.words, String(status)],
    });
    expect(await lastValue(pages.pipe(toArray()))).toEqual(['a', 'b', '200']);
  });

  it('no content is an empty list, in the middle too', async () => {
    const empty = new Response(null, { status: 204, headers: { link: '<?page=2>; rel=next' } });
    const { fetch } = fake({ [url]: empty, [`${url}?page=2`]: page([2]) });
    expect(await lastValue(linkedPages({ url, fetch }).pipe(toArray()))).toEqual([2]);
  });

  it('passes init and a signal to each request, and the platform is asked without fetch', async () => {
    const { calls, fetch } = fake({ [url]: page([1], '<?page=2>; rel=next'), [`${url}?page=2`]: page([2]) });
    const init = Object.freeze({ headers: { 'x-key': 'k' }, cache: 'no-store' as const });
    await lastValue(linkedPages({ url, fetch, init }));
    for (const call of calls) expect(call.init).toMatchObject({ headers: { 'x-key': 'k' }, cache: 'no-store' });
    expect(calls.every(({ init }) => init.signal instanceof AbortSignal)).toBe(true);
    const { fetch: platform } = globalThis;
    const answer = fake({ [url]: page([7]) });
    globalThis.fetch = answer.fetch as typeof globalThis.fetch;
    try {
      expect(await lastValue(linkedPages<number[], number>({ url }))).toBe(7);
    } finally {
      globalThis.fetch = platform;
    }
  });

  it.each([
    ['another host', 'https://other.example/'],
    ['another port', 'https://api.example:8443/'],
    ['another scheme', 'http://api.example/'],
  ])('%s is another origin', async (_, foreign) => {
    const answers = { [url]: page([1], `<${foreign}>; rel=next`), [foreign]: page([2], `<${url}?page=3>; rel=next`), [`${url}?page=3`]: page([3]) }; // prettier-ignore
    const { calls, fetch } = fake(answers);
    const init = { headers: new Headers({ Authorization: 'secret', Accept: 'application/json' }), credentials: 'include' as const }; // prettier-ignore
    expect(await lastValue(linkedPages({ url, fetch, init }).pipe(toArray()))).toEqual([1, 2, 3]);
    expect(calls.map(({ init: { headers } }) => [...new Headers(headers).keys()])).toEqual([
      ['accept', 'authorization'],
      ['accept'],
      ['accept', 'authorization'],
    ]);
    expect(calls.map(({ init: { credentials } }) => credentials)).toEqual(['include', 'omit', 'include']);
    const refusing = linkedPages({ url, fetch, init, crossOrigin: 'refuse' });
    expect(await errorOf(refusing)).toMatchObject({
      message: `Expected a link within https://api.example, received ${foreign}.`,
      resource: 'paginate.link',
    });
    expect(calls).toHaveLength(4);
  });

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'data:text/plain,x'])(
    'a link to %s is refused',
    async (link) => {
      const { calls, fetch } = fake({ [url]: page([1], `<${link}>; rel=next`) });
      const error = await errorOf(linkedPages({ url, fetch }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain('Expected an address that begins with https: or http:');
      expect(calls).toHaveLength(1);
    },
  );

  it('an answer that is no success is a ResourceError with the response as its cause', async () => {
    const { fetch } = fake({ [url]: new Response('why', { status: 404, statusText: 'Not Found' }) });
    const error = (await errorOf(linkedPages({ url, fetch }))) as ResourceError;
    expect(error).toBeInstanceOf(ResourceError);
    expect(error.message).toBe(`${url} answered 404 Not Found.`);
    expect(await (error.cause as Response).text()).toBe('why');
  });

  it('a body that is no list, without items, is a TypeError, and one that is no JSON a SyntaxError', async () => {
    expect(await errorOf(linkedPages({ url, ...fake({ [url]: page({ rows: [] }) }) }))).toBeInstanceOf(TypeError);
    expect(await errorOf(linkedPages({ url, ...fake({ [url]: new Response('<html>') }) }))).toMatchObject({ name: 'SyntaxError' }); // prettier-ignore
  });

  it.each<[object, string]>([
    [{ url: 'nowhere' }, 'Invalid URL'],
    [{ url: 'ftp://x/' }, 'Expected an address that begins with https: or http:, received ftp://x/.'],
    [{ start: 'ftp://x/' }, 'Expected an address that begins with https: or http:, received ftp://x/.'],
    [{ fetch: 5 }, 'Expected fetch to be a function, received number.'],
    [{ parse: 5 }, 'Expected parse to be a function, received number.'],
    [{ items: 5 }, 'Expected items to be a function, received number.'],
    [{ crossOrigin: 'allow' }, "Expected crossOrigin to be 'omit-credentials' or 'refuse', received allow."],
  ])('%p is refused at the call', (part, message) => {
    expect(() => linkedPages({ url, ...part })).toThrow(message);
  });
});
