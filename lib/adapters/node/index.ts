export { fromReadable } from './from-readable.js';
export { toWritable, type WritableOptions } from './to-writable.js';
