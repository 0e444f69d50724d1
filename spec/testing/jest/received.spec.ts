import { EMPTY, Observable } from 'rxjs';
import { fromValue } from '../../../lib/index.js';
import { testResources } from '../../../lib/testing/index.js';
import { matchers } from '../../../lib/testing/jest/index.js';
import { isProbe, probesOf } from '../../../lib/testing/jest/received.js';
import { messageOf } from '../../support/message-of.js';

expect.extend(matchers);

describe('a matcher that receives no probe', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [1, '1'],
    [{ name: 'db' }, '{"name": "db"}'],
    [EMPTY, 'an observable'],
    [fromValue(1), 'the resource "value", which keeps no record: only probe() makes one'],
  ])('%#: throws a TypeError that says so', (received, shown) => {
    expect(() => expect(received).toHaveReleased()).toThrow(TypeError);
    expect(() => expect(received).not.toHaveReleased()).toThrow(TypeError);
    expect(messageOf(() => expect(received).toHaveAcquired(2))).toBe(`expect(received).toHaveAcquired(expected)

Matcher error: received value must be a probe

Received: ${shown}`);
  });
});

describe('isProbe', () => {
  it('goes by shape', () => {
    expect(isProbe({ name: 'db', scopes: [] })).toBe(true);
    expect(isProbe({ scopes: [] })).toBe(false);
    expect(isProbe(fromValue(1))).toBe(false);
    testResources(({ probe }) => {
      expect(isProbe(probe('db'))).toBe(true);
    });
  });
});

describe('probesOf', () => {
  it('names those of a list after themselves, those of a record after their keys', () => {
    const db = { name: 'db', scopes: [] };
    expect(probesOf([db])).toEqual([{ name: 'db', probe: db }]);
    expect(probesOf({ store: db })).toEqual([{ name: 'store', probe: db }]);
    expect(probesOf([])).toEqual([]);
    expect(probesOf(Object.assign(Object.create(null) as object, { store: db }))).toHaveLength(1);
  });

  it('takes nothing for an empty record that is none', () => {
    const db = { name: 'db', scopes: [] };
    for (const value of [new Set([db]), Promise.resolve(db), new Observable(), [db, 1], 'db', null]) {
      expect(probesOf(value)).toBeNull();
    }
  });
});
