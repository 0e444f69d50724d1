import { IterationContext } from '../../lib/core/iteration-context.js';
import { awaitRelease, pull, settled } from '../../lib/index.js';
import { SyncSupply } from '../../lib/interop/sync-supply.js';
import { NEVER, Observable, take } from 'rxjs';
import { asked } from '../support/askable.js';
import { raise } from '../support/failing.js';
import { describeExit, Journal, reported } from '../support/journal.js';

const boom = new Error('boom');

function open<T>(iterator: Iterator<T>, journal: Journal, context: IterationContext | null = null): SyncSupply<T> {
  return new SyncSupply<T>(iterator, journal.observer(), null, context);
}

describe('SyncSupply', () => {
  it('gives one value for each time it is asked, then the end, inside ask()', () => {
    const journal = new Journal();
    const supply = open(asked(journal, [1, 2]), journal);
    expect(journal.take()).toEqual([]);
    supply.ask();
    expect(journal.take()).toEqual(['asked 1', 'next 1']);
    supply.ask();
    supply.ask();
    expect(journal.take()).toEqual(['asked 2', 'next 2', 'asked for more', 'closed', 'complete']);
    supply.ask();
    expect(journal.take()).toEqual([]);
  });

  it('can be asked again from inside a value', () => {
    const seen: number[] = [];
    const supply: SyncSupply<number> = new SyncSupply(
      [1, 2, 3].values(),
      {
        next: (value) => {
          seen.push(value);
          supply.ask();
        },
        error: raise,
        complete: () => seen.push(0),
      },
      null,
      null,
    );
    supply.ask();
    expect(seen).toEqual([1, 2, 3, 0]);
  });

  describe('fails', () => {
    it.each([
      ['next() throws', () => raise(boom)],
      ['done throws', () => ({ get done() { return raise(boom); }, value: 1 })], // prettier-ignore
      ['value throws', () => ({ done: false, get value() { return raise(boom); } })], // prettier-ignore
    ])('where %s, without return()', (_, next) => {
      const journal = new Journal();
      const supply = open<number>({ next, return: () => raise('return()') }, journal);
      supply.ask();
      supply.ask();
      supply.unsubscribe();
      expect(journal.lines).toEqual(['error boom']);
    });

    it.each([[undefined], [null], [1], ['x']])('where next() answers no object but %p', (answer) => {
      const errors: unknown[] = [];
      const taker = { ...new Journal().observer(), error: (error: unknown) => errors.push(error) };
      new SyncSupply({ next: () => answer as never }, taker, null, null).ask();
      expect(errors).toEqual([new TypeError(`Expected an iterator result, an object, received ${String(answer)}.`)]);
    });
  });

  describe('left', () => {
    it('closes the iterator at once and once, and gives nothing more', () => {
      const journal = new Journal();
      const supply = open(asked(journal, [1, 2]), journal);
      supply.ask();
      supply.unsubscribe();
      supply.unsubscribe();
      supply.ask();
      expect(journal.lines).toEqual(['asked 1', 'next 1', 'closed']);
    });

    it('tells how closing went, once', () => {
      const journal = new Journal();
      for (const back of [undefined, () => ({ done: true as const, value: 0 }), () => raise(boom)]) {
        const iterator = { next: () => ({ done: false, value: 1 }), ...(back && { return: back }) };
        const supply = open(iterator, journal);
        supply.close((exit) => {
          journal.note(describeExit(exit));
        });
      }
      expect(journal.lines).toEqual(['unsubscribe', 'unsubscribe', 'error boom']);
    });

    it('tells at once where there is nothing to close any more', () => {
      const journal = new Journal();
      const supply = open([].values(), journal);
      supply.ask();
      supply.close((exit) => {
        journal.note(describeExit(exit));
      });
      expect(journal.lines).toEqual(['complete', 'unsubscribe']);
    });

    it('aborts the signal before return()', () => {
      const journal = new Journal();
      const context = new IterationContext();
      context.signal.addEventListener('abort', () => {
        journal.note('aborted');
      });
      const supply = open(asked(journal, [1]), journal, context);
      supply.ask();
      supply.unsubscribe();
      expect(journal.lines).toEqual(['asked 1', 'next 1', 'aborted', 'closed']);
    });

    it('reports a return() that throws to nobody else (law 12)', async () => {
      const journal = new Journal();
      open({ next: () => ({ done: false, value: 1 }), return: () => raise(boom) }, journal).unsubscribe();
      expect(await reported()).toEqual(['boom']);
    });
  });

  /** Leaves from within the iterator's own code, which then goes on with `after`. */
  function leavingInside(journal: Journal, after: () => number | null, context: IterationContext | null = null) {
    const generate = function* (): Generator<number> {
      try {
        supply.unsubscribe();
        journal.note('left');
        const value = after();
        if (value !== null) yield value;
      } finally {
        journal.note('closed');
      }
    };
    const supply: SyncSupply<number> = open(generate(), journal, context);
    return supply;
  }

  describe('left from inside the iterator', () => {
    it('closes it when it has come to its yield, and drops that value', async () => {
      const journal = new Journal();
      leavingInside(journal, () => 1).ask();
      expect(journal.lines).toEqual(['left', 'closed']);
      await settled();
      expect(await reported()).toEqual([]);
    });

    it('does nothing more where it ends by itself', () => {
      const journal = new Journal();
      const supply: SyncSupply<number> = open(
        {
          next: () => {
            supply.unsubscribe();
            return { done: true, value: 1 };
          },
          return: () => raise(boom),
        },
        journal,
      );
      supply.ask();
      expect(journal.lines).toEqual([]);
    });

    it('reports what it fails with afterwards, unless that is the reason of the signal (laws 12, 13)', async () => {
      const journal = new Journal();
      leavingInside(journal, () => raise(boom)).ask();
      expect(await reported()).toEqual(['boom']);
      const context = new IterationContext();
      const { signal } = context;
      leavingInside(journal, () => raise(signal.reason), context).ask();
      expect(await reported()).toEqual([]);
      expect(journal.lines).toEqual(['left', 'closed', 'left', 'closed']);
    });

    it('is waited for: the end comes after it (law 16)', () => {
      const journal = new Journal();
      const leaving = new Observable<string>((subscriber) => {
        inner = subscriber;
      });
      let inner: { next(value: string): void } | null = null;
      const source = function* (): Generator<number> {
        try {
          yield 1;
          inner?.next('x');
          journal.note('told');
          yield 2;
        } finally {
          journal.note('closed');
        }
      };
      pull(source, (n) => (n === 1 ? leaving : NEVER), { concurrency: 2 })
        .pipe(take(1), awaitRelease())
        .subscribe(journal.observer());
      expect(journal.lines).toEqual(['next x', 'told', 'closed', 'complete']);
    });
  });
});
