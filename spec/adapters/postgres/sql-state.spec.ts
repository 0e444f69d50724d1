import { isSerializationFailure, saysUnknown, sqlStateOf } from '../../../lib/adapters/postgres/sql-state.js';

const withCode = (code: unknown, cause?: unknown): Error => Object.assign(new Error('boom', { cause }), { code });

describe('the code of an error', () => {
  it.each([
    ['that of the server', withCode('40001'), '40001'],
    ['that of its cause', new Error('wrapped', { cause: withCode('23505') }), '23505'],
    ['that of the cause of one whose code is something else', withCode('RXSCOPE_LOST', withCode('57P01')), '57P01'],
    ['none for an error of the system', withCode('EPIPE'), undefined],
    ['none for a number', withCode(40001), undefined],
    ['none for no error', undefined, undefined],
    ['none for a word', '40001', undefined],
  ])('is %s', (_, error, expected) => {
    expect(sqlStateOf(error)).toBe(expected);
  });

  it('is not looked for without end', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(sqlStateOf(circle)).toBeUndefined();
  });
});

describe('isSerializationFailure', () => {
  it.each([
    ['40001', true],
    ['40P01', true],
    ['40002', false],
    ['23505', false],
  ])('%s: %s', (code, expected) => {
    expect(isSerializationFailure(withCode(code))).toBe(expected);
  });
});

describe('saysUnknown', () => {
  it.each([
    ['08006', true],
    ['08007', true],
    ['57P01', true],
    ['40003', true],
    ['25P03', true],
    ['25P04', true],
    ['EPIPE', true],
    ['23505', false],
    ['40001', false],
    ['57014', false],
    ['25P02', false],
  ])('%s: %s', (code, expected) => {
    expect(saysUnknown(withCode(code))).toBe(expected);
  });
});
