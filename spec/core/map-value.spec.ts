import { of, Subject, throwError } from 'rxjs';
import { fromValue, mapValue, use, using } from '../../lib/index.js';
import { raise } from '../support/failing.js';
import { Journal, notificationsOf } from '../support/journal.js';

const boom = new Error('boom');

describe('mapValue', () => {
  it('hands on another handle, and releases the original (law 1)', () => {
    const journal = new Journal();
    journal
      .resource('a')
      .pipe(
        mapValue((handle) => `${handle}!`),
        use((handle) => [handle]),
      )
      .subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', 'next a!', '-a complete', 'complete']);
  });

  it('hands on promises and observables as they are', () => {
    const promise = Promise.resolve(1);
    const seen: unknown[] = [];
    fromValue(1)
      .pipe(mapValue(() => promise))
      .subscribe((handle) => seen.push(handle))
      .unsubscribe();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBe(promise);
  });

  it('maps once for each scope (law 5)', () => {
    let calls = 0;
    const mapped = fromValue(1).pipe(mapValue(() => ++calls));
    expect(notificationsOf(using(mapped, (n) => of(n, n)))).toEqual(['next 1', 'next 1', 'complete']);
    expect(notificationsOf(using(mapped, (n) => of(n)))).toEqual(['next 2', 'complete']);
  });

  it('releases what was entered where project throws (law 11)', () => {
    const journal = new Journal();
    journal
      .resource('a')
      .pipe(mapValue(() => raise(boom)))
      .subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', '-a error boom', 'error boom']);
  });

  it('is not asked where entering fails', () => {
    const journal = new Journal();
    journal
      .resource('a', { acquire: () => throwError(() => boom) })
      .pipe(mapValue(() => journal.note('mapped')))
      .subscribe(journal.observer());
    expect(journal.lines.filter((line) => line !== '+a ok')).toEqual(['+a', 'error boom']);
  });

  it('is not asked where the consumer left before the handle came (law 13)', () => {
    const journal = new Journal();
    const pending = new Subject<string>();
    journal
      .resource('a', { acquire: () => pending })
      .pipe(mapValue(() => journal.note('mapped')))
      .subscribe()
      .unsubscribe();
    pending.next('late');
    expect(journal.lines.filter((line) => line !== '+a ok')).toEqual(['+a', '-a unsubscribe']);
  });

  it('keeps the name', () => {
    expect(fromValue(1).pipe(mapValue(String)).name).toBe('value');
  });

  it('refuses what is no function with a TypeError at the call', () => {
    expect(() => mapValue('name' as never)).toThrow(TypeError);
    expect(() => mapValue('name' as never)).toThrow(/project to be a function, received string/);
  });
});
