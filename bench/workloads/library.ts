import { createRequire } from 'node:module';
import { Observable } from 'rxjs';

/** The built package, the way a user gets it. */
export const rxscope = (await import(
  process.env['RXSCOPE_BENCH_LIBRARY'] ?? ''
)) as typeof import('../../lib/index.js');

// Two copies of rxjs would make every comparison worthless: foreign observables take slower paths.
const require = createRequire(import.meta.url);
const seenByBridge = createRequire(require.resolve('rxjs-for-await')).resolve('rxjs');
if (!(rxscope.fromValue(1) instanceof Observable) || seenByBridge !== require.resolve('rxjs')) {
  throw new Error('The benchmark, rxscope and rxjs-for-await must use one and the same copy of rxjs.');
}
