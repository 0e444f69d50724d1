import { interval, of, range, take, throwError, timer, type Observable } from 'rxjs';
import { testResources } from '../../lib/testing/index.js';
import { failureOf, lines } from '../support/failure-of.js';

describe('assertMessages', () => {
  describe('an observable that differs', () => {
    const fails = (source: Observable<unknown>, ...expected: [string, object?, unknown?]): string =>
      failureOf(() => {
        testResources(({ expectObservable }) => {
          expectObservable(source).toBe(...expected);
        });
      });

    it('is shown with both diagrams', () => {
      expect(fails(timer(3), '--(a|)', { a: 0 })).toBe(
        lines(
          'The observable differs.',
          '  expected  --(A|)',
          '  actual    ---(A|)',
          '              ^ frame 2',
          '  A = 0',
        ),
      );
    });

    it('is shown with its values and errors', () => {
      expect(fails(of({ id: 1 }), '(a|)', { a: { id: 2 } })).toBe(
        lines(
          'The observable differs.',
          '  expected  (A|)',
          '  actual    (B|)',
          '             ^ frame 0',
          '  A = { id: 2 }',
          '  B = { id: 1 }',
        ),
      );
      expect(
        fails(
          throwError(() => new TypeError('bad')),
          '#',
          {},
          new Error('bad'),
        ),
      ).toBe(
        lines(
          'The observable differs.',
          '  expected  #',
          '  actual    ¹',
          '            ^ frame 0',
          '  # = Error: bad',
          '  ¹ = TypeError: bad',
        ),
      );
    });
  });

  it('shows of many notifications those around the difference', () => {
    const failure = failureOf(() => {
      testResources(({ expectObservable }) => {
        const values = Object.fromEntries(
          'a b c d e f g h i j k l m n o p q r s t'.split(' ').map((letter, index) => [letter, index]),
        );
        expectObservable(interval(1).pipe(take(20))).toBe('-abcdefghijklmnopqrs-|', { ...values, t: 19 });
      });
    });
    expect(failure).toBe(
      lines(
        'The observable differs. Shown is what is around the difference.',
        '  expected  --------------ABCDEF-|',
        '  actual    --------------ABCDEF(G|)',
        '                                ^ frame 20',
        '  A = 13',
        '  B = 14',
        '  C = 15',
        '  D = 16',
        '  E = 17',
        '  F = 18',
        '  G = 19',
      ),
    );
  });

  it('shows both ends where everything differs', () => {
    const failure = failureOf(() => {
      testResources(({ expectObservable }) => {
        expectObservable(range(0, 500)).toBe('-(x|)');
      });
    });
    expect(failure.split('\n')).toHaveLength(10);
    expect(failure).toContain('  actual    (ABCDEF)');
  });

  it('shows subscriptions that differ', () => {
    const failure = failureOf(() => {
      testResources(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('---|');
        expectObservable(source, '-^-!').toBe('----');
        expectSubscriptions(source.subscriptions).toBe(['-^--!', '^']);
      });
    });
    expect(failure).toBe(
      lines(
        'The subscriptions differ (1 of 2 expected).',
        '  expected  -^--!',
        '  actual    -^-!',
        '               ^ frame 3',
        '  expected  ^',
        '  actual    ',
        '            ^ frame 0',
      ),
    );
  });
});
