import { Rounds } from '../../lib/concurrency/rounds.js';
import { shared } from '../../lib/core/engine/shared.js';

describe('Rounds', () => {
  it('does steps until there is nothing to do, then says so', () => {
    const lines: string[] = [];
    let left = 3;
    const rounds = new Rounds(() => (lines.push(`step ${String(left)}`), left-- > 0), () => lines.push('after')); // prettier-ignore
    rounds.run();
    expect(lines).toEqual(['step 3', 'step 2', 'step 1', 'step 0', 'after']);
  });

  it('run from inside a step, goes on when that has returned, however often: no call stands in another (law 6)', () => {
    let left = 100_000;
    let depth = 0;
    let deepest = 0;
    let ends = 0;
    const rounds = new Rounds(
      () => {
        if (left === 0) return false;
        left--;
        deepest = Math.max(deepest, ++depth);
        rounds.run();
        depth--;
        return false;
      },
      () => ends++,
    );
    rounds.run();
    expect([left, deepest, ends]).toEqual([0, 1, 1]);
  });

  it('may run again after a step has thrown', () => {
    let isBad = true;
    const rounds = new Rounds(
      () => {
        if (isBad) throw new Error('boom');
        return false;
      },
      () => undefined,
    );
    expect(rounds.run).toThrow('boom');
    isBad = false;
    expect(rounds.run).not.toThrow();
  });

  it('runs a step with no collector around it', () => {
    const seen: unknown[] = [];
    const rounds = new Rounds(() => (seen.push(shared.current), false), () => undefined); // prettier-ignore
    const collector = {} as NonNullable<typeof shared.current>;
    shared.current = collector;
    rounds.run();
    seen.push(shared.current === collector);
    shared.current = null;
    expect(seen).toEqual([null, true]);
  });
});
