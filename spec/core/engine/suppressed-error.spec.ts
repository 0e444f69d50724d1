import { suppressedError } from '../../../lib/core/engine/suppressed-error.js';

describe('suppressedError', () => {
  const host = globalThis as Record<string, unknown>;
  const native = Object.getOwnPropertyDescriptor(host, 'SuppressedError');

  afterEach(() => {
    if (native === undefined) delete host['SuppressedError'];
    else Object.defineProperty(host, 'SuppressedError', native);
  });

  const newer = new TypeError('newer');
  const older = new Error('older');

  it.each(['with', 'without'])('holds both, in the shape TC39 has given it: %s the platform’s class', (which) => {
    if (which === 'without') delete host['SuppressedError'];
    const error = suppressedError(newer, older) as Error & { error: unknown; suppressed: unknown };
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('SuppressedError');
    expect(error.error).toBe(newer);
    expect(error.suppressed).toBe(older);
  });

  it('is of the platform’s class where there is one at the moment of failure', () => {
    class Platform extends Error {
      constructor(
        readonly error: unknown,
        readonly suppressed: unknown,
        message: string,
      ) {
        super(message);
      }
    }
    host['SuppressedError'] = Platform;
    expect(suppressedError(newer, older)).toBeInstanceOf(Platform);
    expect(suppressedError(newer, older)).toMatchObject({ error: newer, suppressed: older });
  });

  it.each<[unknown, string]>([
    [new TypeError('why'), 'TypeError: why'],
    [new TypeError(''), 'TypeError'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ message: 'no name' }, 'object: no name'],
    [{}, 'object'],
    [Symbol('s'), 'Symbol(s)'],
  ])('tells both in its message, whatever they are: %p', (error, words) => {
    expect(suppressedError(error, 'x').message).toContain(`(${words})`);
    expect(suppressedError('x', error).message).toContain(`(${words})`);
  });
});
