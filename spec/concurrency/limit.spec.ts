import { EMPTY, mergeMap, NEVER, of, range } from 'rxjs';
import { fromValue, limit, resource, semaphore, use, using, type Resource } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { Journal, notificationsOf } from '../support/journal.js';
import { Visitors } from '../support/visitors.js';

describe('limit', () => {
  let open: number;
  let most: number;
  let visitors: Visitors;

  beforeEach(() => {
    [open, most] = [0, 0];
    visitors = new Visitors();
  });

  const counted = (name = 'file'): Resource<string> =>
    resource({
      name,
      acquire: () => {
        most = Math.max(most, ++open);
        return name;
      },
      release: () => {
        open--;
      },
    });

  it.each([0, -1, 1.5, NaN, '2', null])('of %p is a RangeError at the call', (permits) => {
    expect(() => limit(permits as number)).toThrow(RangeError);
  });

  it('lets in as many scopes at a time as it says; the others wait before they acquire', () => {
    const file = counted().pipe(limit(2));
    visitors.crowd(5, file);
    expect(open).toBe(2);
    visitors.empty();
    expect([open, most]).toEqual([0, 2]);
    expect(visitors.order).toEqual(['1', '2', '3', '4', '5']);
  });

  it('hands on the handle, and keeps the name', () => {
    const file = counted('log').pipe(limit(1));
    expect(file.name).toBe('log');
    expect(notificationsOf(using(file, (handle) => of(handle)))).toEqual(['next log', 'complete']);
  });

  it('gives the permit back after the resource has been released (law 4)', () => {
    testResources(({ cold, expectObservable, expectLifecycle, probe }) => {
      const slow = probe('slow', { acquire: '-(a|)', release: '--|' });
      const limited = slow.pipe(limit(1));
      expectObservable(range(2).pipe(mergeMap(() => limited.pipe(use(() => cold('---|')))))).toBe('------------|');
      expectLifecycle(slow).toBe(['a^--!-|', '------a^--!-|'], 'complete');
    });
  });

  it('gives the permit back where the resource cannot be acquired', () => {
    const down = resource({ acquire: () => { throw new Error('down'); } }).pipe(limit(1)); // prettier-ignore
    for (let i = 0; i < 3; i++) expect(notificationsOf(down)).toEqual(['error down']);
  });

  it('counts for each piped resource on its own, for all who enter it', () => {
    const file = counted();
    const [a, b] = [file.pipe(limit(1)), file.pipe(limit(1))];
    visitors.crowd(2, a);
    visitors.crowd(2, b);
    expect(open).toBe(2);
    visitors.empty();
    const twice = limit(1);
    visitors.come(file.pipe(twice));
    visitors.come(file.pipe(twice));
    expect(open).toBe(2);
    visitors.empty();
  });

  it('with a semaphore counts with everything that takes its permits', () => {
    const three = semaphore(3);
    visitors.come(three.permits(2), 'other');
    visitors.crowd(2, counted('a').pipe(limit(three)));
    visitors.come(counted('b').pipe(limit(three)), 'b');
    expect([open, three.available, three.waiting]).toEqual([1, 0, 2]);
    visitors.empty();
    expect([open, most, three.available]).toEqual([0, 3, 3]);
  });

  it('may be left while it waits', () => {
    const file = counted().pipe(limit(1));
    const [holder, waiting] = visitors.crowd(2, file);
    waiting?.leave();
    holder?.done();
    expect([open, most]).toEqual([0, 1]);
    visitors.come(file).done();
    expect(most).toBe(1);
  });

  it('is not gone around by a scope inside its own: that is a DeadlockError, with the name of the resource', () => {
    const file = counted().pipe(limit(1));
    const errors: unknown[] = [];
    using(file, () => using(file, () => EMPTY)).subscribe({ error: (error: unknown) => errors.push(error) });
    expect(errors).toEqual([expect.objectContaining({ name: 'DeadlockError', resource: 'file' })]);
    expect(open).toBe(0);
  });

  it('stays synchronous where the resource is (law 17)', () => {
    const journal = new Journal();
    const both = fromValue(1).pipe(limit(1));
    both.pipe(use(() => NEVER)).subscribe(journal.observer()).unsubscribe(); // prettier-ignore
    both.pipe(use((value) => of(value))).subscribe(journal.observer());
    expect(journal.lines).toEqual(['next 1', 'complete']);
  });
});
