/** What an async iterable can get wrong, one thing at a time. */
export type RowsFault =
  | 'leaves out the last'
  | 'begins again after the end'
  | 'begins when it is made'
  | 'answers the last first'
  | 'has one run for all'
  | 'hides its failure'
  | 'is not cleaned up at the end'
  | 'is not cleaned up when it is left'
  | 'does not wait for its cleanup'
  | 'begins when it is left'
  | 'goes on after return()'
  | 'leaves a pending next() alone'
  | 'never answers return()'
  | 'is cleaned up twice'
  | 'resolves throw()';

/** What comes after the values. */
type Ending = 'ends' | 'fails' | 'stalls';

type Result = IteratorResult<number, void>;

const done: Result = { done: true, value: undefined };

/** Values one by one, over something that is opened at the first of them and closed at the end. */
export class Rows implements AsyncIterable<number> {
  opened = 0;
  closed = 0;
  private single: RowsIterator | undefined;

  constructor(
    readonly values: readonly number[],
    readonly fault: RowsFault | null = null,
    private readonly ending: Ending = 'ends',
    private readonly counter: Rows | null = null,
  ) {}

  /** The same with another ending, counted here. */
  variant(ending: Ending): Rows {
    return new Rows(ending === 'stalls' ? [] : this.values, this.fault, ending, this);
  }

  count(what: 'opened' | 'closed'): void {
    (this.counter ?? this)[what]++;
  }

  [Symbol.asyncIterator](): RowsIterator {
    if (this.fault !== 'has one run for all') return new RowsIterator(this, this.ending);
    return (this.single ??= new RowsIterator(this, this.ending));
  }
}

class RowsIterator {
  private place = 0;
  private isOpen = false;
  private isOver = false;
  private readonly pending: ((result: Result) => void)[] = [];

  constructor(
    private readonly rows: Rows,
    private readonly ending: Ending,
  ) {
    if (rows.fault === 'begins when it is made') this.open();
  }

  async next(): Promise<Result> {
    const { fault, values } = this.rows;
    if (this.isOver) return done;
    this.open();
    const place = this.place++;
    const end = values.length - (fault === 'leaves out the last' ? 1 : 0);
    const value = values[place];
    if (place < end && value !== undefined) {
      for (let i = 0; fault === 'answers the last first' && i < 10 - 3 * place; i++) await Promise.resolve();
      return { done: false, value };
    }
    if (this.ending === 'stalls') return new Promise((resolve) => this.pending.push(resolve));
    if (fault === 'begins again after the end') {
      this.place = 0;
      this.close();
      return done;
    }
    this.isOver = true;
    if (fault !== 'is not cleaned up at the end') this.close();
    if (this.ending === 'fails' && fault !== 'hides its failure') throw new Error('of the source');
    return done;
  }

  async return(): Promise<Result> {
    const { fault } = this.rows;
    if (fault === 'never answers return()') return new Promise(() => undefined);
    if (fault === 'begins when it is left') this.open();
    if (fault === 'is cleaned up twice' && this.isOver) this.rows.count('closed');
    this.isOver = fault !== 'goes on after return()';
    if (fault !== 'leaves a pending next() alone') for (const answer of this.pending.splice(0)) answer(done);
    if (fault === 'is not cleaned up when it is left') return done;
    if (fault === 'does not wait for its cleanup') setImmediate(this.close.bind(this));
    else this.close();
    return done;
  }

  async throw(error: unknown): Promise<Result> {
    await this.return();
    if (this.rows.fault === 'resolves throw()') return done;
    throw error;
  }

  private open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.rows.count('opened');
  }

  private close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.rows.count('closed');
  }
}
