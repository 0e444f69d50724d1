import { of } from 'rxjs';
import type { Awaitable } from '../../lib/index.js';

export interface Sheet {
  readonly items: readonly number[];
  readonly next: string | null;
}

/** How a shelf answers. */
export type Manner = 'at once' | 'a promise' | 'an observable';

export const manners: readonly Manner[] = ['at once', 'a promise', 'an observable'];

/** A server of pages with a memory. The numbers from 0 on; the page that begins with the number 4 is at `at 4`. */
export class Shelf {
  /** The cursors it was asked for. */
  readonly requests: (string | undefined)[] = [];
  /** Told before each request is answered. */
  onRequest: () => void = () => undefined;

  constructor(
    readonly total: number,
    readonly size: number,
    private readonly manner: Manner = 'at once',
  ) {}

  get requested(): number {
    return this.requests.length;
  }

  /** How many pages there are. */
  get pages(): number {
    return Math.ceil(this.total / this.size);
  }

  sheet(cursor: string | undefined): Sheet {
    const begin = cursor === undefined ? 0 : Number(cursor.slice(3));
    const end = Math.min(begin + this.size, this.total);
    const items = Array.from({ length: end - begin }, (_, index) => begin + index);
    return { items, next: end < this.total ? `at ${String(end)}` : null };
  }

  readonly fetch = (cursor: string | undefined): Awaitable<Sheet> => {
    this.requests.push(cursor);
    this.onRequest();
    const sheet = this.sheet(cursor);
    if (this.manner === 'at once') return sheet;
    return this.manner === 'a promise' ? Promise.resolve(sheet) : of(sheet);
  };

  /** For `paginate`. */
  get options(): {
    fetch: (cursor: string | undefined) => Awaitable<Sheet>;
    items: (sheet: Sheet) => readonly number[];
    next: (sheet: Sheet) => string | null;
  } {
    return { fetch: this.fetch, items: itemsOf, next: nextOf };
  }
}

export function itemsOf({ items }: Sheet): readonly number[] {
  return items;
}

export function nextOf({ next }: Sheet): string | null {
  return next;
}

/** The numbers below `end`. */
export function numbers(end: number, begin = 0): number[] {
  return Array.from({ length: end - begin }, (_, index) => begin + index);
}
