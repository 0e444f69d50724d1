import { concat, NEVER, of, throwError } from 'rxjs';
import {
  andThen,
  fromValue,
  onExit,
  resource,
  ResourceError,
  suppress,
  UnsubscribedError,
  using,
} from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise } from '../support/failing.js';
import { describeError, Journal, notificationsOf } from '../support/journal.js';

const far = new RangeError('too far');

describe('suppress', () => {
  it('turns an error of the given class into a completion without a value (law 8)', () => {
    const lenient = fromValue(1).pipe(suppress(RangeError));
    expect(
      notificationsOf(
        using(lenient, () =>
          concat(
            of(1),
            throwError(() => far),
          ),
        ),
      ),
    ).toEqual(['next 1', 'complete']);
  });

  it('takes heirs of the class, and passes others', async () => {
    const lenient = fromValue(1).pipe(suppress(ResourceError));
    expect(notificationsOf(using(lenient, () => throwError(() => new UnsubscribedError('left'))))).toEqual([
      'complete',
    ]);
    expect(await errorOf(using(lenient, () => throwError(() => far)))).toBe(far);
  });

  it('takes a predicate', async () => {
    const lenient = fromValue(1).pipe(suppress((error) => error === 'known'));
    expect(notificationsOf(using(lenient, () => throwError(() => 'known')))).toEqual(['complete']);
    expect(await errorOf(using(lenient, () => throwError(() => 'other')))).toBe('other');
  });

  it('takes a predicate written as a function, and one bound', () => {
    const known = { value: 'known' };
    const bound = function (this: typeof known, error: unknown): boolean {
      return error === this.value;
    }.bind(known);
    expect(notificationsOf(using(fromValue(1).pipe(suppress(bound)), () => throwError(() => 'known')))).toEqual([
      'complete',
    ]);
  });

  it('suppresses only where the predicate answers exactly true (law 8)', async () => {
    const lenient = fromValue(1).pipe(suppress(() => 1 as never));
    expect(await errorOf(using(lenient, () => throwError(() => far)))).toBe(far);
  });

  it('is asked about undefined as well (law 7)', () => {
    const asked: unknown[] = [];
    const lenient = fromValue(1).pipe(suppress((error) => asked.push(error) > 0));
    expect(notificationsOf(using(lenient, () => throwError(() => undefined)))).toEqual(['complete']);
    expect(asked).toEqual([undefined]);
  });

  it('suppresses a failing release of what stands before it', () => {
    const lenient = resource({ acquire: () => 1, release: () => raise(far) }).pipe(suppress(RangeError));
    expect(notificationsOf(using(lenient, () => of(1)))).toEqual(['next 1', 'complete']);
  });

  it('does not suppress a failing release of what stands after it in the pipe', async () => {
    const lenient = fromValue(1).pipe(
      suppress(RangeError),
      onExit(() => raise(far)),
    );
    expect(await errorOf(using(lenient, () => of(1)))).toBe(far);
  });

  it('judges a SuppressedError as what it is, not by what it holds', async () => {
    const failing = resource({ acquire: () => 1, release: () => raise(new RangeError('again')) });
    const error = await errorOf(using(failing.pipe(suppress(RangeError)), () => throwError(() => far)));
    expect(describeError(error)).toBe('S(RangeError, RangeError)');
  });

  it('passes a failure to acquire: nothing has exited then (law 11)', async () => {
    expect(await errorOf(resource({ acquire: () => raise(far) }).pipe(suppress(RangeError)))).toBe(far);
  });

  it('suppresses the failure to acquire of a part that comes later (law 11)', () => {
    const later = resource<number>({ acquire: () => raise(far) });
    const both = fromValue(1).pipe(suppress(RangeError), andThen(() => later)); // prettier-ignore
    expect(notificationsOf(using(both, () => of(1)))).toEqual(['complete']);
  });

  it('is not asked after completion or an unsubscription (law 8)', () => {
    const journal = new Journal();
    const asked = (): boolean => {
      journal.note('asked');
      return true;
    };
    using(fromValue(1).pipe(suppress(asked)), () => of(1)).subscribe();
    using(fromValue(1).pipe(suppress(asked)), () => NEVER)
      .subscribe()
      .unsubscribe();
    expect(journal.lines).toEqual([]);
  });

  it('suppresses a failing release after an unsubscription: nothing is reported (law 12)', async () => {
    resource({ acquire: () => 1, release: () => raise(far) })
      .pipe(suppress(RangeError))
      .subscribe()
      .unsubscribe();
    expect(await takeUnhandledErrors()).toEqual([]);
  });

  it('counts a predicate that throws as a failing release (law 9)', async () => {
    const lenient = fromValue(1).pipe(suppress(() => raise(new Error('predicate'))));
    expect(describeError(await errorOf(using(lenient, () => throwError(() => far))))).toBe('S(predicate, RangeError)');
  });

  it('keeps the name, and refuses what is no function with a TypeError at the call', () => {
    expect(fromValue(1).pipe(suppress(Error)).name).toBe('value');
    expect(() => suppress('RangeError' as never)).toThrow(TypeError);
    expect(() => suppress('RangeError' as never)).toThrow(/error class or predicate to be a function, received string/);
  });
});
