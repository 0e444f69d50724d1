import {
  BodyTimeoutError,
  ConnectTimeoutError,
  HeadersTimeoutError,
  HttpNetworkError,
} from '../../../lib/adapters/http/index.js';
import { networkFailure, wasNeverSent } from '../../../lib/adapters/http/network-failure.js';
import { broken, refused } from './support/fake-fetch.js';

const request = { resource: 'api', method: 'GET', url: 'https://example.org/' };

function failed(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}

describe('networkFailure', () => {
  it.each([
    ['UND_ERR_CONNECT_TIMEOUT', ConnectTimeoutError, 'there was no connection within 5 ms.', 5],
    ['UND_ERR_HEADERS_TIMEOUT', HeadersTimeoutError, 'there was no answer in time.', null],
    ['UND_ERR_BODY_TIMEOUT', BodyTimeoutError, 'nothing more of the body came in time.', null],
  ])('knows %s of undici', (code, Kind, message, due) => {
    const cause = failed(Object.assign(new Error('late'), { code }));
    const failure = networkFailure(cause, request, 5);
    expect(failure).toBeInstanceOf(Kind);
    expect(failure).toMatchObject({ due, cause, resource: 'api', message: `GET https://example.org/: ${message}` });
  });

  it('tells all that is known of anything else', () => {
    const failure = networkFailure(broken(), request, null);
    expect(failure).toBeInstanceOf(HttpNetworkError);
    expect(failure.message).toBe('GET https://example.org/ failed: fetch failed: read ECONNRESET.');
  });

  it('comes to an end where causes go in a circle', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(networkFailure(circle, request, null).message).toContain('failed: round.');
    expect(networkFailure(undefined, request, null).cause).toBeUndefined();
  });
});

describe('wasNeverSent', () => {
  const asked = (cause: unknown): boolean => wasNeverSent(networkFailure(cause, request, null));

  it('is sure of it where there was no connection', () => {
    expect(asked(refused())).toBe(true);
    expect(asked(failed(Object.assign(new Error('no such host'), { syscall: 'getaddrinfo' })))).toBe(true);
    expect(asked(failed(Object.assign(new Error('late'), { code: 'UND_ERR_CONNECT_TIMEOUT' })))).toBe(true);
    const all = [1, 2].map(() => Object.assign(new Error('refused'), { syscall: 'connect' }));
    expect(asked(failed(new AggregateError(all)))).toBe(true);
  });

  it('is not of anything else', () => {
    expect(asked(broken())).toBe(false);
    expect(asked(failed(new AggregateError([Object.assign(new Error(), { syscall: 'connect' }), new Error()])))).toBe(
      false,
    );
    expect(asked(failed(new AggregateError([])))).toBe(false);
    expect(asked(failed(Object.assign(new Error('late'), { code: 'UND_ERR_HEADERS_TIMEOUT' })))).toBe(false);
    expect(wasNeverSent(refused())).toBe(false); // not ours
  });
});
