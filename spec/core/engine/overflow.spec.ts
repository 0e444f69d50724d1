import { exhausted, note, sweep } from '../../../lib/core/engine/overflow.js';
import { open } from '../../../lib/core/engine/enter.js';
import { shared } from '../../../lib/core/engine/shared.js';
import { Bench } from '../../support/plain-layer.js';

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

describe('exhausted', () => {
  it.each<[unknown, boolean]>([
    [named('RangeError', 'Maximum call stack size exceeded'), true],
    [named('RangeError', 'Maximum call stack size exceeded.'), true],
    [named('InternalError', 'too much recursion'), true],
    [new RangeError('Invalid array length'), false],
    [named('InternalError', 'allocation size overflow'), false],
    [new Error('Maximum call stack size exceeded'), false],
    ['Maximum call stack size exceeded', false],
    [undefined, false],
    [null, false],
  ])('knows each engine’s words: %p', (error, expected) => {
    expect(exhausted(error)).toBe(expected);
  });

  it('knows what this engine throws', () => {
    const recurse = (): number => recurse() + 1;
    let caught: unknown;
    try {
      recurse();
    } catch (error) {
      caught = error;
    }
    expect(exhausted(caught)).toBe(true);
  });
});

describe('note and sweep', () => {
  const overflow = new RangeError('Maximum call stack size exceeded');

  it('end the scopes that are stuck on the stack, innermost first, with the first error noted', () => {
    const bench = new Bench();
    const inner = bench.scope({
      begin: () => {
        bench.note('inner');
        throw overflow;
      },
    });
    const outer = bench.scope({
      begin: () => {
        open(inner, bench.leaf('b'));
        bench.note('inner has returned');
        note(new RangeError('a later one'));
      },
    });
    open(outer, bench.leaf('a'));
    expect(bench.lines).toEqual([
      ...['+a', '+b', 'inner', 'inner has returned'],
      ...['torn down', '-b error RangeError', 'told error RangeError'],
      ...['torn down', '-a error RangeError', 'told error RangeError'],
    ]);
    expect(shared.overflow).toBeNull();
    expect(shared.depth).toBe(0);
  });

  it('leave alone what was open before', () => {
    const bench = new Bench();
    const before = bench.holding().open(bench.leaf('before'));
    open(bench.scope({ begin: () => { throw overflow; } }), bench.leaf('a')); // prettier-ignore
    expect(bench.lines.filter((line) => line.includes('before'))).toEqual(['+before', 'entered before']);
    bench.close(before, { kind: 'complete' });
    sweep(before); // nothing is stranded: nothing happens
    expect(bench.lines.filter((line) => line.startsWith('-before'))).toHaveLength(1);
  });
});
