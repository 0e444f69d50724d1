import { Observable, Subject } from 'rxjs';
import { ClosedError, lease, mapValue, resource, type Exit, type Lease, type Resource } from '../../../../lib/index.js';
import type { PoolCounts, PoolPort } from '../../../../lib/testing/contracts/pool-view.js';

/** What a pool can get wrong, one thing at a time. */
export type PoolFault =
  | 'does not count what is being made'
  | 'does not count what is being destroyed'
  | 'last come, first served'
  | 'keeps those in line who left'
  | 'loses the place where making fails'
  | 'loses what is made for one who left'
  | 'takes back twice'
  | 'does not take back after an error'
  | 'tells another error where making fails'
  | 'makes a new one every time'
  | 'lends one to two'
  | 'does not wait for borrowers when it is closed'
  | 'leaves the line waiting when it is closed'
  | 'lends when it is closed'
  | 'keeps what is idle when it is closed'
  | 'leaves the borrowers alone when it is closed by force'
  | 'does not add up';

interface Waiter<T> {
  give(this: void, held: Lease<T>): void;
  fail(this: void, error: unknown): void;
}

interface Borrowed<T> {
  readonly held: Lease<T>;
  readonly ended: Subject<never>;
}

/** A small pool, made of lists. What its borrower failed with is destroyed. */
export class SamplePool<T> implements PoolPort<T> {
  readonly lease: Resource<T>;
  private readonly idle: Lease<T>[] = [];
  private readonly line: Waiter<T>[] = [];
  private readonly borrowed = new Set<Borrowed<T>>();
  private creating = 0;
  private destroying = 0;
  private isClosed = false;
  private isDispatching = false;
  /** All that it has ever held, for {@link abandon}. */
  private readonly held: Lease<unknown>[] = [];
  private readonly closing: (() => void)[] = [];

  constructor(
    private readonly part: Resource<T>,
    private readonly max: number,
    private readonly fault: PoolFault | null = null,
  ) {
    const borrow = resource<Borrowed<T>>({
      name: 'borrowed',
      interruptible: true,
      acquire: () => this.borrow(),
      release: (borrowed, exit) => {
        this.takeBack(borrowed, exit);
      },
      lost: ({ ended }) => ended,
    });
    this.lease = borrow.pipe(mapValue(({ held }) => held.value));
  }

  get stats(): PoolCounts {
    const { idle, borrowed, creating, destroying, line } = this;
    const total = idle.length + borrowed.size + creating + (this.fault === 'does not add up' ? 0 : destroying);
    return { total, idle: idle.length, borrowed: borrowed.size, creating, destroying, waiting: line.length };
  }

  async acquire(options: { readonly signal?: AbortSignal } = {}): Promise<Lease<T>> {
    const held = await lease(this.lease, options);
    this.held.unshift(held);
    if (this.fault !== 'takes back twice') return held;
    const release = async (): Promise<boolean> => {
      const [borrowed] = this.borrowed;
      if (borrowed !== undefined) this.takeBack(borrowed, { kind: 'complete' });
      return false;
    };
    return {
      value: held.value,
      release,
      [Symbol.asyncDispose]: async () => {
        await release();
      },
    };
  }

  close({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    const { fault } = this;
    this.isClosed = fault !== 'lends when it is closed';
    if (fault !== 'leaves the line waiting when it is closed') {
      for (const { fail } of this.line.splice(0)) fail(closed());
    }
    if (fault !== 'keeps what is idle when it is closed') for (const held of this.idle.splice(0)) this.destroy(held);
    if (force && fault !== 'leaves the borrowers alone when it is closed by force') {
      for (const { ended } of [...this.borrowed]) ended.error(closed());
    }
    return new Promise((resolve) => {
      this.closing.push(resolve);
      this.proceed();
    });
  }

  /** Lets go of everything, whatever is wrong. */
  async abandon(): Promise<void> {
    for (const held of this.held) await held.release();
  }

  private borrow(): Observable<Borrowed<T>> {
    return new Observable((subscriber) => {
      if (this.isClosed) {
        subscriber.error(closed());
        return;
      }
      const give = (held: Lease<T>): void => {
        const borrowed = { held, ended: new Subject<never>() };
        this.borrowed.add(borrowed);
        subscriber.next(borrowed);
      };
      const waiter = { give, fail: subscriber.error.bind(subscriber) };
      this.line.push(waiter);
      this.proceed();
      return () => {
        const index = this.line.indexOf(waiter);
        if (index >= 0 && this.fault !== 'keeps those in line who left') this.line.splice(index, 1);
      };
    });
  }

  /** Does what can be done, and comes back to it where that leads to more. */
  private proceed(): void {
    if (this.isDispatching) return;
    this.isDispatching = true;
    while (this.line.length > 0 && this.step());
    this.isDispatching = false;
    const { idle, borrowed, creating, destroying, fault } = this;
    const isIgnored = fault === 'keeps what is idle when it is closed';
    const busy = creating + destroying + (isIgnored ? 0 : idle.length);
    const out = fault === 'does not wait for borrowers when it is closed' ? 0 : borrowed.size;
    if (busy + out === 0) for (const resolve of this.closing.splice(0)) resolve();
  }

  private step(): boolean {
    const { idle, line, borrowed, fault } = this;
    const total =
      idle.length +
      borrowed.size +
      (fault === 'does not count what is being made' ? 0 : this.creating) +
      (fault === 'does not count what is being destroyed' ? 0 : this.destroying);
    const isFresh = fault === 'makes a new one every time';
    const held = isFresh ? undefined : idle.pop();
    if (held !== undefined) {
      const waiter = fault === 'last come, first served' ? line.pop() : line.shift();
      if (fault === 'lends one to two') idle.push(held);
      waiter?.give(held);
    } else if (total < this.max && this.creating < line.length && !this.isClosed) {
      void this.create();
    } else {
      return false;
    }
    return true;
  }

  private async create(): Promise<void> {
    const { fault, line } = this;
    const waiter = line[0];
    this.creating++;
    try {
      const held = await lease(this.part);
      this.held.push(held);
      this.creating--;
      if (fault === 'loses what is made for one who left' && waiter !== undefined && !line.includes(waiter)) {
        this.creating++;
        return;
      }
      if (this.isClosed) this.destroy(held);
      else if (fault === 'makes a new one every time') line.shift()?.give(held);
      else this.idle.push(held);
    } catch (error) {
      if (fault !== 'loses the place where making fails') this.creating--;
      line.shift()?.fail(fault === 'tells another error where making fails' ? new Error('failed') : error);
    }
    this.proceed();
  }

  private takeBack(borrowed: Borrowed<T>, { kind }: Exit): void {
    if (kind === 'error' && this.fault === 'does not take back after an error') return;
    this.borrowed.delete(borrowed);
    if (kind === 'error' || this.isClosed || this.fault === 'makes a new one every time') this.destroy(borrowed.held);
    else this.idle.push(borrowed.held);
    this.proceed();
  }

  private destroy(held: Lease<T>): void {
    this.destroying++;
    void held.release().finally(() => {
      this.destroying--;
      this.proceed();
    });
  }
}

function closed(): ClosedError {
  return new ClosedError('The pool is closed.', { resource: 'pool' });
}
