export { fromReadable } from './from-readable.js';
export { keepAsyncContext } from './keep-async-context.js';
export { toWritable, type WritableOptions } from './to-writable.js';
