import { of, type Observable } from 'rxjs';
import { CapacityError, keyedSemaphore, KeyedSemaphore, using } from '../../lib/index.js';
import { notificationsOf } from '../support/journal.js';
import { Visitors } from '../support/visitors.js';

describe('keyedSemaphore', () => {
  let visitors: Visitors;

  beforeEach(() => {
    visitors = new Visitors();
  });

  it('lets in so many at a time for each key, in order of arrival', () => {
    const hosts = keyedSemaphore(2);
    expect(hosts).toBeInstanceOf(KeyedSemaphore);
    const [first] = visitors.crowd(3, hosts.permit('a'));
    visitors.crowd(2, hosts.permit('b'));
    visitors.come(hosts.permit('a'));
    expect(visitors.are('waiting')).toEqual(['3', '6']);
    expect([hosts.total, hosts.available('a'), hosts.waiting('a')]).toEqual([2, 0, 2]);
    expect([hosts.available('c'), hosts.waiting('c')]).toEqual([2, 0]);
    expect(hosts.keys).toEqual(['a', 'b']);
    first?.done();
    expect(visitors.are('waiting')).toEqual(['6']);
    visitors.empty();
    expect(hosts.keys).toEqual([]);
  });

  it('forgets a key only when all of its permits are back', () => {
    const hosts = keyedSemaphore(2);
    const [first, second] = visitors.crowd(2, hosts.permit('a'));
    first?.done();
    expect([hosts.keys, hosts.available('a')]).toEqual([['a'], 1]);
    visitors.come(hosts.permit('a'), 'third');
    expect(hosts.available('a')).toBe(0);
    second?.leave();
    visitors.empty();
    expect([hosts.keys, hosts.available('a')]).toEqual([[], 2]);
  });

  it('takes a permit without waiting, or fails at once with a CapacityError', () => {
    const hosts = keyedSemaphore(1, { name: 'host' });
    visitors.come(hosts.tryPermit('a'));
    const { error } = visitors.come(hosts.tryPermit('a'));
    expect(error).toBeInstanceOf(CapacityError);
    expect(error).toMatchObject({ message: '"host(a)" is not free: 1 wanted, 0 of 1 available, 0 waiting.' });
    visitors.empty();
    expect(hosts.keys).toEqual([]);
  });

  it('makes keys the same by keyOf', () => {
    const hosts = keyedSemaphore<URL>(1, { keyOf: ({ host }) => host });
    visitors.come(hosts.permit(new URL('https://a.example/1')));
    visitors.come(hosts.permit(new URL('https://a.example/2')));
    expect(hosts.waiting(new URL('https://a.example/3'))).toBe(1);
    expect(hosts.permit(new URL('https://a.example/4')).name).toBe('keyedSemaphore');
    visitors.empty();
    expect(hosts.keys).toEqual([]);
    expect(() => keyedSemaphore(1, { keyOf: 1 as never })).toThrow(TypeError);
  });

  it('is a DeadlockError inside scopes that hold all permits of the key', () => {
    const hosts = keyedSemaphore(2);
    const nested = (depth: number): Observable<unknown> =>
      using(hosts.permit('a'), () => (depth === 1 ? of('in') : nested(depth - 1)));
    expect(notificationsOf(nested(2))).toEqual(['next in', 'complete']);
    expect(notificationsOf(nested(3))).toEqual(['error DeadlockError']);
    expect(hosts.keys).toEqual([]);
  });

  it('tells who holds permits of a key, and who waits', () => {
    const hosts = keyedSemaphore(2);
    visitors.crowd(3, hosts.permit('a'));
    expect(hosts.stats('a')).toMatchObject({ permits: 2, available: 0, waiting: 1 });
    expect(hosts.stats('a').holders).toHaveLength(2);
    expect(hosts.stats('b')).toMatchObject({ permits: 2, available: 2, waiting: 0 });
    visitors.empty();
  });

  it.each([0, -1, 1.5, NaN])('refuses %p permits', (permits) => {
    expect(() => keyedSemaphore(permits)).toThrow(
      new RangeError(`Expected permits to be a whole number, 1 or more, received ${String(permits)}.`),
    );
  });

  it('remembers nothing of those who left the line with the holder', () => {
    const hosts = keyedSemaphore(1);
    const all = visitors.crowd(5, hosts.permit('a'));
    for (const visitor of all) visitor.leave();
    expect(hosts.keys).toEqual([]);
  });
});
