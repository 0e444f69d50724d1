import { exitCodeOf } from '../../../lib/adapters/node/exit-code.js';

describe('exitCodeOf', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('is what a shell says of %s: %i', (signal, code) => {
    expect(exitCodeOf(signal)).toBe(code);
  });
});
