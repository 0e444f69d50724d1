import { concat, concatMap, delay, NEVER, of, repeat, retry, take, timer, type Observable } from 'rxjs';
import { andThen, combine, onExit, orElse, retryAcquire, scoped, switchResource, use, using, type Resource } from '../../lib/index.js'; // prettier-ignore
import { testResources } from '../../lib/testing/index.js';
import { inVirtualTime, type Journal } from '../support/journal.js';

describe('law 18: observables keep virtual time', () => {
  /** E takes 2 frames, X takes 3. */
  const slow = (journal: Journal, name: string): Resource<string> =>
    journal.resource(name, { acquire: () => of(name).pipe(delay(2)), release: () => timer(3) });

  const run = (make: (journal: Journal) => Observable<unknown>, leaveAt?: number): string[] =>
    inVirtualTime((journal, { flush }) => {
      const subscription = make(journal).subscribe(journal.observer());
      if (leaveAt !== undefined) {
        timer(leaveAt).subscribe(() => {
          subscription.unsubscribe();
        });
      }
      flush();
    }).lines;

  it('the frames of entering, body and release add up', () => {
    expect(run((journal) => using(slow(journal, 'a'), () => of(1).pipe(delay(4))))).toEqual([
      '0 +a',
      '2 +a ok',
      '6 next 1',
      '6 -a complete',
      '9 -a ok',
      '9 complete',
    ]);
  });

  it('as a marble diagram: completion and errors', () => {
    testResources(({ cold, probe, expectObservable }) => {
      const a = probe('a', { acquire: '--(h|)', release: '---|' });
      expectObservable(using(a, () => cold('a-b|'))).toBe('--a-b---|');
      expectObservable(using(a, () => cold('a-#'))).toBe('--a----#');
      expectObservable(using(a, () => cold('|'))).toBe('-----|');
      expectObservable(using(a, () => cold('-#')), '------^-----').toBe('------------#'); // prettier-ignore
    });
  });

  it('on unsubscribe the body is left in that frame, and the release starts in it', () => {
    testResources(({ cold, probe, expectLifecycle, expectObservable, expectSubscriptions }) => {
      const [a, body] = [probe('a', { release: '---|' }), cold('a-b-c-d')];
      expectObservable(using(a, () => body), '^--!').toBe('a-b'); // prettier-ignore
      expectSubscriptions(body.subscriptions).toBe('^--!');
      expectLifecycle(a).toBe('^--!--|', 'unsubscribe');
    });
  });

  it('on unsubscribe while entering the acquire goes on, and its release follows it', () => {
    expect(run((journal) => using(slow(journal, 'a'), () => NEVER), 1)).toEqual([
      '0 +a',
      '2 +a ok',
      '2 -a unsubscribe',
      '5 -a ok',
    ]);
  });

  it('nested scopes add up', () => {
    const nested = (journal: Journal) =>
      using(slow(journal, 'a'), () => using(slow(journal, 'b'), () => timer(4).pipe(take(1))));
    expect(run(nested)).toEqual([
      ...['0 +a', '2 +a ok', '2 +b', '4 +b ok', '8 next 0'],
      ...['8 -b complete', '11 -b ok', '11 -a complete', '14 -a ok', '14 complete'],
    ]);
    expect(run(nested, 5)).toEqual([
      ...['0 +a', '2 +a ok', '2 +b', '4 +b ok'],
      ...['5 -b unsubscribe', '8 -b ok', '8 -a unsubscribe', '11 -a ok'],
    ]);
  });

  it.each<[string, (journal: Journal) => Resource<unknown>]>([
    ['combine', (journal: Journal) => combine([slow(journal, 'a'), slow(journal, 'b')])],
    ['andThen', (journal: Journal) => slow(journal, 'a').pipe(andThen(() => slow(journal, 'b')))],
  ])('%s adds up', (_, make) => {
    expect(run((journal) => make(journal).pipe(use(() => timer(4))))).toEqual([
      ...['0 +a', '2 +a ok', '2 +b', '4 +b ok', '8 next 0'],
      ...['8 -b complete', '11 -b ok', '11 -a complete', '14 -a ok', '14 complete'],
    ]);
  });

  it('a concurrent combine enters and releases in the time of the slowest', () => {
    const both = (journal: Journal) =>
      combine([slow(journal, 'a'), slow(journal, 'b')], { concurrent: true, concurrentRelease: true });
    expect(run((journal) => both(journal).pipe(use(() => timer(4))))).toEqual([
      ...['0 +a', '0 +b', '2 +a ok', '2 +b ok', '6 next 0'],
      ...['6 -b complete', '6 -a complete', '9 -b ok', '9 -a ok', '9 complete'],
    ]);
  });

  it('onExit, retryAcquire and orElse add up', () => {
    let attempts = 0;
    expect(
      run((journal) =>
        slow(journal, 'a').pipe(
          onExit(() => timer(5)),
          use(() => of(1)),
        ),
      ).slice(-3),
    ).toEqual(['2 -a complete', '5 -a ok', '10 complete']);
    const failing = (journal: Journal) =>
      journal.resource('a', { acquire: () => timer(2).pipe(concatMap(() => { if (attempts++ === 0) throw new Error('not yet'); return of('a'); })) }); // prettier-ignore
    expect(
      run((journal) =>
        failing(journal).pipe(
          retryAcquire({ count: 1, delay: 3 }),
          use(() => of(1)),
        ),
      ),
    ).toEqual([...['0 +a', '2 +a ok', '5 +a', '7 +a ok', '7 next 1', '7 -a complete', '7 complete']]);
    attempts = 0;
    expect(
      run((journal) =>
        failing(journal).pipe(
          orElse(() => slow(journal, 'b')),
          use(() => of(1)),
        ),
      ).slice(2),
    ).toEqual([
      // prettier-ignore
      ...['2 +b', '4 +b ok', '4 next 1', '4 -b complete', '7 -b ok', '7 complete'],
    ]);
  });

  it('switchResource enters the next one in the frame in which the last one is released', () => {
    const lines = run(
      (journal) => concat(of('a'), of('b').pipe(delay(6))).pipe(switchResource((name) => slow(journal, name))),
      20,
    );
    expect(lines).toEqual([
      ...['0 +a', '2 +a ok', '2 next a', '6 -a unsubscribe', '9 -a ok'],
      ...['9 +b', '11 +b ok', '11 next b', '20 -b unsubscribe', '23 -b ok'],
    ]);
  });

  it('a scoped stack adds up', () => {
    const lines = run((journal) =>
      scoped((stack) => {
        stack.defer(() => timer(3));
        stack.defer(() => timer(4));
        return of('handle').pipe(delay(2));
      }).pipe(
        use((handle) => {
          journal.note('body');
          return of(handle);
        }),
      ),
    );
    expect(lines).toEqual(['2 body', '2 next handle', '9 complete']);
  });

  it('retry and repeat go on in the frame in which the release has finished', () => {
    const scope = (journal: Journal) => using(slow(journal, 'a'), () => timer(1));
    expect(run((journal) => scope(journal).pipe(repeat(2))).filter((line) => !line.endsWith(' ok'))).toEqual([
      ...['0 +a', '3 next 0', '3 -a complete', '6 +a', '9 next 0', '9 -a complete', '12 complete'],
    ]);
    const failing = (journal: Journal) =>
      using(slow(journal, 'a'), () =>
        timer(1).pipe(
          concatMap(() => {
            throw new Error('boom');
          }),
        ),
      );
    expect(run((journal) => failing(journal).pipe(retry(1))).filter((line) => !line.endsWith(' ok'))).toEqual([
      ...['0 +a', '3 -a error boom', '6 +a', '9 -a error boom', '12 error boom'],
    ]);
  });
});
