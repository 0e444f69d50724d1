import {
  BehaviorSubject,
  catchError,
  concat,
  concatMap,
  delay,
  EMPTY,
  exhaustMap,
  finalize,
  first,
  map,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  race,
  retry,
  share,
  shareReplay,
  Subject,
  switchMap,
  take,
  takeUntil,
  throwError,
  timeout,
  timer,
  zip,
  type MonoTypeOperatorFunction,
} from 'rxjs';
import { awaitRelease, resource, settled, use, using, type Resource } from '../../lib/index.js';
import { testResources, type Probe, type TestHelpers } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise } from '../support/failing.js';
import { describeError, Gate, Journal, notificationsOf } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');
const release = new Error('release');

/** Takes three frames to release. Its handle is `a`. */
function slow(probe: TestHelpers['probe']): Probe<string> {
  return probe('a', { release: '---|' });
}

describe('awaitRelease', () => {
  it('passes values at once and holds back completion only (law 16)', () => {
    testResources(({ cold, expectObservable }) => {
      const source = resource({ acquire: () => 1, release: () => timer(4) });
      expectObservable(
        source.pipe(
          use(() => cold('a-b-c')),
          take(2),
          awaitRelease(),
        ),
      ).toBe('a-b---|');
    });
  });

  it('changes nothing where there is no scope upstream', () => {
    testResources(({ cold, expectObservable }) => {
      expectObservable(cold('-a-b-|').pipe(awaitRelease())).toBe('-a-b-|');
      expectObservable(cold('-a-b-#').pipe(awaitRelease())).toBe('-a-b-#');
    });
  });

  it('stays synchronous where the releases are (law 17)', () => {
    const source = resource({ acquire: () => 1 });
    expect(notificationsOf(source.pipe(take(1), awaitRelease()))).toEqual(['next 1', 'complete']);
  });

  it('holds back an error (law 16)', () => {
    testResources(({ probe, cold, expectObservable }) => {
      const source = merge(slow(probe), cold('--#'));
      expectObservable(source.pipe(awaitRelease())).toBe('a----#');
    });
  });

  it('tells the end once, though several scopes are released (law 16)', () => {
    testResources(({ probe, expectObservable }) => {
      const source = merge(probe('a', { release: '--|' }), probe('b', { acquire: '(b|)', release: '-----|' }));
      expectObservable(source.pipe(take(2), awaitRelease())).toBe('(ab)-|');
    });
  });

  describe('behind an operator that ends the stream sooner', () => {
    const operators: readonly (readonly [string, MonoTypeOperatorFunction<string>, string])[] = [
      ['take', take(1), 'a--|'],
      ['first', first(), 'a--|'],
      ['takeUntil', takeUntil(timer(2)), 'a----|'],
      ['timeout', timeout({ first: 10, each: 2, with: () => EMPTY }), 'a----|'],
      ['switchMap', switchMap((value) => of(value)), 'a'],
      ['take behind other operators', (source) => source.pipe(map((v) => v), delay(0), finalize(() => undefined), take(1)), 'a--|'],
      ['share', (source) => source.pipe(share(), take(1)), 'a--|'],
      ['shareReplay with a count', (source) => source.pipe(shareReplay({ bufferSize: 1, refCount: true }), take(1)), 'a--|'],
      ['exhaustMap', (source) => source.pipe(exhaustMap((value) => of(value)), take(1)), 'a--|'],
    ]; // prettier-ignore

    it.each(operators)('waits behind %s (law 16)', (name, operator, marbles) => {
      testResources(({ probe, expectObservable }) => {
        const source = slow(probe).pipe(operator, awaitRelease());
        if (name === 'switchMap') expectObservable(source, '^---!').toBe(marbles);
        else expectObservable(source).toBe(marbles);
      });
    });

    it('waits behind race for the one that lost (law 16)', () => {
      testResources(({ probe, cold, expectObservable }) => {
        const loser = slow(probe).pipe(switchMap(() => NEVER));
        expectObservable(race(loser, cold('-x|')).pipe(awaitRelease())).toBe('-x--|');
      });
    });

    it('waits behind switchMap for those that were switched away from (law 16)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const [ended, held] = [slow(probe), slow(probe)];
        const source = cold('a-b-|').pipe(switchMap(() => using(ended, () => cold('(x|)'))));
        expectObservable(source.pipe(awaitRelease())).toBe('x-x--|');
        expectLifecycle(ended).toBe(['!--|', '--!--|'], 'complete');
        expectObservable(cold('x-x-|').pipe(switchMap(() => held), take(2), awaitRelease())).toBe('a-a--|'); // prettier-ignore
        expectLifecycle(held).toBe(['^-!--|', '--!--|'], 'unsubscribe');
      });
    });

    it('waits behind mergeMap for a neighbour of one that failed (law 16)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const [a, b] = [slow(probe), slow(probe)];
        const bodies = { a: using(a, () => NEVER), b: using(b, () => cold('-#', undefined, boom)) };
        const source = cold<'a' | 'b'>('a-b').pipe(mergeMap((name) => bodies[name]));
        expectObservable(source.pipe(awaitRelease())).toBe('---------#', undefined, boom);
        expectLifecycle(a).toBe('^-----!--|', 'unsubscribe');
        expectLifecycle(b).toBe('--^!--|', { kind: 'error', error: boom });
      });
    });

    it('waits behind zip, which leaves the longer source (law 16)', () => {
      testResources(({ probe, cold, expectObservable }) => {
        expectObservable(zip(slow(probe), cold('-(x|)')).pipe(map(() => 'z'), awaitRelease())).toBe('-z--|'); // prettier-ignore
      });
    });

    it('waits behind retry for what the last try left (law 16)', () => {
      testResources(({ probe, cold, expectObservable }) => {
        const source = merge(slow(probe), cold('-#')).pipe(retry(1), awaitRelease());
        expectObservable(source).toBe('aa---#');
      });
    });

    it('waits behind catchError for what the failed source left (law 16)', () => {
      testResources(({ probe, cold, expectObservable }) => {
        const source = merge(slow(probe), cold('-#')).pipe(catchError(() => of('c')), awaitRelease()); // prettier-ignore
        expectObservable(source).toBe('ac--|');
      });
    });

    it('waits behind concat for what an earlier part left (law 16)', () => {
      testResources(({ probe, cold, expectObservable }) => {
        const source = concat(slow(probe).pipe(take(1)), cold('-b|'));
        expectObservable(source.pipe(awaitRelease())).toBe('ab-|');
      });
    });

    it('waits for scopes that are subscribed later and asynchronously (law 16)', () => {
      testResources(({ probe, cold, expectObservable }) => {
        const source = cold('---a').pipe(concatMap(() => slow(probe)), take(1)); // prettier-ignore
        expectObservable(source.pipe(awaitRelease())).toBe('---a--|');
      });
    });

    it('waits for scopes in a promise-driven source too (law 16)', async () => {
      const released = new Gate();
      const journal = new Journal();
      const source = journal.resource('a', { release: () => released.promise });
      const subscribed = new Subject<void>();
      subscribed
        .pipe(
          mergeMap(() => source),
          take(1),
          awaitRelease(),
        )
        .subscribe(journal.observer());
      await microtasks();
      subscribed.next();
      await microtasks();
      expect(journal.take()).toEqual(['+a', 'next a', '-a unsubscribe']);
      released.open();
      await microtasks();
      expect(journal.take()).toEqual(['-a ok', 'complete']);
    });

    it('waits for an acquire that was left (laws 13, 16)', () => {
      testResources(({ probe, expectObservable }) => {
        const entering = probe('a', { acquire: '-----(a|)', release: '--|' });
        const left = entering.pipe(takeUntil(timer(2)));
        expectObservable(left.pipe(awaitRelease())).toBe('-------|');
      });
    });

    it('waits where the scope itself waits inside its body (laws 4, 16)', () => {
      testResources(({ probe, expectObservable }) => {
        const source = using(slow(probe), () => slow(probe));
        expectObservable(source.pipe(map(() => 'x'), take(1), awaitRelease())).toBe('x-----|'); // prettier-ignore
      });
    });
  });

  describe('with a release that fails', () => {
    const failing = (): Resource<number> => resource({ acquire: () => 1, release: () => Promise.reject(release) });

    it('fails with it in place of a completion, and nothing is unhandled (law 12)', async () => {
      expect(await errorOf(failing().pipe(take(1), awaitRelease()))).toBe(release);
      expect(await takeUnhandledErrors()).toEqual([]);
    });

    it('joins it with the error of the stream (law 12)', async () => {
      const source = merge(
        failing(),
        throwError(() => boom),
      ).pipe(awaitRelease());
      expect(describeError(await errorOf(source))).toBe('S(release, boom)');
    });

    it('joins those of several scopes (law 12)', async () => {
      const other = resource({ acquire: () => 1, release: () => Promise.reject(new Error('other')) });
      const source = merge(failing(), other).pipe(take(2), awaitRelease());
      expect(describeError(await errorOf(source))).toBe('S(other, release)');
    });

    it('is told of a release that fails at once, too (law 12)', async () => {
      const source = resource({ acquire: () => 1, release: () => raise(release) });
      expect(await errorOf(source.pipe(take(1), awaitRelease()))).toBe(release);
    });

    it('tells only the nearest awaitRelease (law 12)', async () => {
      const journal = new Journal();
      const caught = catchError((error: unknown) => of(`caught ${describeError(error)}`));
      failing().pipe(take(1), awaitRelease(), caught, awaitRelease()).subscribe(journal.observer());
      await settled();
      await microtasks();
      expect(journal.lines).toEqual(['next 1', 'next caught release', 'complete']);
    });

    it('passes on what was suppressed inside (law 8)', () => {
      const source = resource({ acquire: () => 1, exit: () => true });
      expect(notificationsOf(using(source, () => throwError(() => boom)).pipe(awaitRelease()))).toEqual(['complete']);
    });
  });

  describe('unsubscribed', () => {
    it('leaves its scopes, which go on in the background (law 12)', async () => {
      const released = new Gate();
      const journal = new Journal();
      const source = journal.resource('a', { release: () => released.promise });
      source.pipe(awaitRelease()).subscribe(journal.observer()).unsubscribe();
      expect(journal.take()).toEqual(['+a', 'next a', '-a unsubscribe']);
      released.open();
      await settled();
      expect(journal.take()).toEqual(['-a ok']);
    });

    it('passes the wait on to the next awaitRelease downstream (law 16)', () => {
      testResources(({ probe, expectObservable }) => {
        expectObservable(slow(probe).pipe(awaitRelease(), take(1), awaitRelease())).toBe('a--|');
      });
    });

    it('while it waits, delivers nothing any more (law 14)', async () => {
      const released = new Gate();
      const journal = new Journal();
      const source = journal.resource('a', { release: () => released.promise });
      const subscription = source.pipe(take(1), awaitRelease()).subscribe(journal.observer());
      subscription.unsubscribe();
      released.open();
      await settled();
      expect(journal.lines).toEqual(['+a', 'next a', '-a unsubscribe', '-a ok']);
    });

    it('while it waits, passes the wait on to an enclosing scope (laws 4, 12)', () => {
      testResources(({ probe, expectLifecycle, expectObservable }) => {
        const [outer, inner] = [slow(probe), slow(probe)];
        const source = using(outer, () => inner.pipe(take(1), awaitRelease()));
        expectObservable(source, '-!').toBe('a');
        expectLifecycle(inner).toBe('!--|', 'unsubscribe');
        expectLifecycle(outer).toBe('^--!--|', 'unsubscribe');
      });
    });

    it('reports a release that fails afterwards, once (law 12)', async () => {
      const released = new Gate();
      const source = resource({ acquire: () => 1, release: () => released.promise });
      const subscription = source.pipe(take(1), awaitRelease()).subscribe();
      subscription.unsubscribe();
      released.fail(release);
      expect(await takeUnhandledErrors()).toEqual([release]);
    });

    it('reports a release that had failed before it was left (law 12)', async () => {
      const source = merge(resource({ acquire: () => 1, release: () => raise(release) }).pipe(take(1)), NEVER);
      source.pipe(awaitRelease()).subscribe().unsubscribe();
      expect(await takeUnhandledErrors()).toEqual([release]);
    });

    it('inside a synchronous emission stops the source at once (law 15)', () => {
      const journal = new Journal();
      const body = (): Observable<number> =>
        new Observable((subscriber) => {
          for (let n = 1; n <= 3 && !subscriber.closed; n++) {
            journal.note(`produced ${n}`);
            subscriber.next(n);
          }
        });
      using(journal.resource('a'), body).pipe(awaitRelease(), take(1)).subscribe();
      expect(journal.lines).toEqual(['+a', 'produced 1', '-a unsubscribe']);
    });
  });

  it('waits again for each subscription (law 5)', () => {
    testResources(({ probe, cold, expectObservable }) => {
      const source = slow(probe).pipe(take(1), awaitRelease());
      expectObservable(cold('x-----x').pipe(mergeMap(() => source))).toBe('a-----a');
    });
  });

  it('waits for what a BehaviorSubject switches between, without delaying values', () => {
    const journal = new Journal();
    const selected = new BehaviorSubject('a');
    const subscription = selected
      .pipe(
        switchMap((name) => journal.resource(name)),
        awaitRelease(),
      ) // prettier-ignore
      .subscribe(journal.observer());
    selected.next('b');
    selected.complete();
    subscription.unsubscribe();
    expect(journal.lines).toEqual(['+a', 'next a', '-a unsubscribe', '+b', 'next b', '-b unsubscribe']);
  });

  it('hands a teardown that throws to the consumer', async () => {
    const end = new Subject<number>();
    const failing = errorOf(end.pipe(finalize(() => raise(boom)), awaitRelease())); // prettier-ignore
    end.complete();
    expect(await failing).toBe(boom);
  });
});
