/**
 * Scenario 32: marble tests. How long entering and leaving take, how scopes end, and what stays open, in virtual time.
 *
 * Each function is what would stand in an `it()` of any runner: it throws where a diagram differs. Read it by column: a
 * column is a millisecond.
 */
import { concat, mergeMap, NEVER, switchMap, take, type Observable } from 'rxjs';
import {
  acquireTimeout,
  andThen,
  awaitRelease,
  combine,
  ExitStack,
  lease,
  orElse,
  releaseTimeout,
  ReleaseTimeoutError,
  resource,
  ResourceLostError,
  retryAcquire,
  suppress,
  switchResource,
  use,
  using,
} from 'rxscope';
import { testResources, testResourcesAsync, type AsyncTestHelpers, type TestHelpers } from 'rxscope/testing';
import { runDirectly } from './support/run-directly.js';

function durations({ cold, probe, expectLifecycle, expectObservable }: TestHelpers): void {
  const db = probe('db', { acquire: '--(d|)', release: '---|' });
  expectObservable(using(db, () => cold('  -x-y|'))).toBe('---x-y---|'); // complete once it is released
  expectLifecycle(db).toBe('                       a-^---!--|', 'complete');
}

function exits({ cold, probe, expectExit, expectLifecycle, expectObservable }: TestHelpers): void {
  const [done, broken, left] = [probe('done'), probe('broken'), probe('left', { release: '--|' })];
  const failure = new Error('disk full');
  const endless = using(left, () => NEVER);
  expectObservable(using(done, () => cold('  -x|'))).toBe('-x|');
  expectObservable(using(broken, () => cold('-#', {}, failure))).toBe('-#', {}, failure);
  expectObservable(endless, '---!').toBe('---');
  expectExit(done).toBe('complete');
  expectExit(broken).toBe('error', failure);
  expectLifecycle(left).toBe('^--!-|', 'unsubscribe'); // goes on when nobody listens any more
}

function order({ cold, probe, expectLifecycle, expectObservable }: TestHelpers): void {
  const [file, lock] = [probe('file', { acquire: '-(f|)', release: '-|' }), probe('lock', { release: '-|' })];
  const chained = file.pipe(andThen(() => lock), use(() => cold('-x|'))); // prettier-ignore
  expectObservable(chained).toBe(' --x--|');
  expectLifecycle(file).toBe('     a^--!|');
  expectLifecycle(lock).toBe('     -^-!|');

  const [left, right] = [probe('left', { acquire: '--(l|)' }), probe('right', { release: '--|' })];
  const together = combine([left, right], { concurrent: true, concurrentRelease: true });
  expectObservable(using(together, () => cold('-x|'))).toBe('---x--|');
  expectLifecycle(left).toBe('     a-^-|');
  expectLifecycle(right).toBe('    ^---!-|');
}

function entering({ cold, probe, expectLifecycle, expectObservable }: TestHelpers): void {
  const flaky = probe('flaky', { acquire: ['-#', '-(f|)'] });
  expectObservable(flaky.pipe(retryAcquire({ count: 1 }), use(() => cold('-x|')))).toBe('---x|'); // prettier-ignore
  expectLifecycle(flaky).toBe(['a#', '-a^-|'], ['none', 'complete']);

  const [slow, replica] = [probe('slow', { acquire: '9ms (s|)', interruptible: true }), probe('replica')];
  const either = slow.pipe(acquireTimeout(3), orElse(() => replica)); // prettier-ignore
  expectObservable(using(either, () => cold('-x|'))).toBe('----x|');
  expectLifecycle(slow).toBe('     a--|', 'none'); // given up
  expectLifecycle(replica).toBe('  ---^-|', 'complete');
}

function leaving({ cold, probe, expectExit, expectObservable, expectUnhandled }: TestHelpers): void {
  const releaseError = new Error('broken pipe');
  const hanging = probe('hanging', { release: '9ms #', releaseError }).pipe(releaseTimeout(2));
  const late = new ReleaseTimeoutError('"hanging" was not released within 2 ms.', { resource: 'hanging' });
  expectObservable(using(hanging, () => cold('-x|'))).toBe('-x--#', undefined, late);
  expectUnhandled(releaseError); // later, when nobody listens any more

  const error = new RangeError('too far');
  const lenient = probe('lenient');
  expectObservable(using(lenient.pipe(suppress(RangeError)), () => cold('-#', {}, error))).toBe('-|');
  expectExit(lenient).toBe('error', error);
}

function losing({ cold, probe, expectExit, expectLifecycle, expectObservable }: TestHelpers): void {
  const socket = probe('socket', { lost: '---x', release: '-|' });
  const lost = new ResourceLostError('"socket" was lost while it was held.', { resource: 'socket' });
  expectObservable(using(socket, () => cold('-a---b|'))).toBe('-a--#', undefined, lost);
  expectLifecycle(socket).toBe('^--!|');
  expectExit(socket).toBe('error', lost);
}

function handover({ hot, cold, probe, expectLifecycle, expectObservable, expectOpen }: TestHelpers): void {
  const socket = probe('socket', { acquire: '-(s|)', release: '--|' });
  const followed = hot('a---b---c').pipe(switchResource(() => socket));
  const quotes = followed.pipe(switchMap(() => cold('-q')));
  expectObservable(quotes, '    -------------!').toBe('--q-----q---q');
  expectLifecycle(socket).toBe(['a^--!-|', '------a^!-|', '----------a^-!-|'], 'unsubscribe'); // never two at a time
  expectOpen(5).toBe(['socket']);
}

function waiting({ cold, probe, expectLifecycle, expectObservable }: TestHelpers): void {
  const step = probe('step', { release: '--|' });
  const first = using(step, () => cold('-x-x')).pipe(take(1), awaitRelease());
  expectObservable(concat(first, first)).toBe('-x--x-|'); // without awaitRelease() the second would begin at 1
  expectLifecycle(step).toBe(['^!-|', '---^!-|'], 'unsubscribe');
}

async function imperative({ cold, flush, probe, expectExit, expectLifecycle, expectObservable }: AsyncTestHelpers) {
  const [file, row] = [probe('file', { acquire: '--(f|)', release: '-|' }), probe('row', { release: '-|' })];
  const held = await lease(file); // at 2
  const stack = new ExitStack();
  await stack.enter(row);
  await stack.close(); // at 3
  await held.release(); // at 4
  expectLifecycle(row).toBe(' --!|');
  expectLifecycle(file).toBe('a-^!|');

  const db = probe('db', { release: '--|' });
  const transaction = resource(async function* () {
    const connection = await lease(db);
    try {
      yield connection.value;
    } finally {
      await connection.release();
    }
  });
  expectObservable(using(transaction, () => cold('-x|'))).toBe('-----x--|');
  expectExit(db).toBe('complete');
  await flush();
}

/** A socket of its own for each currency: the values are right, and the sockets stay. */
function leak({ cold, probe, expectObservable, expectOpen }: TestHelpers): void {
  const socket = probe('socket');
  const quotes = (currency$: Observable<string>) => currency$.pipe(mergeMap(() => using(socket, () => cold('-q'))));
  expectObservable(quotes(cold('a----b')), '---------!').toBe('-q----q');
  expectOpen('                              --------|').toBe(['socket']);
}

export async function main(log: (line: string) => void): Promise<string> {
  for (const test of [durations, exits, order, entering, leaving, losing, handover, waiting]) {
    testResources(test);
    log(`${test.name} as drawn`);
  }
  await testResourcesAsync(imperative);
  log('imperative as drawn');
  try {
    testResources(leak);
    return 'no leak';
  } catch (error) {
    return (error as Error).message;
  }
}

runDirectly('32-marble-tests.ts', main);
