import { NEVER } from 'rxjs';
import { using } from '../../../../lib/index.js';
import { testResources } from '../../../../lib/testing/index.js';
import { matchers } from '../../../../lib/testing/jest/index.js';
import { messageOf } from '../../../support/message-of.js';

expect.extend(matchers);

describe('toHaveAcquired', () => {
  it('counts the scopes that have been given their handle', () => {
    testResources(({ probe, expectObservable, flush }) => {
      const db = probe('db', { acquire: ['-(a|)', '-#', '----(a|)'], interruptible: true });
      expectObservable(using(db, () => [1])).toBe('-(a|)', { a: 1 });
      expectObservable(using(db, () => [1])).toBe('-#');
      expectObservable(
        using(db, () => NEVER),
        '^-!',
      ).toBe('');
      expect(db).not.toHaveAcquired();
      flush();
      expect(db).toHaveAcquired();
      expect(db).toHaveAcquired(1);
      expect(messageOf(() => expect(db).toHaveAcquired(3))).toBe(`expect(probe).toHaveAcquired(times)

Expected number of acquires: 3
Received number of acquires: 1

Scopes of "db":
  1: entered at 0, acquired at 1, told complete at 1, released at 1
  2: entered at 0, not acquired at 1
  3: entered at 0, given up at 2`);
    });
  });

  it('says what has happened where it was not to be', () => {
    testResources(({ probe }) => {
      const db = probe('db');
      using(db, () => [1]).subscribe();
      expect(messageOf(() => expect(db).not.toHaveAcquired())).toBe(`expect(probe).not.toHaveAcquired()

Expected number of acquires: 0
Received number of acquires: 1

Scopes of "db":
  1: entered at 0, acquired at 0, told complete at 0, released at 0`);
    });
  });
});
