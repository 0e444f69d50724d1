import { Queue } from '../internal/queue.js';

/** What becomes of a value that comes when as many wait as may. */
export type Overflow = 'error' | 'drop-oldest' | 'drop-newest';

/** Where values wait until they are asked for. */
export interface Store<T, R> {
  /** Whether who waits is answered a microtask later, with what has come by then. */
  readonly gathers: boolean;
  /** Whether it keeps anything for who asks later. */
  readonly keeps: boolean;
  readonly isEmpty: boolean;
  /** Answers whether there was room. */
  push(value: T): boolean;
  /** Only where it is not empty. */
  take(): R;
  clear(): void;
}

/** Every value, one at a time. */
export class BufferStore<T> implements Store<T, T> {
  readonly gathers = false;
  readonly keeps = true;
  private readonly values = new Queue<T>();

  constructor(
    private readonly limit: number,
    private readonly overflow: Overflow,
  ) {}

  get isEmpty(): boolean {
    return this.values.length === 0;
  }

  push(value: T): boolean {
    const { values, limit, overflow } = this;
    if (values.length >= limit) {
      if (overflow !== 'drop-oldest') return overflow === 'drop-newest';
      values.shift();
    }
    values.push(value);
    return true;
  }

  take(): T {
    return this.values.shift();
  }

  drain(): T[] {
    return this.values.drain();
  }

  clear(): void {
    this.values.clear();
  }
}

/** Every value, all that wait at a time. */
export class BatchStore<T> implements Store<T, T[]> {
  readonly gathers = true;
  readonly keeps = true;
  private readonly buffer: BufferStore<T>;

  constructor(limit: number, overflow: Overflow) {
    this.buffer = new BufferStore(limit, overflow);
  }

  get isEmpty(): boolean {
    return this.buffer.isEmpty;
  }

  push(value: T): boolean {
    return this.buffer.push(value);
  }

  take(): T[] {
    return this.buffer.drain();
  }

  clear(): void {
    this.buffer.clear();
  }
}

/** The newest value that nobody has seen. */
export class LatestStore<T> implements Store<T, T> {
  readonly gathers = true;
  readonly keeps = true;
  private latest: { readonly value: T } | null = null;

  get isEmpty(): boolean {
    return this.latest === null;
  }

  push(value: T): boolean {
    this.latest = { value };
    return true;
  }

  take(): T {
    const { value } = this.latest as { readonly value: T };
    this.latest = null;
    return value;
  }

  clear(): void {
    this.latest = null;
  }
}

/** Nothing: what comes when nobody has asked is passed over. */
export class NoStore<T> implements Store<T, T> {
  readonly gathers = false;
  readonly keeps = false;
  readonly isEmpty = true;

  push(): boolean {
    return true;
  }

  take(): never {
    throw new Error('Nothing is kept here.');
  }

  clear(): void {
    // nothing is kept
  }
}
