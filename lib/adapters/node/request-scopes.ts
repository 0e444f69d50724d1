import type { IncomingMessage, ServerResponse } from 'node:http';

import { from, isObservable, type ObservableInput } from 'rxjs';

import { consume, type Consumption } from '../../core/index.js';
import { report } from './cut.js';
import { peerOf, type CutConnection } from './server-connection.js';

/**
 * Answers a request. An observable, a promise or an async iterable that it returns is a scope: see {@link httpServer}.
 * Anything else is of no account, as with Node's own listeners.
 */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

interface RequestScope {
  readonly consumption: Consumption;
  readonly response: ServerResponse;
  readonly description: CutConnection;
}

/** What is done for requests, from when they come until all of it is released. */
export class RequestScopes {
  private readonly running = new Set<RequestScope>();
  private onEmpty: (() => void) | null = null;

  /** Lets a handler answer, and follows what it returns, if that is anything to be followed. */
  handle(handler: RequestHandler, request: IncomingMessage, response: ServerResponse): void {
    try {
      const answer = handler(request, response);
      if (isInput(answer)) this.follow(answer, request, response);
    } catch (error) {
      fail(response, error);
    }
  }

  private follow(answer: ObservableInput<unknown> & object, request: IncomingMessage, response: ServerResponse): void {
    const consumption = consume(from(answer));
    const { method = '', url = '', socket } = request;
    const description = { state: 'active', peer: peerOf(socket), requests: [`${method} ${url}`] } as const;
    const scope = { consumption, response, description };
    this.running.add(scope);
    // A promise cannot be left: it is waited for, though nobody wants its answer.
    if (!('then' in answer)) {
      response.once('close', () => {
        if (!response.writableFinished) leave(consumption);
      });
    }
    consumption.done
      .catch((error: unknown) => {
        fail(response, error);
      })
      .finally(() => {
        this.running.delete(scope);
        if (this.running.size === 0) this.onEmpty?.();
      });
  }

  /** Leaves all of them, and tells those whose connection does not tell it: they have answered, and went on. */
  cut(): CutConnection[] {
    const all = [...this.running];
    for (const { consumption } of all) leave(consumption);
    return all.filter(({ response }) => response.writableFinished).map(({ description }) => description);
  }

  over(): Promise<void> {
    if (this.running.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onEmpty = resolve;
    });
  }
}

/** Who handles a request may well answer with something by accident, as `response.end()` does. */
function isInput(answer: unknown): answer is ObservableInput<unknown> & object {
  if (typeof answer !== 'object' || answer === null) return false;
  return isObservable(answer) || 'then' in answer || Symbol.asyncIterator in answer;
}

/** What a release fails with is told by `done`. */
function leave(consumption: Consumption): void {
  consumption.close().catch(() => undefined);
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(500).end();
  report(error);
}
