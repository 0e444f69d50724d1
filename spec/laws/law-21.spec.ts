import { NEVER, of, throwError, timeout, timer } from 'rxjs';
import { awaitRelease, using } from '../../lib/index.js';
import { inVirtualTime } from '../support/journal.js';

// `deadline()` itself belongs to the concurrency part and does not exist yet. What it promises holds for RxJS's own
// `timeout` followed by `awaitRelease()`, except that `timeout` does not see a release that runs already.
describe('law 21: a body with a deadline', () => {
  it('is unsubscribed when it is due, its releases finish, then the TimeoutError comes', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const slow = (name: string) => journal.resource(name, { release: () => timer(3) });
      using(slow('a'), () => using(slow('b'), () => NEVER))
        .pipe(timeout(5), awaitRelease())
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
      using(failing, () => NEVER).pipe(timeout(5), awaitRelease()).subscribe(journal.observer()); // prettier-ignore
      flush();
    });
    expect(lines.at(-1)).toBe('5 error S(release, TimeoutError)');
  });

  it('does not cut a release that runs already when it is due, and the TimeoutError follows it', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const slow = journal.resource('a', { release: () => timer(9) });
      using(slow, () => timer(2)).pipe(timeout({ each: 5 }), awaitRelease()).subscribe(journal.observer()); // prettier-ignore
      flush();
    });
    expect(lines).toEqual(['0 +a', '2 next 0', '2 -a complete', '11 -a ok', '11 error TimeoutError']);
  });

  it('of 0 lets a synchronous body finish', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      using(journal.resource('a'), () => of(1)).pipe(timeout(0), awaitRelease()).subscribe(journal.observer()); // prettier-ignore
      flush();
    });
    expect(lines).toEqual(['0 +a', '0 next 1', '0 -a complete', '0 complete']);
  });

  it('that comes to its end in time is not touched', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      using(journal.resource('a', { release: () => timer(1) }), () => timer(2))
        .pipe(timeout(5), awaitRelease())
        .subscribe(journal.observer());
      flush();
    });
    expect(lines).toEqual(['0 +a', '2 next 0', '2 -a complete', '3 -a ok', '3 complete']);
  });
});
