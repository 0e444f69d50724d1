import { Item } from '../../lib/concurrency/pool-item.js';
import { Shelf } from '../../lib/concurrency/pool-shelf.js';

describe('Shelf', () => {
  const owner = { made: () => undefined, notMade: () => undefined, lost: () => undefined };
  const items = (count: number): Item<number>[] =>
    Array.from({ length: count }, (_, i) => {
      const item = new Item<number>(String(i), owner);
      item.value = i;
      item.idleFor = 100;
      return item;
    });
  const all = (shelf: Shelf<number>): number[] => {
    const found: number[] = [];
    for (let one = shelf.first; one !== null; one = one.after) found.push(one.value);
    const back: number[] = [];
    for (let one = shelf.last; one !== null; one = one.before) back.unshift(one.value);
    expect(back).toEqual(found);
    return found;
  };
  const filled = (order: 'lifo' | 'fifo', count = 3): { shelf: Shelf<number>; put: Item<number>[] } => {
    const shelf = new Shelf<number>(order);
    const put = items(count);
    put.forEach((item, i) => shelf.put(item, i, true));
    return { shelf, put };
  };

  it('keeps them in the order of their last use; the last one or the first one is next', () => {
    expect(filled('lifo').shelf.next?.value).toBe(2);
    expect(filled('fifo').shelf.next?.value).toBe(0);
    expect(all(filled('lifo').shelf)).toEqual([0, 1, 2]);
    expect(new Shelf('lifo').next).toBeNull();
  });

  it.each([0, 1, 2])('gives up the one at place %i, once', (place) => {
    const { shelf, put } = filled('lifo');
    const item = put[place] as Item<number>;
    shelf.remove(item);
    shelf.remove(item);
    expect(all(shelf)).toEqual([0, 1, 2].filter((one) => one !== place));
    expect(item).toMatchObject({ before: null, after: null, isListed: false });
  });

  it('puts one that was only looked at back in its place', () => {
    const { shelf, put } = filled('lifo');
    for (const item of put) {
      shelf.remove(item);
      shelf.put(item, 50, false);
      expect(all(shelf)).toEqual([0, 1, 2]);
      expect(item.idleSince).toBe(item.value);
    }
  });

  it('adds one that others use at the end, and leaves it where it is if it is there', () => {
    const { shelf, put } = filled('lifo');
    shelf.add(put[0] as Item<number>);
    expect(all(shelf)).toEqual([0, 1, 2]);
    shelf.remove(put[0] as Item<number>);
    shelf.add(put[0] as Item<number>);
    expect(all(shelf)).toEqual([1, 2, 0]);
  });

  it('answers when one has to be looked at again: too long unused, too old, or to be kept alive', () => {
    const [item] = items(1);
    const shelf = new Shelf<number>('lifo');
    const put = (wasUsed: boolean): number => {
      shelf.remove(item as Item<number>);
      return shelf.put(item as Item<number>, 1_000, wasUsed);
    };
    expect(put(true)).toBe(1_100);
    Object.assign(item as object, { keepAliveEvery: 30 });
    expect(put(false)).toBe(1_030);
    Object.assign(item as object, { expiresAt: 1_020 });
    expect(put(true)).toBe(1_020);
    expect(item).toMatchObject({ state: 'idle', idleUntil: 1_100, keepAliveAt: 1_030 });
  });
});
