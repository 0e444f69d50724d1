import { Observable } from 'rxjs';

import { resource, type Resource } from '../../core/index.js';
import type { ClientPort, NotificationMessage } from './client-port.js';
import { quoteChannel } from './listen-channel.js';
import type { ListenSettings } from './listen-options.js';
import { pulse } from './pulse.js';
import { Session } from './session.js';

type Receiver = (message: NotificationMessage) => void;

/** A session that listens. What comes before somebody looks is kept. */
export class ListeningSession {
  private readonly early: NotificationMessage[] = [];
  private receive: Receiver = (message) => {
    this.early.push(message);
  };

  constructor(
    readonly client: ClientPort,
    private readonly channels: readonly string[],
  ) {}

  /** What is sent on its channels, from when it began to listen. */
  readonly messages = new Observable<NotificationMessage>((subscriber) => {
    this.receive = (message) => {
      subscriber.next(message);
    };
    for (const message of this.early.splice(0)) subscriber.next(message);
  });

  async begin(): Promise<void> {
    this.client.on('notification', this.hear);
    try {
      for (const channel of this.channels) await this.client.query(`LISTEN ${quoteChannel(channel)}`);
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** Listens no more. A session of which that is not certain is broken off: the next one to use it would listen. */
  async end(): Promise<void> {
    const { client, channels } = this;
    client.removeListener('notification', this.hear);
    const session = Session.of(client);
    try {
      for (const channel of channels) if (!session.isGone) await client.query(`UNLISTEN ${quoteChannel(channel)}`);
    } catch (error) {
      session.destroy(error);
    }
  }

  private readonly hear: Receiver = (message) => {
    if (this.channels.includes(message.channel)) this.receive(message);
  };
}

/** A client that listens for as long as it is entered. */
export function listening(
  client: ClientPort,
  channels: readonly string[],
  { keepAlive, scheduler }: ListenSettings,
): Resource<ListeningSession> {
  return resource({
    name: `listen ${channels.join(', ')}`,
    acquire: async () => {
      const session = new ListeningSession(client, channels);
      await session.begin();
      return session;
    },
    release: (session) => session.end(),
    lost: () => pulse(client, { interval: keepAlive, scheduler }),
  });
}
