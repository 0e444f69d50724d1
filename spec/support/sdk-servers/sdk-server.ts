import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { mapValue, resource, type Resource } from '../../../lib/index.js';
import { Gate } from '../journal.js';

/** How many items a client has to ask for at a time. */
export const pageSize = 2;

/** What a client sent. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A page of names, counted from 1. */
export interface NumberedPage {
  readonly number: number;
  readonly names: readonly string[];
  readonly isLast: boolean;
  /** The name before the first one of the page, on whichever page that is. */
  readonly after: string | undefined;
}

/** What a kind of server expects and says. */
export interface WireFormat {
  readonly name: string;
  readonly contentType: string;
  /** The number of the page asked for; undefined where the request is none that the real server would take. */
  pageAsked(asked: Asked, pages: readonly NumberedPage[]): number | undefined;
  pageAnswer(page: NumberedPage, url: string, count: number): Answer;
  errorAnswer(message: string): Answer;
}

/** A page that is not answered yet. */
export interface HeldPage {
  /** Resolves once the page has been asked for. */
  readonly asked: Promise<void>;
  /** Resolves once the client has hung up without the answer. */
  readonly hungUp: Promise<void>;
  /** Lets the answer out. */
  open(): void;
}

/** Pages of names on loopback, in the wire format of one SDK. */
export class SdkServer {
  /** The numbers of the pages asked for, in the order of the requests. */
  readonly asked: number[] = [];
  private readonly failing = new Set<number>();
  private readonly awaited = new Map<number, Gate>();
  private readonly held = new Map<number, { asked: Gate; hungUp: Gate; answer: Gate }>();
  private readonly pages: readonly NumberedPage[];

  constructor(
    private readonly format: WireFormat,
    pages: readonly (readonly string[])[],
    readonly port: number,
  ) {
    this.pages = pages.map((names, index) => ({
      number: index + 1,
      names,
      isLast: index === pages.length - 1,
      after: pages.slice(0, index).flat().at(-1),
    }));
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** The next request for this page is answered with an error. */
  failOnce(page: number): void {
    this.failing.add(page);
  }

  /** The next request for this page is answered when told. */
  hold(page: number): HeldPage {
    const held = { asked: new Gate(), hungUp: new Gate(), answer: new Gate() };
    this.held.set(page, held);
    return { asked: held.asked.promise, hungUp: held.hungUp.promise, open: () => held.answer.open() };
  }

  /** Resolves once there have been that many requests for pages. */
  async askedTimes(count: number): Promise<void> {
    if (this.asked.length >= count) return;
    const gate = new Gate();
    this.awaited.set(count, gate);
    await gate.promise;
  }

  /** Goes to the server and back, twice: whatever has been sent before has arrived. */
  async roundTrip(): Promise<void> {
    for (let times = 0; times < 2; times++) await (await fetch(`${this.url}/round-trip`)).text();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const asked = { method: request.method ?? '', url, headers: request.headers, body: await text(request) };
    if (url.pathname === '/round-trip') {
      response.end();
      return;
    }
    const number = this.format.pageAsked(asked, this.pages);
    const answer = await this.answerTo(number, response);
    if (response.destroyed) return;
    response.writeHead(answer.status ?? 200, { 'content-type': this.format.contentType, ...answer.headers });
    response.end(JSON.stringify(answer.body));
  }

  private async answerTo(number: number | undefined, response: ServerResponse): Promise<Answer> {
    const page = this.pages.find((candidate) => candidate.number === number);
    if (number === undefined || page === undefined) return this.format.errorAnswer('not understood');
    this.asked.push(number);
    this.awaited.get(this.asked.length)?.open();
    await this.heldBack(number, response);
    if (this.failing.delete(number)) return this.format.errorAnswer(`page ${String(number)} failed`);
    return this.format.pageAnswer(page, this.url, this.pages.length);
  }

  private async heldBack(number: number, response: ServerResponse): Promise<void> {
    const held = this.held.get(number);
    if (held === undefined) return;
    this.held.delete(number);
    response.once('close', () => {
      if (!response.writableFinished) held.hungUp.open();
      held.answer.open();
    });
    held.asked.open();
    await held.answer.promise;
  }
}

/** A server of a wire format; each inner array is a page. */
export function sdkServer(format: WireFormat, pages: readonly (readonly string[])[]): Resource<SdkServer> {
  return resource({
    name: `${format.name} server`,
    async acquire() {
      const http = createServer();
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      return http;
    },
    release: closed,
  }).pipe(
    mapValue((http) => {
      const server = new SdkServer(format, pages, (http.address() as AddressInfo).port);
      http.on('request', (request, response) => {
        server.answer(request, response).catch((error: unknown) => response.destroy(error as Error));
      });
      return server;
    }),
  );
}

async function closed(http: Server): Promise<void> {
  const closing = once(http, 'close');
  http.close();
  http.closeAllConnections(); // clients keep theirs alive
  await closing;
}
