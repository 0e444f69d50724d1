import {
  concat,
  finalize,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  Subject,
  Subscription,
  take,
  takeUntil,
  throwError,
} from 'rxjs';
import { openResources, using } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { raise } from '../support/failing.js';
import { Journal } from '../support/journal.js';

const boom = new Error('boom');

describe('a scope between its body and its consumer', () => {
  it('passes values on unbuffered, in the tick in which they come (law 3)', () => {
    const journal = new Journal();
    const body = new Observable<number>((subscriber) => {
      subscriber.next(1);
      journal.note('after 1');
      subscriber.next(2);
      journal.note('after 2');
      subscriber.complete();
    });
    using(journal.resource('a'), () => body).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', 'next 1', 'after 1', 'next 2', 'after 2', '-a complete', 'complete']);
  });

  it('is left by a parent subscription (law 12)', () => {
    const journal = new Journal();
    const parent = new Subscription();
    parent.add(journal.resource('a').subscribe());
    parent.unsubscribe();
    expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
  });

  it('is left by a parent subscription while it releases: nothing is delivered (law 14)', () => {
    const journal = new Journal();
    const released = new Subject<void>();
    const parent = new Subscription();
    const source = journal.resource('a', { release: () => released });
    parent.add(using(source, () => of(1)).subscribe(journal.observer()));
    parent.unsubscribe();
    released.complete();
    expect(journal.lines).toEqual(['+a', 'next 1', '-a complete', '-a ok']);
  });

  it('is left by a parent while it releases what was lost (laws 14, 29)', () => {
    const journal = new Journal();
    const [death, released] = [new Subject<void>(), new Subject<void>()];
    const parent = new Subscription();
    const subscription = journal
      .resource('a', { lost: () => death, release: () => released })
      .subscribe(journal.observer());
    death.next();
    parent.add(subscription);
    parent.unsubscribe();
    released.complete();
    expect(journal.lines).toEqual(['+a', 'next a', '-a error ResourceLostError', '-a ok']);
  });

  it('stays one scope where the consumer unsubscribes and the body ends in one tick (law 1)', () => {
    const journal = new Journal();
    const body = new Subject<number>();
    const subscription: Subscription = using(journal.resource('a'), () => body).subscribe({
      next: () => {
        body.complete();
        subscription.unsubscribe();
        body.error(boom);
      },
    });
    body.next(1);
    expect(journal.lines).toEqual(['+a', '-a complete']);
  });

  it('hears of a body that ends while it is being torn down, and releases once (law 1)', () => {
    const journal = new Journal();
    const body = new Observable<number>((subscriber) => () => {
      subscriber.next(2);
      subscriber.complete();
    });
    using(journal.resource('a'), () => body)
      .subscribe(journal.observer())
      .unsubscribe();
    expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
  });

  it.each<[string, (inner: Observable<unknown>, stop: Observable<unknown>) => Observable<unknown>, string]>([
    ['take', (inner) => inner.pipe(take(1)), 'complete'],
    ['takeUntil', (inner, stop) => inner.pipe(takeUntil(stop)), 'complete'],
    ['merge', (inner, stop) => merge(inner, stop.pipe(mergeMap(() => throwError(() => boom)))), 'error boom'],
  ])('releases an inner scope that %s ended, before itself (law 4)', (_, operator, exit) => {
    const journal = new Journal();
    const [subject, stop] = [new Subject<number>(), new Subject<void>()];
    const inner = using(journal.resource('inner'), () => subject);
    using(journal.resource('outer'), () => operator(inner, stop)).subscribe({ error: () => undefined });
    subject.next(1);
    stop.next();
    expect(journal.lines).toEqual(['+outer', '+inner', '-inner unsubscribe', `-outer ${exit}`]);
    expect(openResources()).toEqual([]);
  });

  it('waits for all scopes side by side in its body (law 4)', () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const [outer, a, b] = [probe('outer'), probe('a', { release: '--|' }), probe('b', { release: '----|' })];
      const source = using(outer, () => merge(a, b));
      expectObservable(source, '-!').toBe('(aa)');
      expectLifecycle(a).toBe('     ^!-|', 'unsubscribe');
      expectLifecycle(b).toBe('     ^!---|', 'unsubscribe');
      expectLifecycle(outer).toBe(' ^----|', 'unsubscribe');
    });
  });

  it('hands a teardown of the body that throws to the consumer, joined with the error of the body (law 9)', () => {
    const journal = new Journal();
    const body = new Subject<number>();
    const throwing = body.pipe(finalize(() => raise(new Error('teardown')))); // prettier-ignore
    using(journal.resource('a'), () => throwing).subscribe(journal.observer());
    body.error(boom);
    expect(journal.lines).toEqual(['+a', '-a error S(teardown, boom)', 'error S(teardown, boom)']);
  });

  it('is not the collector of what its consumer opens in a handler (law 4)', () => {
    const journal = new Journal();
    const others: Subscription[] = [];
    const body = new Observable<number>((subscriber) => {
      subscriber.next(1);
      subscriber.complete();
    });
    const other = journal.resource('other', { release: () => NEVER.pipe(takeUntil(end)) });
    const end = new Subject<void>();
    using(journal.resource('a'), () => body).subscribe({
      next: () => {
        const subscription = other.subscribe();
        subscription.unsubscribe();
        others.push(subscription);
      },
      complete: () => journal.note('complete'),
    });
    expect(others).toHaveLength(1);
    expect(journal.lines).toEqual(['+a', '+other', '-other unsubscribe', '-a complete', 'complete']);
    end.next();
  });

  it('nests a thousand deep, synchronously (law 6)', () => {
    let [entered, exited] = [0, 0];
    const journal = new Journal();
    const nested = (depth: number): Observable<number> =>
      depth === 0
        ? of(depth)
        : using(journal.resource('x', { acquire: () => ++entered, release: () => ++exited }), () => nested(depth - 1));
    nested(1000).subscribe();
    expect([entered, exited]).toEqual([1000, 1000]);
  });

  it('does ten thousand one after the other (law 6)', () => {
    let released = 0;
    const journal = new Journal();
    const one = using(journal.resource('x', { release: () => ++released }), () => of(1));
    concat(...Array.from({ length: 10_000 }, () => one)).subscribe();
    expect(released).toBe(10_000);
  });
});
