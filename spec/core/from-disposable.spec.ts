import { EMPTY, EmptyError, from, map, NEVER, of, Subject, Subscription, throwError, timer } from 'rxjs';
import { fromDisposable, lastValue, settled, using, type AcquireContext, type Awaitable } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise, waysToFail } from '../support/failing.js';
import { describeError, Gate, Journal, notificationsOf } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');

describe('fromDisposable', () => {
  describe('without a method', () => {
    const note = (journal: Journal, line: string) => (): void => journal.note(line);
    const all = (journal: Journal) => ({
      [Symbol.asyncDispose]: async () => journal.note('asyncDispose'),
      [Symbol.dispose]: note(journal, 'dispose'),
      unsubscribe: note(journal, 'unsubscribe'),
    });

    it('prefers asyncDispose, then dispose, then unsubscribe (law 28)', async () => {
      const journal = new Journal();
      const handle = all(journal);
      const withoutAsync = { [Symbol.dispose]: handle[Symbol.dispose], unsubscribe: handle.unsubscribe };
      const onlyUnsubscribe = { unsubscribe: handle.unsubscribe };
      await lastValue(
        using(
          fromDisposable(() => handle),
          () => [1],
        ),
      );
      await lastValue(
        using(
          fromDisposable(() => withoutAsync),
          () => [1],
        ),
      );
      await lastValue(
        using(
          fromDisposable(() => onlyUnsubscribe),
          () => [1],
        ),
      );
      expect(journal.lines).toEqual(['asyncDispose', 'dispose', 'unsubscribe']);
    });

    it.each([null, undefined])('takes a method that is %p for absent (law 28)', (absent) => {
      const journal = new Journal();
      const handle = { ...all(journal), [Symbol.asyncDispose]: absent };
      fromDisposable(() => handle as never)
        .subscribe()
        .unsubscribe();
      const poorer = { ...handle, [Symbol.dispose]: absent };
      fromDisposable(() => poorer as never)
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['dispose', 'unsubscribe']);
    });

    it('calls it with the object as receiver and without arguments (law 28)', () => {
      const calls: [unknown, unknown[]][] = [];
      const handle = {
        [Symbol.dispose](...args: unknown[]): void {
          calls.push([this, args]);
        },
      };
      fromDisposable(() => handle)
        .subscribe()
        .unsubscribe();
      expect(calls).toEqual([[handle, []]]);
      expect(calls[0]?.[0]).toBe(handle);
    });

    it('looks it up once, when it is acquired (law 28)', () => {
      const journal = new Journal();
      let lookups = 0;
      const handle = {
        get [Symbol.dispose](): () => void {
          lookups++;
          return () => journal.note(`found by look-up ${lookups}`);
        },
      };
      const subscription = fromDisposable(() => handle).subscribe();
      expect(lookups).toBe(1);
      subscription.unsubscribe();
      expect(lookups).toBe(1);
      expect(journal.lines).toEqual(['found by look-up 1']);
    });

    it('calls the method that was there, though it is replaced meanwhile (law 28)', () => {
      const journal = new Journal();
      const handle = { [Symbol.dispose]: note(journal, 'original') };
      const subscription = fromDisposable(() => handle).subscribe();
      handle[Symbol.dispose] = note(journal, 'replaced');
      subscription.unsubscribe();
      expect(journal.lines).toEqual(['original']);
    });

    it('awaits the promise of asyncDispose (law 3)', async () => {
      const disposed = new Gate();
      const journal = new Journal();
      using(
        fromDisposable(() => ({ [Symbol.asyncDispose]: () => disposed.promise })),
        () => EMPTY,
      ).subscribe(journal.observer());
      await microtasks();
      expect(journal.lines).toEqual([]);
      disposed.open();
      await microtasks();
      expect(journal.lines).toEqual(['complete']);
    });

    it.each<[string, (dispose: () => void) => Disposable | { unsubscribe(): void }]>([
      ['dispose', (dispose) => ({ [Symbol.dispose]: dispose })],
      ['unsubscribe', (dispose) => ({ unsubscribe: dispose })],
    ])('does not await a promise that a synchronous %s answers with (law 28)', async (_, make) => {
      const never = new Gate();
      const handle = make((): unknown => never.promise);
      expect(
        notificationsOf(
          using(
            fromDisposable(() => handle),
            () => [1],
          ),
        ),
      ).toEqual(['next 1', 'complete']);
    });

    it('takes a subscription, and anything else with unsubscribe', () => {
      const source = new Subject<number>();
      const subscription = fromDisposable((): Subscription => source.subscribe()).subscribe();
      expect(source.observed).toBe(true);
      subscription.unsubscribe();
      expect(source.observed).toBe(false);
    });

    it.each([null, undefined])('has nothing to release where the handle is %p (law 28)', (handle) => {
      const seen: unknown[] = [];
      const journal = new Journal();
      using(
        fromDisposable(() => handle),
        (value) => {
          seen.push(value);
          return [1];
        },
      ).subscribe(journal.observer());
      expect(seen).toEqual([handle]);
      expect(journal.lines).toEqual(['next 1', 'complete']);
    });

    it.each<[string, unknown, RegExp]>([
      ['an object', { close: () => {} }, /received an object without.*fromDisposable\(factory, 'close'\)/],
      ['a string', 'text', /received string without/],
      ['a number', 1, /received number without/],
    ])('fails with a TypeError at acquire where %s has no such method (law 28)', async (_, handle, message) => {
      const error = await errorOf(
        using(
          fromDisposable(() => handle as Disposable),
          () => [1],
        ),
      );
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(message);
    });

    it('fails with a TypeError where the symbol holds no function', async () => {
      const error = await errorOf(fromDisposable(() => ({ [Symbol.asyncDispose]: 'dispose' }) as never));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(/Symbol\.asyncDispose.*received string/);
    });

    it('takes a function with a dispose method', () => {
      const journal = new Journal();
      const handle = Object.assign(() => 1, { [Symbol.dispose]: note(journal, 'disposed') });
      fromDisposable(() => handle)
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['disposed']);
    });
  });

  describe('with a method', () => {
    it('calls that, and it wins over the symbols (law 28)', () => {
      const journal = new Journal();
      const handle = {
        close: () => journal.note('close'),
        [Symbol.asyncDispose]: async () => journal.note('asyncDispose'),
        unsubscribe: () => journal.note('unsubscribe'),
      };
      fromDisposable(() => handle, 'close')
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['close']);
    });

    it('calls it with the object as receiver and without arguments (law 28)', () => {
      const calls: [unknown, unknown[]][] = [];
      class Client {
        end(...args: unknown[]): void {
          calls.push([this, args]);
        }
      }
      const client = new Client();
      fromDisposable(() => client, 'end')
        .subscribe()
        .unsubscribe();
      expect(calls).toEqual([[client, []]]);
    });

    it.each<[string, (answer: Promise<void>) => Awaitable<unknown>]>([
      ['promise', (answer) => answer],
      ['observable', (answer) => from(answer)],
    ])('awaits the %s it answers with (law 28)', async (_, answerWith) => {
      const closed = new Gate();
      const journal = new Journal();
      const handle = { close: () => answerWith(closed.promise) };
      using(
        fromDisposable(() => handle, 'close'),
        () => EMPTY,
      ).subscribe(journal.observer());
      await microtasks();
      expect(journal.lines).toEqual([]);
      closed.open();
      await microtasks();
      expect(journal.lines).toEqual(['complete']);
    });

    it('awaits unsubscribe too where it is named (law 28)', async () => {
      const closed = new Gate();
      const journal = new Journal();
      const handle = { unsubscribe: () => closed.promise };
      using(
        fromDisposable(() => handle, 'unsubscribe'),
        () => EMPTY,
      ).subscribe(journal.observer());
      await microtasks();
      expect(journal.lines).toEqual([]);
      closed.open();
      await microtasks();
      expect(journal.lines).toEqual(['complete']);
    });

    it('may be a symbol', () => {
      const journal = new Journal();
      const close = Symbol('close');
      fromDisposable(() => ({ [close]: () => journal.note('closed') }), close)
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['closed']);
    });

    it('keeps the frames of its observable (law 18)', () => {
      testResources(({ cold, expectObservable }) => {
        const source = fromDisposable(() => timer(2).pipe(map(() => ({ close: () => timer(3) }))), 'close');
        expectObservable(using(source, () => cold('x-|'))).toBe('--x----|');
      });
    });

    it('fails with a TypeError at acquire where the handle lacks it (law 28)', async () => {
      const error = await errorOf(fromDisposable(() => ({ close: 1 }), 'close'));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(/close to be a method of what was acquired, received number/);
    });

    it('has nothing to release where the handle is null (law 28)', () => {
      const factory = (): { close(): void } | null => null;
      expect(notificationsOf(using(fromDisposable(factory, 'close'), (handle) => [handle]))).toEqual([
        'next null',
        'complete',
      ]);
    });
  });

  describe('the factory', () => {
    it('may answer with a promise or an observable of the object', async () => {
      const journal = new Journal();
      const handle = { [Symbol.dispose]: () => journal.note('disposed') };
      await lastValue(
        using(
          fromDisposable(() => Promise.resolve(handle)),
          () => ['first'],
        ),
      );
      await lastValue(
        using(
          fromDisposable(() => of(handle)),
          () => ['second'],
        ),
      );
      expect(journal.lines).toEqual(['disposed', 'disposed']);
    });

    it('is given the context (law 13)', () => {
      const contexts: AcquireContext[] = [];
      const subscription = fromDisposable((context) => {
        contexts.push(context);
        return null;
      }).subscribe();
      subscription.unsubscribe();
      expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true]);
    });

    it.each(waysToFail(boom))('passes its error as it is where it %s (law 11)', async (_, factory) => {
      expect(await errorOf(fromDisposable(factory))).toBe(boom);
    });

    it('fails with EmptyError where its observable is empty (law 11)', async () => {
      expect(await errorOf(fromDisposable(() => EMPTY))).toBeInstanceOf(EmptyError);
    });

    it('has its late object disposed of when the consumer has left (law 13)', async () => {
      const journal = new Journal();
      fromDisposable(async () => ({ [Symbol.dispose]: () => journal.note('disposed') }))
        .subscribe(journal.observer())
        .unsubscribe();
      await settled();
      expect(journal.lines).toEqual(['disposed']);
    });
  });

  describe('where disposing fails', () => {
    it.each<[string, () => Disposable | AsyncDisposable]>([
      ['dispose throws', () => ({ [Symbol.dispose]: () => raise(boom) })],
      ['asyncDispose throws', () => ({ [Symbol.asyncDispose]: () => raise(boom) })],
      ['asyncDispose rejects', () => ({ [Symbol.asyncDispose]: () => Promise.reject(boom) })],
    ])('passes the error where %s (law 9)', async (_, make) => {
      expect(await errorOf(using(fromDisposable(make as () => AsyncDisposable), () => EMPTY))).toBe(boom);
    });

    it('joins it with the error of the body (law 9)', async () => {
      const source = fromDisposable(() => ({ close: () => raise(new Error('close')) }), 'close');
      expect(describeError(await errorOf(using(source, () => throwError(() => boom))))).toBe('S(close, boom)');
    });

    it('reports it where the consumer has left (law 12)', async () => {
      using(
        fromDisposable(() => ({ [Symbol.dispose]: () => raise(boom) })),
        () => NEVER,
      )
        .subscribe()
        .unsubscribe();
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('never suppresses, though dispose answers true (law 8)', async () => {
      const source = fromDisposable(() => ({ close: () => true }), 'close');
      expect(await errorOf(using(source, () => throwError(() => boom)))).toBe(boom);
    });
  });

  it('refuses what is no function with a TypeError at the call', () => {
    expect(() => fromDisposable({ [Symbol.dispose]() {} } as never)).toThrow(TypeError);
    expect(() => fromDisposable({ [Symbol.dispose]() {} } as never)).toThrow(/factory to be a function/);
  });

  it('is named "disposable"', () => {
    expect(fromDisposable(() => null).name).toBe('disposable');
  });
});
