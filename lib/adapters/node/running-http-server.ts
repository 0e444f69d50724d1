import { fromEvent, map, merge, type Observable } from 'rxjs';

import { ClosedError } from '../../core/index.js';
import { Closing } from './closing.js';
import type { Drainable } from './drain.js';
import type { SayGoodbye } from './http-connection.js';
import { HttpTraffic, type AnyHttpServer } from './http-traffic.js';
import { listenTo } from './listen-to.js';
import type { RequestScopes } from './request-scopes.js';
import { startListening, type ServerAddress } from './server-address.js';
import { cutConnections, type CutConnection } from './server-connection.js';

/** Servers that are entered: a second scope would close what the first one uses. */
const taken = /* @__PURE__ */ new WeakSet<AnyHttpServer>();

/** What one who leaves a server behind has asked for. */
export interface HttpManners {
  readonly sayGoodbye: SayGoodbye;
  readonly refusesLate: boolean;
}

/** An HTTP server from when it is entered until it is drained. */
export class RunningHttpServer<S extends AnyHttpServer> implements Drainable {
  readonly lost: Observable<unknown>;
  isDraining = false;
  readonly traffic: HttpTraffic;
  private readonly closing: Closing;
  private readonly ignoreErrors: () => void;

  private constructor(
    readonly server: S,
    private readonly scopes: RequestScopes,
    private readonly manners: HttpManners,
    name: string,
  ) {
    this.traffic = new HttpTraffic(server, manners.sayGoodbye);
    this.closing = new Closing(server);
    // What `lost` is told ends the scope; what comes while it ends has nobody to go to but would end the process.
    this.ignoreErrors = listenTo(server, 'error', () => undefined);
    this.lost = merge(
      fromEvent(server, 'error'),
      fromEvent(server, 'close').pipe(
        map(() => new ClosedError(`"${name}" was closed from elsewhere.`, { resource: name })),
      ),
    );
  }

  static async start<S extends AnyHttpServer>(
    server: S,
    address: ServerAddress,
    scopes: RequestScopes,
    manners: HttpManners,
    name: string,
  ): Promise<RunningHttpServer<S>> {
    if (taken.has(server)) throw new TypeError('Expected a server of its own, received one that another scope drains.');
    taken.add(server);
    const running = new RunningHttpServer(server, scopes, manners, name);
    try {
      await startListening(server, address);
      return running;
    } catch (error) {
      running.letGo();
      throw error;
    }
  }

  get refused(): number {
    return this.traffic.refused;
  }

  leave(): void {
    this.isDraining = true;
    if (this.server.listening) stopListening(this.server, this.traffic.sessions.keys());
    this.traffic.leave();
  }

  closeIdle(): void {
    if (this.manners.refusesLate) this.traffic.refuse();
    this.traffic.closeWhenIdle();
    if ('closeIdleConnections' in this.server) this.server.closeIdleConnections();
  }

  cut(): readonly CutConnection[] {
    const { server } = this;
    const cut = [...cutConnections(this.traffic.all()), ...this.scopes.cut()];
    this.closing.expect(() => {
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
    return cut;
  }

  async over(): Promise<readonly CutConnection[]> {
    const left = await this.closing.over();
    await this.scopes.over();
    return left;
  }

  letGo(): void {
    taken.delete(this.server);
    this.traffic.letGo();
    this.closing.forget();
    this.ignoreErrors();
  }
}

/**
 * Node's `close()` destroys idle connections in the same call, also those on which a request is on its way, and later versions
 * close sessions of HTTP/2. Here each of them is closed in its time: while Node does so, it finds these methods empty.
 */
function stopListening(server: AnyHttpServer, sessions: Iterable<object>): void {
  const undo = [emptied(server, 'closeIdleConnections'), ...[...sessions].map((session) => emptied(session, 'close'))];
  try {
    server.close();
  } finally {
    for (const restore of undo) restore();
  }
}

/** An own property stands before the method, and is taken away again. Where somebody else has put one, that stays. */
function emptied(target: object, method: string): () => void {
  if (!(method in target) || Object.hasOwn(target, method)) return () => undefined;
  Reflect.set(target, method, () => undefined);
  return () => {
    Reflect.deleteProperty(target, method);
  };
}
