import {
  concatMap,
  first,
  mergeMap,
  NEVER,
  Observable,
  of,
  range,
  take,
  takeWhile,
  tap,
  type OperatorFunction,
} from 'rxjs';
import { combine, openResources, Resource, resource, use, using } from '../../lib/index.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 15: unsubscribing inside a synchronous emission', () => {
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  /** Writes down each value before it emits it, and stops when it has been left, as RxJS's own do. */
  const counting = (): Observable<number> =>
    new Observable((subscriber) => {
      for (let value = 1; value <= 3 && !subscriber.closed; value++) {
        journal.note(`emit ${value}`);
        subscriber.next(value);
      }
      subscriber.complete();
    });

  const leavers: readonly [string, OperatorFunction<unknown, unknown>][] = [
    ['take(1)', take(1)],
    ['first', first()],
    ['takeWhile', takeWhile(() => false, true)],
    ['take(1) behind others', (source) => source.pipe(tap(), concatMap((value) => of(value)), take(1))], // prettier-ignore
  ];

  it.each(leavers)('%s stops the body at once and exits with `unsubscribe`', (_, operator) => {
    using(journal.resource('a'), counting).pipe(operator).subscribe(journal.observer());
    expect(journal.lines.filter((line) => line.startsWith('emit'))).toEqual(['emit 1']);
    expect(journal.lines.filter((line) => line.startsWith('-'))).toEqual(['-a unsubscribe']);
    expect(journal.lines.slice(0, 3)).toEqual(['+a', 'emit 1', 'next 1']);
    expect(openResources()).toEqual([]);
  });

  it.each(leavers)('%s stops a body of scopes in scopes', (_, operator) => {
    using(journal.resource('a'), () => using(journal.resource('b'), counting))
      .pipe(operator)
      .subscribe(journal.observer());
    expect(journal.lines.filter((line) => line.startsWith('emit'))).toEqual(['emit 1']);
    expect(journal.lines.filter((line) => line.startsWith('-'))).toEqual(['-b unsubscribe', '-a unsubscribe']);
    expect(openResources()).toEqual([]);
  });

  const inner = (value: number): Observable<number> => using(journal.resource(`a${value}`), counting);

  it.each([
    ['mergeMap', mergeMap(inner)],
    ['concatMap', concatMap(inner)],
  ])('stops the scopes that %s would have subscribed next', (_, operator) => {
    range(1, 3).pipe(operator, take(1)).subscribe();
    expect(journal.lines).toEqual(['+a1', 'emit 1', '-a1 unsubscribe']);
  });

  it('leaves an iterable after the first value', () => {
    using(journal.resource('a'), function* () {
      try {
        journal.note('yield 1');
        yield 1;
        journal.note('yield 2');
        yield 2;
      } finally {
        journal.note('finally');
      }
    })
      .pipe(take(1))
      .subscribe();
    expect(journal.lines).toEqual(['+a', 'yield 1', 'finally', '-a unsubscribe']);
  });

  it('works on a resource that is subscribed itself', () => {
    combine([journal.resource('a'), journal.resource('b')])
      .pipe(take(1))
      .subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', '+b', 'next a,b', 'complete', '-b unsubscribe', '-a unsubscribe']);
  });

  it('a consumer that nothing links to it yet cannot stop it, and still nothing leaks', () => {
    const source = using(journal.resource('a'), counting);
    const leaving = new Observable<number>((subscriber) => {
      const inner = source.subscribe({
        next: (value) => {
          subscriber.next(value);
        },
      });
      subscriber.add(inner);
    });
    leaving.pipe(take(2)).subscribe(journal.observer());
    expect(journal.lines.filter((line) => line.startsWith('-'))).toEqual(['-a complete']); // nothing links the two yet
    expect(openResources()).toEqual([]);
  });

  it('a synchronous body that goes on although it was left emits nothing more', () => {
    const rogue = new Observable<number>((subscriber) => {
      for (const value of [1, 2, 3]) subscriber.next(value);
    });
    using(journal.resource('a'), () => rogue)
      .pipe(take(1))
      .subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', 'next 1', 'complete', '-a unsubscribe']);
  });

  it('a synchronous body that completes although it was left changes nothing about the exit', () => {
    const rogue = new Observable<number>((subscriber) => {
      subscriber.next(1);
      subscriber.complete();
    });
    using(journal.resource('a'), () => rogue)
      .pipe(take(1))
      .subscribe();
    expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
  });

  it('an asynchronous release goes on in the background', async () => {
    const gate = new Gate();
    using(journal.resource('a', { release: () => gate.promise }), counting)
      .pipe(take(1))
      .subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.take()).toEqual(['+a', 'emit 1', 'next 1', 'complete', '-a unsubscribe']);
    gate.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['-a ok']);
  });

  it('works where entering was asynchronous and the body is synchronous', async () => {
    using(journal.resource('a', { acquire: () => Promise.resolve('a') }), counting)
      .pipe(take(1))
      .subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.lines).toEqual(['+a', '+a ok', 'emit 1', 'next 1', 'complete', '-a unsubscribe']);
  });

  it('take(0) acquires nothing', () => {
    using(journal.resource('a'), counting).pipe(take(0)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['complete']);
  });

  it('two consumers that leave at different values do not disturb each other', () => {
    const source = resource({ acquire: () => 1 }).pipe(use(() => counting()));
    source.pipe(take(1)).subscribe();
    source.pipe(take(2)).subscribe();
    expect(journal.lines).toEqual(['emit 1', 'emit 1', 'emit 2']);
    expect(openResources()).toEqual([]);
  });

  it('the handle of a resource reaches take(1) once', () => {
    const source: Resource<string> = journal.resource('a');
    const subscription = source.pipe(take(1), mergeMap(() => NEVER)).subscribe(); // prettier-ignore
    expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
    subscription.unsubscribe();
  });
});
