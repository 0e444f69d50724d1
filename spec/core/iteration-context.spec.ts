import { IterationContext } from '../../lib/core/iteration-context.js';
import { UnsubscribedError } from '../../lib/index.js';

describe('IterationContext', () => {
  it('has one signal, which aborts with an UnsubscribedError that says why', () => {
    const context = new IterationContext();
    const { signal } = context;
    expect(context.signal).toBe(signal);
    expect(signal.aborted).toBe(false);
    context.abort('Left.');
    expect(signal.reason).toBeInstanceOf(UnsubscribedError);
    expect(signal.reason).toMatchObject({ message: 'Left.' });
    context.abort('Left again.');
    expect(signal.reason).toMatchObject({ message: 'Left.' });
  });

  it('has aborted where it is read only after that (law 13)', () => {
    const context = new IterationContext();
    context.abort('Left.');
    expect(context.signal.aborted).toBe(true);
    expect(context.signal.reason).toMatchObject({ name: 'UnsubscribedError', message: 'Left.' });
  });

  it('explains errors that are its reason, have it as their cause, or say the same, once it has aborted', () => {
    const context = new IterationContext();
    const abortError = Object.assign(new Error('aborted'), { name: 'AbortError' });
    const errors = (): unknown[] => {
      const { reason } = context.signal as { reason: unknown };
      return [reason, new Error('a', { cause: reason }), abortError, new Error('boom'), undefined];
    };
    expect(errors().slice(2).map((error) => context.explains(error))).toEqual([false, false, false]); // prettier-ignore
    context.abort('Left.');
    expect(errors().map((error) => context.explains(error))).toEqual([true, true, true, false, false]);
  });

  it('explains nothing where nobody has looked at the signal', () => {
    const context = new IterationContext();
    context.abort('Left.');
    expect(context.explains(Object.assign(new Error('aborted'), { name: 'AbortError' }))).toBe(false);
  });
});
