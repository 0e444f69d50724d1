/** Leaves out what was on the page before already: lists that grow at the front shift their pages meanwhile. */
export class PageBorder<T> {
  private before: ReadonlySet<unknown> = new Set();

  constructor(private readonly key: (item: T) => unknown) {}

  fresh(items: readonly T[]): readonly T[] {
    const { before, key } = this;
    const keys = items.map((item) => key(item));
    this.before = new Set(keys);
    return items.filter((_, index) => !before.has(keys[index]));
  }
}
