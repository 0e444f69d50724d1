export * from './concurrency/index.js';
export * from './core/index.js';
export * from './interop/index.js';
export * from './sharing/index.js';
