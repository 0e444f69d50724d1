import { BatchStore, BufferStore, LatestStore, NoStore, type Store } from '../../lib/interop/store.js';

/** What a store answers for each value, and what is then taken out of it. */
function fill(store: Store<unknown, unknown>, ...values: unknown[]): { accepted: boolean[]; taken: unknown[] } {
  expect(store.isEmpty).toBe(true);
  const accepted = values.map((value) => store.push(value));
  const taken: unknown[] = [];
  while (!store.isEmpty) taken.push(store.take());
  return { accepted, taken };
}

describe('BufferStore', () => {
  it('keeps every value in order, without limit', () => {
    expect(fill(new BufferStore(Infinity, 'error'), 1, undefined, null)).toEqual({
      accepted: [true, true, true],
      taken: [1, undefined, null],
    });
  });

  it.each([
    ['error' as const, [true, true, false], [1, 2]],
    ['drop-oldest' as const, [true, true, true], [2, 3]],
    ['drop-newest' as const, [true, true, true], [1, 2]],
  ])('with a limit, and %s, answers %p and keeps %p', (overflow, accepted, taken) => {
    expect(fill(new BufferStore(2, overflow), 1, 2, 3)).toEqual({ accepted, taken });
  });

  it('has room again for what was taken', () => {
    const store = new BufferStore<number>(1, 'error');
    for (const value of [1, 2, 3]) {
      expect(store.push(value)).toBe(true);
      expect(store.take()).toBe(value);
    }
  });

  it('is empty when it has been cleared, and can be filled again', () => {
    const store = new BufferStore<number>(2, 'error');
    store.push(1);
    store.clear();
    expect(fill(store, 2)).toEqual({ accepted: [true], taken: [2] });
  });

  it('gathers nothing', () => {
    expect(new BufferStore(1, 'error').gathers).toBe(false);
  });
});

describe('BatchStore', () => {
  it('keeps every value, and gives all at a time', () => {
    expect(fill(new BatchStore(Infinity, 'error'), 1, 2, 3)).toEqual({ accepted: [true, true, true], taken: [[1, 2, 3]] }); // prettier-ignore
  });

  it.each([
    ['error' as const, [true, true, false], [[1, 2]]],
    ['drop-oldest' as const, [true, true, true], [[2, 3]]],
    ['drop-newest' as const, [true, true, true], [[1, 2]]],
  ])('with a limit, and %s, answers %p and keeps %p', (overflow, accepted, taken) => {
    expect(fill(new BatchStore(2, overflow), 1, 2, 3)).toEqual({ accepted, taken });
  });

  it('gives arrays that nobody else holds', () => {
    const store = new BatchStore<number>(2, 'error');
    store.push(1);
    const first = store.take();
    store.push(2);
    expect([first, store.take()]).toEqual([[1], [2]]);
  });

  it('is empty when it has been cleared', () => {
    const store = new BatchStore<number>(2, 'error');
    store.push(1);
    store.clear();
    expect(fill(store, 2, 3)).toEqual({ accepted: [true, true], taken: [[2, 3]] });
    expect(store.gathers).toBe(true);
  });
});

describe('LatestStore', () => {
  it.each([[1], [undefined], [null]])('keeps the newest value, %p too', (value) => {
    expect(fill(new LatestStore(), 0, value)).toEqual({ accepted: [true, true], taken: [value] });
  });

  it('is empty when it has been cleared', () => {
    const store = new LatestStore<number>();
    store.push(1);
    store.clear();
    expect(store.isEmpty).toBe(true);
    expect(store.gathers).toBe(true);
  });
});

describe('NoStore', () => {
  it('keeps nothing, and is content with everything', () => {
    const store = new NoStore<number>();
    expect(fill(store, 1, 2)).toEqual({ accepted: [true, true], taken: [] });
    store.clear();
    expect(() => store.take()).toThrow('Nothing is kept here.');
    expect(store.gathers).toBe(false);
  });
});
