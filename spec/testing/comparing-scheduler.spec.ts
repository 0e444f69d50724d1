import { readFileSync } from 'node:fs';
import { EMPTY, NEVER } from 'rxjs';
import { using } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { failureOf, lines } from '../support/failure-of.js';

describe('ComparingScheduler', () => {
  it('points to the line of the expectation, also where others before it compare nothing', () => {
    let stack: string | undefined;
    try {
      testResources(({ expectObservable, cold, expectSubscriptions }) => {
        const source = cold('|');
        expectObservable(source); // compares nothing
        expectSubscriptions(source.subscriptions).toBe(['(^!)']);
        expectObservable(EMPTY).toBe('-|');
      });
    } catch (error) {
      ({ stack } = error as Error);
    }
    const [, line = ''] = /comparing-scheduler\.spec\.ts:(\d+)/.exec(stack ?? '') ?? [];
    expect(readFileSync(__filename, 'utf8').split('\n')[Number(line) - 1]).toContain('expectObservable(EMPTY)');
  });

  it('fails with all that differs at once', () => {
    const failure = failureOf(() => {
      testResources(({ probe, cold, expectObservable, expectLifecycle, expectNothingOpen }) => {
        const db = probe('db', { release: '-|' });
        expectObservable(using(db, () => cold('-a|'))).toBe('-a|');
        expectLifecycle(db).toBe('^-|');
        expectNothingOpen(2);
      });
    });
    expect(failure).toBe(
      lines(
        'The observable differs.',
        '  expected  -a|',
        '  actual    -a-|',
        '              ^ frame 2',
        'The lifecycle of "db" differs.',
        '  expected  ^-|',
        '  actual    ^-!|  exit complete',
        '              ^ frame 2',
        'What is open at the end of frame 2 differs.',
        '  expected  nothing',
        '  actual    db',
      ),
    );
  });

  it('fails once for each expectation', () => {
    testResources(({ expectObservable, flush }) => {
      expectObservable(EMPTY).toBe('-|');
      expect(flush).toThrow('The observable differs.');
      flush();
    });
  });

  it('leaves the observable under test of toEqual, which TestScheduler does not', () => {
    testResources(({ probe, expectObservable, expectLifecycle }) => {
      const db = probe('db');
      expectObservable(
        using(db, () => NEVER),
        '^---!',
      ).toEqual(NEVER);
      expectLifecycle(db).toBe('^---|', 'unsubscribe');
    });
  });
});
