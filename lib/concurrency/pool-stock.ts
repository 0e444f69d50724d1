import { UNSUBSCRIBE, type Exit } from '../core/engine/exit.js';
import type { Node } from '../core/engine/scope.js';
import { inExtent } from '../core/layer.js';
import { check, type CheckType } from './pool-check.js';
import { endItem } from './pool-ending.js';
import { Item, type DestroyReason, type ItemOwner } from './pool-item.js';
import type { StockKeeper } from './pool-keeper.js';
import type { Maker } from './pool-maker.js';
import type { PoolSettings } from './pool-options.js';
import { Policy } from './pool-policy.js';
import { Shelf } from './pool-shelf.js';
import type { Tally } from './tally.js';

/** The handles of a pool: makes them, checks them, keeps those that nobody uses, and destroys them. */
export class Stock<T> implements ItemOwner<T> {
  readonly items = new Set<Item<T>>();
  readonly idle: Shelf<T>;
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
    this.idle = new Shelf(settings.order);
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
      const item = this.idle.next;
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

  /** A user has given it back. Answers when. */
  back(item: Item<T>, exit: Exit): number {
    if (exit.kind !== 'complete') this.policy.judge(item, exit);
    const now = this.settings.scheduler.now();
    if (--item.users > 0) {
      if (this.policy.isOver(item, now)) this.idle.remove(item);
      else this.idle.add(item);
      return now;
    }
    this.lent--;
    if (this.isRetired(item, now)) this.destroy(item, 'closed');
    else if (this.settings.reset === null) this.shelve(item, now, true);
    else this.ask(item, 'reset', exit);
    return now;
  }

  /** Asks whether it can still be used. */
  validate(item: Item<T>): void {
    this.ask(item, 'validated', null);
  }

  destroy(item: Item<T>, reason: DestroyReason): void {
    if (item.state === 'ending') return; // by whoever heard of it
    this.retire(item, reason);
    if (item.state === 'making') {
      this.maker.forget(item);
      item.exit = UNSUBSCRIBE;
    }
    item.state = 'ending';
    this.ending++;
    const startedAt = this.settings.scheduler.now();
    endItem(item, (failures) => {
      this.gone(item, startedAt, failures);
    });
    if (this.items.has(item)) this.keeper.proceed(); // another one may be made meanwhile
  }

  /** Is not lent any more; destroyed when it comes back. */
  retire(item: Item<T>, reason: DestroyReason, exit?: Exit): void {
    item.condemn(reason, exit);
    this.idle.remove(item);
  }

  made(item: Item<T>): void {
    const now = this.settings.scheduler.now();
    item.state = 'idle';
    if (item.condemned === 'lost') {
      this.notMade(item, (item.exit as { readonly error: unknown }).error); // nothing that can be lent
      this.destroy(item, 'lost');
      return;
    }
    item.wasMade = true;
    this.policy.begin(item, now);
    this.maker.made(item, this.keeper.line.length > 0);
    if (this.isRetired(item, now)) this.destroy(item, 'closed');
    else this.shelve(item, now, true);
    this.keeper.proceed();
  }

  notMade(item: Item<T>, error: unknown): void {
    if (item.state === 'making') this.items.delete(item);
    this.maker.notMade(item, error);
    this.keeper.notMade(error);
  }

  lost(item: Item<T>, error: unknown): void {
    if (item.state === 'idle') {
      if (item.uses === 0) this.maker.diedYoung(item);
      this.destroy(item, 'lost');
    } else if (item.state === 'lent') {
      this.idle.remove(item);
      this.keeper.lost(item, error);
    } else item.check?.error(error);
  }

  private isRetired(item: Item<T>, now: number): boolean {
    return this.policy.isRetired(item, now, this.items.size - this.ending, this.keeper.closing !== null);
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
    this.keeper.shelved(this.idle.put(item, now, wasUsed));
  }

  private gone(item: Item<T>, startedAt: number, failures: readonly unknown[]): void {
    const reason = item.condemned ?? 'closed';
    const took = this.settings.scheduler.now() - startedAt;
    this.ending--;
    this.items.delete(item);
    this.tally.gone(item.wasMade, reason, took, failures);
    this.keeper.gone(item.wasMade, failures);
    this.keeper.proceed();
  }
}
