import { Observable, Subscription } from 'rxjs';

import { resource, type Exit, type Resource } from '../../core/index.js';
import { LONGEST_DELAY } from '../../internal/clock.js';
import { BodyReader } from './body-reader.js';
import type { Course } from './course.js';
import { HeadersTimeoutError } from './errors.js';
import type { FetchedResponse } from './fetch-port.js';
import { networkFailure } from './network-failure.js';
import type { SentBody } from './request-body.js';
import type { ClientSettings } from './settings.js';
import { headersFor } from './target.js';
import type { Transport } from './transport.js';
import { follow, unlessAborted } from './unless-aborted.js';

/** One request on the wire and its answer: a single try. Left to its body, which is drained or cancelled with it. */
export class Exchange {
  response!: FetchedResponse;
  headers!: Headers;
  body!: BodyReader;
  /** What was sent, for those who decide about redirects. */
  sentHeaders!: Headers;
  /** Done with, whatever the exit: its connection is worth to be kept. */
  isSpent = false;
  private readonly controller = new AbortController();
  private readonly undo = new Subscription();
  private isPrepared = false;
  private sent: SentBody | null = null;
  private timer = Subscription.EMPTY;

  constructor(
    readonly course: Course,
    private readonly transport: Transport,
    private readonly settings: ClientSettings,
  ) {}

  /** Sends, and emits itself with the answer. Unsubscribing before that breaks it off. */
  open(): Observable<this> {
    return new Observable((subscriber) => {
      let isAnswered = false;
      this.answered().then(
        () => {
          isAnswered = true;
          subscriber.next(this);
          subscriber.complete();
        },
        (error: unknown) => {
          subscriber.error(error);
        },
      );
      return () => {
        if (isAnswered) return;
        this.controller.abort();
        this.leave(this.controller.signal.reason);
      };
    });
  }

  async close(exit: Exit): Promise<void> {
    if (this.isSpent || exit.kind === 'complete') await this.body.drain();
    else await this.body.cancel(exit.kind === 'error' ? exit.error : undefined);
    this.leave(undefined);
  }

  private async answered(): Promise<void> {
    const { course, controller } = this;
    course.state = 'sent';
    this.undo.add(follow(course.signal, controller));
    try {
      await this.prepare();
      this.response = await this.request();
      this.headers = new Headers([...this.response.headers]);
      this.body = this.readerOf(this.response);
    } catch (error) {
      this.leave(error);
      throw controller.signal.aborted ? controller.signal.reason : this.failureOf(error);
    }
  }

  /** What a user's own function or stream has failed with passes as it is. */
  private failureOf(error: unknown): unknown {
    if (!this.isPrepared) return error;
    return this.sent?.failure?.error ?? networkFailure(error, this.course.shown, this.transport.connect);
  }

  private leave(reason: unknown): void {
    this.timer.unsubscribe();
    this.undo.unsubscribe();
    this.sent?.leave(reason);
    if (this.course.state === 'sent') this.course.state = 'waiting';
  }

  /** The headers first: a stream is opened when all else is there. */
  private async prepare(): Promise<void> {
    const { target, identity } = this.course;
    const { signal } = this.controller;
    this.sentHeaders = await unlessAborted(headersFor(target, identity), signal);
    this.sent =
      (await target.payload?.send(() => {
        this.startTimer();
      })) ?? null;
    const { contentType = null } = this.sent ?? {};
    if (contentType !== null && !this.sentHeaders.has('content-type'))
      this.sentHeaders.set('content-type', contentType);
    this.isPrepared = true;
  }

  private async request(): Promise<FetchedResponse> {
    const { course, controller, sent } = this;
    const { target, identity, settings, isPlatformFollowing } = course;
    const { signal } = controller;
    this.startTimer();
    const answer = this.transport.send(target.url.href, {
      ...settings.init,
      ...(target.url.origin === identity.asked ? {} : { credentials: 'omit', referrerPolicy: 'no-referrer' }),
      method: target.method,
      headers: [...this.sentHeaders],
      ...(sent === null ? {} : { body: sent.body as never, ...(sent.isStream ? { duplex: 'half' } : {}) }),
      redirect: isPlatformFollowing ? 'follow' : 'manual',
      signal,
    });
    const response = await unlessAborted(answer, signal, discard);
    this.timer.unsubscribe();
    return response;
  }

  private startTimer(): void {
    const due = this.course.settings.timeout.headers;
    this.timer.unsubscribe();
    if (due > LONGEST_DELAY) return;
    this.timer = this.settings.scheduler.schedule(() => {
      const { shown } = this.course;
      const message = `${shown.method} ${shown.url}: there was no answer within ${String(due)} ms.`;
      this.controller.abort(new HeadersTimeoutError(message, { ...shown, due }));
    }, due);
  }

  private readerOf({ body }: FetchedResponse): BodyReader {
    const { course, controller } = this;
    const length = this.headers.get('content-length');
    return new BodyReader({
      body,
      length: length === null ? null : Number(length),
      due: course.settings.timeout.body,
      controller,
      shown: course.shown,
      scheduler: this.settings.scheduler,
    });
  }
}

/** A try as a resource. */
export function exchange(course: Course, transport: Transport, settings: ClientSettings): Resource<Exchange> {
  return resource({
    name: settings.name,
    // Not by the signal of its context: each part of a scope that looks at it stays on that of the whole until the end.
    interruptible: true,
    acquire: () => new Exchange(course, transport, settings).open(),
    release: (taken, exit) => taken.close(exit),
  });
}

function discard({ body }: FetchedResponse): void {
  body
    ?.getReader()
    .cancel()
    .then(undefined, () => undefined);
}
