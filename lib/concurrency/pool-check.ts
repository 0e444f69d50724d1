import type { Subscription } from 'rxjs';

import { COMPLETE, type Exit } from '../core/engine/exit.js';
import { ask, isPlain } from '../core/engine/reply.js';
import type { Cancel, Sink } from '../core/engine/scope.js';
import type { Item } from './pool-item.js';
import type { PoolSettings } from './pool-options.js';
import type { Tally } from './tally.js';

/** What is asked of a handle before it is lent again. */
export type CheckType = 'validated' | 'reset';

/**
 * Asks a handle, no longer than `validateTimeout`; what comes later is nobody's any more. `done` is told once how it came out,
 * inside the call or later. `exit`: how its last borrower ended, for `reset`.
 */
export function check<T>(
  item: Item<T>,
  type: CheckType,
  exit: Exit | null,
  settings: PoolSettings<T>,
  tally: Tally,
  done: (isValid: boolean) => void,
): void {
  const { validate, reset } = settings;
  const run = type === 'reset' ? reset : validate;
  const checking = new Checking(item, type, settings, tally, done);
  item.check = checking;
  checking.start(() => run?.(item.value, exit ?? COMPLETE));
}

class Checking<T> implements Sink {
  private isOver = false;
  private timer: Subscription | null = null;
  private cancel: Cancel | null = null;
  private startedAt = 0;

  constructor(
    private readonly item: Item<T>,
    private readonly type: CheckType,
    private readonly settings: PoolSettings<T>,
    private readonly tally: Tally,
    private readonly done: (isValid: boolean) => void,
  ) {}

  start(run: () => unknown): void {
    const { item, settings } = this;
    this.startedAt = settings.scheduler.now();
    let answer: unknown;
    try {
      answer = run();
    } catch (error) {
      this.error(error);
      return;
    }
    if (isPlain(answer)) {
      this.value(answer);
      return;
    }
    this.cancel = ask(answer as object, this.type === 'reset' ? 'last' : 'first', item.holding, this);
    if (this.isOver) {
      this.cancel?.unsubscribe(); // it died as it was asked
      return;
    }
    if (settings.validateTimeout === Infinity) return;
    this.timer = settings.scheduler.schedule(() => {
      this.late();
    }, settings.validateTimeout);
  }

  value(answer: unknown): void {
    this.end(this.type === 'reset' || answer !== false, null);
  }

  /** It failed, took too long, or the handle has died meanwhile. */
  error(error: unknown): void {
    const { cancel } = this;
    this.end(false, error);
    cancel?.unsubscribe();
  }

  private late(): void {
    this.error(new Error(`Took longer than ${String(this.settings.validateTimeout)} ms.`));
  }

  private end(isValid: boolean, error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timer?.unsubscribe();
    const { item, tally, type } = this;
    item.check = null;
    if (tally.isHeard) {
      tally.tell({ type, took: this.settings.scheduler.now() - this.startedAt, isValid, error });
    }
    this.done(isValid);
  }
}
