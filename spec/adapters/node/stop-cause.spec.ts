import { describeCause, exitOf } from '../../../lib/adapters/node/stop-cause.js';

describe('describeCause', () => {
  it.each([
    [{ kind: 'signal', signal: 'SIGINT' }, 'SIGINT'],
    [{ kind: 'uncaught', error: new Error('boom') }, 'uncaught Error: boom'],
    [{ kind: 'error', error: { message: 'plain' } }, 'Error: plain'],
    [{ kind: 'error', error: undefined }, 'undefined'],
    [{ kind: 'request', reason: undefined }, 'request'],
    [{ kind: 'request', reason: 'deploy' }, 'request (deploy)'],
    [{ kind: 'complete' }, 'complete'],
    [{ kind: 'unsubscribe' }, 'unsubscribe'],
  ] as const)('says %p in a few words', (cause, words) => {
    expect(describeCause(cause)).toBe(words);
  });
});

describe('exitOf', () => {
  it.each([
    [{ kind: 'signal', signal: 'SIGINT' }, { kind: 'unsubscribe' }],
    [{ kind: 'request', reason: 1 }, { kind: 'unsubscribe' }],
    [{ kind: 'unsubscribe' }, { kind: 'unsubscribe' }],
    [{ kind: 'complete' }, { kind: 'complete' }],
    [
      { kind: 'error', error: 1 },
      { kind: 'error', error: 1 },
    ],
    [
      { kind: 'uncaught', error: 2 },
      { kind: 'error', error: 2 },
    ],
  ] as const)('tells %p as %p', (cause, exit) => {
    expect(exitOf(cause)).toEqual(exit);
  });
});
