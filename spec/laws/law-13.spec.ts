/* eslint-disable @typescript-eslint/no-deprecated -- a subscriber that can be left from inside its own subscribe */
import { EMPTY, NEVER, Observable, of, Subject, Subscriber, throwError, timer } from 'rxjs';
import { acquireTimeout, AcquireTimeoutError, andThen, combine, fromDisposable, fromManager, lease, resource, UnsubscribedError, use, using, type AcquireContext, type Resource } from '../../lib/index.js'; // prettier-ignore
import { testResources } from '../../lib/testing/index.js';
import { Gate, inVirtualTime, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 13: unsubscribing while entering', () => {
  const boom = new Error('boom');
  let journal: Journal;
  let signal: AbortSignal | undefined;

  beforeEach(() => {
    journal = new Journal();
    signal = undefined;
  });

  /** A resource whose acquire is settled by hand and whose signal is kept. */
  const gated = (gate: Gate<string>): Resource<string> =>
    journal.resource('a', {
      acquire: (context) => {
        signal = context.signal;
        return gate.promise;
      },
    });
  const body = (): Observable<unknown> => {
    journal.note('body');
    return NEVER;
  };

  describe('the signal of the context', () => {
    it('aborts synchronously, with an UnsubscribedError', () => {
      const gate = new Gate<string>();
      const subscription = using(gated(gate), body).subscribe();
      expect(signal?.aborted).toBe(false);
      signal?.addEventListener('abort', () => {
        journal.note('abort');
      });
      subscription.unsubscribe();
      expect(journal.take()).toEqual(['+a', 'abort']);
      expect(signal?.reason).toBeInstanceOf(UnsubscribedError);
      expect(signal?.reason).toMatchObject({ name: 'UnsubscribedError', resource: 'a' });
      gate.open('a');
    });

    it('aborts where the acquire unsubscribes its own scope, even when it is read after that', () => {
      const consumer = new Subscriber<unknown>();
      const signals: boolean[] = [];
      const self = resource({
        acquire: (context) => {
          consumer.unsubscribe();
          signals.push(context.signal.aborted);
          return 1;
        },
      });
      using(self, body).subscribe(consumer);
      expect(signals).toEqual([true]);
    });

    it('aborts in each acquire that runs in parallel, and in the one that runs of several', () => {
      const signals: AbortSignal[] = [];
      const waiting = (): Resource<unknown> =>
        resource<unknown>({ acquire: (context) => (signals.push(context.signal), NEVER), interruptible: true });
      combine([waiting(), waiting()], { concurrent: true }).pipe(use(body)).subscribe().unsubscribe(); // prettier-ignore
      combine([journal.resource('x'), waiting()]).pipe(use(body)).subscribe().unsubscribe(); // prettier-ignore
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    });

    it.each([
      ['a manager', (seen: (context: AcquireContext) => Promise<string>) => fromManager(() => ({ enter: seen, exit: () => undefined }))], // prettier-ignore
      ['a disposable', (seen: (context: AcquireContext) => Promise<string>) => fromDisposable(async (context) => ({ close: () => undefined, value: await seen(context) }), 'close')], // prettier-ignore
      ['a generator', (seen: (context: AcquireContext) => Promise<string>) => resource(async function* (context) { yield await seen(context); })], // prettier-ignore
    ])('aborts for %s', async (_, make) => {
      const gate = new Gate<string>();
      const source = make((context) => {
        signal = context.signal;
        return gate.promise;
      }) as Resource<unknown>;
      using(source, body).subscribe().unsubscribe();
      expect(signal?.aborted).toBe(true);
      gate.open('a');
      await nextMacrotask();
    });

    it('aborts while the body runs too, before the release starts', () => {
      const source = journal.resource('a', {
        acquire: (context) => {
          context.signal.addEventListener('abort', () => {
            journal.note('abort');
          });
          return 'a';
        },
      });
      const torn = new Observable<never>(() => () => {
        journal.note('torn down');
      });
      const subscription = using(source, () => torn).subscribe();
      journal.take();
      subscription.unsubscribe();
      expect([...journal.lines].sort()).toEqual(['-a unsubscribe', 'abort', 'torn down']);
      expect(journal.lines.at(-1)).toBe('-a unsubscribe');
    });

    it('aborts when entering an asynchronous one has long been done', async () => {
      const gate = new Gate<string>();
      const subscription = using(gated(gate), body).subscribe();
      gate.open('a');
      await nextMacrotask();
      expect(signal?.aborted).toBe(false);
      subscription.unsubscribe();
      expect(signal?.aborted).toBe(true);
    });

    it.each([
      ['completion', () => of(1)],
      ['an error', () => throwError(() => boom)],
    ])('does not abort on %s, not even during and after the release', async (_, end) => {
      const seen: boolean[] = [];
      const source = resource({
        acquire: (context) => (signal = context.signal),
        release: async (held) => {
          seen.push(held.aborted);
          await Promise.resolve();
          seen.push(held.aborted);
        },
      });
      using(source, end).subscribe({ error: () => undefined });
      await nextMacrotask();
      expect([...seen, signal?.aborted]).toEqual([false, false, false]);
    });

    it('does not abort when entering fails', async () => {
      const gate = new Gate<string>();
      using(gated(gate), body).subscribe(journal.observer());
      gate.fail(boom);
      await nextMacrotask();
      expect(signal?.aborted).toBe(false);
    });
  });

  describe('a handle that comes late', () => {
    it.each([
      ['a promise', (gate: Gate<string>) => gate.promise],
      ['an observable', (gate: Gate<string>) => new Observable((subscriber) => { void gate.promise.then((value) => { subscriber.next(value); subscriber.complete(); }); })], // prettier-ignore
    ])('by %s is released with `unsubscribe` and never shown to the body', async (_, acquire) => {
      const gate = new Gate<string>();
      using(journal.resource('a', { acquire: () => acquire(gate) }), body)
        .subscribe(journal.observer())
        .unsubscribe();
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a']);
      gate.open('a');
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a ok', '-a unsubscribe']);
    });

    it('is released with what was entered before it, in reverse order, and nothing after it is entered', async () => {
      const gate = new Gate<string>();
      combine([journal.resource('before'), gated(gate), journal.resource('after')])
        .pipe(use(body))
        .subscribe()
        .unsubscribe();
      await nextMacrotask();
      expect(journal.take()).toEqual(['+before', '+a']);
      gate.open('a');
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a ok', '-a unsubscribe', '-before unsubscribe']);
    });

    it('does not reach andThen', async () => {
      const gate = new Gate<string>();
      gated(gate)
        .pipe(
          andThen(() => {
            journal.note('andThen');
            return journal.resource('after');
          }),
          use(body),
        )
        .subscribe()
        .unsubscribe();
      gate.open('a');
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a', '+a ok', '-a unsubscribe']);
    });

    it('in parallel: each is released when it comes', async () => {
      const gates = { a: new Gate<string>(), b: new Gate<string>() };
      const parts = (['a', 'b'] as const).map((name) => journal.resource(name, { acquire: () => gates[name].promise }));
      combine([...parts, journal.resource('c')], { concurrent: true })
        .pipe(use(body))
        .subscribe()
        .unsubscribe();
      gates.b.open('b');
      gates.a.open('a');
      await nextMacrotask();
      expect(journal.lines.filter((line) => line.startsWith('-')).sort()).toEqual([
        '-a unsubscribe',
        '-b unsubscribe',
        '-c unsubscribe',
      ]);
    });

    it('a late handle whose release fails is reported', async () => {
      const gate = new Gate<string>();
      using(journal.resource('a', { acquire: () => gate.promise, release: () => Promise.reject(boom) }), body)
        .subscribe()
        .unsubscribe();
      gate.open('a');
      expect(await reported()).toEqual(['boom']);
    });

    it('an enclosing scope waits for it', async () => {
      const gate = new Gate<string>();
      using(journal.resource('outer'), () => using(gated(gate), body))
        .subscribe()
        .unsubscribe();
      await nextMacrotask();
      expect(journal.take()).toEqual(['+outer', '+a']);
      gate.open('a');
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a ok', '-a unsubscribe', '-outer unsubscribe']);
    });
  });

  describe('an acquire that fails late', () => {
    const fail = async (error: (reason: unknown) => unknown, read = true): Promise<string[]> => {
      const gate = new Gate<string>();
      const source = read ? gated(gate) : journal.resource('a', { acquire: () => gate.promise });
      using(source, body).subscribe(journal.observer()).unsubscribe();
      gate.fail(error(signal?.reason));
      return reported();
    };

    it('goes to config.onUnhandledError', async () => {
      expect(await fail(() => boom)).toEqual(['boom']);
      expect(await fail(() => boom, false)).toEqual(['boom']);
      expect(await fail(() => undefined)).toEqual(['undefined']);
    });

    it('is quiet where it is the reason of the signal', async () => {
      expect(await fail((reason) => reason)).toEqual([]);
    });

    it('is quiet where it wraps the reason as its cause, at any depth', async () => {
      expect(await fail((reason) => new Error('aborted', { cause: reason }))).toEqual([]);
      expect(await fail((reason) => new Error('outer', { cause: new Error('inner', { cause: reason }) }))).toEqual([]);
    });

    it('is not quiet where it is another abort', async () => {
      expect(await fail(() => new UnsubscribedError('someone else’s'))).toEqual(['UnsubscribedError']);
    });

    it('is never told to the consumer', async () => {
      await fail(() => boom);
      expect(journal.lines.filter((line) => line.startsWith('error'))).toEqual([]);
    });

    it('releases what was entered before it, with `unsubscribe`', async () => {
      const gate = new Gate<string>();
      combine([journal.resource('before'), gated(gate)])
        .pipe(use(body))
        .subscribe()
        .unsubscribe();
      gate.fail(signal?.reason);
      expect(await reported()).toEqual([]);
      expect(journal.lines.slice(-1)).toEqual(['-before unsubscribe']);
    });
  });

  describe('interruptible', () => {
    it('unsubscribes the observable that the acquire returned, at once', async () => {
      const source = new Observable<string>((subscriber) => {
        subscriber.add(() => {
          journal.note('acquire left');
        });
      });
      using(journal.resource('a', { acquire: () => source, interruptible: true }), body)
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['+a', 'acquire left']);
    });

    it('releases what was entered before, at once', () => {
      combine([journal.resource('before'), journal.resource('a', { acquire: () => NEVER, interruptible: true })])
        .pipe(use(body))
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['+before', '+a', '-before unsubscribe']);
    });

    it('is not the default: the observable is waited for', () => {
      const source = new Subject<string>();
      using(journal.resource('a', { acquire: () => source }), body)
        .subscribe()
        .unsubscribe();
      expect(source.observed).toBe(true);
      source.next('a');
      expect(journal.lines).toEqual(['+a', '+a ok', '-a unsubscribe']);
      expect(source.observed).toBe(false);
    });

    it('does not hold for a promise, which cannot be left', async () => {
      const gate = new Gate<string>();
      using(journal.resource('a', { acquire: () => gate.promise, interruptible: true }), body)
        .subscribe()
        .unsubscribe();
      gate.open('a');
      await nextMacrotask();
      expect(journal.lines).toEqual(['+a', '+a ok', '-a unsubscribe']);
    });

    it('aborts the signal as well, and its late failure has nowhere to come from', async () => {
      const source = journal.resource('a', {
        interruptible: true,
        acquire: (context) => {
          signal = context.signal;
          return timer(0);
        },
      });
      using(source, body).subscribe().unsubscribe();
      expect(signal?.aborted).toBe(true);
      await nextMacrotask();
      await nextMacrotask();
      expect(journal.lines).toEqual(['+a']);
    });

    it('does not leave an acquire that has answered', () => {
      const source = new Subject<string>();
      const subscription = using(
        journal.resource('a', { acquire: () => source, interruptible: true }),
        body,
      ).subscribe();
      source.next('a');
      subscription.unsubscribe();
      expect(journal.lines).toEqual(['+a', '+a ok', 'body', '-a unsubscribe']);
    });
  });

  describe('acquireTimeout', () => {
    const late = new AcquireTimeoutError('"a" was not acquired within 3 ms.', { resource: 'a' });

    it('fails at once; a handle that comes after it is released with `unsubscribe`', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const slow = probe('a', { acquire: '-----a|', release: '--|' });
        expectObservable(using(slow.pipe(acquireTimeout(3)), () => EMPTY)).toBe('---#', undefined, late);
        expectLifecycle(slow).toBe('a----!-|', 'unsubscribe');
      });
    });

    it('aborts the signal of the acquire', () => {
      inVirtualTime((virtual, { cold, flush }) => {
        const slow = virtual.resource('a', {
          acquire: (context) => {
            signal = context.signal;
            return cold('-----a|');
          },
        });
        using(slow.pipe(acquireTimeout(3)), () => EMPTY).subscribe(virtual.observer());
        flush();
      });
      expect(signal?.aborted).toBe(true);
    });

    it('unsubscribes an interruptible acquire', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const slow = probe('a', { acquire: '-----a|', interruptible: true });
        expectObservable(using(slow.pipe(acquireTimeout(3)), () => EMPTY)).toBe('---#', undefined, late);
        expectLifecycle(slow).toBe('a--|', 'none');
      });
    });

    it('leaves alone what comes in time', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const slow = probe('a', { acquire: '--a|' });
        expectObservable(using(slow.pipe(acquireTimeout(3)), () => cold('-----x|'))).toBe('-------x|');
        expectLifecycle(slow).toBe('a-^-----|', 'complete');
      });
    });
  });

  it('a lease whose signal aborts while entering releases the late handle, then rejects with the reason', async () => {
    const gate = new Gate<string>();
    const controller = new AbortController();
    const entering = lease(gated(gate), { signal: controller.signal });
    const outcome = entering.then(
      () => 'resolved',
      (error: unknown) => error,
    );
    controller.abort(boom);
    expect(signal?.aborted).toBe(true);
    gate.open('a');
    expect(await outcome).toBe(boom);
    expect(journal.lines).toEqual(['+a', '+a ok', '-a unsubscribe']);
  });
});
