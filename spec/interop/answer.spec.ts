import { answerOf, discard } from '../../lib/interop/answer.js';
import { microtasks } from '../support/microtasks.js';

const headers = { 'Retry-After': '3' };

/** Status and one header of what was found in `thing`. */
function found(thing: unknown): unknown {
  const answer = answerOf(thing);
  return answer && [answer.status, answer.header('retry-after')];
}

describe('answerOf', () => {
  it.each([
    ['a Response', new Response('', { status: 429, headers })],
    ["a response of Node's", { statusCode: 429, headers: { 'retry-after': '3' } }],
    ['a plain object', { status: 429, headers: { 'RETRY-AFTER': 3 } }],
    ['headers with several values', { status: 429, headers: { 'retry-after': ['3', '4'] } }],
    ['an error of axios', Object.assign(new Error(), { response: { status: 429, headers: new Headers(headers) } })],
    ['an error of got', Object.assign(new Error(), { response: { statusCode: 429, headers } })],
    ['an error of Octokit', Object.assign(new Error(), { status: 429, response: { headers } })],
    ['an error of Stripe', Object.assign(new Error(), { statusCode: 429, headers })],
    ['a list of Stripe', { data: [], lastResponse: { statusCode: 429, headers } }],
    ['an error of the AWS SDK', Object.assign(new Error(), { $response: { statusCode: 429, headers } })],
    [
      'one with metadata',
      Object.assign(new Error(), { $metadata: { httpStatusCode: 429 }, $response: { headers: new Map(Object.entries({ 'retry-after': '3' })) } }), // prettier-ignore
    ],
  ])('finds status and headers of %s', (_, thing) => {
    expect(found(thing)).toEqual([429, '3']);
  });

  it('finds them in what caused an error, before a status without headers', () => {
    const response = new Response('', { status: 429, headers });
    expect(found(new Error('refused', { cause: response }))).toEqual([429, '3']);
    const middle = Object.assign(new Error('middle', { cause: response }), { status: 500 });
    expect(found(new Error('outer', { cause: middle }))).toEqual([429, '3']);
    expect(found(new Error('outer', { cause: Object.assign(new Error(), { status: 429 }) }))).toEqual([429, null]);
  });

  it('finds none in errors that caused each other', () => {
    const first = new Error('first');
    first.cause = new Error('second', { cause: first });
    expect(answerOf(first)).toBeNull();
  });

  it('finds headers without a status', () => {
    expect(found({ headers })).toEqual([undefined, '3']);
  });

  it('finds a status without headers in an error, and in metadata of the AWS SDK', () => {
    expect(found(Object.assign(new Error(), { status: 429 }))).toEqual([429, null]);
    expect(found(Object.assign(new Error(), { statusCode: 429 }))).toEqual([429, null]);
    expect(found({ $metadata: { httpStatusCode: 200 }, Messages: [] })).toEqual([200, null]);
  });

  it.each([
    null,
    undefined,
    1,
    'text',
    [],
    {},
    () => undefined,
    new Error('boom'),
    { status: 429 },
    { statusCode: 429, response: null },
    { headers: 'text', status: 429 },
    { response: { headers: [{ name: 'retry-after', value: '3' }], status: 429 } },
    { $metadata: { httpStatusCode: '429' } },
  ])('finds none in %p', (thing) => {
    expect(answerOf(thing)).toBeNull();
  });

  it.each([undefined, null, {}, [], true])('takes %p for no header', (value) => {
    expect(found({ status: 429, headers: { 'retry-after': value } })).toEqual([429, null]);
  });
});

describe('discard', () => {
  it('cancels the body', async () => {
    const reasons: unknown[] = [];
    const stream = new ReadableStream({
      cancel(reason) {
        reasons.push(reason);
      },
    });
    discard(new Response(stream));
    await microtasks();
    expect(reasons).toEqual([undefined]);
  });

  it('leaves a body alone that somebody reads', () => {
    const response = new Response('text');
    const reader = response.body?.getReader();
    discard(response);
    expect(response.body?.locked).toBe(true);
    reader?.releaseLock();
  });

  it('takes it that a body has broken off', async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.error(new Error('broken off'));
      },
    });
    discard(new Response(stream));
    await microtasks();
    await expect(stream.getReader().read()).rejects.toThrow('broken off');
  });

  it.each([null, 1, {}, { body: 'text' }, new Response(null)])('has nothing to do for %p', (thing) => {
    expect(() => {
      discard(thing);
    }).not.toThrow();
  });
});
