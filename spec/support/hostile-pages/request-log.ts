import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** A request as it came. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** `gone`: the client has left before the answer was out. */
  state: 'waiting' | 'answered' | 'gone';
}

/** What a server remembers of its requests. */
export class RequestLog {
  readonly requests: Seen[] = [];
  maxInFlight = 0;
  private readonly lookers = new Set<() => void>();

  get inFlight(): number {
    return this.requests.filter(({ state }) => state === 'waiting').length;
  }

  /** Path and query of every request, in order; those to one path where one is given. */
  urls(path?: string): string[] {
    return this.to(path).map(({ url }) => url);
  }

  count(path?: string): number {
    return this.to(path).length;
  }

  /** Those whose client has left before the answer was out. */
  get gone(): string[] {
    return this.requests.filter(({ state }) => state === 'gone').map(({ url }) => url);
  }

  /** The request number `count` to a path, when it has come. */
  requested(path: string, count = 1): Promise<Seen> {
    return this.when(() => this.to(path)[count - 1]);
  }

  /** The request number `count` to a path that its client has left, when it has. */
  left(path: string, count = 1): Promise<Seen> {
    return this.when(() => this.to(path).filter(({ state }) => state === 'gone')[count - 1]);
  }

  add(request: IncomingMessage, response: ServerResponse): Seen {
    const { method = 'GET', url = '/', headers } = request;
    const seen: Seen = { method, url, headers, path: url.replace(/\?.*$/, ''), state: 'waiting' };
    this.requests.push(seen);
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    response.on('finish', () => {
      this.end(seen, 'answered');
    });
    response.on('close', () => {
      this.end(seen, 'gone');
    });
    this.change();
    return seen;
  }

  private end(seen: Seen, state: 'answered' | 'gone'): void {
    if (seen.state !== 'waiting') return;
    seen.state = state;
    this.change();
  }

  private to(path?: string): Seen[] {
    return this.requests.filter((seen) => path === undefined || seen.path === path);
  }

  private when(find: () => Seen | undefined): Promise<Seen> {
    return new Promise((resolve) => {
      const look = (): void => {
        const seen = find();
        if (seen === undefined) return;
        this.lookers.delete(look);
        resolve(seen);
      };
      this.lookers.add(look);
      look();
    });
  }

  private change(): void {
    for (const look of this.lookers) look();
  }
}
