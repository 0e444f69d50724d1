import { of, throwError, type Observable } from 'rxjs';
import { combine, ExitStack, lease, onExit, resource, use, using, type Resource } from '../../lib/index.js';
import { describeError, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

interface Pair {
  readonly name: string;
  readonly error: unknown;
  readonly suppressed: unknown;
}

describe('law 9: a failing release', () => {
  const boom = new Error('boom');
  const later = new Error('later');

  const releasing = (release: () => unknown): Resource<number> => resource({ acquire: () => 1, release });
  const throwing = (error: unknown): Resource<number> =>
    releasing(() => {
      throw error;
    });

  /** The one error that a consumer is told, or that it is told something else. */
  const errorOf = async (source: Resource<unknown>, failure?: { readonly error: unknown }): Promise<unknown> => {
    const told: unknown[] = [];
    using(source, () => (failure === undefined ? of(1) : throwError(() => failure.error))).subscribe({
      error: (error: unknown) => told.push(error),
      complete: () => told.push('complete'),
    });
    await nextMacrotask();
    expect(told).toHaveLength(1);
    return told[0];
  };

  describe.each([
    ['throws', (error: unknown) => throwing(error)],
    ['rejects', (error: unknown) => releasing(() => Promise.reject(error))],
    ['fails as an observable', (error: unknown) => releasing(() => throwError(() => error))],
    ['is an onExit that throws', (error: unknown) => releasing(() => undefined).pipe(onExit(() => { throw error; }))], // prettier-ignore
    ['is an exit that throws', (error: unknown) => resource({ acquire: () => 1, exit: () => { throw error; } })], // prettier-ignore
  ])('that %s', (_, failing) => {
    it('after completion gives the consumer its error, unwrapped', async () => {
      expect(await errorOf(failing(later))).toBe(later);
    });

    it.each([undefined, null, 0, ''])('after completion gives the consumer even %p', async (error) => {
      expect(await errorOf(failing(error))).toBe(error);
    });

    it('after an error gives a SuppressedError with its own as `error` and the other as `suppressed`', async () => {
      const error = (await errorOf(failing(later), { error: boom })) as Pair;
      expect(error).toBeInstanceOf(Error);
      expect(error.name).toBe('SuppressedError');
      expect(error.error).toBe(later);
      expect(error.suppressed).toBe(boom);
    });

    it('with the identical object is no second failure', async () => {
      expect(await errorOf(failing(boom), { error: boom })).toBe(boom);
    });

    it('with an error whose cause is the original passes unwrapped', async () => {
      const wrapped = new Error('wrapped', { cause: boom });
      expect(await errorOf(failing(wrapped), { error: boom })).toBe(wrapped);
    });

    it('with an error in whose cause chain the original is passes unwrapped', async () => {
      const wrapped = new Error('3', { cause: new Error('2', { cause: { cause: boom } }) });
      expect(await errorOf(failing(wrapped), { error: boom })).toBe(wrapped);
    });

    it('with an error whose causes run in a circle without the original is a second failure', async () => {
      const circle = new Error('circle') as Error & { cause?: unknown };
      circle.cause = new Error('other', { cause: circle });
      expect(describeError(await errorOf(failing(circle), { error: boom }))).toBe('S(circle, boom)');
    });

    it.each([undefined, null, 0, 'text', true])('with the same primitive, %p, is a second failure', async (error) => {
      const pair = (await errorOf(failing(error), { error })) as Pair;
      expect(pair.name).toBe('SuppressedError');
      expect(pair.error).toBe(error);
      expect(pair.suppressed).toBe(error);
    });

    it('with an error whose cause is the same primitive is a second failure', async () => {
      const caused = new Error('caused', { cause: 'text' });
      expect(describeError(await errorOf(failing(caused), { error: 'text' }))).toBe('S(caused, text)');
    });

    it('with the same function is no second failure', async () => {
      const thrown = (): void => undefined;
      expect(await errorOf(failing(thrown), { error: thrown })).toBe(thrown);
    });
  });

  it('a value that escapes unchanged from the generator it was thrown into is the same failure, even a primitive', async () => {
    for (const error of [undefined, 'text', 0, boom]) {
      const sync = resource(function* () {
        yield 1;
      });
      const async = resource(async function* () {
        yield 1;
      });
      expect(await errorOf(sync, { error })).toBe(error);
      expect(await errorOf(async, { error })).toBe(error);
    }
  });

  it('another value from a generator is a second failure', async () => {
    const generator = resource(function* () {
      try {
        yield 1;
      } catch {
        throw later;
      }
    });
    expect(describeError(await errorOf(generator, { error: boom }))).toBe('S(later, boom)');
  });

  describe('where there are several', () => {
    const named = (name: string) => throwing(new Error(name));

    it.each<[string, (body: () => Observable<never>) => Observable<never>]>([
      ['combine', (body) => combine([named('a'), named('b'), named('c')]).pipe(use(body))],
      ['a concurrent combine', (body) => combine([named('a'), named('b'), named('c')], { concurrent: true }).pipe(use(body))], // prettier-ignore
      ['nested using', (body) => using(named('a'), () => using(named('b'), () => using(named('c'), body)))],
    ])('nests them in the order of release: %s', async (_, compose) => {
      const journal = new Journal();
      compose(() => throwError(() => boom)).subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.lines).toEqual(['error S(a, S(b, S(c, boom)))']);
    });

    it('nests them without the body’s where that completed', async () => {
      expect(describeError(await errorOf(combine([named('a'), named('b'), named('c')])))).toBe('S(a, S(b, c))');
    });

    it('one failing never stops the others', async () => {
      const journal = new Journal();
      const failing = (name: string) => journal.resource(name, { release: () => Promise.reject(new Error(name)) });
      const throws = (name: string) =>
        journal.resource(name, {
          release: () => {
            throw new Error(name);
          },
        });
      combine([journal.resource('a'), failing('b'), throws('c'), journal.resource('d')])
        .pipe(use(() => of(1)))
        .subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.lines.slice(5)).toEqual([
        '-d complete',
        '-c complete',
        '-b error c',
        '-b ok',
        '-a error S(b, c)',
        'error S(b, c)',
      ]);
    });

    it('one that passes the original on in its cause takes its place', async () => {
      const wrapped = new Error('wrapped', { cause: boom });
      expect(describeError(await errorOf(combine([named('a'), throwing(wrapped)]), { error: boom }))).toBe('S(a, wrapped)'); // prettier-ignore
    });

    it('one that rethrows what the one before made is no further failure', async () => {
      const rethrowing = resource({
        acquire: () => 1,
        release: (_, exit) => {
          if (exit.kind === 'error') throw exit.error;
        },
      });
      expect(describeError(await errorOf(combine([rethrowing, named('b')]), { error: boom }))).toBe('S(b, boom)');
    });
  });

  it('holds for stacks and leases as well', async () => {
    const stack = new ExitStack();
    stack.defer(() => {
      throw later;
    });
    const error = await stack.close({ kind: 'error', error: boom }).catch((reason: unknown) => reason);
    expect(describeError(error)).toBe('S(later, boom)');
    const held = await lease(throwing(later));
    expect(describeError(await held.release({ kind: 'error', error: boom }).catch((reason: unknown) => reason))).toBe('S(later, boom)'); // prettier-ignore
    await expect((await lease(throwing(later))).release()).rejects.toBe(later);
    await expect((await lease(throwing(boom))).release({ kind: 'error', error: boom })).rejects.toBe(boom);
  });

  it('a SuppressedError is the platform’s own where there is one', async () => {
    const host = globalThis as Record<string, unknown>;
    const before = Object.getOwnPropertyDescriptor(host, 'SuppressedError');
    class Native extends Error {
      constructor(
        readonly error: unknown,
        readonly suppressed: unknown,
        message: string,
      ) {
        super(message);
      }
    }
    host['SuppressedError'] = Native;
    try {
      const error = await errorOf(throwing(later), { error: boom });
      expect(error).toBeInstanceOf(Native);
      expect(error).toMatchObject({ error: later, suppressed: boom });
    } finally {
      if (before === undefined) delete host['SuppressedError'];
      else Object.defineProperty(host, 'SuppressedError', before);
    }
  });
});
