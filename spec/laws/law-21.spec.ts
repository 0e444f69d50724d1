import { merge, NEVER, of, take, throwError, timer } from 'rxjs';
import { deadline, resource, using } from '../../lib/index.js';
import { inVirtualTime } from '../support/journal.js';

describe('law 21: a body with a deadline', () => {
  it('is unsubscribed when it is due, its releases finish, then the TimeoutError comes', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const slow = (name: string) => journal.resource(name, { release: () => timer(3) });
      using(slow('a'), () => using(slow('b'), () => NEVER))
        .pipe(deadline(5))
        .subscribe(journal.observer());
      flush();
    });
    expect(lines).toEqual([
      ...['0 +a', '0 +b', '5 -b unsubscribe', '8 -b ok', '8 -a unsubscribe', '11 -a ok'],
      '11 error TimeoutError',
    ]);
  });

  it('with a failing release is S(the release’s, TimeoutError)', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const failing = journal.resource('a', { release: () => throwError(() => new Error('release')) });
      using(failing, () => NEVER)
        .pipe(deadline(5))
        .subscribe(journal.observer());
      flush();
    });
    expect(lines.at(-1)).toBe('5 error S(release, TimeoutError)');
  });

  it('with several failing releases nests them in their order', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const failing = (name: string) =>
        journal.resource(name, { release: () => throwError(() => new Error(`release ${name}`)) });
      using(failing('a'), () => using(failing('b'), () => NEVER))
        .pipe(deadline(5))
        .subscribe(journal.observer());
      flush();
    });
    expect(lines.at(-1)).toBe('5 error S(S(release a, release b), TimeoutError)');
  });

  describe('does not cut a release that runs already when it is due, and the TimeoutError follows it', () => {
    it('of a scope that holds its completion back', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        const slow = journal.resource('a', { release: () => timer(9) });
        using(slow, () => timer(2))
          .pipe(deadline(5))
          .subscribe(journal.observer());
        flush();
      });
      expect(lines).toEqual(['0 +a', '2 next 0', '2 -a complete', '11 -a ok', '11 error TimeoutError']);
    });

    it('of a scope that was left before, by an operator that has completed', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        const slow = journal.resource('a', { release: () => timer(9) });
        slow.pipe(take(1), deadline(5)).subscribe(journal.observer());
        flush();
      });
      expect(lines).toEqual(['0 +a', '0 next a', '0 -a unsubscribe', '9 -a ok', '9 error TimeoutError']);
    });

    it('of a scope that was left before, by an operator that has failed: neither error hides the other', () => {
      const { lines } = inVirtualTime((journal, { flush, cold }) => {
        const slow = journal.resource('a', { release: () => timer(9) });
        merge(slow, cold('--#', undefined, new Error('boom')))
          .pipe(deadline(5))
          .subscribe(journal.observer());
        flush();
      });
      expect(lines.slice(2)).toEqual(['2 -a unsubscribe', '11 -a ok', '11 error S(TimeoutError, boom)']);
    });

    it('and fails: S(the release’s, TimeoutError)', () => {
      const { lines } = inVirtualTime((journal, { flush, cold }) => {
        const slow = journal.resource('a', { release: () => cold('-------#', undefined, new Error('release')) });
        using(slow, () => of(1))
          .pipe(deadline(5))
          .subscribe(journal.observer());
        flush();
      });
      expect(lines.slice(1)).toEqual(['0 next 1', '0 -a complete', '7 -a ok', '7 error S(release, TimeoutError)']);
    });
  });

  it('of 0 lets a synchronous body finish', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      using(journal.resource('a'), () => of(1))
        .pipe(deadline(0))
        .subscribe(journal.observer());
      flush();
    });
    expect(lines).toEqual(['0 +a', '0 next 1', '0 -a complete', '0 complete']);
  });

  it('of 0 lets a synchronous body finish inside subscribe', () => {
    const told: string[] = [];
    using(resource({ acquire: () => 1, release: () => told.push('released') }), (one) => of(one))
      .pipe(deadline(0))
      .subscribe({ next: (value) => told.push(`next ${String(value)}`), complete: () => told.push('complete') });
    expect(told).toEqual(['next 1', 'released', 'complete']);
  });

  it('that comes to its end in time is not touched', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      using(journal.resource('a', { release: () => timer(1) }), () => timer(2))
        .pipe(deadline(5))
        .subscribe(journal.observer());
      flush();
    });
    expect(lines).toEqual(['0 +a', '2 next 0', '2 -a complete', '3 -a ok', '3 complete']);
  });
});
