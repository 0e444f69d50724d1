import { NEVER, of, Subject, throwError } from 'rxjs';
import { andThen, fromValue, named, orElse, resource, suppress, using } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { errorOf, raise, waysToFail } from '../support/failing.js';
import { describeError, Journal, notificationsOf } from '../support/journal.js';

const boom = new Error('boom');
const down = resource<string>({ name: 'down', acquire: () => raise(boom) });

describe('orElse', () => {
  it('enters the fallback where entering fails, synchronously where both are (law 17)', () => {
    const journal = new Journal();
    using(down.pipe(orElse(() => journal.resource('b'))), (handle) => of(handle)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+b', 'next b', '-b complete', 'complete']);
  });

  it('leaves the fallback alone where entering succeeds', () => {
    const journal = new Journal();
    const source = journal.resource('a').pipe(orElse(() => journal.resource('b')));
    using(source, (handle) => of(handle)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', 'next a', '-a complete', 'complete']);
  });

  it.each(waysToFail(boom))('tells the fallback the identical error where acquire %s', async (_, acquire) => {
    const told: unknown[] = [];
    const source = resource<number>({ acquire }).pipe(
      orElse((error) => {
        told.push(error);
        return resource<number>({ acquire: () => raise(new Error('fallback')) });
      }),
    );
    expect(describeError(await errorOf(source))).toBe('fallback');
    expect(told).toHaveLength(1);
    expect(told[0]).toBe(boom);
  });

  it('adds up the frames (law 18)', () => {
    testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
      const [a, b] = [probe('a', { acquire: '--#' }), probe('b', { acquire: '---(b|)', release: '-|' })];
      expectObservable(using(a.pipe(orElse(() => b)), () => cold('x|'))).toBe('-----x-|');
      expectLifecycle(a).toBe('a-#');
      expectLifecycle(b).toBe('--a--^!|', 'complete');
    });
  });

  it('releases what the failed one had entered before the fallback is entered (law 11)', () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const [a, b] = [probe('a', { release: '--|' }), probe('b', { acquire: '(b|)' })];
      const source = a.pipe(andThen(() => down), orElse(() => b)); // prettier-ignore
      expectObservable(using(source, (handle) => of(handle))).toBe('--(b|)');
      expectLifecycle(a).toBe('!-|', { kind: 'error', error: boom });
      expectLifecycle(b).toBe('--(^|)', 'complete');
    });
  });

  it('has nothing to do with errors of the body', async () => {
    const journal = new Journal();
    const source = fromValue('a').pipe(orElse(() => journal.resource('b')));
    expect(await errorOf(using(source, () => throwError(() => boom)))).toBe(boom);
    expect(journal.lines).toEqual([]);
  });

  it('has nothing to do with a failing release', async () => {
    const failing = resource({ acquire: () => 1, release: () => raise(new Error('release')) });
    const source = failing.pipe(orElse(() => fromValue(2)));
    expect(describeError(await errorOf(using(source, () => of(1))))).toBe('release');
  });

  it('completes without a value where the failed one suppressed its own failure', () => {
    const nothing = fromValue('a').pipe(suppress(Error), andThen(() => down)); // prettier-ignore
    expect(notificationsOf(using(nothing.pipe(orElse(() => fromValue('b'))), (handle) => of(handle)))).toEqual([
      'complete',
    ]);
  });

  it('can be chained: each falls back on the next', () => {
    const source = down.pipe(
      orElse(() => down),
      orElse(() => fromValue('third')),
    );
    expect(notificationsOf(using(source, (handle) => of(handle)))).toEqual(['next third', 'complete']);
  });

  it('passes what fallback throws', async () => {
    const other = new Error('other');
    expect(await errorOf(down.pipe(orElse(() => raise(other))))).toBe(other);
  });

  it('fails with a TypeError where fallback answers no resource', async () => {
    const error = await errorOf(down.pipe(orElse(() => of(1) as never)));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/Expected a Resource/);
  });

  it('does not fall back where the consumer leaves while the first is entered (law 13)', () => {
    const journal = new Journal();
    const pending = new Subject<string>();
    const source = journal.resource('a', { acquire: () => pending }).pipe(orElse(() => journal.resource('b')));
    source.subscribe().unsubscribe();
    pending.next('late');
    expect(journal.lines.filter((line) => line !== '+a ok')).toEqual(['+a', '-a unsubscribe']);
  });

  it('leaves the fallback where the consumer leaves while that is entered (law 13)', () => {
    const journal = new Journal();
    const pending = new Subject<string>();
    down
      .pipe(orElse(() => journal.resource('b', { acquire: () => pending })))
      .subscribe()
      .unsubscribe();
    pending.next('late');
    expect(journal.lines.filter((line) => line !== '+b ok')).toEqual(['+b', '-b unsubscribe']);
  });

  it('releases the fallback once where the consumer leaves while held (law 1)', () => {
    const journal = new Journal();
    using(down.pipe(orElse(() => journal.resource('b'))), () => NEVER)
      .subscribe()
      .unsubscribe();
    expect(journal.lines).toEqual(['+b', '-b unsubscribe']);
  });

  it('keeps the name of the first', () => {
    expect(down.pipe(named('one'), orElse(() => fromValue('b'))).name).toBe('one'); // prettier-ignore
  });

  it('refuses what is no function with a TypeError at the call', () => {
    expect(() => orElse(fromValue(1) as never)).toThrow(TypeError);
    expect(() => orElse(fromValue(1) as never)).toThrow(/fallback to be a function, received object/);
  });
});
