import { delay, map, of, Subject, take, type Observable } from 'rxjs';
import { resource, type Exit } from '../../lib/index.js';
import type { Clock } from './clock.js';
import { describeExit } from './journal.js';

/** What a pool lends in tests. */
export class Handle {
  /** Told that it died. */
  readonly lost = new Subject<unknown>();
  /** How its release was told that it ended. */
  exit: Exit | null = null;
  /** Whether its release is over. */
  isGone = false;

  constructor(readonly id: number) {}

  toString(): string {
    return `handle ${String(this.id)}`;
  }
}

/** Makes handles and destroys them, in virtual time, and counts. */
export class Depot {
  readonly handles: Handle[] = [];
  /** How often it was asked for one. */
  tries = 0;
  /** How many there are, those being made and destroyed included, and how many there were at most. */
  live = 0;
  peak = 0;
  /** What making and destroying take; with 0 they come about at once, with `Infinity` never. */
  makeTime = 0;
  destroyTime = 0;
  /** Lets what never ends come to its end. */
  readonly stuck = new Subject<void>();
  /** What the next tries fail with, and what all of them do. */
  readonly failures: unknown[] = [];
  outage: unknown = null;
  /** What destroying fails with. */
  destroyFailure: unknown = null;
  /** When it was asked for one. */
  readonly times: number[] = [];

  readonly resource = resource<Handle>({
    name: 'handle',
    acquire: () => {
      this.tries++;
      this.times.push(this.clock.now());
      this.peak = Math.max(this.peak, ++this.live);
      const make = (): Handle => this.make();
      return this.makeTime === 0 ? make() : this.after(this.makeTime, make);
    },
    release: (handle, exit) => {
      handle.exit = exit;
      const destroy = (): unknown => this.destroy(handle);
      return this.destroyTime === 0 ? destroy() : this.after(this.destroyTime, destroy);
    },
    lost: ({ lost }) => lost,
  });

  constructor(private readonly clock: Clock) {}

  /** Numbers of those that are there, with what their release was told where it has begun. */
  get shelf(): string[] {
    const kept = this.handles.filter(({ isGone }) => !isGone);
    return kept.map(({ id, exit }) => (exit === null ? String(id) : `${String(id)} ${describeExit(exit)}`));
  }

  /** Everything goes well from now on, and what is stuck comes to its end. */
  heal(): void {
    this.failures.length = 0;
    this.outage = this.destroyFailure = null;
    this.makeTime = this.destroyTime = 0;
    this.stuck.next();
  }

  private make(): Handle {
    const failure = this.failures.length > 0 ? this.failures.shift() : this.outage;
    if (failure !== null) {
      this.live--;
      throw failure as Error;
    }
    const handle = new Handle(this.handles.length + 1);
    this.handles.push(handle);
    return handle;
  }

  private destroy(handle: Handle): null {
    this.live--;
    handle.isGone = true;
    if (this.destroyFailure !== null) throw this.destroyFailure as Error;
    return null;
  }

  private after<T>(ms: number, action: () => T): Observable<T> {
    const due: Observable<unknown> = ms === Infinity ? this.stuck : of(null).pipe(delay(ms, this.clock));
    return due.pipe(take(1), map(action));
  }
}
