/** As much as the benchmark uses of the peers that have no types of their own. */

declare module 'disposablestack/DisposableStack' {
  class DisposableStackPolyfill {
    adopt<T>(value: T, onDispose: (value: T) => void): T;
    dispose(): void;
  }
  export default DisposableStackPolyfill;
}

declare module 'disposablestack/AsyncDisposableStack' {
  class AsyncDisposableStackPolyfill {
    adopt<T>(value: T, onDispose: (value: T) => PromiseLike<void> | void): T;
    defer(onDispose: () => PromiseLike<void> | void): void;
    disposeAsync(): Promise<void>;
  }
  export default AsyncDisposableStackPolyfill;
}

declare module 'pg-pool' {
  interface Options<C> {
    readonly min: number;
    readonly max: number;
    readonly Client: new () => C;
  }
  class PgPool<C> {
    constructor(options: Options<C>);
    connect(): Promise<C & { release(): void }>;
  }
  export default PgPool;
}

declare module 'redlock' {
  interface Lock {
    release(): Promise<unknown>;
  }
  class Redlock {
    constructor(clients: readonly unknown[], settings?: { retryCount?: number });
    acquire(resources: string[], duration: number): Promise<Lock>;
  }
  export default Redlock;
}
