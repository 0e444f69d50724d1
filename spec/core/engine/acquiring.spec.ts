import { cover, push } from '../../../lib/core/engine/acquiring.js';
import { COMPLETE, failed, UNSUBSCRIBE } from '../../../lib/core/engine/exit.js';
import { shared, type Watcher } from '../../../lib/core/engine/shared.js';
import type { Releasable } from '../../../lib/core/engine/scope.js';
import { signalOf } from '../../../lib/core/engine/teardown.js';
import { Bench, Later } from '../../support/plain-layer.js';

describe('an acquire that answers later', () => {
  const boom = new Error('boom');
  let bench: Bench;
  let later: Later;

  beforeEach(() => {
    bench = new Bench();
    later = new Later();
  });

  it('is asked for its first value, and the scope goes on when that comes', () => {
    const holding = bench.holding().open(bench.leaf('a', { acquire: () => later }));
    expect(later.asked).toBe('first');
    expect(bench.take()).toEqual(['+a']);
    later.answer('handle');
    expect(bench.take()).toEqual(['entered handle']);
    bench.close(holding, COMPLETE);
    expect(bench.take()).toEqual(['-a complete', 'ended complete', 'closed complete']);
  });

  it('counts once: later answers and failures are ignored', () => {
    const holding = bench.holding().open(bench.leaf('a', { acquire: () => later }));
    later.answer('handle');
    later.answer('other');
    later.fail(boom);
    expect(bench.take()).toEqual(['+a', 'entered handle']);
    bench.close(holding, COMPLETE);
    expect(bench.layer.reported).toEqual([]);
  });

  it('that fails ends the scope', () => {
    bench.holding().open(bench.leaf('a', { acquire: () => later }));
    later.fail(boom);
    later.answer('late');
    expect(bench.lines).toEqual(['+a', 'ended error boom']);
  });

  it('that fails after the consumer has left is reported, unless it is the reason of the signal', () => {
    for (const error of [boom, 'reason']) {
      const holding = bench.holding();
      let signal: AbortSignal | undefined;
      holding.open(bench.leaf('a', { acquire: (scope) => ((signal = signalOf(scope)), later) }));
      holding.leave();
      later.fail(error === 'reason' ? signal?.reason : error);
    }
    expect(bench.layer.reported).toEqual([boom]);
  });

  it('is given up only where it may be', () => {
    const patient = bench.holding().open(bench.leaf('a', { acquire: () => later }));
    patient.leave();
    expect(later.cancelled).toBe(false);
    later.answer('late');
    expect(bench.take()).toEqual(['+a', '-a unsubscribe']);

    const other = new Later();
    bench.holding().open(bench.leaf('b', { acquire: () => other, interruptible: true })).leave(); // prettier-ignore
    expect(other.cancelled).toBe(true);
    expect(bench.take()).toEqual(['+b']);
  });

  it('is given up where the scope is left while it is asked', () => {
    const holding = bench.holding();
    const leaving = new Later();
    leaving.ask = (which, sink) => {
      holding.leave();
      return Later.prototype.ask.call(leaving, which, sink);
    };
    holding.open(bench.leaf('a', { acquire: () => leaving, interruptible: true }));
    expect(leaving.cancelled).toBe(true);
  });

  it('is told of to who watches, unless it answers while it is asked', async () => {
    const { watchers } = shared;
    const told: string[] = [];
    const [opened, closed] = [() => undefined, () => undefined];
    const waiting: Watcher['waiting'] = ({ name }, stage, isPromise) =>
      told.push(`${name} ${stage} ${String(isPromise)}`);
    shared.watchers = [
      { opened, closed },
      { opened, closed, waiting },
    ];
    const prompt = new Later();
    prompt.ask = (_, sink) => {
      sink.value('handle');
      return { unsubscribe: () => undefined };
    };
    const thenable = { then: (done: (value: number) => void) => done(1) };
    const answers = { plain: 1, prompt, promise: Promise.resolve(1), thenable, later };
    const holdings = Object.entries(answers).map(([name, answer]) =>
      bench.holding(name).open(bench.leaf('a', { acquire: () => answer })),
    );
    shared.watchers = watchers;
    expect(told).toEqual(['promise acquire true', 'thenable acquire true', 'later acquire false']);
    later.answer('handle');
    await new Promise(setImmediate);
    for (const holding of holdings) bench.close(holding, COMPLETE);
  });

  it('that answers while it is asked is no different from a plain one', () => {
    const prompt = new Later();
    prompt.ask = (_, sink) => {
      sink.value('handle');
      return { unsubscribe: () => undefined };
    };
    const holding = bench.holding().open(bench.leaf('a', { acquire: () => prompt }));
    expect(bench.lines).toEqual(['+a', 'entered handle']);
    bench.close(holding, COMPLETE);
  });
});

describe('push and cover', () => {
  const step = (name: string, bench: Bench): Releasable => ({
    mode: 'release',
    release: (token) => {
      bench.note(`${name} ${String(token)}`);
    },
  });

  it('stack releases: the last one pushed is the first one done, each with its token', () => {
    const bench = new Bench();
    const holding = bench.holding().hold();
    push(holding, step('a', bench), 1);
    push(holding, step('b', bench), 2);
    push(holding, step('c', bench), 3);
    bench.close(holding, failed('why'));
    expect(bench.lines).toEqual(['c 3', 'b 2', 'a 1', 'ended error why', 'closed error why']);
  });

  it('cover does nothing where there is nothing, and is harmless twice', () => {
    const bench = new Bench();
    const holding = bench.holding().hold();
    cover(holding);
    push(holding, step('a', bench), 1);
    cover(holding);
    cover(holding);
    bench.close(holding, UNSUBSCRIBE);
    expect(bench.lines[0]).toBe('a 1');
    expect(bench.lines).toHaveLength(3);
  });
});
