import { EMPTY, NEVER, throwError, type ObservableInput } from 'rxjs';
import { lease, resource, UnsubscribedError, using, type AcquireContext, type Resource } from '../../lib/index.js';

/** A resource that keeps the contexts it was given, and looks at none. */
function keeping(contexts: AcquireContext[]): Resource<number> {
  return resource({ name: 'a', acquire: (context) => contexts.push(context) });
}

describe('the context of an acquire', () => {
  it('has one signal, the same whenever it is read (law 13)', () => {
    const contexts: AcquireContext[] = [];
    const subscription = keeping(contexts).subscribe();
    const [context] = contexts as [AcquireContext];
    const { signal } = context;
    subscription.unsubscribe();
    expect(context.signal).toBe(signal);
    expect(signal).toBeInstanceOf(AbortSignal);
  });

  it('is another one for each scope (law 5)', () => {
    const contexts: AcquireContext[] = [];
    const source = keeping(contexts);
    const [first, second] = [source.subscribe(), source.subscribe()];
    first.unsubscribe();
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    second.unsubscribe();
  });

  it('aborts with an UnsubscribedError that names the resource', () => {
    const contexts: AcquireContext[] = [];
    keeping(contexts).subscribe().unsubscribe();
    const [{ signal }] = contexts as [AcquireContext];
    expect(signal.reason).toBeInstanceOf(UnsubscribedError);
    expect(signal.reason).toMatchObject({ resource: 'a', message: '"a" was unsubscribed.' });
  });

  it.each<[string, () => ObservableInput<never>]>([
    ['completed', () => EMPTY],
    ['failed', () => throwError(() => new Error('boom'))],
  ])('is not aborted for who reads it only after the scope has %s (law 13)', (_, body) => {
    const contexts: AcquireContext[] = [];
    using(keeping(contexts), body).subscribe({ error: () => undefined });
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false]);
  });

  it('is not aborted by releasing a lease as complete', async () => {
    const contexts: AcquireContext[] = [];
    await (await lease(keeping(contexts))).release();
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false]);
  });

  it('is made only when it is read', () => {
    const original = globalThis.AbortController;
    let made = 0;
    globalThis.AbortController = class extends original {
      constructor() {
        super();
        made++;
      }
    };
    try {
      const contexts: AcquireContext[] = [];
      const subscription = using(keeping(contexts), () => NEVER).subscribe();
      expect(made).toBe(0);
      expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false]);
      expect(made).toBe(1);
      subscription.unsubscribe();
      expect(made).toBe(1);
    } finally {
      globalThis.AbortController = original;
    }
  });
});
