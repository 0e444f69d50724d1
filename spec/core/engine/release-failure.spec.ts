import { isReleaseFailure, noteReleaseFailure } from '../../../lib/core/engine/release-failure.js';
import { suppressedError } from '../../../lib/core/engine/suppressed-error.js';
import { resource, using } from '../../../lib/index.js';
import { of, throwError } from 'rxjs';
import { errorOf, raise } from '../../support/failing.js';

describe('isReleaseFailure', () => {
  it('knows what was noted, and what holds it as a part', () => {
    const [release, other] = [new Error('release'), new Error('other')];
    noteReleaseFailure(release);
    expect(isReleaseFailure(release)).toBe(true);
    expect(isReleaseFailure(suppressedError(release, other))).toBe(true);
    expect(isReleaseFailure(suppressedError(suppressedError(other, release), other))).toBe(true);
  });

  it('knows nothing of other errors, nor of what is no object', () => {
    noteReleaseFailure(undefined);
    noteReleaseFailure('text');
    const circular = suppressedError(new Error('a'), new Error('b'));
    Object.assign(circular, { suppressed: circular });
    const errors = [new Error('other'), suppressedError(new Error('a'), null), circular, undefined, 'text', null];
    expect(errors.map(isReleaseFailure)).toEqual(errors.map(() => false));
  });

  it('is told by a scope: its releases, not its body', async () => {
    const failing = resource({ acquire: () => 1, release: () => raise(new Error('release')) });
    const fine = resource({ acquire: () => 1, release: () => {} });
    const body = (): never => raise(new Error('body'));
    expect(isReleaseFailure(await errorOf(using(failing, () => of(1))))).toBe(true);
    expect(isReleaseFailure(await errorOf(using(failing, body)))).toBe(true);
    expect(isReleaseFailure(await errorOf(using(fine, body)))).toBe(false);
    expect(isReleaseFailure(await errorOf(using(fine, () => using(failing, () => of(1)))))).toBe(true);
    const passing = resource({ acquire: () => 1, release: (_, exit) => raise(exit.kind === 'error' && exit.error) });
    expect(isReleaseFailure(await errorOf(using(passing, () => throwError(() => new Error('body')))))).toBe(false);
  });
});
