import { NEVER, of, Subject, throwError, timer } from 'rxjs';
import { andThen, fromValue, onExit, resource, suppress, using } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise, waysToFail } from '../support/failing.js';
import { describeError, describeExit, Journal } from '../support/journal.js';

const boom = new Error('boom');

/** Resource `a`, followed by a callback that writes down the exit. */
const noted = (journal: Journal, part = {}) =>
  journal.resource('a', part).pipe(onExit((exit) => journal.note(`onExit ${describeExit(exit)}`)));

describe('onExit', () => {
  it('runs after the release, before the consumer is told (law 3)', () => {
    const journal = new Journal();
    using(noted(journal), () => of(1)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', 'next 1', '-a complete', 'onExit complete', 'complete']);
  });

  it('is told the error of the body (law 7)', () => {
    const journal = new Journal();
    using(noted(journal), () => throwError(() => boom)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', '-a error boom', 'onExit error boom', 'error boom']);
  });

  it('is told that the consumer has left (law 12)', () => {
    const journal = new Journal();
    noted(journal).subscribe().unsubscribe();
    expect(journal.lines).toEqual(['+a', '-a unsubscribe', 'onExit unsubscribe']);
  });

  it('is told what the release made of it (law 10)', () => {
    const [failing, suppressing] = [new Journal(), new Journal()];
    using(noted(failing, { release: () => raise(new Error('release')) }), () => throwError(() => boom)).subscribe(
      failing.observer(),
    );
    using(noted(suppressing, { exit: () => true }), () => throwError(() => boom)).subscribe(suppressing.observer());
    expect(failing.lines[2]).toBe('onExit error S(release, boom)');
    expect(suppressing.lines[2]).toBe('onExit complete');
  });

  it('does not run where entering failed: nothing was entered (law 11)', () => {
    const journal = new Journal();
    noted(journal, { acquire: () => raise(boom) }).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', 'error boom']);
  });

  it('runs where a later part fails to enter (law 11)', () => {
    const journal = new Journal();
    const failing = resource<number>({ acquire: () => raise(boom) });
    noted(journal)
      .pipe(andThen(() => failing))
      .subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', '-a error boom', 'onExit error boom', 'error boom']);
  });

  it('is waited for (laws 3, 18)', () => {
    testResources(({ cold, expectObservable }) => {
      const source = fromValue(1).pipe(onExit(() => timer(3)));
      expectObservable(using(source, () => cold('-x|'))).toBe('-x---|');
    });
  });

  it('never suppresses, though it answers true (law 8)', async () => {
    expect(await errorOf(using(fromValue(1).pipe(onExit(() => true)), () => throwError(() => boom)))).toBe(boom);
  });

  it.each(waysToFail(new Error('callback')))('counts as a failing release where it %s (law 9)', async (_, callback) => {
    const source = fromValue(1).pipe(onExit(callback));
    expect(describeError(await errorOf(using(source, () => of(1))))).toBe('callback');
    expect(describeError(await errorOf(using(source, () => throwError(() => boom))))).toBe('S(callback, boom)');
  });

  it('is reported where it fails after the consumer has left (law 12)', async () => {
    using(fromValue(1).pipe(onExit(() => raise(boom))), () => NEVER)
      .subscribe()
      .unsubscribe();
    expect(await takeUnhandledErrors()).toEqual([boom]);
  });

  it('runs several in the order in which they stand', () => {
    const journal = new Journal();
    const source = noted(journal).pipe(
      onExit(() => journal.note('second')),
      suppress(Error),
      onExit(({ kind }) => journal.note(`third ${kind}`)),
    );
    using(source, () => throwError(() => boom)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', '-a error boom', 'onExit error boom', 'second', 'third complete', 'complete']);
  });

  it('runs once where the callback leaves its own scope (law 1)', () => {
    const journal = new Journal();
    const end = new Subject<void>();
    const source = fromValue(1).pipe(
      onExit(() => {
        journal.note('onExit');
        subscription.unsubscribe();
      }),
    );
    const subscription = using(source, () => end).subscribe(journal.observer());
    end.complete();
    expect(journal.lines).toEqual(['onExit']);
  });

  it('keeps the name, and refuses what is no function with a TypeError at the call', () => {
    expect(fromValue(1).pipe(onExit(() => {})).name).toBe('value');
    expect(() => onExit(undefined as never)).toThrow(TypeError);
    expect(() => onExit(undefined as never)).toThrow(/callback to be a function, received undefined/);
  });
});
