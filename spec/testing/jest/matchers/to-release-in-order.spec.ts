import { using } from '../../../../lib/index.js';
import { testResources, type Probe, type TestHelpers } from '../../../../lib/testing/index.js';
import { matchers } from '../../../../lib/testing/jest/index.js';
import { messageOf } from '../../../support/message-of.js';

expect.extend(matchers);

interface Both {
  readonly db: Probe<string>;
  readonly cache: Probe<string>;
}

/** A cache inside a connection; giving back the cache fails. */
function nested({ probe, expectObservable, flush }: TestHelpers): Both {
  const [db, cache] = [probe('db', { release: '--|' }), probe('cache', { release: '-#' })];
  expectObservable(using(db, () => using(cache, () => [1]))).toBe('a--#', { a: 1 });
  flush();
  return { db, cache };
}

describe('toReleaseInOrder', () => {
  it('compares the order in which releases were over, failed ones included', () => {
    testResources((helpers) => {
      const { db, cache } = nested(helpers);
      expect([db, cache]).toReleaseInOrder(['cache', 'db']);
      expect([cache]).toReleaseInOrder(['cache']);
      expect([db, cache]).not.toReleaseInOrder(['db', 'cache']);
      expect([db, cache]).not.toReleaseInOrder(['cache']);
    });
  });

  it('goes by the keys of a record', () => {
    testResources((helpers) => {
      const { db, cache } = nested(helpers);
      expect({ outer: db, inner: cache }).toReleaseInOrder(['inner', 'outer']);
    });
  });

  it('tells releases of one frame apart', () => {
    testResources(({ probe }) => {
      const [db, cache] = [probe('db'), probe('cache')];
      using(db, () => using(cache, () => [1])).subscribe();
      using(cache, () => [1]).subscribe();
      expect([db, cache]).toReleaseInOrder(['cache', 'db', 'cache']);
    });
  });

  it('says in which order they were released, and when', () => {
    testResources((helpers) => {
      const { db, cache } = nested(helpers);
      expect(messageOf(() => expect([db, cache]).toReleaseInOrder(['db', 'cache']))).toBe(
        `expect(probes).toReleaseInOrder(names)

Expected order: ["db", "cache"]
Received order: ["cache", "db"]

Releases:
  cache: release failed at 1
  db: released at 3`,
      );
      expect(messageOf(() => expect([db, cache]).not.toReleaseInOrder(['cache', 'db']))).toBe(
        `expect(probes).not.toReleaseInOrder(names)

Expected order: not ["cache", "db"]

Releases:
  cache: release failed at 1
  db: released at 3`,
      );
    });
  });

  it('says that nothing was released', () => {
    testResources(({ probe }) => {
      expect(messageOf(() => expect([probe('db')]).toReleaseInOrder(['db']))).toBe(
        `expect(probes).toReleaseInOrder(names)

Expected order: ["db"]
Received order: []

Releases:
  none`,
      );
    });
  });

  it('refuses what are no probes', () => {
    testResources(({ probe }) => {
      const db = probe('db');
      for (const received of [db, [db, 1], null, 'db']) {
        expect(() => expect(received).toReleaseInOrder([])).toThrow(TypeError);
      }
      expect(messageOf(() => expect(db).toReleaseInOrder([]))).toBe(`expect(received).toReleaseInOrder(expected)

Matcher error: received value must be a list or a record of probes

Received: the probe "db"`);
    });
  });

  it('refuses names that are no list', () => {
    const names = 'db' as never;
    expect(() => expect([]).toReleaseInOrder(names)).toThrow(TypeError);
    expect(messageOf(() => expect([]).toReleaseInOrder(names))).toBe(`expect(received).toReleaseInOrder(expected)

Matcher error: expected value must be a list of names

Expected: "db"`);
  });
});
