import { COMPLETE, failed, UNSUBSCRIBE } from '../../../lib/core/engine/exit.js';
import { Closing } from '../../../lib/core/engine/holding.js';
import { lose } from '../../../lib/core/engine/ending.js';
import { describeExit } from '../../support/journal.js';
import { Bench, Later } from '../../support/plain-layer.js';

describe('Holding', () => {
  const boom = new Error('boom');
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  it('is held until it is closed, and tells both once', () => {
    const holding = bench.holding().open(bench.leaf('a'));
    expect(bench.take()).toEqual(['+a', 'entered a']);
    bench.close(holding, failed(boom));
    expect(bench.take()).toEqual(['-a error boom', 'ended error boom', 'closed error boom']);
  });

  it('tells the end of an entering that failed', () => {
    bench.holding().open(bench.leaf('a', { acquire: () => { throw boom; } })); // prettier-ignore
    expect(bench.lines).toEqual(['+a', 'ended error boom']);
  });

  it('waits for a release that answers later, and is collecting until then', () => {
    const later = new Later();
    const holding = bench.holding().open(bench.leaf('a', { release: () => later }));
    bench.close(holding, COMPLETE);
    expect(later.asked).toBe('last');
    expect([holding.collecting, bench.lines.at(-1)]).toEqual([true, '-a complete']);
    later.answer();
    expect([holding.collecting, bench.lines.at(-1)]).toEqual([false, 'closed complete']);
  });

  it('answers each who closes it: who comes later gets his exit, and a failure on top', () => {
    for (const [fails, answers] of [
      [false, ['closed complete', 'closed unsubscribe', 'closed error why']],
      [true, ['closed error boom', 'closed error boom', 'closed error S(boom, why)']],
    ] as const) {
      const later = new Later();
      const holding = bench.holding().open(bench.leaf('a', { release: () => later }));
      bench.close(holding, COMPLETE);
      bench.close(holding, UNSUBSCRIBE);
      if (fails) later.fail(boom);
      else later.answer();
      bench.close(holding, failed('why'));
      const lines = bench.take();
      expect(lines.filter((line) => line.startsWith('closed'))).toEqual(answers);
      expect(lines.filter((line) => line.startsWith('-') || line.startsWith('ended'))).toHaveLength(2);
    }
  });

  it('that lost what it held has ended by itself; close tells it', () => {
    const holding = bench.holding().open(bench.leaf('a'));
    lose(holding, boom);
    expect(bench.take()).toEqual(['+a', 'entered a', '-a error boom', 'ended error boom']);
    bench.close(holding, COMPLETE);
    expect(bench.take()).toEqual(['closed error boom']);
  });

  it('that is left releases in the background, and its failure is reported', () => {
    const later = new Later();
    const holding = bench.holding().open(bench.leaf('a', { release: () => later }));
    holding.leave();
    holding.leave();
    later.fail(boom);
    expect(bench.lines).toEqual(['+a', 'entered a', '-a unsubscribe']);
    expect(bench.layer.reported).toEqual([boom]);
  });

  it('that is left makes the collector it is linked to wait, and tells it', () => {
    const later = new Later();
    const outer = bench.holding('outer').open(bench.leaf('a'));
    const inner = bench.holding('inner', outer).open(bench.leaf('b', { release: () => later }));
    bench.take();
    inner.leave();
    bench.close(outer, UNSUBSCRIBE);
    expect(bench.take()).toEqual(['-b unsubscribe']);
    later.fail(boom);
    expect(bench.take()).toEqual(['-a error boom', 'ended error boom', 'closed error boom']);
    expect(bench.layer.reported).toEqual([]);
  });

  it('can be held with nothing in it', () => {
    const holding = bench.holding().hold();
    bench.close(holding, COMPLETE);
    expect(bench.lines).toEqual(['ended complete', 'closed complete']);
  });
});

describe('Closing', () => {
  it('is the release of a part: its answer is the outcome', () => {
    const bench = new Bench();
    const part = bench.holding().open(bench.leaf('part', { mode: 'exit', release: () => true }));
    const answers: string[] = [];
    new Closing(part, failed('why')).answer({
      value: (outcome) => answers.push(describeExit(outcome as never)),
      error: () => undefined,
    });
    expect(answers).toEqual(['complete']);
  });
});
