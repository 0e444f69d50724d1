import type { Observable, Subscription } from 'rxjs';

import type { Exit } from '../../core/index.js';
import { show } from '../show.js';
import type { LawNumber } from './laws.js';
import type { Trial } from './trial.js';

/** A consumer that writes down what it is told. */
export class Visit<T> {
  readonly values: T[] = [];
  /** How it has ended; null where it has not, or has been left. */
  end: Exit | null = null;
  /** What was delivered after it was left. */
  readonly late: string[] = [];
  private isLeft = false;
  private subscription: Subscription | null = null;

  /** `ended` is called inside the notification. */
  constructor(
    private readonly trial: Trial,
    private readonly ended: (end: Exit) => void = () => undefined,
  ) {}

  subscribe(source: Observable<T>): this {
    this.subscription = source.subscribe({
      next: (value) => {
        if (this.isLeft) this.late.push(`next ${show(value)}`);
        this.values.push(value);
      },
      error: (error: unknown) => {
        this.finish({ kind: 'error', error });
      },
      complete: () => {
        this.finish({ kind: 'complete' });
      },
    });
    this.trial.keep(this.subscription);
    if (this.isLeft) this.subscription.unsubscribe();
    return this;
  }

  /** Waits for the first value. */
  value(): Promise<void> {
    const told = (): string => (this.end === null ? 'none came' : describeExit(this.end));
    return this.trial.until(5, () => this.values.length > 0, 'a value of the body', told);
  }

  leave(): void {
    this.isLeft = true;
    this.subscription?.unsubscribe();
  }

  /** Waits for the end. */
  async over(kind: 'complete' | 'error', law: LawNumber = 3): Promise<void> {
    const told = (): string => `it was told ${this.end === null ? 'nothing' : describeExit(this.end)}`;
    await this.trial.until(law, () => this.end !== null, `the consumer told '${kind}'`, told);
    this.trial.check(8, this.end?.kind === kind, `the consumer told '${kind}'`, told());
  }

  private finish(end: Exit): void {
    if (this.isLeft) this.late.push(describeExit(end));
    this.end = end;
    this.ended(end);
  }
}

/** `complete`, `unsubscribe`, or `error` and what it was. */
export function describeExit(exit: Exit): string {
  return exit.kind === 'error' ? `error ${show(exit.error)}` : exit.kind;
}
