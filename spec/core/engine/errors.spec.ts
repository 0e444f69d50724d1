import * as errors from '../../../lib/core/engine/errors.js';

const classes = Object.entries(errors);

describe('the errors of the library', () => {
  it('are all here', () => {
    expect(classes.map(([name]) => name).sort()).toEqual([
      'AcquireTimeoutError',
      'CapacityError',
      'ClosedError',
      'CursorLoopError',
      'DeadlockError',
      'GeneratorProtocolError',
      'ReleaseTimeoutError',
      'ResourceError',
      'ResourceLostError',
      'UnsubscribedError',
    ]);
  });

  it.each(classes)('%s says what it is', (name, Class) => {
    const error = new Class('message', { resource: 'database', cause: 'why' });
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(errors.ResourceError);
    expect(error).toMatchObject({ name, message: 'message', resource: 'database', cause: 'why' });
    expect(error.code).toMatch(/^RXSCOPE_[A-Z_]+$/);
    expect(String(error)).toBe(`${name}: message`);
    expect(error.stack).toContain('errors.spec.ts');
  });

  it.each(classes)('%s needs neither a resource nor a cause', (_, Class) => {
    const error = new Class('message');
    expect(error.resource).toBe('resource');
    expect('cause' in error).toBe(false);
  });

  it('keep a cause that is undefined', () => {
    expect('cause' in new errors.ResourceLostError('message', { cause: undefined })).toBe(true);
  });

  it('have codes of their own', () => {
    const codes = classes.map(([, Class]) => new Class('message').code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
