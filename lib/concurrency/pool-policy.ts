import type { Exit } from '../core/engine/exit.js';
import { rxLayer } from '../core/layer.js';
import type { CheckType } from './pool-check.js';
import type { Item } from './pool-item.js';
import type { PoolSettings } from './pool-options.js';

/** Which handles are lent again, after what, and which no more. */
export class Policy<T> {
  constructor(private readonly settings: PoolSettings<T>) {}

  /** It has just been made. */
  begin(item: Item<T>, now: number): void {
    const { idleTimeout, maxLifetime, keepAlive, random } = this.settings;
    item.expiresAt = now + maxLifetime * (1 - 0.025 * random());
    item.idleFor = idleTimeout * (1 + 0.025 * random());
    item.checkedAt = now;
    item.keepAliveEvery = keepAlive === 0 ? Infinity : keepAlive * (1 - 0.1 * random());
  }

  /** Whether it has to be validated before it is lent. */
  isDue(item: Item<T>): boolean {
    if (this.settings.validate === null || item.users > 0) return false;
    const { validateAfter, scheduler } = this.settings;
    const now = scheduler.now();
    return item.isDoubtful || (now - item.checkedAt > validateAfter && now - item.idleSince >= validateAfter);
  }

  /** What a bad end of its borrower says about a handle (law 36). */
  judge(item: Item<T>, exit: Exit): void {
    if (exit.kind === 'error' && this.isDestroyedOn(exit.error)) item.condemn('failed', exit);
    else item.isDoubtful = true;
  }

  /** What the answer of a check says about it. */
  checked(item: Item<T>, type: CheckType, isValid: boolean, now: number): void {
    if (!isValid) item.condemn(type === 'reset' ? 'reset' : 'invalid');
    else if (type === 'validated') {
      item.isDoubtful = false;
      item.checkedAt = now;
    }
  }

  /** Whether a handle that others still use is not to be lent any more. */
  isOver(item: Item<T>, now: number): boolean {
    if (item.condemned === null && now >= item.expiresAt) item.condemn('expired');
    return item.condemned !== null || item.uses >= this.settings.maxUses;
  }

  /** Whether a handle that nobody uses is not to be lent any more. `count`: how many there are. */
  isRetired(item: Item<T>, now: number, count: number, isClosing: boolean): boolean {
    if (item.condemned === null) {
      if (isClosing) item.condemn('closed');
      else if (item.uses >= this.settings.maxUses) item.condemn('used');
      else if (now >= item.expiresAt) item.condemn('expired');
      else if (count > this.settings.max) item.condemn('resized');
    }
    return item.condemned !== null;
  }

  private isDestroyedOn(error: unknown): boolean {
    try {
      return this.settings.destroyOn(error);
    } catch (failure) {
      rxLayer.report(failure);
      return true;
    }
  }
}
