import type { ObservableInput, Subscriber } from 'rxjs';

import { findCollector } from '../core/layer.js';
import { toObservable } from '../core/observable-input.js';
import type { OpenSupply, Supply, Taker } from '../core/supply.js';
import { Upstream, type SourceHandlers } from '../core/upstream.js';
import { Queue } from '../internal/queue.js';

/** What running costs of a `pull`. */
export interface Pace {
  readonly concurrency: number;
  readonly ordered: boolean;
}

/** One subscription of `pull`: asks while there is room, and runs what comes. */
export class Pulling<T, R> implements Taker<T> {
  private supply: Supply | null = null;
  private isAsked = false;
  private isLooping = false;
  private hasEnded = false;
  private active = 0;
  private index = 0;
  private readonly slots: Slots<R>;

  constructor(
    private readonly consumer: Subscriber<R>,
    private readonly project: (value: T, index: number) => ObservableInput<R>,
    private readonly pace: Pace,
  ) {
    const release = this.release.bind(this);
    this.slots = pace.ordered ? new Line(consumer, release) : new Crowd(consumer, release);
  }

  start(open: OpenSupply<T>): void {
    this.supply = open(this, findCollector(this.consumer));
    this.consumer.add(this.supply);
    this.proceed();
  }

  next(value: T): void {
    this.isAsked = false;
    this.active++;
    let source;
    try {
      source = toObservable(this.project(value, this.index++));
    } catch (error) {
      this.consumer.error(error);
      return;
    }
    if (this.consumer.closed) return; // `project` has left
    source.subscribe(new Upstream<R>(this.consumer, this.slots.take()));
    this.proceed();
  }

  error(error: unknown): void {
    this.consumer.error(error);
  }

  complete(): void {
    this.hasEnded = true;
    if (this.active === 0) this.consumer.complete();
  }

  private release(): void {
    this.active--;
    if (this.hasEnded && this.active === 0) this.consumer.complete();
    else this.proceed();
  }

  /** A loop where answers come at once, so that it needs no more stack for many of them. */
  private proceed(): void {
    if (this.isLooping) return;
    this.isLooping = true;
    while (!this.isAsked && !this.hasEnded && this.active < this.pace.concurrency && !this.consumer.closed) {
      this.isAsked = true;
      this.supply?.ask();
    }
    this.isLooping = false;
  }
}

/** Where what runs puts its values. */
interface Slots<R> {
  take(): SourceHandlers<R>;
}

/** Values as they come. */
class Crowd<R> implements Slots<R>, SourceHandlers<R> {
  constructor(
    private readonly consumer: Subscriber<R>,
    readonly complete: () => void,
  ) {}

  take(): this {
    return this;
  }

  next(value: R): void {
    this.consumer.next(value);
  }

  fail(error: unknown): void {
    this.consumer.error(error);
  }
}

/** Values in the order of what they were made from: a slot is free again when all of it has been handed out. */
class Line<R> implements Slots<R> {
  private readonly places = new Queue<Place<R>>();

  constructor(
    readonly consumer: Subscriber<R>,
    private readonly release: () => void,
  ) {}

  take(): Place<R> {
    const place = new Place(this);
    this.places.push(place);
    return place;
  }

  isFirst(place: Place<R>): boolean {
    return this.places.peek() === place;
  }

  /** The first place has come to its end; those behind it move up. */
  advance(): void {
    while (this.places.peek()?.isOver === true) {
      this.places.shift();
      this.release();
      this.places.peek()?.flush();
    }
  }
}

class Place<R> implements SourceHandlers<R> {
  private readonly held = new Queue<R>();
  private isFlushing = false;
  private isComplete = false;

  constructor(private readonly line: Line<R>) {}

  /** Whether it has completed and nothing of it is held back. */
  get isOver(): boolean {
    return this.isComplete && this.held.length === 0;
  }

  next(value: R): void {
    if (!this.isFlushing && this.held.length === 0 && this.line.isFirst(this)) this.line.consumer.next(value);
    else this.held.push(value);
  }

  complete(): void {
    this.isComplete = true;
    if (!this.isFlushing && this.line.isFirst(this)) this.line.advance();
  }

  fail(error: unknown): void {
    this.line.consumer.error(error);
  }

  flush(): void {
    this.isFlushing = true;
    while (this.held.length > 0 && !this.line.consumer.closed) this.line.consumer.next(this.held.shift());
    this.isFlushing = false;
  }
}
