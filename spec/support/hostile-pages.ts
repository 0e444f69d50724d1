import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { andThen, mapValue, resource, type Resource } from '../../lib/index.js';
import { forms, type Form } from './hostile-pages/forms.js';
import { exhausted, limitHeaders } from './hostile-pages/limits.js';
import { RequestLog } from './hostile-pages/request-log.js';
import { Settings } from './hostile-pages/settings.js';

/** Two servers on loopback that do to pagination what servers do to pagination. */
export interface HostilePages {
  /** Origin of the first, as in `http://127.0.0.1:4321`. Under it `/pages`, `/offset`, `/cursor` and `/link`. */
  readonly url: string;
  readonly log: RequestLog;
  /** The second, to which links of the form `foreign` lead. It has the same pages. */
  readonly foreign: { readonly url: string; readonly log: RequestLog };
  /** Answers the pages that are held. */
  letGo(): void;
}

/**
 * Serves integers by pages over real HTTP. The query says how, and what goes wrong: see hostile-pages/settings.ts,
 * and hostile-pages/links.ts for `Link` headers.
 *
 * Enter it inside a test: `lastValue(hostilePages.pipe(use(({ url, log }) => …)))`. Leaving it closes every connection.
 */
export const hostilePages: Resource<HostilePages> = pageServer('').pipe(
  andThen((foreign) => pageServer(foreign.url).pipe(mapValue((own): HostilePages => ({ ...own, foreign })))),
);

function pageServer(foreign: string): Resource<Omit<HostilePages, 'foreign'>> {
  return resource({
    name: 'hostile pages',
    async acquire() {
      const log = new RequestLog();
      const handler = new Handler(foreign);
      const server = createServer((request, response) => {
        const { url } = log.add(request, response);
        void handler.answer(url, response);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      handler.origin = `http://127.0.0.1:${String(port)}`;
      return { server, url: handler.origin, log, letGo: () => handler.letGo() };
    },
    release: ({ server }) => closed(server),
  }).pipe(mapValue(({ url, log, letGo }) => ({ url, log, letGo })));
}

async function closed(server: Server): Promise<void> {
  const closing = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closing;
}

class Handler {
  origin = '';
  private readonly done = new Set<string>();
  private held: (() => void)[] = [];

  constructor(private readonly foreign: string) {}

  async answer(url: string, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(url, this.origin);
    const form = forms.get(pathname);
    if (form === undefined) response.writeHead(404).end();
    else await this.serve(form, new Settings(searchParams), pathname, response);
  }

  letGo(): void {
    for (const answer of this.held.splice(0)) answer();
  }

  private async serve(form: Form, settings: Settings, path: string, response: ServerResponse): Promise<void> {
    const { page, body, headers = {} } = form(settings, this.origin, this.foreign);
    const names = (setting: string): boolean => settings.names(setting, page);
    const isFirst = (what: string): boolean => {
      const key = [path, what, page, settings.text('run', '')].join(' ');
      return !this.done.has(key) && Boolean(this.done.add(key));
    };
    if (names('silent')) return;
    if (names('held')) await new Promise<void>((resolve) => this.held.push(resolve));
    const slow = settings.number('slow', 0);
    if (slow > 0) await setTimeout(slow, undefined, { ref: false });
    if (names('failing') || (names('broken') && isFirst('broken'))) response.writeHead(500).end('broken');
    else if (names('limited') && isFirst('limited')) response.writeHead(429, limitHeaders(settings)).end('limited');
    else send(response, body, names('exhausted') ? { ...headers, ...exhausted(settings) } : headers);
  }
}

function send(response: ServerResponse, body: unknown, headers: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}
