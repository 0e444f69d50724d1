export { AskableObservable } from './askable-observable.js';
export type { NumberedOptions, OffsetOptions } from './counted-pages.js';
export { fromAsyncIterable } from './from-async-iterable.js';
export { fromReadableStream } from './from-readable-stream.js';
export type { LinkedPage, LinkOptions } from './link-pages.js';
export type { FetchPage, LimitOptions, PageOptions } from './page-options.js';
export { Pages, type Page } from './pages.js';
export { paginate, type IterablePagesOptions, type Paginate, type PaginateOptions } from './paginate.js';
export { pull, type PullOptions } from './pull.js';
export { rateLimiter, type RateLimiter, type RateLimiterOptions } from './rate-limiter.js';
export type { Overflow } from './store.js';
export type { Askable } from './supply-of.js';
export {
  toAsyncIterable,
  type IterationOptions,
  type IterationStrategy,
  type ObservableIterable,
} from './to-async-iterable.js';
export { toReadableStream, type ReadableStreamOptions } from './to-readable-stream.js';
export { bufferedValuesFrom, eachValueFrom, latestValueFrom, nextValueFrom } from './values-from.js';
