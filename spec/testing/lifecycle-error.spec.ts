import { LifecycleError } from '../../lib/testing/index.js';

describe('LifecycleError', () => {
  it('has a name, a code, and what was expected', () => {
    const cause = new Error('why');
    const error = new LifecycleError('differs', { expected: 'a', actual: 'b', cause });
    expect(error).toMatchObject({
      name: 'LifecycleError',
      code: 'RXSCOPE_LIFECYCLE',
      message: 'differs',
      expected: 'a',
      actual: 'b',
      cause,
    });
  });

  it('has no expected and actual where there is nothing to compare: runners would show a difference of nothing', () => {
    expect(Object.keys(new LifecycleError('open'))).toEqual(['name', 'code']);
  });

  it('takes the stack of the expectation', () => {
    const error = new LifecycleError('a\nb').placed('at first\nat second');
    expect(error.stack).toBe('LifecycleError: a\nb\n    at first\n    at second');
    const { stack } = error;
    expect(error.placed(null).stack).toBe(stack);
  });

  it('says more under the same stack', () => {
    const error = new LifecycleError('a').placed('at first').extended('$& more');
    expect(error.message).toBe('a\n$& more');
    expect(error.stack).toBe('LifecycleError: a\n$& more\n    at first');
  });
});
