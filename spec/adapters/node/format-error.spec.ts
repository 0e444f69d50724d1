import { ExitStack } from '../../../lib/index.js';
import { formatError } from '../../../lib/adapters/node/index.js';
import { rejection } from '../../support/rejection.js';

/** Without the places in the code. */
function linesOf(error: unknown): string[] {
  return formatError(error)
    .split('\n')
    .filter((line) => !/^\s*at /.test(line));
}

describe('formatError', () => {
  it('prints the stack', () => {
    expect(formatError(new TypeError('boom'))).toMatch(/^TypeError: boom\n {4}at .*format-error\.spec\.ts/);
  });

  it('prints the name that an error has now, and every line of its message', () => {
    const error = Object.assign(new Error('one\ntwo'), { name: 'LateError' });
    expect(linesOf(error)).toEqual(['LateError: one', 'two']);
  });

  it('prints what caused it, indented', () => {
    const error = new Error('outer', { cause: new Error('middle', { cause: 'inner' }) });
    expect(linesOf(error)).toEqual(['Error: outer', '  caused by: Error: middle', '    caused by: inner']);
  });

  it('prints the members of an AggregateError', () => {
    const error = new AggregateError([new Error('one'), new Error('two', { cause: 'deep' })], 'all');
    expect(linesOf(error)).toEqual([
      'AggregateError: all',
      '  [1 of 2] Error: one',
      '  [2 of 2] Error: two',
      '    caused by: deep',
    ]);
  });

  it('prints suppressed errors in the order in which they happened', async () => {
    const stack = new ExitStack();
    for (const name of ['last', 'second']) stack.defer(() => Promise.reject(new Error(name)));
    const error = await rejection(stack.close({ kind: 'error', error: new Error('first') }));
    expect(linesOf(error)).toEqual([
      'Error: first',
      '  then, while that was handled: Error: second',
      '  then, while that was handled: Error: last',
    ]);
  });

  it('prints each error once', () => {
    const one = new Error('one');
    one.cause = new AggregateError([one], 'two');
    expect(linesOf(one)).toEqual([
      'Error: one',
      '  caused by: AggregateError: two',
      '    [1 of 1] Error: one (see above)',
    ]);
  });

  it.each([
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ status: 500 }, '{ status: 500 }'],
  ])('prints %p, which is no error, as it is', (value, text) => {
    expect(formatError(value)).toBe(text);
  });
});
