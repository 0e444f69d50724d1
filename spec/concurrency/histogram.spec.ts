import { Histogram } from '../../lib/concurrency/histogram.js';

describe('Histogram', () => {
  it('counts each time for all bounds that are not below it', () => {
    const histogram = new Histogram([1, 10, 100]);
    for (const time of [0, 1, 2, 10, 99, 100, 101, 5_000]) histogram.add(time);
    expect(histogram.snapshot()).toEqual({
      count: 8,
      sum: 5_313,
      max: 5_000,
      buckets: [
        { upTo: 1, count: 2 },
        { upTo: 10, count: 4 },
        { upTo: 100, count: 6 },
        { upTo: Infinity, count: 8 },
      ],
    });
  });

  it('is empty at first', () => {
    expect(new Histogram([5]).snapshot()).toEqual({
      count: 0,
      sum: 0,
      max: 0,
      buckets: [
        { upTo: 5, count: 0 },
        { upTo: Infinity, count: 0 },
      ],
    });
  });

  it('gives frozen copies that stay as they were', () => {
    const histogram = new Histogram([1]);
    const before = histogram.snapshot();
    histogram.add(1);
    expect(before.count).toBe(0);
    expect([before, before.buckets, before.buckets[0]].every(Object.isFrozen)).toBe(true);
  });
});
