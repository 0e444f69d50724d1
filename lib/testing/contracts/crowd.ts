import { Observable, type Subscriber } from 'rxjs';

import { using, type Exit, type Resource } from '../../core/index.js';
import type { LawNumber } from './laws.js';
import type { Trial } from './trial.js';
import { Visit } from './visit.js';

/** One who comes to a lock or a pool. Waits, is inside as long as its body runs, and leaves. */
export class Guest<T> {
  /** What it was given; null as long as it waits. */
  given: { readonly handle: T } | null = null;
  isInside = false;
  private isGone = false;
  private body: Subscriber<never> | null = null;
  private readonly visit: Visit<never>;

  constructor(
    private readonly crowd: Crowd<T>,
    readonly id: number,
    private readonly served: (guest: Guest<T>) => void,
  ) {
    this.visit = new Visit<never>(crowd.trial);
  }

  get isWaiting(): boolean {
    return this.given === null && !this.isOver;
  }

  get isOver(): boolean {
    return this.isGone || this.visit.end !== null;
  }

  /** How it has ended; null where it has not, or has left. */
  get end(): Exit | null {
    return this.visit.end;
  }

  come(): this {
    const scope = using(this.crowd.source, (handle) => {
      this.given = { handle };
      this.crowd.order.push(this.id);
      this.served(this);
      return this.stay();
    });
    this.visit.subscribe(scope);
    return this;
  }

  /** Its work is done. */
  complete(): void {
    this.body?.complete();
  }

  /** Its work fails. */
  fail(error: unknown): void {
    this.body?.error(error);
  }

  /** Goes away, from the line or from inside. */
  leave(): void {
    this.isGone = true;
    this.visit.leave();
  }

  private stay(): Observable<never> {
    return new Observable<never>((subscriber) => {
      this.body = subscriber;
      this.isInside = true;
      this.crowd.went(1);
      return () => {
        this.isInside = false;
        this.crowd.went(-1);
      };
    });
  }
}

/** Those who come to one lock or pool, and in which order they are let in. */
export class Crowd<T> {
  readonly guests: Guest<T>[] = [];
  /** Ids of the guests in the order in which they were served. */
  readonly order: number[] = [];
  /** The most that have been inside at a time. */
  peak = 0;
  private count = 0;

  constructor(
    readonly trial: Trial,
    readonly source: Resource<T>,
    private readonly law: LawNumber,
  ) {}

  get inside(): readonly Guest<T>[] {
    return this.guests.filter(({ isInside }) => isInside);
  }

  get waiting(): readonly Guest<T>[] {
    return this.guests.filter(({ isWaiting }) => isWaiting);
  }

  /** `served` is called when it is let in, before its body is made. */
  arrive(served: (guest: Guest<T>) => void = () => undefined): Guest<T> {
    const guest = new Guest(this, this.guests.length, served);
    this.guests.push(guest);
    return guest.come();
  }

  /** So many come, and each of them gets in. */
  async fill(count: number): Promise<readonly Guest<T>[]> {
    const guests = Array.from({ length: count }, () => this.arrive());
    for (const guest of guests) await this.served(guest, 'as long as there is room');
    return guests;
  }

  /** Somebody went in, or out. */
  went(by: 1 | -1): void {
    this.count += by;
    this.peak = Math.max(this.peak, this.count);
  }

  async served(guest: Guest<T>, when: string): Promise<void> {
    const actual = (): string => {
      const { end } = guest;
      return end?.kind === 'error' ? `it failed with ${String(end.error)}` : `it waits, ${this.inside.length} inside`;
    };
    await this.trial.until(this.law, () => guest.given !== null, `guest ${guest.id} let in ${when}`, actual);
  }

  /** Sends everybody home, those who wait when it is their turn. Nobody waits for ever. */
  async empty(): Promise<void> {
    const { trial, guests } = this;
    const isEmpty = (): boolean => {
      for (const guest of this.inside) guest.complete();
      return guests.every(({ isOver }) => isOver);
    };
    await trial.until(this.law, isEmpty, 'everybody served in the end', () => {
      const { waiting } = this;
      return waiting.length > 0
        ? `${waiting.length} wait, guest ${String(waiting[0]?.id)} longest`
        : 'not everybody is out';
    });
  }

  assertPeak(most: number): void {
    this.trial.check(this.law, this.peak <= most, `${most} inside at most`, `${this.peak} were at a time`);
  }

  /** Those who were served came in this order. */
  assertOrder(): void {
    const { order } = this;
    const index = order.findIndex((id, place) => id < (order[place - 1] ?? -1));
    const actual = `guest ${String(order[index])} served after guest ${String(order[index - 1])}`;
    this.trial.check(this.law, index < 0, 'served in order of arrival', actual);
  }
}
