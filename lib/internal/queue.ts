const SIZE = 128;

/** A part of a queue. Filled once from the front and emptied once from the front, then thrown away. */
class Chunk<T> {
  next: Chunk<T> | null = null;

  constructor(readonly items: (T | undefined)[]) {}
}

/**
 * First in, first out, in constant time for each value.
 *
 * Chunks in a row, because nothing is ever moved that way; moving costs more than all the rest. A queue that is emptied
 * again and again stays in one chunk.
 */
export class Queue<T> {
  length = 0;
  private first: Chunk<T> = new Chunk<T>([]);
  private last: Chunk<T> = this.first;
  private head = 0;
  private tail = 0;

  push(item: T): void {
    if (this.tail === SIZE) {
      this.last = this.last.next = new Chunk<T>(new Array<T | undefined>(SIZE));
      this.tail = 0;
    }
    this.last.items[this.tail++] = item;
    this.length++;
  }

  /** The oldest one, which stays. Undefined where there is none. */
  peek(): T | undefined {
    return this.first.items[this.head];
  }

  /** Takes the oldest one out. Only where there is one. */
  shift(): T {
    const { items } = this.first;
    const item = items[this.head] as T;
    items[this.head++] = undefined; // what has been taken is nobody's any more
    if (--this.length === 0) {
      this.head = this.tail = 0; // an empty queue is in its last chunk
    } else if (this.head === SIZE) {
      this.first = this.first.next as Chunk<T>;
      this.head = 0;
    }
    return item;
  }

  /** Takes all of them out. */
  drain(): T[] {
    const all: T[] = [];
    while (this.length > 0) all.push(this.shift());
    return all;
  }

  clear(): void {
    this.first = this.last = new Chunk<T>([]);
    this.length = this.head = this.tail = 0;
  }
}
