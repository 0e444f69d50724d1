import type { FetchInit } from '../../../../lib/adapters/http/index.js';

type Answer = Response | Error | 'never';

/** A `fetch` that answers what it is told to, in turn, and remembers what it was asked. `never` ends with its signal only. */
export class FakeFetch {
  readonly calls: { readonly url: string; readonly init: FetchInit }[] = [];
  private readonly answers: (Answer | (() => Answer))[];

  constructor(...answers: (Answer | (() => Answer))[]) {
    this.answers = answers;
  }

  readonly fetch = (url: string, init: FetchInit): Promise<Response> => {
    this.calls.push({ url, init });
    const given = this.answers.shift() ?? new Error('No more answers.');
    const answer = typeof given === 'function' ? given() : given;
    if (answer instanceof Response) return Promise.resolve(answer);
    if (answer instanceof Error) return Promise.reject(answer);
    return new Promise((_, reject) => {
      init.signal?.addEventListener('abort', () => {
        reject(init.signal?.reason as Error);
      });
    });
  };

  headers(call: number): Record<string, string> {
    return Object.fromEntries(this.calls[call]?.init.headers ?? []);
  }
}

/** A status with headers and no body. */
export function status(code: number, headers: Record<string, string> = {}): () => Response {
  return () => new Response(null, { status: code, headers });
}

/** What the platform fails with where there is no connection. */
export function refused(): TypeError {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
  return new TypeError('fetch failed', { cause });
}

/** What it fails with where a connection breaks. */
export function broken(): TypeError {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  return new TypeError('fetch failed', { cause });
}
