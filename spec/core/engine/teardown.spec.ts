import { open } from '../../../lib/core/engine/enter.js';
import { leave } from '../../../lib/core/engine/ending.js';
import { UnsubscribedError } from '../../../lib/core/engine/errors.js';
import { COMPLETE } from '../../../lib/core/engine/exit.js';
import { shared } from '../../../lib/core/engine/shared.js';
import { abort, extent, isAbort, signalOf } from '../../../lib/core/engine/teardown.js';
import { Bench } from '../../support/plain-layer.js';

describe('extent', () => {
  const boom = new Error('boom');
  const bench = new Bench();

  it('runs the teardown with the scope as the current collector, and puts back the one before', () => {
    const seen: boolean[] = [];
    const before = shared.current;
    const scope = bench.scope({
      begin: () => undefined,
      tearDown: (self) => seen.push(shared.current === self), // prettier-ignore
    });
    extent(scope, null);
    extent(scope, { unsubscribe: () => seen.push(shared.current === scope) }); // prettier-ignore
    expect(seen).toEqual([true, true]);
    expect(shared.current).toBe(before);
  });

  it('gives the scope what the teardown throws', () => {
    const holding = bench.holding().open(bench.leaf('a'));
    extent(holding, {
      unsubscribe: () => {
        throw boom;
      },
    });
    bench.take();
    bench.close(holding, COMPLETE);
    expect(bench.take()).toEqual(['-a error boom', 'ended error boom', 'closed error boom']);
  });
});

describe('the signal of a scope', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  it('is made when it is read, once', () => {
    const holding = bench.holding();
    abort(holding, null);
    expect(holding.more?.controller ?? null).toBeNull();
    expect(signalOf(holding)).toBe(signalOf(holding));
    expect(signalOf(holding).aborted).toBe(false);
  });

  it('aborts once, with the reason given or an UnsubscribedError that names the scope', () => {
    const holding = bench.holding('database');
    const signal = signalOf(holding);
    abort(holding, null);
    expect(signal.reason).toBeInstanceOf(UnsubscribedError);
    expect(signal.reason).toMatchObject({ resource: 'database' });
    const first: unknown = signal.reason;
    abort(holding, 'other');
    expect(signal.reason).toBe(first);
    const other = bench.holding();
    expect(signalOf(other).aborted).toBe(false);
    abort(other, 'why');
    expect(signalOf(other).reason).toBe('why');
  });

  it('has aborted already where it is read after the consumer has left', () => {
    const scope = bench.scope({
      begin: (_, self) => {
        leave(self);
        bench.note(`aborted ${String(signalOf(self).aborted)}`);
      },
    });
    open(scope, bench.leaf('a'));
    expect(bench.lines).toContain('aborted true');
  });
});

describe('isAbort', () => {
  const bench = new Bench();

  it('is about the reason of this signal, or what holds it', () => {
    const holding = bench.holding();
    expect(isAbort(holding, undefined)).toBe(false);
    const signal = signalOf(holding);
    expect(isAbort(holding, signal.reason)).toBe(false); // not aborted yet
    abort(holding, null);
    expect(isAbort(holding, signal.reason)).toBe(true);
    expect(isAbort(holding, new Error('wrapped', { cause: signal.reason }))).toBe(true);
    expect(isAbort(holding, new UnsubscribedError('other'))).toBe(false);
  });
});
