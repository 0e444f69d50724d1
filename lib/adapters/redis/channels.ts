import { Subject, type Observable } from 'rxjs';

import { andThen, resource, type Resource } from '../../core/index.js';
import { shareResource } from '../../sharing/index.js';
import type { RedisConnection } from './client-port.js';

/** Messages of a server, on one connection of their own for all who listen; there while anybody does. */
export class Channels {
  private readonly subscriber: Resource<Subscriber>;

  constructor(connection: RedisConnection) {
    this.subscriber = subscriberOf(connection).pipe(shareResource());
  }

  listen(channel: string): Resource<Observable<string>> {
    return this.subscriber.pipe(
      andThen((subscriber) =>
        resource({
          name: `channel ${channel}`,
          acquire: () => subscriber.join(channel),
          release: (messages) => {
            subscriber.leave(channel, messages);
          },
        }),
      ),
    );
  }
}

/** One channel of a subscriber. */
interface Subscribed {
  readonly listeners: Set<Subject<string>>;
  readonly confirmed: Promise<unknown>;
}

class Subscriber {
  private readonly channels = new Map<string, Subscribed>();
  private readonly forget: () => void;

  constructor(private readonly connection: RedisConnection) {
    this.forget = connection.on('ready', () => {
      for (const { listeners } of this.channels.values()) tell(listeners, '');
    });
  }

  async join(channel: string): Promise<Subject<string>> {
    const messages = new Subject<string>();
    const { listeners, confirmed } = this.channels.get(channel) ?? this.open(channel);
    listeners.add(messages);
    try {
      await confirmed;
    } catch (error) {
      this.leave(channel, messages);
      throw error;
    }
    return messages;
  }

  /** Waits for nothing: a server that is silent keeps nobody. */
  leave(channel: string, messages: Subject<string>): void {
    const found = this.channels.get(channel);
    if (found?.listeners.delete(messages) !== true || found.listeners.size > 0) return;
    this.channels.delete(channel);
    this.connection.unsubscribe(channel).catch(nothing);
  }

  close(): void {
    this.forget();
    this.connection.destroy();
  }

  private open(channel: string): Subscribed {
    const listeners = new Set<Subject<string>>();
    const confirmed = this.connection.subscribe(channel, (message) => {
      tell(listeners, message);
    });
    const made = { listeners, confirmed };
    this.channels.set(channel, made);
    return made;
  }
}

function subscriberOf(connection: RedisConnection): Resource<Subscriber> {
  return resource({
    name: 'redis subscriber',
    async acquire({ signal }) {
      const second = connection.duplicate();
      second.on('error', nothing); // it comes back by itself, and whoever listens polls as well
      const left = new Promise<never>((_, reject) => {
        signal.addEventListener(
          'abort',
          () => {
            second.destroy();
            reject(signal.reason as Error);
          },
          { once: true },
        );
      });
      await Promise.race([second.ready(), left]);
      return new Subscriber(second);
    },
    release: (subscriber) => {
      subscriber.close();
    },
  });
}

function tell(listeners: ReadonlySet<Subject<string>>, message: string): void {
  for (const listener of [...listeners]) listener.next(message);
}

function nothing(): void {
  // whoever listens polls as well
}
