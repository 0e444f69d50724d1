import { Background, route } from '../../../lib/core/engine/background.js';
import { COMPLETE, failed, UNSUBSCRIBE } from '../../../lib/core/engine/exit.js';
import type { Collector, Scope } from '../../../lib/core/engine/scope.js';
import { shared } from '../../../lib/core/engine/shared.js';
import { settled } from '../../../lib/index.js';
import { Bench, PlainLayer } from '../../support/plain-layer.js';

class Waiter implements Collector {
  pending = 0;
  readonly collecting: boolean = true;
  readonly link = null;
  readonly outer = null;
  readonly failures: unknown[] = [];
  idles = 0;

  collect(failure: unknown): void {
    this.failures.push(failure);
  }

  idle(): Scope | null {
    this.idles++;
    return null;
  }
}

class Gone extends Waiter {
  override readonly collecting = false;
}

const never = (): void => {
  throw new Error('nothing to settle');
};
const inside = <T>(collector: Collector, run: () => T): T => {
  const { current } = shared;
  shared.current = collector;
  try {
    return run();
  } finally {
    shared.current = current;
  }
};

describe('Background', () => {
  const boom = new Error('boom');
  let layer: PlainLayer;

  beforeEach(() => {
    layer = new PlainLayer();
  });

  it('is what settled() waits for, all of them', async () => {
    let done = false;
    const first = new Background(null, layer);
    const second = new Background(null, layer);
    const waiting = settled().then(() => (done = true));
    first.end(COMPLETE, never);
    await Promise.resolve();
    expect(done).toBe(false);
    second.end(COMPLETE, never);
    await waiting;
    expect(done).toBe(true);
  });

  it('makes the collector it is linked to wait, and tells it of a failure', () => {
    const waiter = new Waiter();
    const background = new Background(waiter, layer);
    expect(waiter.pending).toBe(1);
    background.end(failed(boom), never);
    expect([waiter.pending, waiter.idles, waiter.failures]).toEqual([0, 1, [boom]]);
    expect(layer.reported).toEqual([]);
  });

  it('says idle only when the last one is over', () => {
    const waiter = new Waiter();
    const both = [new Background(waiter, layer), new Background(waiter, layer)] as const;
    both[0].end(UNSUBSCRIBE, never);
    expect(waiter.idles).toBe(0);
    both[1].end(UNSUBSCRIBE, never);
    expect(waiter.idles).toBe(1);
  });

  it('makes the collector in whose extent it begins wait too, and tells one of them of a failure', () => {
    const [linked, around] = [new Waiter(), new Waiter()];
    const background = inside(around, () => new Background(linked, layer));
    expect([linked.pending, around.pending]).toEqual([1, 1]);
    background.end(failed(boom), never);
    expect([linked.failures, around.failures]).toEqual([[boom], []]);
    expect([linked.idles, around.idles]).toEqual([1, 1]);
  });

  it('counts a collector that is both only once', () => {
    const waiter = new Waiter();
    const background = inside(waiter, () => new Background(waiter, layer));
    expect(waiter.pending).toBe(1);
    background.end(COMPLETE, never);
    expect(waiter.idles).toBe(1);
  });

  it('passes over a collector that has ended, to the one around or to the report', () => {
    const around = new Waiter();
    inside(around, () => new Background(new Gone(), layer)).end(failed(boom), never);
    expect(around.failures).toEqual([boom]);
    new Background(new Gone(), layer).end(failed(boom), never);
    new Background(null, layer).end(failed(undefined), never);
    expect(layer.reported).toEqual([boom, undefined]);
  });

  it('does not make a scope wait for itself', () => {
    const holding = new Bench().holding().hold();
    const background = inside(holding, () => new Background(null, layer, holding));
    expect(holding.pending).toBe(0);
    background.end(COMPLETE, never);
    holding.close(COMPLETE, () => undefined);
  });
});

describe('route', () => {
  const boom = new Error('boom');

  it('tells the link, else the collector around, else it reports', () => {
    const layer = new PlainLayer();
    const [linked, around] = [new Waiter(), new Waiter()];
    inside(around, () => {
      route(boom, linked, layer);
      route(boom, new Gone(), layer);
    });
    route(boom, null, layer);
    expect([linked.failures, around.failures, layer.reported]).toEqual([[boom], [boom], [boom]]);
  });
});
