import {
  afterFailure,
  causedBy,
  COMPLETE,
  failed,
  holds,
  isNews,
  join,
  saysAborted,
  UNSUBSCRIBE,
  type Exit,
} from '../../../lib/core/engine/exit.js';
import { suppressedError } from '../../../lib/core/engine/suppressed-error.js';
import { describeError } from '../../support/journal.js';

describe('exits', () => {
  it('are frozen, and presence of an error decides', () => {
    expect([COMPLETE, UNSUBSCRIBE, failed(undefined)].every((exit) => Object.isFrozen(exit))).toBe(true);
    expect(failed(undefined)).toStrictEqual({ kind: 'error', error: undefined });
  });
});

describe('afterFailure', () => {
  it('is the failure alone where there was no error yet', () => {
    expect(afterFailure(COMPLETE, 1)).toEqual(failed(1));
    expect(afterFailure(UNSUBSCRIBE, undefined)).toStrictEqual(failed(undefined));
  });

  it('joins it with the error there was', () => {
    const exit = afterFailure(failed('old'), 'new') as { error: unknown };
    expect(describeError(exit.error)).toBe('S(new, old)');
  });
});

describe('join', () => {
  const old = new Error('old');

  it('is the newer one where it is or holds the older, a SuppressedError otherwise', () => {
    const wrapped = new Error('wrapped', { cause: old });
    expect(join(old, old)).toBe(old);
    expect(join(wrapped, old)).toBe(wrapped);
    expect(describeError(join(old, wrapped))).toBe('S(old, wrapped)');
    expect(describeError(join('same', 'same'))).toBe('S(same, same)');
  });
});

describe('holds', () => {
  const original = new Error('original');

  it.each<[string, unknown, boolean]>([
    ['itself', original, true],
    ['another', new Error('original'), false],
    ['one that has it as its cause', new Error('x', { cause: original }), true],
    ['one deep in its causes', { cause: { cause: { cause: original } } }, true],
    ['a SuppressedError with it as the newer', suppressedError(original, 'x'), true],
    ['a SuppressedError with it as the older', suppressedError('x', original), true],
    ['an object that has it as `error`, and is no SuppressedError', { error: original }, false],
    ['an AggregateError that has it in its list', new AggregateError([original]), false],
    ['nothing', undefined, false],
    ['a primitive', 'original', false],
  ])('looks in causes and in SuppressedErrors: %s', (_, error, expected) => {
    expect(holds(error, original)).toBe(expected);
  });

  it.each([undefined, null, 0, 'text', Symbol.iterator])('is about objects: %p holds nothing', (primitive) => {
    expect(holds(primitive, primitive)).toBe(false);
    expect(holds(new Error('x', { cause: primitive }), primitive)).toBe(false);
  });

  it('is about functions as well', () => {
    const thrown = (): void => undefined;
    expect(holds({ cause: thrown }, thrown)).toBe(true);
  });

  it('comes to an end where causes run in a circle', () => {
    const circle: { cause?: unknown } = {};
    circle.cause = { cause: circle };
    expect(holds(circle, original)).toBe(false);
  });

  it('goes ten thousand causes deep', () => {
    let deep: unknown = original;
    for (let level = 0; level < 10_000; level++) deep = { cause: deep };
    expect(holds(deep, original)).toBe(true);
  });
});

describe('causedBy', () => {
  const original = new Error('original');

  it.each<[string, unknown, boolean]>([
    ['itself', original, true],
    ['one that has it as its cause', new Error('x', { cause: original }), true],
    ['one deep in its causes', { cause: { cause: { cause: original } } }, true],
    ['a SuppressedError that reports another failure besides it', suppressedError('x', original), false],
    ['another', new Error('original'), false],
    ['nothing', undefined, false],
  ])('looks in causes alone: %s', (_, error, expected) => {
    expect(causedBy(error, original)).toBe(expected);
  });

  it('comes to an end where causes run in a circle', () => {
    const circle: { cause?: unknown } = {};
    circle.cause = { cause: circle };
    expect(causedBy(circle, original)).toBe(false);
  });
});

const boom = new Error('boom');

describe('isNews', () => {
  it.each<[string, Exit, Exit, boolean]>([
    ['nothing failed', COMPLETE, COMPLETE, false],
    ['the consumer left and nothing failed', UNSUBSCRIBE, UNSUBSCRIBE, false],
    ['the outcome is the error of the exit', failed(boom), failed(boom), false],
    ['the outcome is the same undefined', failed(undefined), failed(undefined), false],
    ['a release failed after completion', failed(boom), COMPLETE, true],
    ['a release failed after an unsubscription', failed(boom), UNSUBSCRIBE, true],
    ['a release changed the error', failed(new Error('other')), failed(boom), true],
    ['the error was suppressed', COMPLETE, failed(boom), false],
  ])('tells, where %s', (_, outcome, exit, expected) => {
    expect(isNews(outcome, exit)).toBe(expected);
  });
});

describe('saysAborted', () => {
  const reason = new Error('left');
  const abortError = Object.assign(new Error('Request aborted'), { name: 'AbortError' });

  it.each<[string, unknown, boolean]>([
    ['the reason itself', reason, true],
    ['an error that has the reason as its cause', new Error('x', { cause: reason }), true],
    ['an AbortError of a client that does not pass the reason on', abortError, true],
    ['a CanceledError of axios', Object.assign(new Error('canceled'), { name: 'CanceledError' }), true],
    ['another error', new Error('left'), false],
    ['nothing', undefined, false],
  ])('tells, once the signal has aborted: %s', (_, error, expected) => {
    expect(saysAborted(error, AbortSignal.abort(reason))).toBe(expected);
  });

  it('is never so before that, or without a signal', () => {
    expect(saysAborted(abortError, new AbortController().signal)).toBe(false);
    expect(saysAborted(abortError, undefined)).toBe(false);
  });
});
