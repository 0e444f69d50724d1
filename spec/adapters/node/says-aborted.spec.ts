import { saysAborted } from '../../../lib/adapters/node/says-aborted.js';

describe('saysAborted', () => {
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);

  it.each([
    ['the reason', reason],
    ['what it has caused', new Error('no page', { cause: new Error('no answer', { cause: reason }) })],
    ["the platform's error for it", Object.assign(new Error('aborted'), { name: 'AbortError' })],
  ])('knows %s', (_what, error) => {
    expect(saysAborted(error, signal)).toBe(true);
    expect(saysAborted(error, new AbortController().signal)).toBe(false);
  });

  it.each([new Error('enough'), 'enough', undefined, null])('takes %p for news', (error) => {
    expect(saysAborted(error, signal)).toBe(false);
  });

  it('comes to an end where causes go in a circle', () => {
    const one = new Error('one');
    one.cause = new Error('two', { cause: one });
    expect(saysAborted(one, signal)).toBe(false);
  });
});
