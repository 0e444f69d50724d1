import { open } from '../../../lib/core/engine/enter.js';
import { end } from '../../../lib/core/engine/ending.js';
import { COMPLETE } from '../../../lib/core/engine/exit.js';
import { NOTHING, type Node } from '../../../lib/core/engine/scope.js';
import { shared } from '../../../lib/core/engine/shared.js';
import { chain, guard, mapping } from '../../../lib/core/leaf.js';
import { describeExit } from '../../support/journal.js';
import { Bench, Later } from '../../support/plain-layer.js';

describe('open', () => {
  const boom = new Error('boom');
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  /** Opens, closes at once, and answers all that happened. */
  const through = (node: Node): string[] => {
    const holding = bench.holding().open(node);
    bench.close(holding, COMPLETE);
    return bench.take().filter((line) => !line.startsWith('closed'));
  };
  const exiting = (name: string, source: Node): Node =>
    guard(source, 'release', (exit) => {
      bench.note(`${name} ${describeExit(exit)}`);
    });
  const failing = (): never => {
    throw boom;
  };

  it('enters a leaf and hands out its handle', () => {
    expect(through(bench.leaf('a'))).toEqual(['+a', 'entered a', '-a complete', 'ended complete']);
  });

  it('hands out what `entered` makes of the token, and releases the token', () => {
    const node = bench.leaf('a', {
      acquire: () => ({ token: 1 }),
      entered: (_, token: { token: number }) => `handle ${String(token.token)}`,
      release: (token: { token: number }) => {
        bench.note(`token ${String(token.token)}`);
      },
    });
    expect(through(node)).toEqual(['+a', 'entered handle 1', '-a complete', 'token 1', 'ended complete']);
  });

  it('walks chains, mappings and guards, in any nesting', () => {
    const node = mapping(
      exiting(
        'outer guard',
        chain(exiting('inner guard', bench.leaf('a')), (handle: string) => mapping(bench.leaf('b'), (b: string) => `${handle}${b}`)), // prettier-ignore
      ),
      (handle: string) => `mapped ${handle}`,
    );
    expect(through(node)).toEqual([
      ...['+a', '+b', 'entered mapped ab', '-b complete', '-a complete'],
      ...['inner guard complete', 'outer guard complete', 'ended complete'],
    ]);
  });

  it('a guard takes part only where its source has been entered', () => {
    const node = exiting(
      'guard',
      chain(bench.leaf('a'), () => bench.leaf('b', { acquire: failing })),
    );
    expect(through(node)).toEqual(['+a', '+b', '-a error boom', 'ended error boom']);
  });

  it.each([
    ['acquire', () => bench.leaf('b', { acquire: failing })],
    ['entered', () => bench.leaf('b', { entered: failing })],
    ['a mapping', () => mapping(bench.leaf('b'), failing)],
    ['a chain', () => chain(bench.leaf('b'), failing)],
  ])('what %s throws ends the scope and releases what is held', (title, make) => {
    const lines = through(chain(bench.leaf('a'), make));
    expect(lines.slice(-2)).toEqual(['-a error boom', 'ended error boom']);
    expect(lines.includes('-b error boom')).toBe(title !== 'acquire');
  });

  it('an acquire that answers NOTHING ends the scope without a handle, and is not released', () => {
    expect(through(chain(bench.leaf('a'), () => bench.leaf('b', { acquire: () => NOTHING })))).toEqual([
      ...['+a', '+b', '-a complete', 'ended complete'],
    ]);
  });

  it('takes promises and what a layer observes for answers, unless told not to', () => {
    const later = new Later();
    const promise = Promise.resolve();
    expect(through(bench.leaf('a', { awaits: false, acquire: () => promise }))[1]).toBe('entered [object Promise]');
    const holding = bench.holding().open(bench.leaf('a', { acquire: () => later }));
    expect(bench.take()).toEqual(['+a']);
    later.answer('answer');
    expect(bench.take()).toEqual(['entered answer']);
    bench.close(holding, COMPLETE);
  });

  it('goes on with the rest where an acquire answers later', () => {
    const later = new Later();
    const holding = bench.holding();
    holding.open(chain(bench.leaf('a', { acquire: () => later }), () => mapping(bench.leaf('b'), () => 'mapped')));
    later.answer('a');
    bench.close(holding, COMPLETE);
    expect(bench.take()).toEqual([
      ...['+a', '+b', 'entered mapped', '-b complete', '-a complete', 'ended complete', 'closed complete'],
    ]);
  });

  it('stops where the scope is left while it is entering', () => {
    const holding = bench.holding();
    const leaving = bench.leaf('a', {
      acquire: () => {
        holding.leave();
        return 'a';
      },
    });
    holding.open(chain(leaving, () => bench.leaf('b')));
    expect(bench.take()).toEqual(['+a', '-a unsubscribe']);
  });

  it('what begin throws ends the scope', () => {
    open(bench.scope({ begin: failing }), bench.leaf('a'));
    expect(bench.lines).toEqual(['+a', 'torn down', '-a error boom', 'told error boom']);
  });

  it('lists the scope while it is open, and only then', () => {
    const seen: boolean[] = [];
    const scope = bench.scope({ begin: (_, self) => seen.push(shared.newest === self) }); // prettier-ignore
    open(scope, bench.leaf('a'));
    end(scope, COMPLETE);
    expect([...seen, shared.newest === scope]).toEqual([true, false]);
    expect(shared.depth).toBe(0);
  });

  it('gives an age to what outlives its own open, and only to that', () => {
    const quick = bench.scope({ begin: (_, self) => { end(self, COMPLETE); } }); // prettier-ignore
    open(quick, bench.leaf('a'));
    const lasting = bench.holding().open(bench.leaf('b'));
    expect([quick.since, lasting.since]).toEqual([-1, 1]);
    bench.close(lasting, COMPLETE);
  });
});
