import { NEVER, of, Subject, take, throwError } from 'rxjs';
import { awaitRelease, use, using } from '../../lib/index.js';
import { LifecycleError, testResources } from '../../lib/testing/index.js';
import { failureOf, lines } from '../support/failure-of.js';

describe('expectUnhandled', () => {
  it('takes the errors that nobody handles, in their order', () => {
    testResources(({ probe, expectObservable, expectUnhandled }) => {
      const db = probe('db', { release: '--#', releaseError: new Error('late') });
      expectObservable(
        using(db, () => NEVER),
        '^--!',
      ).toBe('');
      expectUnhandled(new Error('late'));
    });
  });

  it('leaves a failure of a release to whoever waits for it', () => {
    testResources(({ cold, probe, expectObservable }) => {
      const db = probe('db', { release: '--#', releaseError: 'late' });
      const source = using(db, () => cold('--a')).pipe(take(1), awaitRelease());
      expectObservable(source).toBe('--a-#', { a: 'a' }, 'late');
    });
  });

  it('fails for every other one', () => {
    const error = new Error('boom');
    let failure: unknown;
    try {
      testResources(({ expectUnhandled }) => {
        throwError(() => error).subscribe();
        expectUnhandled('another');
      });
    } catch (caught) {
      failure = caught;
    }
    expect(failure).toEqual(
      new LifecycleError(
        lines(
          'The errors that nobody handled differ; expectUnhandled() says which are expected.',
          `  expected  'another'`,
          '  actual    Error: boom',
        ),
      ),
    );
    expect(failure).toMatchObject({ expected: `'another'`, actual: 'Error: boom', cause: error });
  });

  it('tells of them beside another failure, of which they may be the reason', () => {
    const failure = failureOf(() => {
      testResources(({ probe, expectObservable, expectLifecycle }) => {
        const db = probe('db');
        const subject = new Subject();
        expectObservable(db.pipe(use(() => subject)), '^!').toBe('');
        of(1).subscribe(() => {
          throw new Error('an assertion in a handler');
        });
        expectLifecycle(db).toBe('^-|');
      });
    });
    expect(failure).toBe(
      lines(
        'The lifecycle of "db" differs.',
        '  expected  ^-|',
        '  actual    ^|   exit unsubscribe',
        '             ^ frame 1',
        'Errors that nobody handled:',
        '  actual    Error: an assertion in a handler',
      ),
    );
  });
});
