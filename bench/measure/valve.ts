/** More than a small integer, so that what waits shows on the heap. */
export interface Item {
  readonly value: number;
}

/** Stands between an endless source and a slower consumer; shuts once the source has given enough, and both stand still. */
export class Valve {
  /** Settles when it shuts. */
  readonly shut: Promise<void>;
  taken = 0;
  private given = 0;
  private readonly limit: number;
  private readonly opened: Promise<void>;
  private close!: () => void;
  private reopen!: () => void;

  constructor(limit: number) {
    this.limit = limit;
    this.shut = new Promise((resolve) => (this.close = resolve));
    this.opened = new Promise((resolve) => (this.reopen = resolve));
  }

  get isShut(): boolean {
    return this.given >= this.limit;
  }

  /** What the source gives; it has to await `parked` instead once the valve is shut. */
  give(): Item {
    this.given += 1;
    if (this.isShut) this.close();
    return { value: this.given };
  }

  /** What the consumer does with an item; the turns of the microtask queue are several times what any source takes. */
  async take(turns = 12): Promise<void> {
    this.taken += 1;
    for (let turn = 0; turn < turns; turn += 1) await undefined;
    if (this.isShut) await this.opened;
  }

  /** Until `release`. */
  get parked(): Promise<void> {
    return this.opened;
  }

  /** Lets both run to their end. */
  release(): void {
    this.reopen();
  }
}
