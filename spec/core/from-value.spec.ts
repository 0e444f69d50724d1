import { of, throwError } from 'rxjs';
import { firstValue, fromValue, lastValue, openResources, use, using } from '../../lib/index.js';
import { errorOf } from '../support/failing.js';
import { Journal, notificationsOf } from '../support/journal.js';

describe('fromValue', () => {
  it('hands over the value, synchronously, and releases nothing (law 17)', () => {
    expect(notificationsOf(fromValue(42).pipe(use((n) => [n])))).toEqual(['next 42', 'complete']);
  });

  it.each<[string, unknown]>([
    ['a promise', Promise.resolve(1)],
    ['an observable', of(1)],
    ['undefined', undefined],
    ['a function', () => 1],
  ])('hands over %s as it is', async (_, value) => {
    const seen: unknown[] = [];
    fromValue(value)
      .subscribe((handle) => seen.push(handle))
      .unsubscribe();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBe(value);
  });

  it('stays open until it is unsubscribed, as any resource', () => {
    const journal = new Journal();
    const subscription = fromValue(1).subscribe(journal.observer());
    expect(journal.lines).toEqual(['next 1']);
    expect(openResources()).toMatchObject([{ name: 'value', state: 'held' }]);
    subscription.unsubscribe();
    expect(openResources()).toEqual([]);
  });

  it('passes the error of the body', async () => {
    const boom = new Error('boom');
    expect(await errorOf(using(fromValue(1), () => throwError(() => boom)))).toBe(boom);
  });

  it('can be used any number of times', async () => {
    const source = fromValue('a');
    await expect(firstValue(source)).resolves.toBe('a');
    await expect(lastValue(source.pipe(use((value) => [value, value])))).resolves.toBe('a');
  });

  it('is named "value"', () => {
    expect(fromValue(1).name).toBe('value');
  });
});
