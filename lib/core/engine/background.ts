import type { Exit } from './exit.js';
import type { Collector, Layer, Scope } from './scope.js';
import { shared } from './shared.js';

/**
 * Something that goes on after its consumer has left: a release, an acquire, an iterator's `return()`.
 *
 * Two ways lead to whoever waits for it (laws 12 and 16): the nearest collector downstream, found when it was
 * subscribed, and the collector in whose `unsubscribe()` it is left. The first one alive is told of a failure.
 */
export class Background {
  private readonly nearest: Collector | null;
  private readonly leaver: Collector | null;

  constructor(
    link: Collector | null,
    private readonly layer: Layer,
  ) {
    const linked = link?.collecting === true ? link : null;
    const current = shared.current?.collecting === true ? shared.current : null;
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

function finished(collector: Collector | null): Scope | null {
  if (collector === null || --collector.pending > 0) return null;
  return collector.idle();
}

/** A failure that came in the background and at once: to whoever waits, or reported. */
export function route(failure: unknown, link: Collector | null, layer: Layer): void {
  const { current } = shared;
  if (link?.collecting === true) link.collect(failure);
  else if (current?.collecting === true) current.collect(failure);
  else layer.report(failure);
}
