import { catchError, EMPTY, merge, startWith, type SchedulerLike, type Subscription } from 'rxjs';

import { using } from '../../core/index.js';
import { onAbort } from '../../internal/on-abort.js';
import type { RedisPort } from './redis-port.js';

/** Wakes one who waits for something in Redis: by messages, and by time, since messages can get lost. */
export class Wakeups {
  /** Whether the server has said that it sends messages. */
  canHear = false;
  private listening: Subscription | null = null;
  private sleeper: (() => void) | null = null;
  private wasWoken = false;

  constructor(
    private readonly ports: readonly RedisPort[],
    private readonly channel: string,
    private readonly scheduler: SchedulerLike,
    /** What a message names that is for this one. One that names nobody is for all. */
    private readonly who = '',
  ) {}

  /** Resolves after a message, since the last call, after so many milliseconds, or when the signal aborts: whether with a message. */
  async next(ms: number, signal: AbortSignal): Promise<boolean> {
    this.listening ??= this.listen();
    if (!this.wasWoken) await this.sleep(ms, signal);
    const { wasWoken } = this;
    this.wasWoken = false;
    return wasWoken;
  }

  close(): void {
    this.listening?.unsubscribe();
  }

  private sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.sleeper = null;
        forget();
        timer.unsubscribe();
        resolve();
      };
      this.sleeper = wake;
      const forget = onAbort(signal, wake);
      const timer = this.scheduler.schedule(wake, ms);
    });
  }

  /** Once it listens it wakes as well: what was said before has been missed. */
  private listen(): Subscription {
    const messages = this.ports.map((port) =>
      using(port.channel(this.channel), (heard) => heard.pipe(startWith(''))).pipe(catchError(() => EMPTY)),
    );
    return merge(...messages).subscribe((message) => {
      this.canHear = true;
      if (message !== '' && !message.includes(this.who)) return;
      this.wasWoken = true;
      this.sleeper?.();
    });
  }
}
