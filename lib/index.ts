export * from './core/index.js';
export * from './interop/index.js';
