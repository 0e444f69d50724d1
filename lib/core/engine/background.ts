import type { Exit } from './exit.js';
import type { Collector, Layer, Scope } from './scope.js';
import { currentCollector, shared } from './shared.js';

/**
 * Something that goes on after its consumer has left: a release, an acquire, an iterator's `return()`.
 *
 * Two ways lead to whoever waits for it (laws 12 and 16): the nearest collector downstream, found when it was
 * subscribed, and the collector in whose `unsubscribe()` it is left. The first one alive is told of a failure.
 */
export class Background {
  private readonly nearest: Collector | null;
  private readonly leaver: Collector | null;

  /** `self`: what goes on, so that nothing inside it is made to wait for it. */
  constructor(
    link: Collector | null,
    private readonly layer: Layer,
    self: Collector | null = null,
  ) {
    const around = currentCollector();
    // A part that is left with its whole belongs to that; one that is given up alone, to what is around the whole.
    const whole = around !== null && around === (self as Partial<Scope> | null)?.whole ? around : link;
    const linked = whole?.collecting === true ? whole : null;
    const current = around?.collecting === true && !isInside(around, self) ? around : null;
    this.nearest = linked ?? current;
    this.leaver = linked !== null && current !== linked ? current : null;
    if (this.nearest !== null) this.nearest.pending++;
    if (this.leaver !== null) this.leaver.pending++;
    shared.background++;
  }

  /** It is over. Settles what waited for it; the nearest scope is answered, for a loop that is running already. */
  end(outcome: Exit, settle: (scope: Scope) => void): Scope | null {
    const { nearest, leaver } = this;
    if (outcome.kind === 'error') {
      if (nearest === null) this.layer.report(outcome.error);
      else nearest.collect(outcome.error);
    }
    const next = finished(nearest);
    const other = finished(leaver);
    if (--shared.background === 0) for (const resolve of shared.waiting.splice(0)) resolve();
    if (other !== null) settle(other);
    return next;
  }
}

/** Whether a collector is `self` or in it: left by its own teardown, a scope must not wait for itself. */
function isInside(collector: Collector, self: Collector | null): boolean {
  if (self === null) return false;
  for (let one: Collector | null = collector; one !== null; one = one.link) if (one === self) return true;
  return false;
}

function finished(collector: Collector | null): Scope | null {
  if (collector === null || --collector.pending > 0) return null;
  return collector.idle();
}

/** A failure that came in the background and at once: to whoever waits, or reported. */
export function route(failure: unknown, link: Collector | null, layer: Layer): void {
  const current = currentCollector();
  if (link?.collecting === true) link.collect(failure);
  else if (current?.collecting === true) current.collect(failure);
  else layer.report(failure);
}
