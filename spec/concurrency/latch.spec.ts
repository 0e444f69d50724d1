import { latch } from '../../lib/index.js';
import { Journal, notificationsOf } from '../support/journal.js';

describe('latch', () => {
  it('opens inside the call that counts down to 0, and stays open', () => {
    const journal = new Journal();
    const ready = latch(3);
    ready.wait().subscribe(journal.observer('a '));
    ready.wait().subscribe(journal.observer('b '));
    expect([ready.count, ready.waiting, ready.isOpen]).toEqual([3, 2, false]);
    ready.countDown();
    ready.countDown();
    expect(journal.take()).toEqual([]);
    expect([ready.count, ready.isOpen]).toEqual([1, false]);
    ready.countDown();
    expect(journal.take()).toEqual(['a next undefined', 'a complete', 'b next undefined', 'b complete']);
    expect([ready.count, ready.waiting, ready.isOpen]).toEqual([0, 0, true]);
    expect(notificationsOf(ready.wait())).toEqual(['next undefined', 'complete']);
  });

  it('is open from the start where there is nobody to come', () => {
    expect(latch(0).isOpen).toBe(true);
    expect(notificationsOf(latch(0).wait())).toEqual(['next undefined', 'complete']);
  });

  it('counts several at once, and no further than 0', () => {
    const ready = latch(5);
    ready.countDown(2);
    expect(ready.count).toBe(3);
    ready.countDown(7);
    expect(ready.count).toBe(0);
    ready.countDown();
    expect([ready.count, ready.isOpen]).toEqual([0, true]);
  });

  it('does not count who waits, or leaves', () => {
    const ready = latch(1);
    ready.wait().subscribe().unsubscribe();
    expect([ready.count, ready.waiting]).toEqual([1, 0]);
  });

  it.each([-1, 1.5, NaN, '2'])('refuses %p as a count', (count) => {
    expect(() => latch(count as number)).toThrow(
      new RangeError(`Expected count to be a whole number, 0 or more, received ${String(count)}.`),
    );
  });

  it.each([0, -1, 0.5])('refuses to count down by %p', (by) => {
    const ready = latch(1);
    expect(() => {
      ready.countDown(by);
    }).toThrow(RangeError);
    expect(ready.count).toBe(1);
  });
});
