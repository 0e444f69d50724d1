import { Observable } from 'rxjs';
import { resource, type Resource } from '../../../../lib/index.js';

/** What a lock can get wrong, one thing at a time. */
export type LockFault =
  | 'last come, first served'
  | 'lets in one too many'
  | 'is not let go on an error'
  | 'is taken where it is described'
  | 'keeps those in line who left'
  | 'is taken from the next when somebody leaves the line'
  | 'loses the permit of one who leaves before a promise answers'
  | 'waits for a promise where it is free'
  | 'counts a waiter for ever';

/** A small lock, made of a list. */
export class SampleLock {
  readonly lock: Resource<void>;
  private readonly line: (() => void)[] = [];
  private isPassing = false;
  private free: number;
  private forgotten = 0;

  constructor(
    readonly permits = 1,
    private readonly fault: LockFault | null = null,
  ) {
    this.free = permits + (fault === 'lets in one too many' ? 1 : 0);
    if (fault === 'is taken where it is described') this.free--;
    this.lock = resource<void>({
      name: 'lock',
      interruptible: true,
      acquire: () => this.take(),
      release: (_, { kind }) => {
        if (fault !== 'is not let go on an error' || kind !== 'error') this.give();
      },
    });
  }

  get waiting(): number {
    return this.line.length + this.forgotten;
  }

  private take(): Observable<void> {
    return new Observable<void>((subscriber) => {
      const enter = (): void => {
        this.free--;
        if (!this.isLate) subscriber.next();
        else void Promise.resolve().then(() => subscriber.next()); // may have been left by then
      };
      this.line.push(enter);
      this.pass();
      return () => {
        this.leave(enter);
      };
    });
  }

  private give(): void {
    this.free++;
    this.pass();
  }

  /** Lets in who can be, one after the other: who is let in and leaves at once comes back here while it runs. */
  private pass(): void {
    const { fault, line } = this;
    if (this.isPassing) return;
    this.isPassing = true;
    while (this.free > 0 && line.length > 0) {
      const enter = fault === 'last come, first served' ? line.pop() : line.shift();
      enter?.();
    }
    this.isPassing = false;
  }

  private leave(enter: () => void): void {
    const { fault, line } = this;
    const index = line.indexOf(enter);
    if (index < 0 || fault === 'keeps those in line who left') return;
    line.splice(index, 1);
    if (fault === 'is taken from the next when somebody leaves the line') line.shift();
    if (fault === 'counts a waiter for ever') this.forgotten++;
  }

  private get isLate(): boolean {
    const { fault } = this;
    return (
      fault === 'waits for a promise where it is free' ||
      fault === 'loses the permit of one who leaves before a promise answers'
    );
  }
}
