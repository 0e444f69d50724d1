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
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise } from '../support/failing.js';
import { describeError, Gate, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');
const release = new Error('release');

/** Holds for ever and takes three frames to release. */
function slow(journal: Journal, name = 'a'): Resource<string> {
  return journal.resource(name, { release: () => timer(3) });
}

describe('awaitRelease', () => {
  it('passes values at once and holds back completion only (law 16)', () => {
    inVirtualTime((_, { cold, expectObservable }) => {
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
    inVirtualTime((_, { cold, expectObservable }) => {
      expectObservable(cold('-a-b-|').pipe(awaitRelease())).toBe('-a-b-|');
      expectObservable(cold('-a-b-#').pipe(awaitRelease())).toBe('-a-b-#');
    });
  });

  it('stays synchronous where the releases are (law 17)', () => {
    const source = resource({ acquire: () => 1 });
    expect(notificationsOf(source.pipe(take(1), awaitRelease()))).toEqual(['next 1', 'complete']);
  });

  it('holds back an error (law 16)', () => {
    inVirtualTime((journal, { cold, expectObservable }) => {
      const source = merge(slow(journal), cold('--#'));
      expectObservable(source.pipe(awaitRelease())).toBe('a----#');
    });
  });

  it('tells the end once, though several scopes are released (law 16)', () => {
    inVirtualTime((journal, { expectObservable }) => {
      const source = merge(
        journal.resource('a', { release: () => timer(2) }),
        journal.resource('b', { release: () => timer(5) }),
      );
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
      inVirtualTime((journal, { expectObservable }) => {
        const source = slow(journal).pipe(operator, awaitRelease());
        if (name === 'switchMap') expectObservable(source, '^---!').toBe(marbles);
        else expectObservable(source).toBe(marbles);
      });
    });

    it('waits behind race for the one that lost (law 16)', () => {
      inVirtualTime((journal, { cold, expectObservable }) => {
        const loser = slow(journal).pipe(switchMap(() => NEVER));
        expectObservable(race(loser, cold('-x|')).pipe(awaitRelease())).toBe('-x--|');
      });
    });

    it('waits behind switchMap for those that were switched away from (law 16)', () => {
      const journal = inVirtualTime((journal, { cold, expectObservable }) => {
        const outer = cold('a-b-|');
        const source = outer.pipe(switchMap((name) => using(slow(journal, name), () => cold('(x|)'))));
        expectObservable(source.pipe(awaitRelease())).toBe('x-x--|');
        const held = outer.pipe(switchMap((name) => slow(journal, `held ${name}`)), take(2)); // prettier-ignore
        expectObservable(held.pipe(map(() => 'x'), awaitRelease())).toBe('x-x--|'); // prettier-ignore
      });
      expect(journal.lines.slice(-2).map((line) => line.split(' ')[0])).toEqual(['5', '5']);
    });

    it('waits behind mergeMap for a neighbour of one that failed (law 16)', () => {
      const journal = inVirtualTime((journal, { cold, expectObservable }) => {
        const source = cold('a-b').pipe(
          mergeMap((name) => using(slow(journal, name), () => (name === 'b' ? cold('-#', undefined, boom) : NEVER))),
        );
        expectObservable(source.pipe(awaitRelease())).toBe('---------#', undefined, boom);
      });
      expect(journal.lines).toEqual(['0 +a', '2 +b', '3 -b error boom', '6 -b ok', '6 -a unsubscribe', '9 -a ok']);
    });

    it('waits behind zip, which leaves the longer source (law 16)', () => {
      inVirtualTime((journal, { cold, expectObservable }) => {
        expectObservable(zip(slow(journal), cold('-(x|)')).pipe(map(() => 'z'), awaitRelease())).toBe('-z--|'); // prettier-ignore
      });
    });

    it('waits behind retry for what the last try left (law 16)', () => {
      inVirtualTime((journal, { cold, expectObservable }) => {
        const source = merge(slow(journal), cold('-#')).pipe(retry(1), awaitRelease());
        expectObservable(source).toBe('aa---#');
      });
    });

    it('waits behind catchError for what the failed source left (law 16)', () => {
      inVirtualTime((journal, { cold, expectObservable }) => {
        const source = merge(slow(journal), cold('-#')).pipe(catchError(() => of('c')), awaitRelease()); // prettier-ignore
        expectObservable(source).toBe('ac--|');
      });
    });

    it('waits behind concat for what an earlier part left (law 16)', () => {
      inVirtualTime((journal, { cold, expectObservable }) => {
        const source = concat(slow(journal).pipe(take(1)), cold('-b|'));
        expectObservable(source.pipe(awaitRelease())).toBe('ab-|');
      });
    });

    it('waits for scopes that are subscribed later and asynchronously (law 16)', () => {
      inVirtualTime((journal, { cold, expectObservable }) => {
        const source = cold('---a').pipe(concatMap((name) => slow(journal, name)), take(1)); // prettier-ignore
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
      inVirtualTime((journal, { expectObservable }) => {
        const entering = journal.resource('a', { acquire: () => timer(5), release: () => timer(2) });
        const left = entering.pipe(takeUntil(timer(2)));
        expectObservable(left.pipe(awaitRelease())).toBe('-------|');
      });
    });

    it('waits where the scope itself waits inside its body (laws 4, 16)', () => {
      inVirtualTime((journal, { expectObservable }) => {
        const source = using(slow(journal, 'outer'), () => slow(journal, 'inner'));
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
      inVirtualTime((journal, { expectObservable }) => {
        expectObservable(slow(journal).pipe(awaitRelease(), take(1), awaitRelease())).toBe('a--|');
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
      const journal = inVirtualTime((journal, { hot }) => {
        const body = (): Observable<string> => slow(journal, 'inner').pipe(take(1), awaitRelease());
        const subscription = using(slow(journal, 'outer'), body).subscribe();
        hot('-x').subscribe(() => subscription.unsubscribe());
      });
      expect(journal.lines).toEqual([
        '0 +outer',
        '0 +inner',
        '0 -inner unsubscribe',
        '3 -inner ok',
        '3 -outer unsubscribe',
        '6 -outer ok',
      ]);
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
    inVirtualTime((journal, { cold, expectObservable }) => {
      const source = slow(journal).pipe(take(1), awaitRelease());
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
    expect(describeError(await failing)).toBe('UnsubscriptionError');
  });
});
