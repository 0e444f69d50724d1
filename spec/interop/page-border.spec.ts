import { PageBorder } from '../../lib/interop/page-border.js';

describe('PageBorder', () => {
  it('leaves out what was on the page before, and on no other', () => {
    const border = new PageBorder<number>((item) => item);
    expect(border.fresh([1, 2, 2])).toEqual([1, 2, 2]);
    expect(border.fresh([2, 3])).toEqual([3]);
    expect(border.fresh([1, 2, 3])).toEqual([1]);
    expect(border.fresh([])).toEqual([]);
    expect(border.fresh([1])).toEqual([1]);
  });

  it('gives the key the item alone', () => {
    const calls: unknown[][] = [];
    new PageBorder<number>((...args: unknown[]) => calls.push(args)).fresh([5]);
    expect(calls).toEqual([[5]]);
  });
});
