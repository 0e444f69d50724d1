import type { IoRedisClient, RedisConnection } from './client-port.js';

/** ioredis as a {@link RedisConnection}. */
export class IoRedisConnection implements RedisConnection {
  /** Who listens to which channel. One event of the client is for all of them. */
  private listeners: Map<string, (message: string) => void> | null = null;

  constructor(private readonly client: IoRedisClient) {}

  evalSha(sha: string, keys: readonly string[], values: readonly string[]): Promise<unknown> {
    return this.client.evalsha(sha, keys.length, ...keys, ...values);
  }

  eval(lua: string, keys: readonly string[], values: readonly string[]): Promise<unknown> {
    return this.client.eval(lua, keys.length, ...keys, ...values);
  }

  ready(): Promise<void> {
    const { client } = this;
    return new Promise((resolve, reject) => {
      let last: unknown = new Error('The client was closed before it was connected.');
      const undo = [
        this.on('error', (error) => (last = error)),
        this.on('ready', () => {
          settle(resolve);
        }),
        this.on('end', () => {
          settle(() => {
            reject(last);
          });
        }),
      ];
      const settle = (tell: () => void): void => {
        for (const take of undo) take();
        tell();
      };
      if (client.status === 'ready') settle(resolve);
      else if (client.status === 'end') settle(() => reject(last));
      // Its promise rejects with the first failure, while the client goes on trying: the events tell how that ends.
      else if (client.status === 'wait') client.connect().catch(nothing);
    });
  }

  close(): Promise<unknown> {
    return this.client.status === 'end' ? Promise.resolve() : this.client.quit();
  }

  destroy(): void {
    if (this.client.status !== 'end') this.client.disconnect();
  }

  duplicate(): RedisConnection {
    return new IoRedisConnection(this.client.duplicate());
  }

  subscribe(channel: string, listener: (message: string) => void): Promise<unknown> {
    this.messages().set(channel, listener);
    return this.client.subscribe(channel);
  }

  unsubscribe(channel: string): Promise<unknown> {
    this.messages().delete(channel);
    return this.client.unsubscribe(channel);
  }

  on(event: 'error' | 'ready' | 'end', listener: (error?: unknown) => void): () => void {
    this.client.on(event, listener);
    return () => this.client.off(event, listener);
  }

  private messages(): Map<string, (message: string) => void> {
    if (this.listeners !== null) return this.listeners;
    const listeners = new Map<string, (message: string) => void>();
    this.client.on('message', (channel, message) => listeners.get(channel as string)?.(message as string));
    return (this.listeners = listeners);
  }
}

function nothing(): void {
  // told by an event
}
