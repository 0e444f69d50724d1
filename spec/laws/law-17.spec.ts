import { catchError, concatMap, EMPTY, NEVER, of, retry, Subject, throwError, type Observable } from 'rxjs';
import { andThen, awaitRelease, combine, fromDisposable, fromManager, fromValue, mapValue, onExit, orElse, releaseTimeout, resource, retryAcquire, acquireTimeout, scoped, suppress, switchResource, use, using, type Resource } from '../../lib/index.js'; // prettier-ignore
import { dispose } from '../../lib/internal/async-dispose.js';
import { Journal, notificationsOf } from '../support/journal.js';

// Nothing here is awaited: what a microtask or a timer would do is not seen by these tests.
describe('law 17: synchronous stays synchronous', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  const a = (): Resource<string> => journal.resource('a');
  const makes: readonly [string, () => Resource<unknown>][] = [
    ['resource', a],
    ['an acquire and a release that are synchronous observables', () => journal.resource('a', { acquire: () => of('a'), release: () => of(1) })], // prettier-ignore
    ['a generator', () => resource(function* () { journal.note('+a'); try { yield 1; } finally { journal.note('-a '); } })], // prettier-ignore
    ['a manager', () => fromManager(() => ({ enter: () => { journal.note('+a'); }, exit: () => { journal.note('-a '); } }))], // prettier-ignore
    ['a disposable', () => fromDisposable(() => { journal.note('+a'); return { [dispose]: () => { journal.note('-a '); } }; })], // prettier-ignore
    ['combine', () => combine([a()])],
    ['a concurrent combine', () => combine({ a: a() }, { concurrent: true, concurrentRelease: true })],
    ['andThen', () => fromValue(1).pipe(andThen(a))],
    ['mapValue', () => a().pipe(mapValue(String))],
    ['onExit', () => a().pipe(onExit(() => undefined))],
    ['suppress', () => a().pipe(suppress(() => false))],
    ['orElse', () => resource<string>({ acquire: () => { throw boom; } }).pipe(orElse(a))], // prettier-ignore
    ['retryAcquire', () => a().pipe(retryAcquire({ count: 1 }))],
    ['acquireTimeout', () => a().pipe(acquireTimeout(1000))],
    ['releaseTimeout', () => a().pipe(releaseTimeout(1000))],
    ['scoped', () => scoped((stack) => { journal.note('+a'); stack.defer(() => { journal.note('-a '); }); })], // prettier-ignore
    ['a resource that may be lost', () => journal.resource('a', { lost: () => NEVER })],
  ];

  const kindsOf = (lines: readonly string[]): string[] => lines.filter((line) => /^[+-]a/.test(line) && !line.endsWith(' ok')).map((line) => line.slice(0, 2)); // prettier-ignore

  describe.each(makes)('%s', (_, make) => {
    it('is entered and released inside subscribe, with the end after it', () => {
      expect(notificationsOf(make().pipe(use(() => of('value'))))).toEqual(['next value', 'complete']);
      expect(kindsOf(journal.lines)).toEqual(['+a', '-a']);
    });

    it('is released inside subscribe when the body fails', () => {
      expect(notificationsOf(make().pipe(use(() => throwError(() => boom))))).toEqual(['error boom']);
      expect(kindsOf(journal.lines)).toEqual(['+a', '-a']);
    });

    it('is released inside unsubscribe', () => {
      const subscription = make()
        .pipe(use(() => NEVER))
        .subscribe();
      expect(kindsOf(journal.take())).toEqual(['+a']);
      subscription.unsubscribe();
      expect(kindsOf(journal.take())).toEqual(['-a']);
    });

    it('is released when the body ends by itself, in the same tick', () => {
      const body = new Subject<number>();
      make()
        .pipe(use(() => body))
        .subscribe(journal.observer());
      journal.take();
      body.complete();
      expect(journal.lines.at(-1)).toBe('complete');
      expect(kindsOf(journal.take())).toEqual(['-a']);
    });
  });

  it('the whole order is that of the calls, without a microtask in between', () => {
    void Promise.resolve().then(() => {
      journal.note('microtask');
    });
    using(a(), () => using(journal.resource('b'), () => of(1)))
      .pipe(awaitRelease())
      .subscribe(journal.observer());
    journal.note('subscribe has returned');
    expect(journal.lines).toEqual([
      '+a',
      '+b',
      'next 1',
      '-b complete',
      '-a complete',
      'complete',
      'subscribe has returned',
    ]);
  });

  it('retry, catchError and concatMap around scopes are synchronous too', () => {
    let attempts = 0;
    const flaky = (): Observable<number> => using(a(), () => (attempts++ === 0 ? throwError(() => boom) : of(1)));
    of(1, 2)
      .pipe(
        concatMap((value) => (value === 1 ? flaky().pipe(retry(1)) : throwError(() => boom))),
        catchError(() => EMPTY),
      )
      .subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', '-a error boom', '+a', 'next 1', '-a complete', 'complete']);
  });

  it('switchResource goes from one to the next inside next', () => {
    const names = new Subject<string>();
    const subscription = names.pipe(switchResource((name) => journal.resource(name))).subscribe(journal.observer());
    names.next('a');
    expect(journal.take()).toEqual(['+a', 'next a']);
    names.next('b');
    expect(journal.take()).toEqual(['-a unsubscribe', '+b', 'next b']);
    subscription.unsubscribe();
    expect(journal.take()).toEqual(['-b unsubscribe']);
  });

  it('a failing release and one that suppresses are synchronous too', () => {
    const failing = resource({ acquire: () => 1, release: () => { throw boom; } }); // prettier-ignore
    expect(notificationsOf(using(failing, () => of('value')))).toEqual(['next value', 'error boom']);
    const swallowing = resource({ acquire: () => 1, exit: () => true });
    expect(notificationsOf(using(swallowing, () => throwError(() => boom)))).toEqual(['complete']);
  });
});
