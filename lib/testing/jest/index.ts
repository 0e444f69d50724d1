export { allowLeaks, leakCheck, takeUnhandledErrors, type LeakCheckSetup, type TestHooks } from './leak-check.js';
export type { MatcherContext, MatcherResult } from './matcher.types.js';
export { matchers } from './matchers/index.js';
export type { ResourceMatchers } from './resource-matchers.types.js';
