import { UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import type { Node } from '../core/engine/scope.js';
import { inExtent } from '../core/layer.js';
import { check, type CheckType } from './pool-check.js';
import { endItem } from './pool-ending.js';
import { IdleList, Item, type DestroyReason, type ItemOwner } from './pool-item.js';
import type { Maker } from './pool-maker.js';
import type { PoolSettings } from './pool-options.js';
import { Policy } from './pool-policy.js';
import type { Tally } from './tally.js';

/** Whoever has a stock. */
export interface StockKeeper<T> {
  /** Whether one made now is waited for. */
  isWanted(): boolean;
  isClosing(): boolean;
  notMade(error: unknown): void;
  lost(item: Item<T>, error: unknown): void;
  /** One can be lent from now on, until `due` at most. */
  shelved(due: number): void;
  gone(failures: readonly unknown[]): void;
  proceed(): void;
}

/** The handles of a pool: makes them, checks them, keeps those that nobody uses, and destroys them. */
export class Stock<T> implements ItemOwner<T> {
  readonly items = new Set<Item<T>>();
  readonly idle = new IdleList<T>();
  /** How many are lent, checked and destroyed just now. */
  lent = 0;
  checking = 0;
  ending = 0;
  private readonly policy: Policy<T>;

  constructor(
    private readonly name: string,
    private readonly node: Node,
    private readonly settings: PoolSettings<T>,
    private readonly maker: Maker<T>,
    private readonly tally: Tally,
    private readonly keeper: StockKeeper<T>,
  ) {
    this.policy = new Policy(settings);
  }

  /** How many there are that can come back. */
  get live(): number {
    return this.items.size - this.maker.making - this.ending;
  }

  make(): void {
    const item = new Item<T>(this.name, this);
    this.items.add(item);
    this.maker.begin(item);
    inExtent(null, () => {
      item.make(this.node);
    });
  }

  /** One that can be lent now. Where some have to be validated first, begins with as many as are `wanted`. */
  take(wanted: number): Item<T> | null {
    for (;;) {
      const item = this.settings.order === 'lifo' ? this.idle.last : this.idle.first;
      if (item === null || !this.policy.isDue(item)) return item;
      if (this.checking >= wanted) return null;
      this.validate(item);
    }
  }

  lend(item: Item<T>): void {
    if (item.users++ === 0) this.lent++;
    item.uses++;
    item.state = 'lent';
    item.checkedAt = -Infinity;
    if (item.users >= this.settings.concurrency || item.uses >= this.settings.maxUses) this.idle.remove(item);
  }

  /** A user has given it back. */
  back(item: Item<T>, exit: Exit): void {
    if (exit.kind !== 'complete') this.policy.judge(item, exit);
    if (--item.users > 0) {
      if (item.condemned !== null) this.idle.remove(item);
      else if (item.uses < this.settings.maxUses) this.idle.add(item);
      return;
    }
    this.lent--;
    const now = this.settings.scheduler.now();
    if (this.isRetired(item, now)) this.destroy(item, 'closed');
    else if (this.settings.reset === null) this.shelve(item, now, true);
    else this.ask(item, 'reset', exit);
  }

  /** Asks whether it can still be used. */
  validate(item: Item<T>): void {
    this.ask(item, 'validated', null);
  }

  destroy(item: Item<T>, reason: DestroyReason): void {
    item.condemn(reason);
    this.idle.remove(item);
    if (item.state === 'making') {
      this.maker.forget();
      item.exit = UNSUBSCRIBE;
    }
    item.state = 'ending';
    this.ending++;
    const startedAt = this.settings.scheduler.now();
    endItem(item, (failures) => {
      this.gone(item, startedAt, failures);
    });
  }

  /** Is not lent any more; destroyed when it comes back. */
  retire(item: Item<T>, reason: DestroyReason): void {
    item.condemn(reason);
    this.idle.remove(item);
  }

  made(item: Item<T>): void {
    const now = this.settings.scheduler.now();
    this.maker.made(item, this.keeper.isWanted());
    this.policy.begin(item, now);
    item.checkedAt = now;
    if (this.isRetired(item, now)) this.destroy(item, 'closed');
    else this.shelve(item, now, true);
    this.keeper.proceed();
  }

  notMade(item: Item<T>, error: unknown): void {
    this.items.delete(item);
    this.maker.notMade(item, error);
    this.keeper.notMade(error);
  }

  lost(item: Item<T>, error: unknown): void {
    if (item.state === 'idle') this.destroy(item, 'lost');
    else if (item.state === 'lent') this.keeper.lost(item, error);
  }

  private isRetired(item: Item<T>, now: number): boolean {
    return this.policy.isRetired(item, now, this.items.size - this.ending, this.keeper.isClosing());
  }

  private ask(item: Item<T>, type: CheckType, exit: Exit | null): void {
    this.idle.remove(item);
    item.state = 'checking';
    this.checking++;
    check(item, type, exit, this.settings, this.tally, (isValid) => {
      const now = this.settings.scheduler.now();
      this.checking--;
      this.policy.checked(item, type, isValid, now);
      if (this.isRetired(item, now)) this.destroy(item, 'closed');
      else this.shelve(item, now, type === 'reset');
      this.keeper.proceed();
    });
  }

  private shelve(item: Item<T>, now: number, wasUsed: boolean): void {
    item.state = 'idle';
    if (wasUsed) {
      item.idleSince = now;
      item.idleUntil = now + item.idleFor;
    }
    item.keepAliveAt = now + item.keepAliveEvery;
    this.idle.add(item);
    this.keeper.shelved(Math.min(item.idleUntil, item.expiresAt, item.keepAliveAt));
  }

  private gone(item: Item<T>, startedAt: number, failures: readonly unknown[]): void {
    const reason = item.condemned ?? 'closed';
    const took = this.settings.scheduler.now() - startedAt;
    this.ending--;
    this.items.delete(item);
    this.tally.gone(reason, took, failures);
    this.keeper.gone(failures);
    this.keeper.proceed();
  }
}
