import { push } from '../../../lib/core/engine/acquiring.js';
import { Background } from '../../../lib/core/engine/background.js';
import { COMPLETE, failed, UNSUBSCRIBE, type Exit } from '../../../lib/core/engine/exit.js';
import type { Releasable, ReleaseMode } from '../../../lib/core/engine/scope.js';
import { Closing } from '../../../lib/core/engine/holding.js';
import { shared, type Watcher } from '../../../lib/core/engine/shared.js';
import { collect, over, settle } from '../../../lib/core/engine/unwind.js';
import { describeExit } from '../../support/journal.js';
import { Bench, Later } from '../../support/plain-layer.js';

describe('unwinding', () => {
  const boom = new Error('boom');
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  /** What a scope ends with whose releases, first to last, answer as given. */
  const unwind = (exit: Exit, ...steps: readonly (readonly [ReleaseMode, () => unknown])[]): string[] => {
    const holding = bench.holding().hold();
    for (const [mode, answer] of [...steps].reverse()) {
      const step: Releasable = {
        mode,
        release: (_, told) => {
          bench.note(describeExit(told));
          return answer();
        },
      };
      push(holding, step, undefined);
    }
    bench.close(holding, exit);
    return bench.take().filter((line) => !line.startsWith('ended'));
  };
  const throwing = (): never => {
    throw boom;
  };

  it('does what an answer means by its mode', () => {
    expect(unwind(failed('why'), ['release', () => true], ['exit', () => 1])).toEqual([
      ...['error why', 'error why', 'closed error why'],
    ]);
    expect(unwind(failed('why'), ['exit', () => true], ['release', () => undefined])).toEqual([
      ...['error why', 'complete', 'closed complete'],
    ]);
    expect(unwind(COMPLETE, ['outcome', () => failed('other')])).toEqual(['complete', 'closed error other']);
    expect(unwind(failed('why'), ['outcome', () => COMPLETE])).toEqual(['error why', 'closed complete']);
  });

  it('never makes a completion of a scope that was unsubscribed', () => {
    expect(unwind(UNSUBSCRIBE, ['release', throwing], ['exit', () => true])).toEqual([
      ...['unsubscribe', 'error boom', 'closed unsubscribe'],
    ]);
    expect(unwind(UNSUBSCRIBE, ['outcome', () => COMPLETE])).toEqual(['unsubscribe', 'closed unsubscribe']);
  });

  it('joins failures and goes on', () => {
    const other = (): unknown => {
      throw new Error('other');
    };
    expect(unwind(failed('why'), ['release', throwing], ['exit', other], ['release', () => 1])).toEqual([
      'error why',
      'error S(boom, why)',
      'error S(other, S(boom, why))',
      'closed error S(other, S(boom, why))',
    ]);
  });

  it('waits for each, one after the other', () => {
    const [first, second] = [new Later(), new Later()];
    expect(unwind(COMPLETE, ['release', () => first], ['exit', () => second])).toEqual(['complete']);
    second.answer(true); // nobody has asked yet
    expect(bench.take()).toEqual([]);
    first.fail(boom);
    expect(bench.take()).toEqual(['error boom']);
    second.answer(true);
    second.fail(boom);
    expect(bench.take()).toEqual(['ended complete', 'closed complete']);
  });

  it('goes through ten thousand releases without nesting calls', () => {
    const many = Array.from({ length: 10_000 }, () => ['release', () => undefined] as const);
    expect(unwind(COMPLETE, ...many)).toHaveLength(10_001);
  });

  it('collect: what fails under a scope is part of its outcome, before and during unwinding', () => {
    const later = new Later();
    const holding = bench.holding().hold();
    push(holding, { mode: 'release', release: (_, told) => (bench.note(describeExit(told)), later) }, undefined);
    collect(holding, 'early');
    bench.close(holding, COMPLETE);
    expect(bench.take()).toEqual(['error early']);
    collect(holding, 'meanwhile');
    later.answer();
    expect(bench.take().at(-1)).toBe('closed error S(meanwhile, early)');
  });

  it('over: what went on in the background lets the scope that waits go on', () => {
    const holding = bench.holding().open(bench.leaf('a'));
    const background = new Background(holding, bench.layer);
    bench.close(holding, COMPLETE);
    expect(bench.take()).toEqual(['+a', 'entered a']);
    over(background, failed(boom));
    expect(bench.take()).toEqual(['-a error boom', 'ended error boom', 'closed error boom']);
  });

  describe('tells who watches', () => {
    let told: string[];
    let watchers: typeof shared.watchers;

    beforeEach(() => {
      told = [];
      ({ watchers } = shared);
      const watcher: Watcher = {
        opened: () => undefined,
        closed: () => undefined,
        waiting: ({ name }, stage, isPromise, step) =>
          told.push(`${name} ${stage} ${String(isPromise)} ${step?.name ?? '-'}`),
        released: ({ name }, step) => told.push(`${name} released ${step.name ?? '-'}`),
      };
      shared.watchers = [{ opened: () => undefined, closed: () => undefined }, watcher];
    });

    afterEach(() => {
      shared.watchers = watchers;
    });

    it('of each release that has been called, not of one that throws', () => {
      const release = (name: string, answer: () => unknown): Releasable => ({ mode: 'release', name, release: answer });
      const holding = bench.holding().hold();
      push(holding, release('a', () => 1), 1); // prettier-ignore
      push(holding, release('b', throwing), 2);
      push(holding, { mode: 'release', release: () => 1 }, 3);
      bench.close(holding, COMPLETE);
      expect(told).toEqual(['scope released -', 'scope released a']);
    });

    it('of a release that answers later, once it does not answer at once', async () => {
      const later = new Later();
      const holding = bench.holding().hold();
      push(holding, { mode: 'release', name: 'a', release: () => later }, 1);
      push(holding, { mode: 'release', name: 'b', release: () => Promise.resolve() }, 2);
      push(holding, { mode: 'release', name: 'c', release: () => ({ then: (done: () => void) => { done(); } }) }, 3); // prettier-ignore
      bench.close(holding, COMPLETE);
      await Promise.resolve().then(() => undefined).then(() => undefined); // prettier-ignore
      later.answer();
      expect(told.filter((line) => !line.includes('released'))).toEqual(
        ['scope release true c', 'scope release true b', 'scope release false a'], // prettier-ignore
      );
      expect(bench.take().at(-1)).toBe('closed complete');
    });

    it('of no answer of the engine’s own: what is behind it tells of itself', () => {
      const inner = bench.holding('inner').hold();
      const later = new Later();
      push(inner, { mode: 'release', release: () => later }, 1);
      const holding = bench.holding().hold();
      push(holding, { mode: 'outcome', release: (_, exit) => new Closing(inner, exit) }, 1);
      bench.close(holding, COMPLETE);
      expect(told).toEqual(['scope released -', 'inner released -', 'inner release false -']);
      later.answer();
    });
  });

  it('settle does nothing to a scope that has not ended, or has gone', () => {
    const holding = bench.holding().open(bench.leaf('a'));
    settle(holding);
    expect(bench.take()).toEqual(['+a', 'entered a']);
    bench.close(holding, COMPLETE);
    bench.take();
    settle(holding);
    expect(bench.take()).toEqual([]);
  });
});
