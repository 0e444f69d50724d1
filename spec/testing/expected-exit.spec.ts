import { matchesExit, showExit } from '../../lib/testing/expected-exit.js';

describe('matchesExit', () => {
  it('compares kinds, and no exit with none', () => {
    expect(matchesExit({ kind: 'complete' }, 'complete')).toBe(true);
    expect(matchesExit({ kind: 'error', error: 1 }, 'error')).toBe(true);
    expect(matchesExit({ kind: 'unsubscribe' }, 'complete')).toBe(false);
    expect(matchesExit(null, 'none')).toBe(true);
    expect(matchesExit(null, 'complete')).toBe(false);
  });

  it('compares the error of an exit', () => {
    expect(matchesExit({ kind: 'error', error: 'x' }, { kind: 'error', error: 'x' })).toBe(true);
    expect(matchesExit({ kind: 'error', error: 'x' }, { kind: 'error', error: undefined })).toBe(false);
  });
});

describe('showExit', () => {
  it('shows the error', () => {
    expect(showExit({ kind: 'error', error: new Error('x') })).toBe('error Error: x');
    expect([showExit('error'), showExit(null), showExit({ kind: 'complete' })]).toEqual(['error', 'none', 'complete']);
  });
});
