import { merge, NEVER, Subject, timer } from 'rxjs';

import { keyedSemaphore, type KeyedSemaphore } from '../../concurrency/index.js';
import { andThen, ClosedError, firstValue, fromValue, resource, type Resource } from '../../core/index.js';
import { LONGEST_DELAY } from '../../internal/clock.js';
import type { HttpClientStats, HttpOriginStats } from './client-stats.js';
import type { Course } from './course.js';
import type { ClientSettings } from './settings.js';
import type { Transport } from './transport.js';

/** What the requests of a client share. */
export class ClientState {
  isClosed = false;
  private readonly courses = new Set<Course>();
  private readonly slots: KeyedSemaphore<string> | null;
  /** How many slots are taken, by origin. */
  private readonly taken = new Map<string, number>();
  private readonly emptied = new Subject<void>();
  private readonly counted = { requests: 0, retries: 0, redirects: 0 };

  constructor(
    readonly settings: ClientSettings,
    readonly transport: Transport,
  ) {
    const { connections, name } = settings;
    this.slots = connections === Infinity ? null : keyedSemaphore(connections, { name });
  }

  admit(begin: () => Course): Course {
    if (this.isClosed) throw this.closedError();
    const course = begin();
    this.counted.requests++;
    this.courses.add(course);
    return course;
  }

  dismiss(course: Course): void {
    course.end();
    this.courses.delete(course);
    if (this.courses.size === 0) this.emptied.next();
  }

  /** A place among the requests to an origin (H4). */
  slotOf(origin: string): Resource<unknown> {
    const place = resource({
      name: this.settings.name,
      acquire: () => {
        this.count(origin, 1);
      },
      release: () => {
        this.count(origin, -1);
      },
    });
    return (this.slots?.permit(origin) ?? fromValue(undefined)).pipe(andThen(() => place));
  }

  retried(): void {
    this.counted.retries++;
  }

  redirected(): void {
    this.counted.redirects++;
  }

  /** Refuses new requests and those that wait, lets the others finish, and breaks off what takes too long (H5). */
  async close(): Promise<void> {
    this.isClosed = true;
    this.fail(({ state }) => state === 'waiting');
    const { closeTimeout, scheduler } = this.settings;
    if (this.courses.size > 0) {
      const late = closeTimeout > LONGEST_DELAY ? NEVER : timer(closeTimeout, scheduler);
      await firstValue(merge(this.emptied, late));
    }
    this.fail(() => true);
    await this.transport.close();
  }

  get stats(): HttpClientStats {
    const origins: Record<string, HttpOriginStats> = {};
    let [active, waiting] = [0, 0];
    for (const origin of new Set([...this.taken.keys(), ...(this.slots?.keys ?? [])])) {
      const each = { active: this.taken.get(origin) ?? 0, waiting: this.slots?.waiting(origin) ?? 0 };
      origins[origin] = Object.freeze(each);
      active += each.active;
      waiting += each.waiting;
    }
    return Object.freeze({ ...this.counted, active, waiting, origins: Object.freeze(origins) });
  }

  private fail(which: (course: Course) => boolean): void {
    for (const course of [...this.courses]) if (which(course)) course.fail(this.closedError());
  }

  private closedError(): ClosedError {
    const { name } = this.settings;
    return new ClosedError(`"${name}" is closed: it makes no more requests.`, { resource: name });
  }

  private count(origin: string, by: number): void {
    const count = (this.taken.get(origin) ?? 0) + by;
    if (count === 0) this.taken.delete(origin);
    else this.taken.set(origin, count);
  }
}
