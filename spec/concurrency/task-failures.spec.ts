import { joinFailures } from '../../lib/concurrency/task-failures.js';
import { COMPLETE, failed, UNSUBSCRIBE } from '../../lib/core/engine/exit.js';
import { suppressedError } from '../../lib/core/engine/suppressed-error.js';

const [a, b, c] = [new Error('a'), new Error('b'), new Error('c')];

function errorsOf(failures: readonly unknown[]): unknown {
  const outcome = joinFailures(COMPLETE, failures, 'group');
  const error = outcome.kind === 'error' ? outcome.error : outcome;
  return error instanceof AggregateError ? error.errors : error;
}

describe('joinFailures', () => {
  it('tells one as it is', () => {
    expect(errorsOf([a])).toBe(a);
    expect(errorsOf([undefined])).toBeUndefined();
    expect(joinFailures(UNSUBSCRIBE, [undefined], 'group')).toEqual({ kind: 'error', error: undefined });
  });

  it('answers the exit itself where that is all there is', () => {
    const exit = failed(a);
    expect(joinFailures(exit, [a], 'group')).toBe(exit);
    expect(joinFailures(exit, [b], 'group')).toEqual(failed(b));
  });

  it('tells several as an AggregateError, in their order', () => {
    expect(errorsOf([b, a, c])).toEqual([b, a, c]);
    expect(joinFailures(COMPLETE, [a, b], 'crawl')).toMatchObject({
      error: { name: 'AggregateError', message: '"crawl" has 2 failures; see "errors".' },
    });
  });

  it('tells the same one once, where it came first', () => {
    expect(errorsOf([a, a])).toBe(a);
    expect(errorsOf([b, a, b])).toEqual([b, a]);
  });

  it('tells one that another one has as a cause, however far, by that', () => {
    const wrapped = new Error('outer', { cause: new Error('inner', { cause: a }) });
    expect(errorsOf([a, wrapped])).toBe(wrapped);
    expect(errorsOf([wrapped, b, a])).toEqual([wrapped, b]);
  });

  it('tells one that is a half of a SuppressedError by that', () => {
    const pair = suppressedError(a, new Error('outer', { cause: b }));
    expect(errorsOf([a, c, b, pair])).toEqual([c, pair]);
  });

  it('takes the halves of nothing else', () => {
    expect(errorsOf([a, Object.assign(new Error('own'), { error: a, suppressed: a })])).toHaveLength(2);
    expect(errorsOf([a, new AggregateError([a])])).toHaveLength(2);
  });

  it('takes equal primitives for several failures', () => {
    expect(errorsOf(['x', 'x', undefined, undefined])).toEqual(['x', 'x', undefined, undefined]);
    expect(errorsOf(['x', new Error('outer', { cause: 'x' })])).toHaveLength(2);
  });

  it('keeps the first of those that are each other’s cause, and ends', () => {
    const [one, other] = [new Error('one'), new Error('other')];
    Object.assign(one, { cause: other });
    Object.assign(other, { cause: one });
    expect(errorsOf([one, other])).toBe(one);
    Object.assign(c, { cause: c });
    expect(errorsOf([c, a])).toEqual([c, a]);
  });
});
