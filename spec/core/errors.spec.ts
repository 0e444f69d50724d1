import * as rxscope from '../../lib/index.js';
import { ResourceError, type ResourceErrorOptions } from '../../lib/index.js';

type ErrorClass = new (message: string, options?: ResourceErrorOptions) => ResourceError;

/** Every error class that the package exports, whichever file it is in. */
const classes = (Object.entries(rxscope) as [string, unknown][]).filter(
  (entry): entry is [string, ErrorClass] => isErrorClass(entry[1]) && entry[0] !== 'ResourceError',
);

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && value.prototype instanceof Error;
}

describe('the errors', () => {
  it('are those of the contract', () => {
    expect(classes.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'AcquireTimeoutError',
        'ReleaseTimeoutError',
        'ResourceLostError',
        'UnsubscribedError',
        'GeneratorProtocolError',
        'ClosedError',
        'CapacityError',
        'CursorLoopError',
      ]),
    );
  });

  it('have codes of their own, which are stable', () => {
    const codes = Object.fromEntries(classes.map(([name, Class]) => [name, new Class('x').code]));
    expect(codes).toMatchObject({
      AcquireTimeoutError: 'RXSCOPE_ACQUIRE_TIMEOUT',
      CapacityError: 'RXSCOPE_CAPACITY',
      ClosedError: 'RXSCOPE_CLOSED',
      CursorLoopError: 'RXSCOPE_CURSOR_LOOP',
      GeneratorProtocolError: 'RXSCOPE_GENERATOR_PROTOCOL',
      ReleaseTimeoutError: 'RXSCOPE_RELEASE_TIMEOUT',
      ResourceLostError: 'RXSCOPE_LOST',
      UnsubscribedError: 'RXSCOPE_UNSUBSCRIBED',
    });
    expect(new Set([...Object.values(codes), new ResourceError('x').code]).size).toBe(classes.length + 1);
  });

  describe.each([...classes, ['ResourceError', ResourceError] as [string, ErrorClass]])('%s', (name, Class) => {
    it('is a ResourceError and an Error', () => {
      expect(new Class('x')).toBeInstanceOf(ResourceError);
      expect(new Class('x')).toBeInstanceOf(Error);
    });

    it('says its name, message and resource', () => {
      const error = new Class('went wrong', { resource: 'socket' });
      expect(error).toMatchObject({ name, message: 'went wrong', resource: 'socket' });
      expect(String(error)).toBe(`${name}: went wrong`);
      expect(error.stack).toContain('went wrong');
    });

    it.each([new Error('root'), undefined, 0])('keeps its cause, %p', (cause) => {
      const error = new Class('x', { cause });
      expect('cause' in error).toBe(true);
      expect(error.cause).toBe(cause);
    });

    it('has no cause where there was none', () => {
      expect('cause' in new Class('x', { resource: 'a' })).toBe(false);
      expect('cause' in new Class('x')).toBe(false);
    });
  });
});
