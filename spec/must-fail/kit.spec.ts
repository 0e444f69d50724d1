import { unit } from '../../jest.config.js';
import { runChildJest } from '../support/child-jest.js';

const fixtures = '<rootDir>/spec/must-fail/kit';

const remedy =
  "Leave it before the test ends: hooks that run after this check are too late. A test that has to leave it says allowLeaks('why').";
const where = 'With { stacks: true } the check tells where it was opened.';
const background = (limit: number): string =>
  `Something was still running in the background ${String(limit)} ms after the test: a release, an acquire or the return() of an iterator.`;

/** A message without the stack and the cause after it, and with the ages, which are those of the real clock, made the same. */
function messageOf(failure: string | undefined): string {
  const [message = ''] = (failure ?? 'no such test').split(/\n(?: {4}at |\n\[cause\])/);
  return message.replace(/for \d+ ms/g, 'for N ms');
}

describe('a project with the setup file of the kit', () => {
  let failures: ReadonlyMap<string, string> = new Map();

  beforeAll(() => {
    failures = runChildJest({
      ...unit,
      testMatch: [`${fixtures}/{leaking,marbles}.fixture.ts`],
      setupFilesAfterEnv: ['<rootDir>/lib/testing/jest/setup.ts'],
    });
  }, 120_000);

  it.each([
    [
      'leaves a scope open',
      `LifecycleError: 1 resource is still open.
${remedy}
${where}
  socket (held), open for N ms`,
    ],
    [
      'leaves an acquire waiting',
      `LifecycleError: 1 resource is still open.
${remedy}
${where}
  stuck (entering), open for N ms`,
    ],
    [
      'leaves a release running',
      `LifecycleError: ${background(500)}
1 resource is still open.
${remedy}
${where}
  slow (exiting), open for N ms`,
    ],
    [
      'leaves an error of a release',
      `LifecycleError: Errors that nobody handled:
  Error: cannot close`,
    ],
    [
      'allows a leak without one',
      `TypeError: allowLeaks() wants a reason, as in allowLeaks('the server lives as long as the process').`,
    ],
    [
      'draws a release too early',
      `LifecycleError: The lifecycle of "db" differs.
  expected  a-^---!-|
  actual    a-^---!--|  exit complete
                    ^ frame 8`,
    ],
    [
      'draws the right times and the wrong exit',
      `LifecycleError: The lifecycle of "db" differs.
  expected  ^-|  exit error
  actual    ^-|  exit complete`,
    ],
    [
      'leaves a probe open',
      `LifecycleError: What is open at the end of the test differs.
  expected  nothing
  actual    db (held)
Leave it: give expectObservable an unsubscription marble, or say expectOpen().toBe([…]).`,
    ],
    [
      'has a release that fails after its consumer has left',
      `LifecycleError: The errors that nobody handled differ; expectUnhandled() says which are expected.
  expected  none
  actual    Error: cannot close`,
    ],
    [
      'has a release that fails in the stream',
      `LifecycleError: The observable differs.
  expected  ---|
  actual    ---#
               ^ frame 3
  # = Error: cannot close`,
    ],
    [
      'meets a promise, though the diagrams agree',
      `LifecycleError: A promise was met, which does not settle in virtual time: testResourcesAsync() waits for it.
  the body of "db"`,
    ],
    [
      'expects one release too many',
      `Error: expect(probe).toHaveReleased(times)

Expected number of releases: 2
Received number of releases: 1

Scopes of "db":
  1: entered at 0, acquired at 0, told complete at 2, released at 2`,
    ],
  ])('fails a test that %s', (title, message) => {
    expect(messageOf(failures.get(title))).toBe(message);
  });

  it('adds the leak to what a test has failed with', () => {
    const failure = failures.get('fails for a reason of its own');
    expect(failure).toMatch(/^Error: expect\(received\)\.toBe\(expected\)/);
    expect(failure).toContain('\nLifecycleError: 1 resource is still open.\n');
  });

  it.each([
    'leaves nothing itself',
    'takes such an error',
    'allows a leak with its reason',
    'leaves nothing in the end',
    'leaves nothing beside such a release',
  ])('lets a test pass that %s', (title) => {
    expect(failures.get(title)).toBe('');
  });
});

describe('a project with a setup file of its own, and without globals', () => {
  let failures: ReadonlyMap<string, string> = new Map();

  beforeAll(() => {
    failures = runChildJest({
      ...unit,
      injectGlobals: false,
      testMatch: [`${fixtures}/options.fixture.ts`],
      setupFilesAfterEnv: [`${fixtures}/options.setup.ts`],
    });
  }, 120_000);

  it('is told where a leak was opened', () => {
    const failure = failures.get('tells where a scope was opened');
    expect(messageOf(failure)).toBe(`LifecycleError: 1 resource is still open.
${remedy}
  socket (held), open for N ms, opened`);
    expect(failure).toMatch(/opened\n {4}at .*options\.fixture\.ts:7:\d+\)?(\n|$)/);
  });

  it.each([
    [
      'has the matchers of @jest/globals',
      `TypeError: expect(received).toHaveReleased(expected)

Matcher error: received value must be a probe

Received: 1`,
    ],
    ['leaves the return() of an iterator running', `LifecycleError: ${background(20)}`],
    [
      'leaves a release running for longer than its own limit',
      `LifecycleError: ${background(20)}
1 resource is still open.
${remedy}
  slow (exiting), open for N ms, opened`,
    ],
    [
      'holds what nothing releases',
      `LifecycleError: 1 resource was held, and described without a release.
Give it a release. Where there is nothing to release, say so: by fromValue(), by a release that does nothing, or by { releases: { except: ['its name'] } }.
  forgotten, opened`,
    ],
  ])('fails a test that %s', (title, message) => {
    expect(messageOf(failures.get(title))).toBe(message);
  });

  it('lets a test pass that holds what is said to need no release', () => {
    expect(failures.get('holds what is said to need no release')).toBe('');
  });
});
