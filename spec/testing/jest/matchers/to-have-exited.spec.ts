import { NEVER, throwError } from 'rxjs';
import { using } from '../../../../lib/index.js';
import { testResources, type Probe, type TestHelpers } from '../../../../lib/testing/index.js';
import { matchers } from '../../../../lib/testing/jest/index.js';
import { messageOf } from '../../../support/message-of.js';

expect.extend(matchers);

/** One scope whose body fails, and one that is left. */
function twoExits({ probe, expectObservable, flush }: TestHelpers): Probe<string> {
  const db = probe('db');
  expectObservable(using(db, () => throwError(() => new Error('boom')))).toBe('#', undefined, new Error('boom'));
  expectObservable(
    using(db, () => NEVER),
    '^--!',
  ).toBe('');
  flush();
  return db;
}

const scopes = `Scopes of "db":
  1: entered at 0, acquired at 0, told error with [Error: boom] at 0, released at 0
  2: entered at 0, acquired at 0, told unsubscribe at 3, released at 3`;

describe('toHaveExited', () => {
  it('looks for a scope that was told this exit', () => {
    testResources((helpers) => {
      const db = twoExits(helpers);
      expect(db).toHaveExited('error');
      expect(db).toHaveExited('unsubscribe');
      expect(db).not.toHaveExited('complete');
    });
  });

  it('compares the error where one is given', () => {
    testResources((helpers) => {
      const db = twoExits(helpers);
      expect(db).toHaveExited('error', new Error('boom'));
      expect(db).toHaveExited('error', expect.any(Error));
      expect(db).not.toHaveExited('error', new Error('other'));
      expect(db).not.toHaveExited('error', undefined);
    });
  });

  it('says what the scopes were told', () => {
    testResources((helpers) => {
      const db = twoExits(helpers);
      expect(messageOf(() => expect(db).toHaveExited('complete'))).toBe(`expect(probe).toHaveExited(kind)

Expected exit: "complete"

${scopes}`);
      expect(messageOf(() => expect(db).not.toHaveExited('unsubscribe'))).toBe(`expect(probe).not.toHaveExited(kind)

Expected exit: not "unsubscribe"

${scopes}`);
      expect(messageOf(() => expect(db).toHaveExited('error', 'other'))).toBe(`expect(probe).toHaveExited(kind, error)

Expected exit: "error" with "other"

${scopes}`);
      expect(messageOf(() => expect(db).not.toHaveExited('error', new Error('boom')))).toBe(
        `expect(probe).not.toHaveExited(kind, error)

Expected exit: not "error" with [Error: boom]

${scopes}`,
      );
    });
  });

  it('refuses what is no kind of exit', () => {
    testResources(({ probe }) => {
      const db = probe('db');
      expect(() => expect(db).toHaveExited('completed' as never)).toThrow(TypeError);
      expect(messageOf(() => expect(db).toHaveExited('completed' as never))).toBe(
        `expect(received).toHaveExited(expected)

Matcher error: expected value must be 'complete', 'error' or 'unsubscribe'

Expected: "completed"`,
      );
    });
  });

  it('refuses an error beside an exit without one', () => {
    testResources(({ probe }) => {
      const db = probe('db');
      // @ts-expect-error only an error has one
      expect(messageOf(() => expect(db).toHaveExited('complete', new Error('boom')))).toBe(
        `expect(received).toHaveExited(expected)

Matcher error: expected value must be 'error' where an error is given

Expected: "complete"`,
      );
    });
  });

  it('refuses what is no probe', () => {
    expect(() => expect(1).toHaveExited('complete')).toThrow(TypeError);
  });
});
