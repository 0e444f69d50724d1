import {
  catchError,
  concat,
  defer,
  EMPTY,
  EmptyError,
  finalize,
  isObservable,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  take,
  throwError,
  timer,
  type ObservableInput,
} from 'rxjs';
import {
  lastValue,
  openResources,
  ReleaseTimeoutError,
  Resource,
  resource,
  settled,
  use,
  using,
  type AcquireContext,
  type Awaitable,
  type Exit,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { describeError, Gate, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { errorOf, raise, waysToFail } from '../support/failing.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');

const failing = waysToFail(boom);

describe('resource', () => {
  describe('as a pair of functions', () => {
    it('is acquired, used and released, in this order', () => {
      const journal = new Journal();
      journal
        .resource('a')
        .pipe(use((handle) => [`body of ${handle}`]))
        .subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', 'next body of a', '-a complete', 'complete']);
    });

    it('is a description: nothing is acquired before it is subscribed (law 5)', () => {
      const journal = new Journal();
      void using(journal.resource('a'), () => [1]);
      expect(journal.lines).toEqual([]);
    });

    it('is a scope of its own for each subscription (law 5)', () => {
      let count = 0;
      const released: number[] = [];
      const source = resource({ acquire: () => ++count, release: (n) => released.push(n) });
      const both = [source.subscribe(), source.subscribe()];
      both[0]?.unsubscribe();
      both[1]?.unsubscribe();
      expect([count, released]).toEqual([2, [1, 2]]);
    });

    it('stays synchronous where acquire, body and release are (law 17)', () => {
      const journal = new Journal();
      const subscription = using(journal.resource('a'), () => of(1, 2)).subscribe(journal.observer());
      journal.note('subscribed');
      expect(subscription.closed).toBe(true);
      expect(journal.lines).toEqual(['+a', 'next 1', 'next 2', '-a complete', 'complete', 'subscribed']);
    });

    it('adds up the frames of acquire, body and release (law 18)', () => {
      const journal = inVirtualTime((journal, { cold, expectObservable, expectSubscriptions }) => {
        const acquire = cold('  --a      ');
        const body = cold('       -x-y-|   ');
        const release = cold('         ---|');
        const source = using(journal.resource('a', { acquire: () => acquire, release: () => release }), () => body);
        expectObservable(source).toBe('---x-y----|');
        expectSubscriptions(acquire.subscriptions).toBe('^-!');
        expectSubscriptions(body.subscriptions).toBe('  --^----!');
        expectSubscriptions(release.subscriptions).toBe('-------^--!');
      });
      expect(journal.lines).toEqual(['0 +a', '2 +a ok', '7 -a complete', '10 -a ok']);
    });

    it('takes the first value of an observable that acquire answers with, and leaves the rest', () => {
      testResources(({ cold, expectObservable, expectSubscriptions }) => {
        const acquire = cold('-a-b-c-|');
        expectObservable(using(resource({ acquire: () => acquire }), (handle) => [handle])).toBe('-(a|)');
        expectSubscriptions(acquire.subscriptions).toBe('^!');
      });
    });

    it('waits for the end of an observable that release answers with', () => {
      testResources(({ probe, expectObservable }) => {
        expectObservable(using(probe('a', { release: '-x-y-|' }), () => EMPTY)).toBe('-----|');
      });
    });

    it('waits for promises of acquire and release', async () => {
      const journal = new Journal();
      const [acquired, released] = [new Gate<string>(), new Gate()];
      const source = journal.resource('a', { acquire: () => acquired.promise, release: () => released.promise });
      using(source, (handle) => [handle]).subscribe(journal.observer());
      acquired.open('handle');
      await microtasks();
      expect(journal.take()).toEqual(['+a', '+a ok', 'next handle', '-a complete']);
      released.open();
      await microtasks();
      expect(journal.take()).toEqual(['-a ok', 'complete']);
    });

    it('waits for thenables that are no promises', async () => {
      const thenable: PromiseLike<string> = { then: (...args) => Promise.resolve('handle').then(...args) };
      await expect(lastValue(using(resource({ acquire: () => thenable }), (handle) => [handle]))).resolves.toBe(
        'handle',
      );
    });

    it.each<[string, unknown]>([
      ['an array', [1, 2]],
      ['a string', 'text'],
      ['an iterable', new Set([1])],
      ['a function', () => 1],
      ['undefined', undefined],
      ['null', null],
    ])('takes %s for the handle itself', (_, value) => {
      const handles: unknown[] = [];
      resource({ acquire: () => value })
        .subscribe((handle) => handles.push(handle))
        .unsubscribe();
      expect(handles).toHaveLength(1);
      expect(handles[0]).toBe(value);
    });

    it('hands over an observable that is wrapped in of()', () => {
      const handle = of(1, 2);
      const handles: Observable<number>[] = [];
      resource({ acquire: () => of(handle) })
        .subscribe((value) => handles.push(value))
        .unsubscribe();
      expect(handles).toHaveLength(1);
      expect(handles[0]).toBe(handle);
    });

    it('needs no release', () => {
      expect(notificationsOf(using(resource({ acquire: () => 1 }), (n) => [n]))).toEqual(['next 1', 'complete']);
    });

    it('passes the handle and the exit to release', () => {
      const told: unknown[] = [];
      const handle = { id: 1 };
      using(resource({ acquire: () => handle, release: (...args) => told.push(...args) }), () => EMPTY).subscribe();
      expect(told).toEqual([handle, { kind: 'complete' }]);
      expect(told[0]).toBe(handle);
    });

    it('passes values on at once and the end after the release (law 3)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { release: '-----|' });
        expectObservable(using(a, () => cold('1-2|'))).toBe('1-2-----|');
        expectLifecycle(a).toBe('^--!----|', 'complete');
      });
    });

    it('tears the body down before it releases (law 2)', () => {
      const journal = new Journal();
      const body = (): Observable<number> => of(1).pipe(finalize(() => journal.note('torn down')));
      using(journal.resource('a'), body).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', 'next 1', 'torn down', '-a complete', 'complete']);
    });

    it('releases only once the subscribe of a synchronous body has returned (law 2)', () => {
      const journal = new Journal();
      const body = new Observable<number>((subscriber) => {
        subscriber.complete();
        journal.note('still subscribing');
        return () => journal.note('torn down');
      });
      using(journal.resource('a'), () => body).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', 'still subscribing', 'torn down', '-a complete', 'complete']);
    });

    it('emits nothing of the body after its end (law 2)', () => {
      const journal = new Journal();
      const released = new Subject<void>();
      const body = new Observable<number>((subscriber) => {
        subscriber.next(1);
        subscriber.complete();
        // eslint-disable-next-line rxjs-x/no-redundant-notify -- that is the point
        subscriber.next(2);
      });
      using(journal.resource('a', { release: () => released }), () => body).subscribe(journal.observer());
      expect(journal.take()).toEqual(['+a', 'next 1', '-a complete']);
      released.complete();
      expect(journal.take()).toEqual(['-a ok', 'complete']);
    });
  });

  describe('subscribed directly', () => {
    it('emits the handle once and stays open until it is unsubscribed', () => {
      const journal = new Journal();
      const subscription = journal.resource('a').subscribe(journal.observer());
      expect(journal.take()).toEqual(['+a', 'next a']);
      expect(subscription.closed).toBe(false);
      subscription.unsubscribe();
      expect(journal.take()).toEqual(['-a unsubscribe']);
    });

    it('takes bare callbacks, as any observable', () => {
      const journal = new Journal();
      const failingOne = resource<string>({ acquire: () => throwError(() => boom) });
      failingOne.subscribe({ error: (error: unknown) => journal.note(describeError(error)) });
      journal
        .resource('a')
        .subscribe((handle) => journal.note(handle))
        .unsubscribe();
      expect(journal.lines).toEqual(['boom', '+a', 'a', '-a unsubscribe']);
    });

    it('is a Resource and an Observable', () => {
      const source = resource({ acquire: () => 1 });
      expect(source).toBeInstanceOf(Resource);
      expect(source).toBeInstanceOf(Observable);
      expect(isObservable(source)).toBe(true);
    });
  });

  describe('where acquiring fails', () => {
    it.each(failing)('passes the error as it is where acquire %s (law 11)', async (_, acquire) => {
      const journal = new Journal();
      const source = journal.resource('a', { acquire });
      const error = await errorOf(
        using(source, () => {
          journal.note('body');
          return [];
        }),
      );
      expect(error).toBe(boom);
      expect(journal.lines.filter((line) => line !== '+a ok')).toEqual(['+a']);
    });

    it('stays synchronous where acquire throws (law 17)', () => {
      const source = resource<number>({ acquire: () => raise(boom) });
      expect(notificationsOf(using(source, () => [1]))).toEqual(['error boom']);
    });

    it('fails with EmptyError where the observable completes without a value (law 11)', async () => {
      await expect(errorOf(using(resource({ acquire: () => EMPTY }), () => [1]))).resolves.toBeInstanceOf(EmptyError);
    });

    it('fails with undefined where that is what acquire failed with (law 7)', () => {
      const source = resource({ acquire: () => throwError(() => undefined) });
      expect(notificationsOf(source)).toEqual(['error undefined']);
    });

    it('lets catchError act, as any failing observable', () => {
      const source = resource<string>({ acquire: () => throwError(() => boom) });
      expect(
        notificationsOf(
          source.pipe(
            use(() => ['never']),
            catchError(() => of('caught')),
          ),
        ),
      ).toEqual(['next caught', 'complete']);
    });
  });

  describe('where the body fails', () => {
    const bodies: readonly [string, () => ObservableInput<never>][] = [
      ['throws in project', () => raise(boom)],
      ['rejects', () => Promise.reject(boom)],
      ['errors', () => throwError(() => boom)],
      [
        'errors later',
        () =>
          concat(
            Promise.resolve(),
            throwError(() => boom),
          ) as Observable<never>,
      ],
      ['throws in its subscribe', () => new Observable(() => raise(boom))],
      [
        'is an async generator that throws',
        async function* () {
          raise(boom);
        },
      ],
    ];

    it.each(bodies)('releases with the identical error where it %s (law 7)', async (_, body) => {
      const exits: Exit[] = [];
      const source = resource({ acquire: () => 1, release: (_handle, exit) => exits.push(exit) });
      expect(await errorOf(using(source, body))).toBe(boom);
      expect(exits).toEqual([{ kind: 'error', error: boom }]);
      expect(exits[0]).toHaveProperty('error', boom);
    });

    it.each([undefined, null, 0, '', false])('counts failing with %p as failing (law 7)', (error) => {
      const exits: Exit[] = [];
      const heard: unknown[] = [];
      const source = resource({ acquire: () => 1, release: (_handle, exit) => exits.push(exit) });
      using(source, () => throwError(() => error)).subscribe({ error: (value: unknown) => heard.push(value) });
      expect(exits).toEqual([{ kind: 'error', error }]);
      expect(heard).toEqual([error]);
    });

    it('tells the consumer after the release has finished (law 3)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { release: '---|' });
        expectObservable(using(a, () => cold('-#', undefined, boom))).toBe('----#', undefined, boom);
        expectLifecycle(a).toBe('^!--|', { kind: 'error', error: boom });
      });
    });

    it('refuses a body that is no observable input with a TypeError, and releases', () => {
      const journal = new Journal();
      using(journal.resource('a'), () => 1 as never).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', '-a error TypeError', 'error TypeError']);
    });
  });

  describe('where releasing fails', () => {
    const releaseError = new Error('release');
    const releases = waysToFail(releaseError);

    it.each(releases)('passes the error unwrapped after completion where release %s (law 9)', async (_, release) => {
      expect(await errorOf(using(resource({ acquire: () => 1, release }), () => [1]))).toBe(releaseError);
    });

    it.each(releases)('joins it with the error of the body where release %s (law 9)', async (_, release) => {
      const error = await errorOf(using(resource({ acquire: () => 1, release }), () => throwError(() => boom)));
      expect(error).toMatchObject({ name: 'SuppressedError', error: releaseError, suppressed: boom });
      expect((error as { error: unknown }).error).toBe(releaseError);
      expect((error as { suppressed: unknown }).suppressed).toBe(boom);
    });

    it.each(failing)('passes the same error unwrapped where release %s it again (law 9)', async (_, release) => {
      expect(await errorOf(using(resource({ acquire: () => 1, release }), () => throwError(() => boom)))).toBe(boom);
    });

    it('passes an error unwrapped whose cause chain holds the one of the body (law 9)', async () => {
      const outer = new Error('outer', { cause: new Error('middle', { cause: boom }) });
      const source = resource({ acquire: () => 1, release: () => throwError(() => outer) });
      expect(await errorOf(using(source, () => throwError(() => boom)))).toBe(outer);
    });

    it('takes two undefineds for two failures (law 9)', async () => {
      const source = resource({ acquire: () => 1, release: () => throwError(() => undefined) });
      const error = await errorOf(using(source, () => throwError(() => undefined)));
      expect(error).toMatchObject({ name: 'SuppressedError', error: undefined, suppressed: undefined });
    });

    it.each(releases)('reports it where the consumer has left and release %s (law 12)', async (_, release) => {
      using(resource({ acquire: () => 1, release }), () => NEVER)
        .subscribe()
        .unsubscribe();
      expect(await takeUnhandledErrors()).toEqual([releaseError]);
    });
  });

  describe('release', () => {
    it.each<[string, Awaitable<unknown>]>([
      ['true', true],
      ['a promise of true', Promise.resolve(true)],
      ['an observable of true', of(true)],
    ])('never suppresses, though it answers %s (law 8)', async (_, answer) => {
      const source = resource({ acquire: () => 1, release: () => answer });
      expect(await errorOf(using(source, () => throwError(() => boom)))).toBe(boom);
    });
  });

  describe('exit', () => {
    it.each<[string, Awaitable<boolean>]>([
      ['true', true],
      ['a promise of true', Promise.resolve(true)],
      ['an observable whose last value is true', of(false, true)],
    ])('turns the error into a completion without a value by answering %s (law 8)', async (_, answer) => {
      const source = resource({ acquire: () => 1, exit: () => answer });
      const body = (): Observable<number> =>
        concat(
          of(1),
          throwError(() => boom),
        );
      const journal = new Journal();
      using(source, body).subscribe(journal.observer());
      await settled();
      await microtasks();
      expect(journal.lines).toEqual(['next 1', 'complete']);
    });

    it.each<[string, unknown]>([
      ['false', false],
      ['undefined', undefined],
      ['1', 1],
      ['a string', 'true'],
      ['an object', {}],
      ['a promise of 1', Promise.resolve(1)],
      ['an observable whose last value is false', of(true, false)],
      ['an empty observable', EMPTY],
    ])('suppresses nothing by answering %s (law 8)', async (_, answer) => {
      const source = resource({ acquire: () => 1, exit: () => answer as boolean });
      expect(await errorOf(using(source, () => throwError(() => boom)))).toBe(boom);
    });

    it('leaves a completion as it is (law 8)', () => {
      expect(notificationsOf(using(resource({ acquire: () => 1, exit: () => true }), () => [1]))).toEqual([
        'next 1',
        'complete',
      ]);
    });

    it('leaves an unsubscription as it is (law 8)', () => {
      const journal = new Journal();
      const outer = journal.resource('outer');
      const inner = journal.resource('inner', { exit: () => true });
      using(outer, () => using(inner, () => NEVER))
        .subscribe(journal.observer())
        .unsubscribe();
      expect(journal.lines).toEqual(['+outer', '+inner', '-inner unsubscribe', '-outer unsubscribe']);
    });

    it('suppresses no failure to acquire: nothing was entered (law 11)', () => {
      const source = resource({ acquire: () => throwError(() => boom), exit: () => true });
      expect(notificationsOf(source)).toEqual(['error boom']);
    });

    it.each(failing)('fails as release does where it %s (law 9)', async (_, exit) => {
      const source = resource({ acquire: () => 1, exit });
      expect(await errorOf(using(source, () => [1]))).toBe(boom);
    });
  });

  describe('unsubscribed while acquiring', () => {
    it('aborts the signal in the same tick, with an UnsubscribedError (law 13)', () => {
      let signal: AbortSignal | undefined;
      const acquire = (context: AcquireContext): Observable<never> => {
        ({ signal } = context);
        return NEVER;
      };
      const subscription = resource({ name: 'a', acquire, interruptible: true }).subscribe();
      expect(signal?.aborted).toBe(false);
      subscription.unsubscribe();
      expect(signal?.aborted).toBe(true);
      expect(signal?.reason).toMatchObject({ name: 'UnsubscribedError', resource: 'a' });
    });

    it('releases a handle that comes later, and never shows it to the body (law 13)', () => {
      const shown: string[] = [];
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { acquire: '-----(a|)', release: '--|' });
        const source = using(a, (handle) => {
          shown.push(handle);
          return NEVER;
        });
        expectObservable(source, '---!').toBe('');
        expectLifecycle(a).toBe('a----!-|', 'unsubscribe');
      });
      expect(shown).toEqual([]);
    });

    it('is waited for by settled() and shown as entering meanwhile (law 12)', async () => {
      const acquired = new Gate<number>();
      const journal = new Journal();
      const source = journal.resource('slow', { acquire: () => acquired.promise });
      source.subscribe().unsubscribe();
      const waiting = settled().then(() => journal.note('settled'));
      await microtasks();
      expect(openResources()).toMatchObject([{ name: 'slow', state: 'entering' }]);
      expect(journal.take()).toEqual(['+slow']);
      acquired.open(1);
      await waiting;
      expect(journal.take()).toEqual(['+slow ok', '-slow unsubscribe', 'settled']);
    });

    it('reports an acquire that fails then (law 13)', async () => {
      const acquired = new Gate<number>();
      resource({ acquire: () => acquired.promise })
        .subscribe()
        .unsubscribe();
      acquired.fail(boom);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it.each<[string, (signal: AbortSignal) => unknown]>([
      ['the reason of the signal', (signal) => signal.reason as unknown],
      ['an error with that reason as its cause', (signal) => new Error('aborted', { cause: signal.reason })],
    ])('reports nothing where acquire fails with %s (law 13)', async (_, errorFor) => {
      const acquire = ({ signal }: AcquireContext): Promise<never> =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(errorFor(signal)));
        });
      resource({ acquire }).subscribe().unsubscribe();
      expect(await takeUnhandledErrors()).toEqual([]);
    });

    it('gives an aborted signal to who reads it only afterwards (law 13)', () => {
      let context: AcquireContext | undefined;
      const acquire = (given: AcquireContext): Observable<never> => {
        context = given;
        return NEVER;
      };
      resource({ acquire, interruptible: true }).subscribe().unsubscribe();
      expect(context?.signal.aborted).toBe(true);
    });

    it('releases where the acquire itself unsubscribes and answers a handle (law 15)', () => {
      const journal = new Journal();
      const stop = new Subject<void>();
      const source = journal.resource('a', {
        acquire: () => {
          stop.next();
          return 'handle';
        },
      });
      const consumer = new Observable<string>((subscriber) => {
        stop.subscribe(() => subscriber.unsubscribe());
        return source.subscribe(subscriber);
      });
      consumer.subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
    });
  });

  describe('unsubscribed while held', () => {
    it('tears the body down, then releases, in the same tick (law 12)', () => {
      const journal = new Journal();
      const body = new Observable<never>(() => () => journal.note('torn down'));
      const subscription = using(journal.resource('a'), () => body).subscribe(journal.observer());
      subscription.unsubscribe();
      journal.note('unsubscribed');
      expect(journal.lines).toEqual(['+a', 'torn down', '-a unsubscribe', 'unsubscribed']);
    });

    it('aborts the signal before the release starts (law 13)', () => {
      const journal = new Journal();
      const source = journal.resource('a', {
        acquire: ({ signal }) => {
          signal.addEventListener('abort', () => journal.note('aborted'));
          return 'a';
        },
      });
      source.subscribe().unsubscribe();
      expect(journal.lines).toEqual(['+a', 'aborted', '-a unsubscribe']);
    });

    it.each<[string, () => ObservableInput<never>]>([
      ['completes', () => EMPTY],
      ['fails', () => throwError(() => boom)],
    ])('leaves the signal alone where the body %s (law 13)', (_, body) => {
      const signals: AbortSignal[] = [];
      const source = resource({ acquire: ({ signal }) => signals.push(signal) });
      using(source, body).subscribe({ error: () => undefined });
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    });

    it('goes on releasing in the background, waited for by settled() (law 12)', async () => {
      const released = new Gate();
      const journal = new Journal();
      journal
        .resource('a', { release: () => released.promise })
        .subscribe()
        .unsubscribe();
      const waiting = settled().then(() => journal.note('settled'));
      await microtasks();
      expect(openResources()).toMatchObject([{ name: 'a', state: 'exiting' }]);
      expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
      released.open();
      await waiting;
      expect(journal.take()).toEqual(['-a ok', 'settled']);
    });

    it('stops a synchronous body at once, even before there is a subscription (law 15)', () => {
      const journal = new Journal();
      const body = new Observable<number>((subscriber) => {
        for (let n = 1; n <= 5 && !subscriber.closed; n++) {
          journal.note(`produced ${n}`);
          subscriber.next(n);
        }
      });
      using(journal.resource('a'), () => body)
        .pipe(take(2))
        .subscribe(journal.observer());
      expect(journal.lines).toEqual([
        '+a',
        'produced 1',
        'next 1',
        'produced 2',
        'next 2',
        'complete',
        '-a unsubscribe',
      ]);
    });
  });

  describe('unsubscribed while releasing', () => {
    it('neither interrupts nor restarts the release, and delivers nothing afterwards (law 14)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { release: '----|' });
        const source = using(a, () => cold('-|'));
        expectObservable(source, '---!').toBe('');
        expectLifecycle(a).toBe(' ^!---|', 'complete');
      });
    });

    it('drops the error of the body that was held back (law 14)', async () => {
      const released = new Gate();
      const source = resource({ acquire: () => 1, release: () => released.promise });
      const subscription = using(source, () => throwError(() => boom)).subscribe({ error: () => undefined });
      subscription.unsubscribe();
      released.open();
      expect(await takeUnhandledErrors()).toEqual([]);
    });

    it('reports it joined with the failure where that release fails (law 14)', async () => {
      const released = new Gate();
      const source = resource({ acquire: () => 1, release: () => released.promise });
      const subscription = using(source, () => throwError(() => boom)).subscribe({ error: () => undefined });
      subscription.unsubscribe();
      released.fail(new Error('release'));
      expect((await takeUnhandledErrors()).map(describeError)).toEqual(['S(release, boom)']);
    });

    it('is released once where the release unsubscribes its own scope (law 1)', () => {
      const journal = new Journal();
      const stop = new Subject<void>();
      const source = journal.resource('a', { release: () => stop.next() });
      const subscription = using(source, () => NEVER).subscribe(journal.observer());
      stop.subscribe(() => subscription.unsubscribe());
      subscription.unsubscribe();
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
    });

    it('is released once where it unsubscribes its own scope after completion (law 1)', () => {
      const journal = new Journal();
      const finish = new Subject<void>();
      const source = journal.resource('a', { release: () => subscription.unsubscribe() });
      const subscription = using(source, () => finish).subscribe(journal.observer());
      finish.complete();
      expect(journal.lines).toEqual(['+a', '-a complete']);
    });
  });

  describe('with a consumer that throws', () => {
    it.each(['next', 'complete'] as const)(
      'releases once and reports it as RxJS does, thrown in %s (law 1)',
      async (callback) => {
        const journal = new Journal();
        using(journal.resource('a'), () => [1]).subscribe({
          [callback]: () => {
            throw boom;
          },
        });
        await nextMacrotask();
        expect(journal.lines).toEqual(['+a', '-a complete']);
        expect(await takeUnhandledErrors()).toEqual([boom]);
      },
    );
  });

  describe('with scopes in its body', () => {
    it('releases the inner one before the outer one, each finished before the next (law 4)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const [outer, inner] = [probe('outer', { release: '--|' }), probe('inner', { release: '--|' })];
        expectObservable(using(outer, () => using(inner, () => cold('-|')))).toBe('-----|');
        expectLifecycle(outer).toBe('^--!-|', 'complete');
        expectLifecycle(inner).toBe('^!-|', 'complete');
      });
    });

    it('keeps that order when it is unsubscribed (law 4)', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const [outer, inner] = [probe('outer', { release: '--|' }), probe('inner', { release: '--|' })];
        const source = using(outer, () => using(inner, () => NEVER));
        expectObservable(source, '-!').toBe('');
        expectLifecycle(outer).toBe('^--!-|', 'unsubscribe');
        expectLifecycle(inner).toBe('^!-|', 'unsubscribe');
      });
    });

    it('shows the outer scope the failure of the inner release (law 10)', () => {
      const journal = new Journal();
      const inner = journal.resource('inner', { release: () => throwError(() => new Error('release')) });
      using(journal.resource('outer'), () => using(inner, () => throwError(() => boom))).subscribe(journal.observer());
      expect(journal.lines).toEqual([
        '+outer',
        '+inner',
        '-inner error boom',
        '-inner ok',
        '-outer error S(release, boom)',
        'error S(release, boom)',
      ]);
    });

    it('shows the outer scope nothing of an error that the inner one suppressed (law 10)', () => {
      const journal = new Journal();
      const inner = journal.resource('inner', { exit: () => true });
      using(journal.resource('outer'), () => using(inner, () => throwError(() => boom))).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+outer', '+inner', '-inner error boom', '-outer complete', 'complete']);
    });

    it('shows the outer scope an inner failure after unsubscribe, and reports it once (law 10)', async () => {
      const journal = new Journal();
      const inner = journal.resource('inner', { release: () => throwError(() => boom) });
      using(journal.resource('outer'), () => using(inner, () => NEVER))
        .subscribe()
        .unsubscribe();
      await nextMacrotask();
      expect(journal.lines).toEqual(['+outer', '+inner', '-inner unsubscribe', '-inner ok', '-outer error boom']);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });
  });

  describe('interruptible', () => {
    const acquireFrom = (interruptible: boolean | undefined, cancelled: () => void): Resource<number> =>
      resource({
        acquire: () => new Observable<number>(() => cancelled),
        ...(interruptible === undefined ? {} : { interruptible }),
      });

    it('unsubscribes the observable of acquire when the consumer leaves (law 13)', () => {
      const journal = new Journal();
      acquireFrom(true, () => journal.note('cancelled'))
        .subscribe()
        .unsubscribe();
      journal.note('left');
      expect(journal.lines).toEqual(['cancelled', 'left']);
      expect(openResources()).toEqual([]);
    });

    it('is off by default: the observable goes on to its value (law 13)', () => {
      const acquired = new Subject<string>();
      const journal = new Journal();
      journal
        .resource('a', { acquire: () => acquired })
        .subscribe()
        .unsubscribe();
      expect(acquired.observed).toBe(true);
      acquired.next('late');
      expect(acquired.observed).toBe(false);
      expect(journal.lines.filter((line) => line !== '+a ok')).toEqual(['+a', '-a unsubscribe']);
    });

    it('still releases a handle that was there already', () => {
      const journal = new Journal();
      const source = journal.resource('a', { acquire: () => of('a'), interruptible: true });
      source.subscribe().unsubscribe();
      expect(journal.lines).toContain('-a unsubscribe');
    });

    it('does not give up a promise: it cannot be', async () => {
      const acquired = new Gate<string>();
      const journal = new Journal();
      journal
        .resource('a', { acquire: () => acquired.promise, interruptible: true })
        .subscribe()
        .unsubscribe();
      acquired.open('late');
      await settled();
      expect(journal.lines).toEqual(['+a', '+a ok', '-a unsubscribe']);
    });

    it('releases what an outer scope had acquired before (law 4)', () => {
      const journal = new Journal();
      const inner = acquireFrom(true, () => journal.note('cancelled'));
      using(journal.resource('outer'), () => inner)
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['+outer', 'cancelled', '-outer unsubscribe']);
    });
  });

  describe('releaseTimeout', () => {
    it('fails a release that takes longer, on the scheduler it was given (laws 19, 20)', () => {
      const journal = inVirtualTime((journal, _, scheduler) => {
        const stuck = resource({
          name: 'stuck',
          acquire: () => 1,
          release: () => timer(50, scheduler),
          releaseTimeout: 10,
          scheduler,
        });
        using(stuck, () => [1]).subscribe(journal.observer());
      });
      expect(journal.lines).toEqual(['0 next 1', '10 error ReleaseTimeoutError']);
    });

    it('names the resource in its error', () => {
      const errors: unknown[] = [];
      inVirtualTime((_, __, scheduler) => {
        const release = (): Observable<unknown> => timer(50, scheduler);
        const stuck = resource({ name: 'stuck', acquire: () => 1, release, releaseTimeout: 10, scheduler });
        using(stuck, () => EMPTY).subscribe({ error: (error: unknown) => errors.push(error) });
      });
      expect(errors).toEqual([expect.any(ReleaseTimeoutError)]);
      expect(errors[0]).toMatchObject({ resource: 'stuck', message: expect.stringContaining('stuck') as string });
    });

    it('is there for the generator form as well', () => {
      const journal = inVirtualTime((journal, _, scheduler) => {
        const body = function* (): Generator<number> {
          yield 1;
        };
        const slow = resource(body, { name: 'slow', releaseTimeout: 10, scheduler });
        using(slow, (n) => timer(5, scheduler).pipe(map(() => n))).subscribe(journal.observer());
        expect(slow.name).toBe('slow');
      });
      expect(journal.lines).toEqual(['5 next 1', '5 complete']);
    });

    it.each([-1, Number.NaN, '10' as never])('refuses %p with a RangeError', (releaseTimeout) => {
      expect(() => resource({ acquire: () => 1, releaseTimeout })).toThrow(RangeError);
      expect(() =>
        resource(
          function* () {
            yield 1;
          },
          { releaseTimeout },
        ),
      ).toThrow(/releaseTimeout.*milliseconds/);
    });
  });

  describe('given something else', () => {
    it.each<[string, unknown, RegExp]>([
      ['null', null, /resource\(\) expects options or a generator function/],
      ['undefined', undefined, /received undefined/],
      ['a string', 'acquire', /received string/],
      ['no acquire', {}, /acquire to be a function, received undefined/],
      ['a value for acquire', { acquire: 1 }, /acquire to be a function, received number/],
      ['a value for release', { acquire: () => 1, release: 'close' }, /release to be a function, received string/],
      ['a value for exit', { acquire: () => 1, exit: null }, /exit to be a function, received null/],
      ['a value for lost', { acquire: () => 1, lost: NEVER }, /lost to be a function, received object/],
      ['both release and exit', { acquire: () => 1, release: () => 1, exit: () => true }, /not both/],
    ])('refuses %s with a TypeError at the call', (_, options, message) => {
      const call = (): unknown => resource(options as never);
      expect(call).toThrow(TypeError);
      expect(call).toThrow(message);
    });
  });

  describe('name', () => {
    it('is what the options say, and "resource" without', () => {
      const body = function* (): Generator<number> {
        yield 1;
      };
      expect(resource({ acquire: () => 1 }).name).toBe('resource');
      expect(resource({ name: 'socket', acquire: () => 1 }).name).toBe('socket');
      expect(resource(body).name).toBe('resource');
      expect(resource(body, { name: 'session' }).name).toBe('session');
    });
  });

  describe('as a generator', () => {
    it('enters before the yield and exits after it (law 22)', () => {
      const journal = new Journal();
      const source = resource(function* () {
        journal.note('enter');
        yield 'handle';
        journal.note('exit');
      });
      using(source, (handle) => defer(() => [handle])).subscribe(journal.observer());
      expect(journal.lines).toEqual(['enter', 'next handle', 'exit', 'complete']);
    });
  });
});
