import { unit } from '../../jest.config.js';
import { runChildJest } from '../support/child-jest.js';

// What the check finds, and says of it, is shown in kit.spec.ts; here, that it runs around the specs of this repository.
describe('the setup file of the specs', () => {
  let failures: ReadonlyMap<string, string> = new Map();

  beforeAll(() => {
    failures = runChildJest({ ...unit, testMatch: ['<rootDir>/spec/must-fail/*.fixture.ts'] });
  }, 60_000);

  it.each([
    ['leaves a resource open', 'socket (held)'],
    ['leaves an error that nobody handles', 'nobody listens'],
    ['leaves a promise rejected', 'nobody awaits'],
  ])('fails a test that %s', (title, message) => {
    expect(failures.get(title)).toContain(message);
  });

  it('charges a leak to the test that made it only', () => {
    expect(failures.get('leaves nothing itself')).toBe('');
  });

  it('fails the file that leaves open what it has opened outside of a test', () => {
    expect(failures.get('leaves nothing itself beside it')).toBe('');
    expect(failures.get('outside.fixture.ts')).toContain('"name": "outside"');
  });
});
