import type { NodeRedisClient, RedisConnection } from './client-port.js';

/** node-redis as a {@link RedisConnection}. */
export class NodeRedisConnection implements RedisConnection {
  /** From the first attempt to connect until there is a socket: only then can it be closed. */
  private isDialing = false;

  constructor(private readonly client: NodeRedisClient) {}

  evalSha(sha: string, keys: readonly string[], values: readonly string[]): Promise<unknown> {
    return this.client.evalSha(sha, { keys: [...keys], arguments: [...values] });
  }

  eval(lua: string, keys: readonly string[], values: readonly string[]): Promise<unknown> {
    return this.client.eval(lua, { keys: [...keys], arguments: [...values] });
  }

  async ready(): Promise<void> {
    const { client } = this;
    if (client.isReady) return;
    if (!client.isOpen) {
      this.isDialing = true;
      const undo = this.onAny(['connect'], () => {
        undo();
        this.isDialing = false;
      });
      await client.connect();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const undo = [
        this.on('ready', () => {
          settle(resolve);
        }),
        this.on('end', (error) => {
          settle(() => {
            reject(error ?? new Error('The client was closed before it was connected.'));
          });
        }),
      ];
      const settle = (tell: () => void): void => {
        for (const take of undo) take();
        tell();
      };
    });
  }

  /** Its own `close()` cannot be cut short in 5. What was sent before a ping is answered before it. */
  async close(): Promise<unknown> {
    if (!this.client.isOpen) return;
    await this.client.ping();
    this.destroy();
  }

  destroy(): void {
    const { client } = this;
    if (!client.isOpen) return;
    if (!this.isDialing) {
      client.destroy();
      return;
    }
    const undo = this.onAny(['connect', 'error'], () => {
      undo();
      if (client.isOpen) client.destroy();
    });
  }

  duplicate(): RedisConnection {
    return new NodeRedisConnection(this.client.duplicate());
  }

  subscribe(channel: string, listener: (message: string) => void): Promise<unknown> {
    return this.client.subscribe(channel, listener);
  }

  unsubscribe(channel: string): Promise<unknown> {
    return this.client.unsubscribe(channel);
  }

  on(event: 'error' | 'ready' | 'end', listener: (error?: unknown) => void): () => void {
    if (event !== 'end') return this.onAny([event], listener);
    // One that gives up says so by an error, and not by the event for one that was closed.
    return this.onAny(['end', 'error'], (error) => {
      if (!this.client.isOpen) listener(error);
    });
  }

  private onAny(events: readonly string[], listener: (error?: unknown) => void): () => void {
    for (const event of events) this.client.on(event, listener);
    return () => {
      for (const event of events) this.client.off(event, listener);
    };
  }
}
