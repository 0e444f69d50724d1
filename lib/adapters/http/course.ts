import { Observable, Subscription, type SchedulerLike } from 'rxjs';

import { LONGEST_DELAY } from '../../internal/clock.js';
import { onAbort } from '../../internal/on-abort.js';
import { TotalTimeoutError } from './errors.js';
import type { ShownRequest } from './network-failure.js';
import type { RequestSettings } from './settings.js';
import { shownUrl } from './request-url.js';
import type { Identity, Target } from './target.js';

/** What a course is made of. */
export interface CourseOptions {
  readonly name: string;
  readonly settings: RequestSettings;
  readonly identity: Identity;
  readonly target: Target;
  readonly idempotent: boolean | undefined;
  readonly signal: AbortSignal | undefined;
  readonly scheduler: SchedulerLike;
}

/** One request from its first try to the end of its body, over retries and redirects. */
export class Course {
  readonly settings: RequestSettings;
  readonly identity: Identity;
  target: Target;
  retries = 0;
  redirects = 0;
  /**
   * Whether it waits for a slot or for its next try, is out, or has its answer. A client that closes breaks off the first
   * kind at once.
   */
  state: 'waiting' | 'sent' | 'answered' = 'waiting';
  /** Left to the platform, which does not show where a redirect leads. */
  isPlatformFollowing = false;
  private readonly controller = new AbortController();
  private readonly timers = new Subscription();

  constructor(private readonly options: CourseOptions) {
    const { settings, identity, target, signal } = options;
    this.settings = settings;
    this.identity = identity;
    this.target = target;
    signal?.throwIfAborted();
    this.timers.add(
      onAbort(signal, () => {
        this.fail(signal?.reason);
      }),
    );
    this.startTotal();
  }

  /** Aborts where the request is to end before it is over: with an error for whoever waits for it or reads its body. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get scheduler(): SchedulerLike {
    return this.options.scheduler;
  }

  get idempotent(): boolean | undefined {
    return this.options.idempotent;
  }

  get shown(): ShownRequest {
    const { method, url } = this.target;
    return { resource: this.options.name, method, url: shownUrl(url) };
  }

  /** Emits when it fails before there is an answer. Later it is the body that fails, for whoever reads it. */
  get failed(): Observable<unknown> {
    return new Observable((subscriber) =>
      onAbort(this.signal, () => {
        if (this.state !== 'answered') subscriber.next(this.signal.reason);
      }),
    );
  }

  fail(reason: unknown): void {
    this.controller.abort(reason);
  }

  /** Nothing of it is left: no timer and no listener (H6). */
  end(): void {
    this.timers.unsubscribe();
    this.target.payload?.dispose(this.signal.reason);
  }

  private startTotal(): void {
    const due = this.settings.timeout.total;
    if (due > LONGEST_DELAY) return;
    const late = (): void => {
      const { shown } = this;
      const message = `${shown.method} ${shown.url} was not over within ${String(due)} ms.`;
      this.fail(new TotalTimeoutError(message, { ...shown, due }));
    };
    this.timers.add(this.options.scheduler.schedule(late, due));
  }
}
