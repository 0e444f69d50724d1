/**
 * What is called of ioredis, 5 and 6: a client of one server, or of a cluster.
 */
export interface IoRedisClient {
  readonly status: string;
  evalsha(sha: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
  eval(lua: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  connect(): Promise<unknown>;
  quit(): Promise<unknown>;
  disconnect(): void;
  duplicate(): IoRedisClient;
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  off(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** What a script is called with by {@link NodeRedisClient}. */
export interface NodeRedisScriptInput {
  keys?: string[];
  arguments?: string[];
}

/**
 * What is called of node-redis, 5 and 6: the package `redis`, or `@redis/client`.
 */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  evalSha(sha: string, input: NodeRedisScriptInput): Promise<unknown>;
  eval(lua: string, input: NodeRedisScriptInput): Promise<unknown>;
  subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  connect(): Promise<unknown>;
  ping(): Promise<unknown>;
  destroy(): void;
  duplicate(): NodeRedisClient;
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  off(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** A client of Redis, of either kind; which one is seen by its methods. */
export type AnyRedisClient = IoRedisClient | NodeRedisClient;

/** A client, whatever its kind: what the two have in common, by one set of names. */
export interface RedisConnection {
  /** Runs a script that the server has seen before. Rejects with NOSCRIPT where it has not. */
  evalSha(sha: string, keys: readonly string[], values: readonly string[]): Promise<unknown>;
  eval(lua: string, keys: readonly string[], values: readonly string[]): Promise<unknown>;
  /** Resolves when commands can be sent. Rejects when the client has given up. Connects where that has not been done. */
  ready(): Promise<void>;
  /** Sends what is queued, waits for the answers, and closes. */
  close(): Promise<unknown>;
  /** Closes at once; what is not answered fails. Never throws. */
  destroy(): void;
  /** A second connection to the same server, for messages. */
  duplicate(): RedisConnection;
  /** Resolves when the server sends the messages of a channel. They come back after a reconnect. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  /** `end` is the last one: the client does not come back by itself. Answers the undo. */
  on(event: 'error' | 'ready' | 'end', listener: (error?: unknown) => void): () => void;
}
