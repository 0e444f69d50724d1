import { mergeMap, NEVER, of, throwError } from 'rxjs';
import { using } from '../../lib/index.js';
import { testResources, type TestHelpers } from '../../lib/testing/index.js';
import { failureOf, lines } from '../support/failure-of.js';

/** Three scopes that overlap: the consumer leaves the last one. */
function threeScopes({ probe, hot, cold, expectObservable }: TestHelpers) {
  const db = probe('db', { acquire: '-(a|)', release: '--|' });
  const starts = hot('a-b-c');
  expectObservable(
    starts.pipe(mergeMap((name) => using(db, () => (name === 'c' ? NEVER : cold('--|'))))),
    '^------!',
  ).toBe('');
  return db;
}

describe('expectLifecycle', () => {
  it('compares one diagram for each scope, in the order of entering', () => {
    testResources((helpers) => {
      helpers.expectLifecycle(threeScopes(helpers)).toBe(
        [
          'a^-!-|', //
          '--a^-!-|',
          '----a^-!-|',
        ],
        ['complete', 'complete', 'unsubscribe'],
      );
    });
  });

  it('takes the long form, groups and time', () => {
    testResources(({ probe, cold, expectObservable, expectLifecycle }) => {
      const db = probe('db', { release: '100ms |' });
      expectObservable(using(db, () => cold('------|'))).toBe('------ 100ms |');
      expectLifecycle(db).toBe('(a^)--! 99ms |');
      expectLifecycle(db).toBe('^ 5ms ! 99ms |');
    });
  });

  it('takes one exit for all scopes', () => {
    testResources(({ probe, expectObservable, expectLifecycle }) => {
      const db = probe('db');
      const rows = using(db, () => throwError(() => 'bad'));
      expectObservable(rows).toBe('#', {}, 'bad');
      expectObservable(rows).toBe('#', {}, 'bad');
      expectLifecycle(db).toBe(['(^|)', '(^|)'], { kind: 'error', error: 'bad' });
    });
  });

  it('says of a probe that it was never entered', () => {
    testResources(({ probe, expectLifecycle }) => {
      expectLifecycle(probe('db')).toBe([]);
    });
  });

  it('compares when time is flushed', () => {
    const steps: string[] = [];
    testResources(({ probe, expectLifecycle, flush }) => {
      const db = probe('db');
      expectLifecycle(db).toBe('(^|)');
      using(db, () => []).subscribe();
      flush();
      steps.push('flushed');
    });
    expect(steps).toEqual(['flushed']);
  });

  it('refuses a diagram that no scope can have, where it is written', () => {
    testResources(({ probe, expectLifecycle }) => {
      expect(() => expectLifecycle(probe('db')).toBe('|-a')).toThrow(TypeError);
    });
  });

  describe('a lifecycle that differs', () => {
    it('is shown with both diagrams, the column, and the exits', () => {
      const failure = failureOf(() => {
        testResources(({ probe, cold, expectObservable, expectLifecycle }) => {
          const db = probe('db', { acquire: '--(a|)', release: '---|' });
          expectObservable(using(db, () => cold('----|'))).toBe('---------|');
          expectLifecycle(db).toBe('a-^----!--|', 'error');
        });
      });
      expect(failure).toBe(
        lines(
          'The lifecycle of "db" differs.',
          '  expected  a-^----!--|  exit error',
          '  actual    a-^---!--|   exit complete',
          '                  ^ frame 6',
        ),
      );
    });

    it('is shown with the exits where these alone differ', () => {
      const failure = failureOf(() => {
        testResources(({ probe, expectObservable, expectLifecycle }) => {
          const db = probe('db');
          expectObservable(using(db, () => of('a'))).toBe('(a|)');
          expectLifecycle(db).toBe('(^|)', 'unsubscribe');
        });
      });
      expect(failure).toBe(
        lines(
          'The lifecycle of "db" differs.',
          '  expected  (^|)  exit unsubscribe',
          '  actual    (^|)  exit complete',
        ),
      );
    });

    it('is shown with long gaps as time, still column by column', () => {
      const failure = failureOf(() => {
        testResources(({ probe, cold, expectObservable, expectLifecycle }) => {
          const db = probe('db');
          expectObservable(using(db, () => cold('500ms |'))).toBe('500ms |');
          expectLifecycle(db).toBe('^ 500ms |');
        });
      });
      expect(failure).toBe(
        lines(
          'The lifecycle of "db" differs.',
          '  expected  ^ 499ms -|',
          '  actual    ^ 499ms |   exit complete',
          '                    ^ frame 500',
        ),
      );
    });

    it('is shown scope by scope', () => {
      const failure = failureOf(() => {
        testResources((helpers) => {
          helpers.expectLifecycle(threeScopes(helpers)).toBe(['a^-!-|', '--a^--!|'], ['complete', 'complete']);
        });
      });
      expect(failure).toBe(
        lines(
          'The lifecycle of "db" differs (3 scopes, 2 expected).',
          '  expected  a^-!-|  exit complete',
          '  actual    a^-!-|  exit complete',
          '  expected  --a^--!|  exit complete',
          '  actual    --a^-!-|  exit complete',
          '                 ^ frame 5',
          '  expected              no scope',
          '  actual    ----a^-!-|  exit unsubscribe',
          '            ^ frame 4',
        ),
      );
    });

    it('offers both sides to runners that show differences, and the line of the expectation', () => {
      let failure: unknown;
      try {
        testResources(({ probe, expectLifecycle }) => {
          const db = probe('db');
          using(db, () => []).subscribe();
          expectLifecycle(db).toBe('^-|');
        });
      } catch (error) {
        failure = error;
      }
      expect(failure).toMatchObject({ expected: '^-|', actual: '(^|)  exit complete' });
      expect((failure as Error).stack).toMatch(/^LifecycleError: The lifecycle of "db" differs\./);
      expect((failure as Error).stack).toContain('expect-lifecycle.spec.ts');
    });
  });
});

describe('expectExit', () => {
  it('compares the exits of all scopes', () => {
    testResources(({ probe, expectObservable, expectExit }) => {
      const db = probe('db');
      const error = new Error('bad');
      expectObservable(using(db, () => throwError(() => error))).toBe('#', {}, error);
      expectExit(db).toBe('error');
      expectExit(db).toBe('error', error);
      expectExit(db).toBe(['error']);
      expectExit(db).toBe([{ kind: 'error', error }]);
      expectExit(probe('unused')).toBe([]);
    });
  });

  it('fails with both', () => {
    const failure = failureOf(() => {
      testResources(({ probe, expectObservable, expectExit }) => {
        const db = probe('db');
        expectObservable(using(db, () => throwError(() => 'bad'))).toBe('#', {}, 'bad');
        expectExit(db).toBe('error', 'worse');
      });
    });
    expect(failure).toBe(lines('The exit of "db" differs.', `  expected  error 'worse'`, `  actual    error 'bad'`));
  });

  it('fails where there are more scopes than exits', () => {
    const failure = failureOf(() => {
      testResources(({ probe, expectExit }) => {
        const db = probe('db');
        using(db, () => []).subscribe();
        using(db, () => []).subscribe();
        expectExit(db).toBe('complete');
      });
    });
    expect(failure).toBe(lines('The exit of "db" differs.', '  expected  complete', '  actual    complete, complete'));
  });

  it('fails where there is no scope', () => {
    const failure = failureOf(() => {
      testResources(({ probe, expectExit }) => {
        expectExit(probe('db')).toBe('complete');
      });
    });
    expect(failure).toBe(lines('The exit of "db" differs.', '  expected  complete', '  actual    no scope'));
  });
});
