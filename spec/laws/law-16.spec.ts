import {
  catchError,
  concat,
  concatMap,
  defer,
  delay,
  EMPTY,
  exhaustMap,
  first,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  race,
  repeat,
  retry,
  share,
  shareReplay,
  startWith,
  Subject,
  switchMap,
  take,
  takeUntil,
  throwError,
  timeout,
  timer,
  zip,
} from 'rxjs';
import { awaitRelease, switchResource, using } from '../../lib/index.js';
import { testResources, type Probe } from '../../lib/testing/index.js';
import { Gate, inVirtualTime, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 16: awaitRelease', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  type Scope = <T>(body: Observable<T>) => Observable<T>;
  interface Case {
    readonly wire: (scope: Scope) => Observable<unknown>;
    readonly end?: string;
  }

  const ended = (value: unknown): Observable<unknown> => concat(of(value), NEVER);

  /** Each leaves a scope whose release takes 10 frames, in some frame before its end. */
  const cases: Readonly<Record<string, Case>> = {
    take: { wire: (scope) => scope(ended(1)).pipe(take(1)) },
    first: { wire: (scope) => scope(ended(1)).pipe(first((value) => value === 1, 'default')) }, // prettier-ignore
    takeUntil: { wire: (scope) => scope(NEVER).pipe(takeUntil(timer(1))) },
    switchMap: { wire: (scope) => concat(of(1), of(2).pipe(delay(1))).pipe(switchMap((value) => (value === 1 ? scope(NEVER) : of(2)))) }, // prettier-ignore
    'mergeMap with a failing neighbour': { wire: (scope) => of(1, 2).pipe(mergeMap((value) => (value === 1 ? scope(NEVER) : timer(1).pipe(mergeMap(() => throwError(() => boom)))))), end: 'error boom' }, // prettier-ignore
    'mergeMap and take': { wire: (scope) => of(1, 2).pipe(mergeMap(() => scope(ended(1))), take(1)) }, // prettier-ignore
    'concatMap and take': { wire: (scope) => of(1, 2).pipe(concatMap(() => scope(ended(1))), take(1)) }, // prettier-ignore
    'exhaustMap and take': { wire: (scope) => of(1, 2).pipe(exhaustMap(() => scope(ended(1))), take(1)) }, // prettier-ignore
    merge: { wire: (scope) => merge(scope(NEVER), throwError(() => boom).pipe(startWith(1))), end: 'error boom' }, // prettier-ignore
    race: { wire: (scope) => race(scope(NEVER), of(2).pipe(delay(1))) },
    zip: { wire: (scope) => zip(scope(ended(1)), of(2)) },
    timeout: { wire: (scope) => scope(NEVER).pipe(timeout(1)), end: 'error TimeoutError' },
    retry: { wire: (scope) => defer(() => merge(scope(NEVER), throwError(() => boom))).pipe(retry(1)), end: 'error boom' }, // prettier-ignore
    repeat: { wire: (scope) => scope(ended(1)).pipe(take(1), repeat(2)) }, // prettier-ignore
    catchError: { wire: (scope) => merge(scope(NEVER), throwError(() => boom)).pipe(catchError(() => of('caught'))) }, // prettier-ignore
    share: { wire: (scope) => scope(ended(1)).pipe(share(), take(1)) }, // prettier-ignore
    'shareReplay, counted': { wire: (scope) => scope(ended(1)).pipe(shareReplay({ bufferSize: 1, refCount: true }), take(1)) }, // prettier-ignore
    'an observable made by hand': { wire: (scope) => new Observable((subscriber) => { const inner = scope(ended(1)).subscribe({ next: () => undefined }); subscriber.add(inner); subscriber.add(timer(1).subscribe(() => { subscriber.complete(); })); }) }, // prettier-ignore
    switchResource: { wire: () => of(1).pipe(switchResource(() => journal.resource('inside', { release: () => timer(10) })), take(1)) }, // prettier-ignore
    'all of it': { wire: (scope) => of(1).pipe(switchMap(() => race(merge(scope(ended(1)), NEVER).pipe(share()), NEVER)), take(1), catchError(() => EMPTY)) }, // prettier-ignore
  };

  describe.each(Object.entries(cases))('through %s', (_, { wire, end = 'complete' }) => {
    it(`holds ${end === 'complete' ? 'completion' : 'the error'} back until the release has finished`, () => {
      let finished = 0;
      const { lines } = inVirtualTime((virtual, { flush }) => {
        const scope: Scope = (body) =>
          using(
            virtual.resource('a', {
              release: () =>
                defer(() => timer(10)).pipe(
                  mergeMap(() => {
                    finished++;
                    return EMPTY;
                  }),
                ),
            }),
            () => body,
          );
        wire(scope).pipe(awaitRelease()).subscribe(virtual.observer());
        flush();
      });
      const last = lines.filter((line) => !line.endsWith(' ok')).at(-1) ?? '';
      const before = lines.slice(0, -1).filter((line) => / (complete|error \w+)$/.test(line) && !/-a/.test(line));
      expect(before).toEqual([]);
      expect(last.replace(/^\d+ /, '')).toBe(end);
      expect(Number(last.split(' ')[0])).toBeGreaterThanOrEqual(10);
      const [started, completed] = ['-a ', '-a ok'].map((part) => lines.filter((line) => line.includes(part)).length);
      expect((started as number) - (completed as number)).toBe(completed);
      expect(finished).toBe(completed);
    });
  });

  it('delays completion, never values', () => {
    testResources(({ cold, probe, expectObservable }) => {
      const scope = using(probe('a', { release: '---|' }), () => cold('a-b-c'));
      expectObservable(scope.pipe(take(2), awaitRelease())).toBe('a-b--|');
    });
  });

  it('delays an error, never values', () => {
    testResources(({ cold, probe, expectObservable }) => {
      const scope = using(probe('a', { release: '---|' }), () => cold('a-b-c'));
      const failing = merge(scope, cold('---#', undefined, boom));
      expectObservable(failing.pipe(awaitRelease())).toBe('a-b---#', undefined, boom);
    });
  });

  it('adds nothing where there is nothing to wait for', () => {
    testResources(({ cold, expectObservable }) => {
      expectObservable(cold('a-b|').pipe(awaitRelease())).toBe('a-b|');
      expectObservable(cold('a-#').pipe(awaitRelease())).toBe('a-#');
      expectObservable(of(1).pipe(awaitRelease())).toBe('(1|)', { 1: 1 });
    });
    using(journal.resource('a'), () => of(1))
      .pipe(awaitRelease())
      .subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', 'next 1', '-a complete', 'complete']);
  });

  it('waits for scopes that were left long before the end', () => {
    testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
      const scope = probe('scope', { release: '20ms |' });
      const switched = switchMap((name: string) => (name === 'c' ? of(name) : using(scope, () => NEVER)));
      expectObservable(cold('a-b-c|').pipe(switched, awaitRelease())).toBe('----c 19ms |');
      expectLifecycle(scope).toBe(['^-! 19ms |', '--^-! 19ms |'], 'unsubscribe');
    });
  });

  it('does not wait for those that have finished by then', () => {
    testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
      const scope = probe('scope', { release: '--|' });
      const switched = switchMap((name: string) => (name === 'b' ? of(name) : using(scope, () => NEVER)));
      expectObservable(cold('a-b-------|').pipe(switched, awaitRelease())).toBe('--b-------|');
      expectLifecycle(scope).toBe('^-!-|', 'unsubscribe');
    });
  });

  it('waits for scopes that are subscribed later and asynchronously', () => {
    testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
      const a = probe('a', { release: '-------|' });
      const scope = using(a, (handle) => concat(of(handle), NEVER));
      const later = cold('---x').pipe(delay(2), mergeMap(() => timer(1)), mergeMap(() => scope)); // prettier-ignore
      expectObservable(later.pipe(take(1), awaitRelease())).toBe('------a------|');
      expectLifecycle(a).toBe('------!------|', 'unsubscribe');
    });
  });

  it('waits for scopes that are left asynchronously, through promises', async () => {
    const gate = new Gate();
    const start = new Subject<void>();
    start
      .pipe(
        switchMap(async () => Promise.resolve()),
        switchMap(() => using(journal.resource('a', { release: () => gate.promise }), () => concat(of(1), NEVER))),
        take(1),
        awaitRelease(),
      )
      .subscribe(journal.observer());
    start.next();
    await nextMacrotask();
    expect(journal.take()).toEqual(['+a', 'next 1', '-a unsubscribe']);
    gate.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['-a ok', 'complete']);
  });

  it('waits for a scope that is left while it is still entering', async () => {
    const acquiring = new Gate<string>();
    const scope = using(journal.resource('a', { acquire: () => acquiring.promise }), () => NEVER);
    race(scope, of(1)).pipe(awaitRelease()).subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.take()).toEqual(['+a', 'next 1']);
    acquiring.open('a');
    await nextMacrotask();
    expect(journal.take()).toEqual(['+a ok', '-a unsubscribe', 'complete']);
  });

  describe('a failing release', () => {
    it('becomes the stream’s error', async () => {
      using(journal.resource('a', { release: () => Promise.reject(boom) }), () => of(1))
        .pipe(take(1), awaitRelease())
        .subscribe(journal.observer());
      expect(await reported()).toEqual([]);
      expect(journal.lines.at(-1)).toBe('error boom');
    });

    it('is joined with the stream’s error', async () => {
      const failing = using(journal.resource('a', { release: () => Promise.reject(new Error('late')) }), () => NEVER);
      merge(failing, throwError(() => boom)).pipe(awaitRelease()).subscribe(journal.observer()); // prettier-ignore
      expect(await reported()).toEqual([]);
      expect(journal.lines.at(-1)).toBe('error S(late, boom)');
    });

    it('of several is joined in the order in which they failed', async () => {
      const gates = { a: new Gate(), b: new Gate() };
      const scope = (name: keyof typeof gates) =>
        using(journal.resource(name, { release: () => gates[name].promise }), () => NEVER);
      merge(scope('a'), scope('b'), of(1)).pipe(take(1), awaitRelease()).subscribe(journal.observer()); // prettier-ignore
      gates.b.fail(new Error('b'));
      await nextMacrotask();
      gates.a.fail(new Error('a'));
      expect(await reported()).toEqual([]);
      expect(journal.lines.at(-1)).toBe('error S(a, b)');
    });
  });

  it('one awaitRelease in another: each waits for what is upstream of it', () => {
    testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
      const [a, b] = [probe('a', { release: '---------|' }), probe('b', { release: '---|' })];
      const scope = (one: Probe<string>) => using(one, () => concat(of(one.name), NEVER));
      const both = merge(scope(a), scope(b).pipe(take(1), awaitRelease()), cold('----z'));
      expectObservable(both.pipe(take(3), awaitRelease())).toBe('(ab)z--------|');
      expectLifecycle(a).toBe('^---!--------|', 'unsubscribe');
      expectLifecycle(b).toBe('!--|', 'unsubscribe');
    });
  });

  it('when its consumer leaves, what still runs is waited for further down', async () => {
    const gate = new Gate();
    const scope = using(journal.resource('b', { release: () => gate.promise }), () => concat(of(1), NEVER));
    using(journal.resource('a'), () => scope.pipe(take(1), awaitRelease())) // prettier-ignore
      .subscribe(journal.observer())
      .unsubscribe();
    await nextMacrotask();
    expect(journal.take()).toEqual(['+a', '+b', 'next 1', '-b unsubscribe']);
    gate.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['-b ok', '-a unsubscribe']);
  });

  it('what the consumer opens while it handles a value is not waited for', async () => {
    const gate = new Gate();
    of(1)
      .pipe(awaitRelease())
      .subscribe({
        next: () => {
          using(journal.resource('other', { release: () => gate.promise }), () => NEVER)
            .subscribe()
            .unsubscribe();
        },
        complete: () => {
          journal.note('complete');
        },
      });
    expect(journal.take()).toEqual(['+other', '-other unsubscribe', 'complete']);
    gate.open();
    await nextMacrotask();
  });
});
