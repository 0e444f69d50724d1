/**
 * Runs around every test of every project: whatever a test leaves behind makes it fail. Unhandled promise rejections are
 * caught by jest itself, which fails the test they happen in.
 *
 * What is opened outside of a test, as in a `beforeAll`, is not charged to one: a file that leaves it open fails.
 */
import { openResources } from '../../lib/index.js';
import { leakCheck } from '../../lib/testing/jest/index.js';

// Nothing here is a matter of seconds but on a machine that is busy: processes and servers take long to start there.
jest.setTimeout(20_000);

leakCheck();

afterAll(() => {
  expect(openResources()).toEqual([]);
});
