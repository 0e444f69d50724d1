import { matchers } from '../../../lib/testing/jest/index.js';

interface Runner {
  beforeEach: unknown;
  afterEach: unknown;
  expect: unknown;
}

/** Loads the setup file anew, in a runner with these globals. */
function load(globals: Runner): void {
  const host = globalThis as unknown as Runner;
  const { beforeEach, afterEach, expect } = host;
  Object.assign(host, globals);
  try {
    jest.isolateModules(() => jest.requireActual('../../../lib/testing/jest/setup.js'));
  } finally {
    Object.assign(host, { beforeEach, afterEach, expect });
  }
}

describe('the setup file', () => {
  it('installs the leak check and the matchers', () => {
    const calls: string[] = [];
    const extend = (added: object): unknown => calls.push(Object.keys(added).join());
    load({
      beforeEach: () => calls.push('beforeEach'),
      afterEach: () => calls.push('afterEach'),
      expect: { extend },
    });
    expect(calls).toEqual(['beforeEach', 'afterEach', Object.keys(matchers).join()]);
  });

  it('says what to do where the runner gives it no globals', () => {
    const none = { beforeEach: undefined, afterEach: undefined, expect: undefined };
    expect(() => load(none)).toThrow('leakCheck() found no beforeEach and no afterEach.');
  });
});
