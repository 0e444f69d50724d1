import { using } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { failureOf, lines } from '../support/failure-of.js';

describe('expectOpen', () => {
  it('tells what is open at the end of a frame', () => {
    testResources(({ probe, cold, expectObservable, expectOpen, expectNothingOpen }) => {
      const db = probe('db', { release: '--|' });
      expectObservable(using(db, () => using(probe('file'), () => cold('--|')))).toBe('----|');
      expectOpen(0).toBe(['db', 'file']);
      expectOpen('--|').toBe(['db']);
      expectOpen('  3ms |').toBe(['db']);
      expectNothingOpen('----|');
      expectNothingOpen(100);
    });
  });

  it('fails with what is open there', () => {
    const failure = failureOf(() => {
      testResources(({ probe, cold, expectObservable, expectNothingOpen }) => {
        expectObservable(using(probe('db'), () => cold('--|'))).toBe('--|');
        expectNothingOpen('-|');
      });
    });
    expect(failure).toBe(lines('What is open at the end of frame 1 differs.', '  expected  nothing', '  actual    db'));
  });

  it.each(['', '--', '|-|', 'x'])('refuses "%s" as a frame', (at) => {
    expect(() => {
      testResources(({ expectOpen }) => {
        expectOpen(at).toBe([]);
      });
    }).toThrow(TypeError);
  });
});
