import {
  EMPTY,
  catchError,
  concatMap,
  map,
  NEVER,
  Observable,
  of,
  repeat,
  retry,
  Subject,
  Subscription,
  take,
  throwError,
  using as rxUsing,
  type ObservableInput,
} from 'rxjs';
import { awaitRelease, fromValue, lastValue, openResources, resource, settled, use, using } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise } from '../support/failing.js';
import { describeError, Gate, Journal, notificationsOf } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');

describe('using', () => {
  describe('with a resource', () => {
    it('enters, runs the body with the handle, and releases', () => {
      const journal = new Journal();
      using(journal.resource('a'), (handle) => of(`${handle}1`, `${handle}2`)).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', 'next a1', 'next a2', '-a complete', 'complete']);
    });

    it('looks as drawn: the frames add up (law 18)', () => {
      testResources(({ cold, probe, expectObservable }) => {
        const source = probe('a', { acquire: '-----(a|)', release: '----|' });
        expectObservable(using(source, () => cold('-1--2--|'))).toBe('------1--2------|');
      });
    });

    it('runs the body again for each subscription (law 5)', () => {
      const journal = new Journal();
      const source = using(journal.resource('a'), () => EMPTY);
      source.subscribe();
      source.subscribe();
      expect(journal.lines).toEqual(['+a', '-a complete', '+a', '-a complete']);
    });

    it.each<[string, () => ObservableInput<number>]>([
      ['an observable', () => of(1, 2)],
      ['an array', () => [1, 2]],
      ['an iterable', () => new Set([1, 2])],
      ['a generator', function* () { yield 1; yield 2; }],
    ])('takes %s for the body, synchronously (law 17)', (_, body) => {
      expect(notificationsOf(using(fromValue(0), body))).toEqual(['next 1', 'next 2', 'complete']);
    }); // prettier-ignore

    it.each<[string, () => ObservableInput<number>]>([
      ['a promise', () => Promise.resolve(2)],
      ['a thenable', () => ({ then: (...args: Parameters<PromiseLike<number>['then']>) => Promise.resolve(2).then(...args) }) as PromiseLike<number>],
      ['an async generator', async function* () { yield 1; yield 2; }],
      ['a readable stream', () => new ReadableStream<number>({ start: (c) => { c.enqueue(1); c.enqueue(2); c.close(); } }) as never],
    ])('takes %s for the body', async (_, body) => {
      await expect(lastValue(using(fromValue(0), body))).resolves.toBe(2);
    }); // prettier-ignore

    it('takes a body of another Observable implementation', () => {
      const foreign = { subscribe: () => {}, [Symbol.observable as never]: () => of(1) };
      const interop = Object.assign(foreign, { '@@observable': () => of(1) });
      expect(notificationsOf(using(fromValue(0), () => interop as never))).toEqual(['next 1', 'complete']);
    });

    it('takes a resource for the body: it stays held until the consumer leaves', () => {
      const journal = new Journal();
      using(journal.resource('a'), () => journal.resource('b'))
        .subscribe(journal.observer())
        .unsubscribe();
      expect(journal.lines).toEqual(['+a', '+b', 'next b', '-b unsubscribe', '-a unsubscribe']);
    });
  });

  describe('with a promise for the body', () => {
    it('emits its value, then releases', async () => {
      const journal = new Journal();
      await lastValue(using(journal.resource('a'), async (handle) => `body of ${handle}`)).then(
        journal.note.bind(journal),
      );
      expect(journal.lines).toEqual(['+a', '-a complete', 'body of a']);
    });

    it('releases with the error it rejects with (law 7)', async () => {
      const journal = new Journal();
      expect(await errorOf(using(journal.resource('a'), () => Promise.reject(boom)))).toBe(boom);
      expect(journal.lines).toEqual(['+a', '-a error boom']);
    });

    it.each<[string, (gate: Gate<number>) => void]>([
      ['value', (gate) => gate.open(1)],
      ['error', (gate) => gate.fail(boom)],
    ])('drops its late %s once the consumer has left, and does not wait for it', async (_, settle) => {
      const gate = new Gate<number>();
      const journal = new Journal();
      using(journal.resource('a'), () => gate.promise)
        .subscribe(journal.observer())
        .unsubscribe();
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
      settle(gate);
      await nextMacrotask();
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
      expect(await takeUnhandledErrors()).toEqual([]);
    });

    it('releases once where a consumer throws at its value', async () => {
      const journal = new Journal();
      using(journal.resource('a'), () => Promise.resolve(1)).subscribe(() => raise(boom));
      await microtasks();
      await nextMacrotask();
      expect(journal.lines).toEqual(['+a', '-a complete']);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });
  });

  describe('with an async generator for the body', () => {
    const generated = (journal: Journal, gate: Gate = new Gate()) =>
      async function* (): AsyncGenerator<number> {
        try {
          yield 1;
          await gate.promise;
          journal.note('goes on');
          yield 2;
        } finally {
          journal.note('finally');
        }
      };

    it('runs its finally before the release (law 32)', async () => {
      const journal = new Journal();
      const gate = new Gate();
      gate.open();
      await lastValue(using(journal.resource('a'), generated(journal, gate)));
      expect(journal.lines).toEqual(['+a', 'goes on', 'finally', '-a complete']);
    });

    it('is left at its yield when the consumer leaves, and the release waits for its finally (laws 4, 32)', async () => {
      const journal = new Journal();
      const cleaned = new Gate();
      const body = async function* (): AsyncGenerator<number> {
        try {
          yield 1;
        } finally {
          journal.note('finally');
          await cleaned.promise;
          journal.note('cleaned');
        }
      };
      using(journal.resource('a'), body).pipe(take(1)).subscribe(journal.observer());
      await microtasks();
      expect(journal.take()).toEqual(['+a', 'next 1', 'complete', 'finally']);
      cleaned.open();
      await settled();
      expect(journal.take()).toEqual(['cleaned', '-a unsubscribe']);
    });

    it('drops a value that comes after the consumer has left, and settled() waits for it (law 32)', async () => {
      const journal = new Journal();
      const gate = new Gate();
      const subscription = using(journal.resource('a'), generated(journal, gate)).subscribe(journal.observer());
      await microtasks();
      subscription.unsubscribe();
      let isSettled = false;
      const waiting = settled().then(() => (isSettled = true));
      await microtasks();
      expect([isSettled, journal.take()]).toEqual([false, ['+a', 'next 1']]);
      gate.open();
      await waiting;
      expect(journal.take()).toEqual(['goes on', 'finally', '-a unsubscribe']);
    });

    it('releases with its error (law 7)', async () => {
      const journal = new Journal();
      const body = async function* (): AsyncGenerator<number> {
        yield 1;
        throw boom;
      };
      expect(await errorOf(using(journal.resource('a'), body))).toBe(boom);
      expect(journal.lines).toEqual(['+a', '-a error boom']);
    });

    it('shows the scope a failure of its finally, once the consumer has left (law 10)', async () => {
      const journal = new Journal();
      const body = async function* (): AsyncGenerator<number> {
        try {
          yield 1;
        } finally {
          // eslint-disable-next-line no-unsafe-finally -- that is the failure in question
          throw boom;
        }
      };
      using(journal.resource('a'), body).pipe(take(1)).subscribe();
      await microtasks();
      await settled();
      await nextMacrotask();
      expect(journal.lines).toEqual(['+a', '-a error boom']);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });
  });

  describe("with RxJS's own signature", () => {
    class Fake implements Disposable {
      constructor(private readonly journal: Journal) {}
      unsubscribe(): void {
        this.journal.note('unsubscribed');
      }
      [Symbol.dispose](): void {
        this.journal.note('disposed');
      }
    }

    it.each<[string, typeof rxUsing]>([
      ['as RxJS does', rxUsing],
      ['here', using],
    ])('makes the resource, runs the body with it and unsubscribes it, %s', (_, operator) => {
      const journal = new Journal();
      const given: unknown[] = [];
      const made = new Fake(journal);
      const source = operator(
        () => made,
        (value) => {
          given.push(value);
          return of(1);
        },
      );
      source.subscribe({ next: () => journal.note('next') });
      expect(given).toEqual([made]);
      expect(journal.lines).toEqual(['next', 'unsubscribed']);
    });

    it.each<[string, typeof rxUsing]>([
      ['as RxJS does', rxUsing],
      ['here', using],
    ])('completes where there is no body, %s', (_, operator) => {
      const journal = new Journal();
      operator(
        () => new Fake(journal),
        () => {},
      ).subscribe(journal.observer());
      expect(journal.lines.sort()).toEqual(['complete', 'unsubscribed']);
    });

    it('releases where the body factory throws; RxJS leaks there', () => {
      const [ours, theirs] = [new Journal(), new Journal()];
      const source = (operator: typeof rxUsing, journal: Journal): Observable<never> =>
        operator(
          () => new Fake(journal),
          () => raise(boom),
        );
      source(using, ours).subscribe(ours.observer());
      source(rxUsing, theirs).subscribe(theirs.observer());
      expect(ours.lines).toEqual(['unsubscribed', 'error boom']);
      expect(theirs.lines).toEqual(['error boom']);
    });

    it('passes what the resource factory throws', () => {
      expect(
        notificationsOf(
          using(
            () => raise(boom),
            () => of(1),
          ),
        ),
      ).toEqual(['error boom']);
    });

    it('tells the end after unsubscribing the resource (law 3)', () => {
      const journal = new Journal();
      using(
        () => new Fake(journal),
        () => EMPTY,
      ).subscribe(journal.observer());
      expect(journal.lines).toEqual(['unsubscribed', 'complete']);
    });

    it('unsubscribes once when the consumer leaves (law 1)', () => {
      const journal = new Journal();
      const subscription = using(
        () => new Fake(journal),
        () => NEVER,
      ).subscribe();
      subscription.unsubscribe();
      subscription.unsubscribe();
      expect(journal.lines).toEqual(['unsubscribed']);
    });

    it('does not unwrap or await anything', () => {
      const thenable = { unsubscribe: (): unknown => NEVER, then: () => raise(boom) };
      const seen: unknown[] = [];
      using(
        () => thenable as never,
        (value: unknown) => [seen.push(value)],
      ).subscribe();
      expect(seen).toHaveLength(1);
      expect(seen[0]).toBe(thenable);
    });

    it('has nothing to release where the factory answers nothing', () => {
      expect(
        notificationsOf(
          using(
            () => {},
            () => of(1),
          ),
        ),
      ).toEqual(['next 1', 'complete']);
    });

    it('is called "using" in openResources()', () => {
      const subscription = using(
        () => new Subscription(),
        () => NEVER,
      ).subscribe();
      expect(openResources()).toMatchObject([{ name: 'using', state: 'held' }]);
      subscription.unsubscribe();
    });
  });

  describe('given something else', () => {
    it.each<[string, unknown, RegExp]>([
      ['an observable', of(1), /Expected a Resource, received object.*resource\(\)/],
      ['null', null, /received null/],
      ['undefined', undefined, /received undefined/],
      ['a body that stands in for a resource', using(fromValue(1), () => of(1)), /Expected a Resource/],
    ])('refuses %s with a TypeError at the call', (_, first, message) => {
      const call = (): unknown => using(first as never, () => EMPTY);
      expect(call).toThrow(TypeError);
      expect(call).toThrow(message);
    });

    it('refuses a missing project with a TypeError at the call', () => {
      expect(() => using(fromValue(1), undefined as never)).toThrow(TypeError);
      expect(() => using(fromValue(1), [1] as never)).toThrow(/project to be a function, received object/);
      expect(() => using(() => {}, null as never)).toThrow(/project to be a function, received null/);
    });
  });

  describe('followed by RxJS operators', () => {
    it('lets concatMap enter the next one after the release (law 3)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { release: '--|' });
        const both = of('x', 'y').pipe(concatMap((value) => using(a, () => cold('-(v|)', { v: value }))));
        expectObservable(both).toBe('-x--y-|');
        expectLifecycle(a).toBe(['^!-|', '---^!-|'], 'complete');
      });
    });

    it('lets retry enter again after the release (law 3)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { release: '--|' });
        const failing = using(a, () => cold('-#', undefined, boom));
        expectObservable(failing.pipe(retry({ count: 1 }))).toBe('------#', undefined, boom);
        expectLifecycle(a).toBe(['^!-|', '---^!-|'], { kind: 'error', error: boom });
      });
    });

    it('lets catchError act after the release (law 3)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { release: '--|' });
        const failing = using(a, () => cold('-#', undefined, boom));
        expectObservable(failing.pipe(catchError(() => of('c')))).toBe('---(c|)');
        expectLifecycle(a).toBe('^!-|', { kind: 'error', error: boom });
      });
    });

    it('lets repeat act after the release (law 3)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { release: '--|' });
        expectObservable(using(a, () => cold('-|')).pipe(repeat({ count: 2 }))).toBe('------|');
        expectLifecycle(a).toBe(['^!-|', '---^!-|'], 'complete');
      });
    });
  });
});

describe('use', () => {
  it('is using, pipeable', () => {
    const journal = new Journal();
    journal
      .resource('a')
      .pipe(
        use((handle) => [handle]),
        map((handle) => `mapped ${handle}`),
      )
      .subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', 'next mapped a', '-a complete', 'complete']);
  });

  it('takes async generator functions', async () => {
    const body = async function* (n: number): AsyncGenerator<number> {
      yield n;
      yield n + 1;
    };
    await expect(lastValue(fromValue(1).pipe(use(body)))).resolves.toBe(2);
  });

  it('keeps the name of the resource in openResources()', () => {
    const subscription = fromValue(1)
      .pipe(use(() => NEVER))
      .subscribe();
    expect(openResources()).toMatchObject([{ name: 'value', state: 'held' }]);
    subscription.unsubscribe();
  });

  it('refuses a missing project with a TypeError at the call', () => {
    expect(() => use(undefined as never)).toThrow(TypeError);
  });

  it('refuses to be applied to what is no resource', () => {
    expect(() => use(() => EMPTY)(of(1) as never)).toThrow(/Expected a Resource/);
  });

  it('waits with awaitRelease downstream, though take ends the stream sooner (law 16)', () => {
    testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
      const a = probe('a', { release: '---|' });
      const first = a.pipe(use(() => cold('-a-b')), take(1), awaitRelease()); // prettier-ignore
      expectObservable(first).toBe('-a--|');
      expectLifecycle(a).toBe('^!--|', 'unsubscribe');
    });
  });

  it('joins a failing release with the error of the body (law 9)', async () => {
    const source = resource({ acquire: () => 1, release: () => raise(new Error('release')) });
    const error = await errorOf(source.pipe(use(() => throwError(() => boom))));
    expect(describeError(error)).toBe('S(release, boom)');
  });

  it('passes values of a subject on as they come', () => {
    const subject = new Subject<number>();
    const journal = new Journal();
    journal
      .resource('a')
      .pipe(use(() => subject))
      .subscribe(journal.observer());
    subject.next(1);
    subject.next(2);
    subject.complete();
    expect(journal.lines).toEqual(['+a', 'next 1', 'next 2', '-a complete', 'complete']);
  });
});
