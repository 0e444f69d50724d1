import { EventEmitter } from 'node:events';
import type { IoRedisClient } from '../../../../lib/adapters/redis/index.js';
import { ACQUIRE, EXTEND, RELEASE } from '../../../../lib/adapters/redis/lock-scripts.js';
import type { Clock } from '../../../support/clock.js';
import { microtasks } from '../../../support/microtasks.js';

interface Entry {
  readonly value: string;
  readonly expires: number;
}

/** What was asked of the server, and when. */
export interface Request {
  readonly at: number;
  readonly what: 'acquire' | 'extend' | 'release' | 'subscribe';
  readonly token: string;
}

/**
 * A server in virtual time, with as much of Redis as the scripts of a lock need, that answers, keeps silent or fails as it is told.
 * What it was asked while silent is done when it answers again, as by a process that was stopped.
 */
export class FakeRedis {
  /** `up`: answers at once. `silent`: later. `deaf`: does what it is asked and does not answer. `down`: fails. `slow`: after `lag`. */
  mode: 'up' | 'silent' | 'deaf' | 'down' | 'slow' = 'up';
  lag = 0;
  readonly requests: Request[] = [];
  readonly counters = new Map<string, number>();
  private readonly entries = new Map<string, Entry>();
  private readonly held: (() => void)[] = [];
  private readonly clients = new Set<EventEmitter>();

  constructor(private readonly clock: Clock) {}

  /** What stands under a key that has not expired. */
  get(key: string): string | undefined {
    const entry = this.entries.get(key);
    return entry !== undefined && entry.expires > this.clock.now() ? entry.value : undefined;
  }

  set(key: string, value: string, ttl = Infinity): void {
    this.entries.set(key, { value, expires: this.clock.now() + ttl });
  }

  del(key: string): void {
    this.entries.delete(key);
  }

  /** Answers again, also what it was asked before. */
  async wake(): Promise<void> {
    this.mode = 'up';
    for (const answer of this.held.splice(0)) answer();
    await microtasks();
  }

  publish(channel: string): void {
    for (const client of this.clients) client.emit('message', channel, '');
  }

  /** How often it was asked for something. */
  count(what: Request['what']): number {
    return this.requests.filter((request) => request.what === what).length;
  }

  /** A client of it. */
  client(): IoRedisClient {
    const events = new EventEmitter();
    const channels = new Set<string>();
    const client: IoRedisClient = {
      status: 'ready',
      evalsha: (sha, _, ...rest) => this.ask(sha, rest),
      eval: () => Promise.reject(new Error('Every script is known here.')),
      subscribe: (channel) => {
        this.requests.push({ at: this.clock.now(), what: 'subscribe', token: channel });
        if (this.mode === 'down') return Promise.reject(new Error('down'));
        channels.add(channel);
        this.clients.add(events);
        return Promise.resolve(1);
      },
      unsubscribe: (channel) => Promise.resolve(channels.delete(channel)),
      connect: () => Promise.resolve(),
      quit: () => Promise.resolve('OK'),
      disconnect: () => this.clients.delete(events),
      duplicate: () => this.client(),
      on: (event, listener) => events.on(event, listener),
      off: (event, listener) => events.off(event, listener),
    };
    return client;
  }

  private ask(sha: string, values: readonly string[]): Promise<unknown> {
    const what = sha === ACQUIRE.sha ? 'acquire' : sha === EXTEND.sha ? 'extend' : 'release';
    const token = (sha === RELEASE.sha ? values[1] : values[2]) ?? '';
    this.requests.push({ at: this.clock.now(), what, token });
    const work = (): unknown => this[what](values as readonly [string, string, string, string, string]);
    switch (this.mode) {
      case 'up':
        return Promise.resolve(work());
      case 'down':
        return Promise.reject(new Error('down'));
      case 'deaf':
        work();
        return new Promise(() => undefined);
      case 'silent':
        return new Promise((resolve) => {
          this.held.push(() => {
            resolve(work());
          });
        });
      case 'slow':
        return new Promise((resolve) => {
          this.clock.schedule(() => {
            resolve(work());
          }, this.lag);
        });
    }
  }

  private acquire([lock, fence, token, ttl]: readonly [string, string, string, string, string]): unknown {
    const holder = this.get(lock);
    if (holder !== undefined && holder.split('.')[0] !== token.split('.')[0]) {
      const { expires } = this.entries.get(lock) as Entry;
      return [holder, expires === Infinity ? -1 : expires - this.clock.now()];
    }
    const number = (this.counters.get(fence) ?? 0) + 1;
    this.counters.set(fence, number);
    this.set(lock, token, Number(ttl));
    return number;
  }

  private extend([lock, fence, token, ttl, least]: readonly [string, string, string, string, string]): unknown {
    if (this.get(lock) !== token) return 0;
    this.set(lock, token, Number(ttl));
    this.counters.set(fence, Math.max(this.counters.get(fence) ?? 0, Number(least)));
    return 1;
  }

  private release([lock, token, channel]: readonly string[]): unknown {
    if (lock === undefined || this.get(lock) !== token) return 0;
    this.del(lock);
    if (channel !== undefined && channel !== '') this.publish(channel);
    return 1;
  }
}

/** Lets time pass bit by bit, so that promises go on in between. */
export async function pass(clock: Clock, ms: number): Promise<void> {
  await microtasks();
  for (let left = ms; left > 0; left--) {
    clock.pass(Math.min(1, left));
    await microtasks(8);
  }
  await microtasks();
}
