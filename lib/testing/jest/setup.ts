// For Jest's setupFilesAfterEnv: the matchers, and the leak check with its defaults. The only module with a side effect.
import { leakCheck } from './leak-check.js';
import { matchers } from './matchers/index.js';

const { expect } = globalThis as { readonly expect?: { extend(this: void, matchers: object): unknown } };

leakCheck(); // says what to do where there are no globals
expect?.extend(matchers);
