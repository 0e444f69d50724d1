import { NEVER, of } from 'rxjs';
import { using } from '../../../../lib/index.js';
import { testResources, type Probe, type TestHelpers } from '../../../../lib/testing/index.js';
import { matchers } from '../../../../lib/testing/jest/index.js';
import { messageOf } from '../../../support/message-of.js';

expect.extend(matchers);

/** Two scopes: the first one completes, the release of the second one fails, or is never begun. */
function twoScopes({ probe, cold, expectObservable, flush }: TestHelpers): Probe<string> {
  const db = probe('db', { release: ['--|', '-#'] });
  expectObservable(using(db, () => cold('-a|'))).toBe('-a--|');
  expectObservable(using(db, () => cold('---|'))).toBe('----#');
  flush();
  return db;
}

describe('toHaveReleased', () => {
  it('counts releases that have not failed', () => {
    testResources((helpers) => {
      const db = twoScopes(helpers);
      expect(db).toHaveReleased();
      expect(db).toHaveReleased(1);
      expect(db).not.toHaveReleased(0);
      expect(db).not.toHaveReleased(2);
    });
  });

  it('says what has happened to each scope where the number differs', () => {
    testResources((helpers) => {
      const db = twoScopes(helpers);
      expect(messageOf(() => expect(db).toHaveReleased(2))).toBe(`expect(probe).toHaveReleased(times)

Expected number of releases: 2
Received number of releases: 1

Scopes of "db":
  1: entered at 0, acquired at 0, told complete at 2, released at 4
  2: entered at 0, acquired at 0, told complete at 3, release failed at 4`);
      expect(messageOf(() => expect(db).not.toHaveReleased(1))).toBe(`expect(probe).not.toHaveReleased(times)

Expected number of releases: not 1
Received number of releases: 1

Scopes of "db":
  1: entered at 0, acquired at 0, told complete at 2, released at 4
  2: entered at 0, acquired at 0, told complete at 3, release failed at 4`);
    });
  });

  it('wants at least one release where no number is given', () => {
    testResources(({ probe }) => {
      const db = probe('db');
      expect(db).not.toHaveReleased();
      expect(messageOf(() => expect(db).toHaveReleased())).toBe(`expect(probe).toHaveReleased()

Expected number of releases: >= 1
Received number of releases: 0

Scopes of "db":
  none: it was never entered`);
      using(db, () => of(1)).subscribe();
      expect(messageOf(() => expect(db).not.toHaveReleased())).toBe(`expect(probe).not.toHaveReleased()

Expected number of releases: 0
Received number of releases: 1

Scopes of "db":
  1: entered at 0, acquired at 0, told complete at 0, released at 0`);
    });
  });

  it('shows a scope that is still open, and a release that goes on', () => {
    testResources(({ probe, expectObservable, flush, cold }) => {
      const db = probe('db', { acquire: ['(a|)', '---(a|)', '(a|)'], release: '-----|' });
      const messages: string[] = [];
      const look = (): unknown => messages.push(messageOf(() => expect(db).toHaveReleased()));
      expectObservable(
        using(db, () => NEVER),
        '^-----!',
      );
      expectObservable(
        using(db, () => NEVER),
        '^-----!',
      );
      expectObservable(using(db, () => cold('-|')));
      cold('--|').subscribe({ complete: look });
      flush();
      expect(messages).toEqual([
        `expect(probe).toHaveReleased()

Expected number of releases: >= 1
Received number of releases: 0

Scopes of "db":
  1: entered at 0, acquired at 0, still held
  2: entered at 0, still entering
  3: entered at 0, acquired at 0, told complete at 1, still exiting`,
      ]);
    });
  });

  it('works on what a promise resolves with', async () => {
    let db: Probe<string> | undefined;
    testResources((helpers) => {
      db = twoScopes(helpers);
    });
    await expect(Promise.resolve(db)).resolves.toHaveReleased(1);
    await expect(Promise.resolve(db)).resolves.not.toHaveReleased(2);
    const failure = await expect(Promise.resolve(db))
      .resolves.toHaveReleased(2)
      .catch((error: unknown) => error);
    expect(
      messageOf(() => {
        throw failure;
      }).split('\n')[0],
    ).toBe('expect(probe).resolves.toHaveReleased(times)');
  });

  it.each([-1, 1.5, NaN])('refuses %p times', (times) => {
    testResources(({ probe }) => {
      const db = probe('db');
      expect(() => expect(db).toHaveReleased(times)).toThrow(TypeError);
      expect(messageOf(() => expect(db).not.toHaveReleased(times))).toBe(`expect(received).not.toHaveReleased(expected)

Matcher error: expected value must be a number of times, 0 or more

Expected: ${String(times)}`);
    });
  });
});
