/** As much as the benchmark uses of the one peer that has no types of its own. */

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
