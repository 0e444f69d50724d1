import { EmptyError, Subscriber, throwError, type Observable } from 'rxjs';

import { now } from '../internal/clock.js';
import type { Cancel, Collector, Layer, Scope, Sink } from './engine/scope.js';
import { currentCollector, shared } from './engine/shared.js';

/** Where a subscriber says which collector it belongs to. Registered: two copies of the package must agree. */
export const collectorKey: unique symbol = Symbol.for('rxscope.collector') as never;

/**
 * The nearest collector downstream of a subscriber. RxJS links each operator's subscriber to the next one; where
 * that chain breaks (`share`), whatever is subscribing right now is the best answer left.
 */
export function findCollector(subscriber: object): Collector | null {
  return linkedCollector(subscriber) ?? currentCollector();
}

function linkedCollector(subscriber: object | null | undefined): Collector | null {
  let link: Linked | null | undefined = subscriber;
  while (typeof link === 'object' && link !== null) {
    const collector: Collector | undefined = link[collectorKey];
    if (collector !== undefined) return collector;
    link = link.destination;
  }
  return null;
}

/**
 * The collector in whose body this one is subscribed: downstream of it, or the whole it is a part of. Unlike its `link`
 * never one that was only running when it was subscribed.
 */
export function collectorAround(collector: Collector): Collector | null {
  const { whole, consumer, destination } = collector as Partial<Scope> & { consumer?: object; destination?: object };
  return whole ?? linkedCollector(consumer ?? destination);
}

interface Linked {
  readonly [collectorKey]?: Collector;
  readonly destination?: Linked | null;
}

/** Runs `action` with `collector` as the one that waits for whatever is left in it. */
export function inExtent(collector: Collector | null, action: () => void): void {
  const { current, crossed } = shared;
  shared.current = collector;
  shared.crossed = 0;
  try {
    action();
  } finally {
    shared.current = current;
    shared.crossed = crossed;
  }
}

/** RxJS 7 around the engine. */
export const rxLayer: Layer = {
  observe(source: object, which: 'first' | 'last', scope: Scope, sink: Sink): Cancel {
    const asking = new Asking(which, scope, sink);
    try {
      inExtent(scope, () => (source as Observable<unknown>).subscribe(asking));
    } catch (error) {
      sink.error(error);
    }
    return asking;
  },
  /** The way RxJS itself reports an error without a handler: `config.onUnhandledError`, asynchronously. */
  report(error: unknown): void {
    throwError(() => error).subscribe();
  },
  now,
};

/** Waits for the one value of an observable that an acquire or a release returned. */
class Asking extends Subscriber<unknown> {
  private last: unknown = undefined;

  constructor(
    private readonly which: 'first' | 'last',
    private readonly scope: Scope,
    private readonly sink: Sink,
  ) {
    super();
  }

  get [collectorKey](): Collector {
    return this.scope;
  }

  protected override _next(value: unknown): void {
    this.last = value;
    if (this.which === 'last') return;
    this.stop();
    this.sink.value(value);
  }

  protected override _error(error: unknown): void {
    this.stop();
    this.sink.error(error);
  }

  protected override _complete(): void {
    this.stop();
    if (this.which === 'last') this.sink.value(this.last);
    else this.sink.error(new EmptyError());
  }

  private stop(): void {
    try {
      inExtent(this.scope, () => {
        this.unsubscribe();
      });
    } catch (error) {
      this.scope.collect(error);
    }
  }
}
