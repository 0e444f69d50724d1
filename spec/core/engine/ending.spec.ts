import { close, end, leave, lose } from '../../../lib/core/engine/ending.js';
import { open } from '../../../lib/core/engine/enter.js';
import { COMPLETE, failed, UNSUBSCRIBE } from '../../../lib/core/engine/exit.js';
import { signalOf } from '../../../lib/core/engine/teardown.js';
import { Bench, Later, type PlainScope } from '../../support/plain-layer.js';

describe('a scope of no library', () => {
  const boom = new Error('boom');
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  const held = (release?: () => unknown): PlainScope => {
    const scope = bench.scope({ begin: (handle) => bench.note(`body ${String(handle)}`) }); // prettier-ignore
    open(scope, bench.leaf('a', release === undefined ? {} : { release }));
    expect(bench.take()).toEqual(['+a', 'body a']);
    return scope;
  };

  describe('end', () => {
    it('tears the body down, releases, and tells the consumer, in this order', () => {
      end(held(), failed(boom));
      expect(bench.lines).toEqual(['torn down', '-a error boom', 'told error boom']);
    });

    it('counts the first time only', () => {
      const scope = held();
      end(scope, COMPLETE);
      end(scope, failed(boom));
      leave(scope);
      expect(bench.lines).toEqual(['torn down', '-a complete', 'told complete']);
    });

    it('from inside begin waits until that has returned', () => {
      const scope = bench.scope({
        begin: (_, self) => {
          end(self, COMPLETE);
          bench.note('begin returns');
        },
      });
      open(scope, bench.leaf('a'));
      expect(bench.lines).toEqual(['+a', 'torn down', 'begin returns', '-a complete', 'told complete']);
    });

    it('lets what a teardown throws take part in the outcome', () => {
      const scope = bench.scope({
        begin: () => undefined,
        tearDown: () => {
          throw boom;
        },
      });
      open(scope, bench.leaf('a'));
      end(scope, COMPLETE);
      expect(bench.lines).toEqual(['+a', 'torn down', '-a error boom', 'told error boom']);
    });
  });

  describe('leave', () => {
    it('tears down and releases with `unsubscribe`, and tells nobody', () => {
      leave(held());
      expect(bench.lines.filter((line) => line !== 'torn down')).toEqual(['-a unsubscribe']);
      expect(bench.lines[0]).toBe('torn down');
    });

    it('reports a failing release', () => {
      leave(held(() => { throw boom; })); // prettier-ignore
      expect(bench.layer.reported).toEqual([boom]);
    });

    it('twice, or after the end, does nothing', () => {
      const scope = held();
      leave(scope);
      const lines = [...bench.lines];
      leave(scope);
      expect(bench.lines).toEqual(lines);
    });

    it('leaves the scopes inside first, and waits for their releases', () => {
      const inner = new Later();
      const outer = bench.scope({
        begin: () => {
          open(nested, bench.leaf('b', { release: () => inner }));
        },
        tearDown: () => {
          leave(nested);
        },
      });
      const nested = bench.scope({ begin: () => undefined }, outer);
      open(outer, bench.leaf('a'));
      leave(outer);
      expect(bench.take().filter((line) => line.startsWith('-'))).toEqual(['-b unsubscribe']);
      inner.fail(boom);
      expect(bench.take()).toEqual(['-a error boom']);
      expect(bench.layer.reported).toEqual([boom]);
    });
  });

  describe('close', () => {
    it('ends what is held with the exit given', () => {
      close(held(), failed(boom));
      expect(bench.lines).toEqual(['torn down', '-a error boom', 'told error boom']);
    });

    it('of what is entering aborts the signal, and waits for what comes', () => {
      const later = new Later();
      const holding = bench.holding();
      holding.open(bench.leaf('a', { acquire: (scope) => (signalOf(scope), later) }));
      bench.close(holding, failed(boom));
      expect(signalOf(holding).aborted).toBe(true);
      expect(signalOf(holding).reason).toBe(boom);
      expect(bench.take()).toEqual(['+a']);
      later.answer('late');
      expect(bench.take()).toEqual(['-a error boom', 'ended error boom', 'closed error boom']);
    });
  });

  describe('lose', () => {
    it('ends the scope with the error', () => {
      lose(held(), boom);
      expect(bench.lines).toEqual(['torn down', '-a error boom', 'told error boom']);
    });

    it('ends the owner instead, and not the part', () => {
      const owner = held();
      const part = bench.holding().open(bench.leaf('part'));
      part.owner = owner;
      bench.take();
      lose(part, boom);
      expect(bench.take()).toEqual(['torn down', '-a error boom', 'told error boom']);
      bench.close(part, UNSUBSCRIBE);
    });
  });
});
