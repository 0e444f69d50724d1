/** What a pool is meant to do: lists, looked through again and again. It is told what the world does, and foretells the rest. */
export interface Rules {
  readonly min: number;
  readonly order: 'lifo' | 'fifo';
  readonly maxLifetime: number;
  readonly idleTimeout: number;
  readonly maxUses: number;
  readonly reclaimAfter: number;
  /** Milliseconds unused after which it validates; `null`: never. */
  readonly validateAfter: number | null;
  readonly resets: boolean;
  readonly checkTimeout: number;
  readonly backoff: { readonly initial: number; readonly max: number };
}

interface Guest {
  readonly id: number;
  readonly priority: number;
  readonly deadline: number;
}

interface Item {
  readonly id: number;
  /** Their place among all, by when their making began. */
  readonly order: number;
  readonly expiresAt: number;
  /** Failures before it was made. */
  readonly failures: number;
  state: 'idle' | 'lent' | 'checking' | 'ending';
  guest: number;
  uses: number;
  /** When its state began, and since when nobody uses it. */
  since: number;
  idleSince: number;
  checkedAt: number;
  checks: 'validate' | 'reset' | null;
  isDoubtful: boolean;
  isCondemned: boolean;
}

export class PoolModel {
  now = 0;
  isSuspended = false;
  isClosed = false;
  line: Guest[] = [];
  /** In the order in which they came back. */
  idle: Item[] = [];
  readonly items = new Map<number, Item>();
  /** When the making of each began that is being made. */
  making: { readonly startedAt: number; readonly place: number; isEvicted: boolean }[] = [];
  /** What has to happen in this step, and what happens more than once at the same time. */
  lines: string[] = [];
  isAmbiguous = false;
  /** Being made when the pool was closed. */
  abandoned = 0;
  private begun = 0;
  private failures = 0;
  private retryAt = -Infinity;

  constructor(
    public max: number,
    private readonly rules: Rules,
  ) {}

  get total(): number {
    return this.items.size + this.making.length + this.abandoned;
  }

  count(state: Item['state']): number {
    return [...this.items.values()].filter((item) => item.state === state).length;
  }

  in(state: Item['state']): number[] {
    return [...this.items.values()].filter((item) => item.state === state).map(({ id }) => id);
  }

  take(): string[] {
    return this.lines.splice(0).sort();
  }

  come(guest: Guest): void {
    this.line.push(guest);
    this.line.sort((a, b) => b.priority - a.priority || a.id - b.id);
    this.serve();
  }

  /** One who does not wait has not been served. */
  refuse(id: number): void {
    if (!this.line.some((guest) => guest.id === id)) return;
    this.lines.push(`${id} CapacityError`);
    this.leaveLine(id);
  }

  leaveLine(id: number): void {
    this.line = this.line.filter((guest) => guest.id !== id);
    this.serve();
  }

  giveBack(id: number, exit: 'complete' | 'error' | 'unsubscribe'): void {
    const item = [...this.items.values()].find((one) => one.state === 'lent' && one.guest === id);
    if (item === undefined) throw new Error(`${id} has none`);
    item.guest = -1;
    if (exit === 'error' && this.rules.validateAfter === null) item.isCondemned = true;
    else if (exit !== 'complete') item.isDoubtful = true;
    if (this.isOver(item)) this.destroy(item);
    else if (this.rules.resets) this.check(item, 'reset');
    else this.shelve(item, true);
    this.serve();
  }

  /** Whether the pool may begin to make one now; why not, where it may not. */
  begin(): string | null {
    const missing = this.rules.min - (this.total - this.count('ending'));
    const wanted = this.isSuspended ? 0 : this.line.length - this.count('checking') - this.making.length;
    this.making.push({ startedAt: this.now, place: this.begun++, isEvicted: false });
    if (this.isClosed) return 'made one in a closed pool';
    if (this.total > this.max) return `made number ${this.total} of ${this.max}`;
    if (missing <= 0 && wanted <= 0) return 'made one that nobody wants';
    if (this.failures > 0 && this.now < this.retryAt) return `made one at ${this.now}, and not at ${this.retryAt}`;
    return null;
  }

  /** Whether somebody waits, and nothing is done about it. */
  get isIdling(): boolean {
    const mayMake = this.total < this.max && (this.failures === 0 || this.now >= this.retryAt);
    const isWaited = this.line.length > 0 && !this.isSuspended;
    return isWaited && mayMake && this.making.length + this.count('checking') === 0;
  }

  made(id: number, place: number): void {
    const [{ isEvicted, place: order } = { isEvicted: false, place: -1 }] = this.making.splice(place, 1);
    const item: Item = {
      id,
      order,
      expiresAt: this.now + this.rules.maxLifetime,
      failures: this.failures,
      state: 'idle',
      guest: -1,
      uses: 0,
      since: this.now,
      idleSince: this.now,
      checkedAt: this.now,
      checks: null,
      isDoubtful: false,
      isCondemned: isEvicted,
    };
    this.failures = 0;
    this.retryAt = -Infinity;
    this.items.set(id, item);
    if (this.isOver(item)) this.destroy(item);
    else this.shelve(item, true);
    this.serve();
  }

  notMade(place: number): void {
    const [{ startedAt } = { startedAt: 0 }] = this.making.splice(place, 1);
    if (startedAt >= this.retryAt) this.putOff();
    const told = this.line.shift();
    if (told !== undefined) this.lines.push(`${told.id} down`);
    this.serve();
  }

  gone(id: number): void {
    this.items.delete(id);
    this.serve();
  }

  checked(id: number, isWell: boolean): void {
    const item = this.item(id);
    const { checks } = item;
    item.checks = null;
    if (!isWell) item.isCondemned = true;
    else if (checks === 'validate') {
      item.isDoubtful = false;
      item.checkedAt = this.now;
    }
    if (this.isOver(item)) this.destroy(item);
    else this.shelve(item, checks === 'reset');
    this.serve();
  }

  lost(id: number): void {
    const item = this.item(id);
    const { state, guest } = item;
    if (state === 'ending') return;
    item.isCondemned = true;
    if (state === 'idle' && item.uses === 0) {
      this.failures = item.failures;
      this.putOff();
    }
    if (state === 'lent') this.lines.push(`${guest} ResourceLostError`);
    item.guest = -1;
    this.destroy(item);
    this.serve();
  }

  resize(max: number): void {
    this.max = max;
    for (const item of this.oldestFirst()) {
      if (item.state === 'idle' && this.total - this.count('ending') > max) this.destroy(item);
    }
    this.serve();
  }

  evict(isChosen: (id: number) => boolean, isForAll: boolean): void {
    for (const item of this.items.values()) {
      if (item.state === 'ending' || !isChosen(item.id)) continue;
      item.isCondemned = true;
      if (item.state === 'idle') this.destroy(item);
    }
    if (isForAll) for (const one of this.making) one.isEvicted = true;
    this.serve();
  }

  suspend(): void {
    this.isSuspended = true;
  }

  resume(): void {
    this.isSuspended = false;
    this.serve();
  }

  close(isForced: boolean): void {
    this.isClosed = true;
    this.abandoned = this.making.splice(0).length;
    for (const { id } of this.line.splice(0)) this.lines.push(`${id} ClosedError`);
    for (const item of this.items.values()) {
      if (item.state === 'idle') this.destroy(item);
      if (item.state !== 'lent' || !isForced) continue;
      this.lines.push(`${item.guest} ClosedError`);
      this.destroy(item);
    }
  }

  /** Lets time pass, with what happens by itself. */
  advanceTo(time: number): void {
    for (;;) {
      const due = this.due();
      const [first] = due;
      if (first === undefined || first.at > time) break;
      this.now = first.at;
      const now = due.filter(({ at }) => at === this.now);
      if (new Set(now.map(({ kind }) => kind)).size > 1) this.isAmbiguous = true;
      first.act();
    }
    this.now = time;
  }

  /** What happens by itself, soonest first. */
  private due(): { readonly at: number; readonly kind: string; readonly act: () => void }[] {
    const { rules } = this;
    const due: { at: number; kind: string; act: () => void }[] = [];
    const add = (at: number, kind: string, act: () => void): void => {
      if (at < Infinity) due.push({ at: Math.max(at, this.now), kind, act });
    };
    for (const { id, deadline } of this.line) {
      add(deadline, 'patience', () => {
        this.lines.push(`${id} AcquireTimeoutError`);
        this.leaveLine(id);
      });
    }
    for (const item of this.oldestFirst()) {
      if (item.state === 'idle') {
        add(item.expiresAt, 'age', () => this.retire(item));
        const isSpare = this.total - this.count('ending') > rules.min;
        add(isSpare ? item.idleSince + rules.idleTimeout : Infinity, 'age', () => this.retire(item));
      } else if (item.state === 'checking') {
        add(item.since + rules.checkTimeout, 'check', () => this.checked(item.id, false));
      } else if (item.state === 'lent') {
        add(item.since + rules.reclaimAfter, 'reclaim', () => this.lost(item.id));
      }
    }
    if (this.failures > 0 && this.retryAt > this.now) {
      // Nothing but the pool knows whether it will make one; but the time at which it may is one at which it may do something.
      add(this.retryAt, 'retry', () => undefined);
    }
    return due.sort((a, b) => a.at - b.at);
  }

  private oldestFirst(): Item[] {
    return [...this.items.values()].sort((a, b) => a.order - b.order);
  }

  private retire(item: Item): void {
    this.destroy(item);
    this.serve();
  }

  private serve(): void {
    while (!this.isSuspended && !this.isClosed && this.line.length > 0) {
      const item = this.next();
      if (item === undefined) return;
      if (!this.isDue(item)) this.grant(item, (this.line.shift() as Guest).id);
      else if (this.count('checking') >= this.line.length) return;
      else this.check(item, 'validate');
    }
  }

  private next(): Item | undefined {
    return this.rules.order === 'lifo' ? this.idle.at(-1) : this.idle[0];
  }

  private isDue({ isDoubtful, checkedAt, idleSince }: Item): boolean {
    const { validateAfter } = this.rules;
    if (validateAfter === null) return false;
    return isDoubtful || (this.now - checkedAt > validateAfter && this.now - idleSince >= validateAfter);
  }

  private grant(item: Item, guest: number): void {
    this.remove(item);
    Object.assign(item, { state: 'lent', guest, since: this.now, checkedAt: -Infinity, uses: item.uses + 1 });
    this.lines.push(`${guest} has ${item.id}`);
  }

  private isOver({ isCondemned, uses, expiresAt }: Item): boolean {
    if (isCondemned || this.isClosed || uses >= this.rules.maxUses || this.now >= expiresAt) return true;
    return this.total - this.count('ending') > this.max;
  }

  private check(item: Item, checks: 'validate' | 'reset'): void {
    this.remove(item);
    Object.assign(item, { state: 'checking', since: this.now, checks });
    this.lines.push(`${checks} ${item.id}`);
  }

  /** One that was used last comes last; one that was only validated has its place again. */
  private shelve(item: Item, wasUsed: boolean): void {
    item.state = 'idle';
    if (wasUsed) item.idleSince = this.now;
    const later = this.idle.filter(({ idleSince }) => idleSince > item.idleSince);
    this.idle = [...this.idle.slice(0, this.idle.length - later.length), item, ...later];
  }

  private destroy(item: Item): void {
    this.remove(item);
    item.state = 'ending';
    this.lines.push(`destroy ${item.id}`);
  }

  private remove(item: Item): void {
    this.idle = this.idle.filter((one) => one !== item);
  }

  private putOff(): void {
    const { initial, max } = this.rules.backoff;
    this.retryAt = this.now + Math.min(max, initial * 2 ** this.failures);
    this.failures++;
  }

  private item(id: number): Item {
    const item = this.items.get(id);
    if (item === undefined) throw new Error(`there is no ${id}`);
    return item;
  }
}
