import { asyncScheduler, Subscription, take, toArray } from 'rxjs';
import { iterate, iteration } from '../../lib/core/iterate.js';
import { awaitRelease, lastValue, settled } from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { AsyncSource, iterableOf } from '../support/async-source.js';
import { raise } from '../support/failing.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');

describe('iterate', () => {
  it('asks for one value at a time, the next after the handler has returned (law 32)', async () => {
    const source = new AsyncSource();
    iterate(source).subscribe(source.journal.observer());
    expect(source.journal.take()).toEqual(['next()']);
    await source.yields(1);
    expect(source.journal.take()).toEqual(['next 1', 'next()']);
    await source.yields(2);
    expect(source.journal.take()).toEqual(['next 2', 'next()']);
    await source.ends();
    expect(source.journal.take()).toEqual(['complete']);
  });

  it('asks nothing before it is subscribed, and iterates anew for each subscription (law 5)', () => {
    const source = new AsyncSource();
    const iterated = iterate(source);
    expect(source.journal.take()).toEqual([]);
    const subscriptions = [iterated.subscribe(), iterated.subscribe()];
    expect(source.journal.take()).toEqual(['next()', 'next()']);
    for (const subscription of subscriptions) subscription.unsubscribe();
    source.returned.open({ done: true, value: undefined });
  });

  it('does not call return() at its natural end (law 32)', async () => {
    const source = new AsyncSource();
    iterate(source).subscribe(source.journal.observer());
    await source.ends();
    expect(source.journal.lines).toEqual(['next()', 'complete']);
  });

  it('does not call return() after a next() that rejects (law 32)', async () => {
    const source = new AsyncSource();
    iterate(source).subscribe(source.journal.observer());
    source.answers[0]?.fail(boom);
    await microtasks();
    expect(source.journal.lines).toEqual(['next()', 'error boom']);
  });

  describe('unsubscribed', () => {
    it('calls return() at once and once, also while a next() is pending, whose late value is dropped (law 32)', async () => {
      const source = new AsyncSource();
      const subscription = iterate(source).subscribe(source.journal.observer());
      subscription.unsubscribe();
      subscription.unsubscribe();
      expect(source.journal.take()).toEqual(['next()', 'return()']);
      await source.yields(1);
      await source.closes();
      expect(source.journal.take()).toEqual([]);
    });

    it('asks for nothing more where the consumer leaves in its handler (law 32)', async () => {
      const source = new AsyncSource();
      iterate(source).pipe(take(1)).subscribe(source.journal.observer());
      await source.yields(1);
      expect(source.journal.lines).toEqual(['next()', 'next 1', 'complete', 'return()']);
      await source.closes();
    });

    it('counts as a background release until return() has settled (law 32)', async () => {
      const source = new AsyncSource();
      iterate(source).subscribe().unsubscribe();
      const waiting = settled().then(() => source.journal.note('settled'));
      await microtasks();
      expect(source.journal.take()).toEqual(['next()', 'return()']);
      await source.closes();
      await waiting;
      expect(source.journal.take()).toEqual(['settled']);
    });

    it('is waited for by awaitRelease (law 16)', async () => {
      const source = new AsyncSource();
      iterate(source).pipe(take(1), awaitRelease()).subscribe(source.journal.observer());
      await source.yields(1);
      expect(source.journal.take()).toEqual(['next()', 'next 1', 'return()']);
      await source.closes();
      expect(source.journal.take()).toEqual(['complete']);
    });

    it('reports a return() that fails, as a failed release (laws 12, 32)', async () => {
      const source = new AsyncSource();
      iterate(source).subscribe().unsubscribe();
      source.returned.fail(boom);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('reports a return() that throws', async () => {
      const iterator = { next: () => new Gate<never>().promise, return: () => raise(boom) };
      iterate<number>({ [Symbol.asyncIterator]: () => iterator })
        .subscribe()
        .unsubscribe();
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('reports a pending next() that fails afterwards: never silence (law 12)', async () => {
      const source = new AsyncSource();
      iterate(source).subscribe().unsubscribe();
      source.answers[0]?.fail(boom);
      await source.closes();
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('needs no return()', async () => {
      const source = new AsyncSource(new Journal(), false);
      iterate(source).subscribe().unsubscribe();
      await settled();
      expect(source.journal.lines).toEqual(['next()']);
    });

    it('after the end does nothing', async () => {
      const source = new AsyncSource();
      const subscription = iterate(source).subscribe();
      await source.ends();
      subscription.unsubscribe();
      expect(source.journal.lines).toEqual(['next()']);
    });
  });

  describe('with an iterator out of the ordinary', () => {
    const ended = { done: true, value: undefined };

    /** What a consumer sees of an iterator whose next() answers one after the other. */
    const seen = async (...answers: unknown[]): Promise<string[]> => {
      const journal = new Journal();
      const next = (): unknown => answers.shift();
      const back = (): void => {
        journal.note('return()');
      };
      iterate(iterableOf({ next, return: back })).subscribe(journal.observer());
      await microtasks(50);
      return journal.lines;
    };

    it('takes a next() that answers no promise', async () => {
      await expect(seen({ done: false, value: 1 }, ended)).resolves.toEqual(['next 1', 'complete']);
    });

    it('takes a result without done, as Octokit answers, for a value', async () => {
      await expect(seen({ value: 1 }, { done: true })).resolves.toEqual(['next 1', 'complete']);
    });

    it('takes any truthy done for the end, as for await does, and any falsy one for a value', async () => {
      await expect(seen({ done: 0, value: 1 }, { done: 'yes', value: 2 })).resolves.toEqual(['next 1', 'complete']);
    });

    it('takes thenables for promises', async () => {
      const thenable = { then: (resolve: (result: unknown) => void) => resolve({ done: false, value: 1 }) };
      await expect(seen(thenable, Promise.resolve(ended))).resolves.toEqual(['next 1', 'complete']);
    });

    it('fails with what a thenable rejects with', async () => {
      const thenable = { then: (_: unknown, reject: (error: unknown) => void) => reject(boom) };
      await expect(seen(thenable)).resolves.toEqual(['error boom']);
    });

    it('fails with what a thenable throws', async () => {
      await expect(seen({ then: () => raise(boom) })).resolves.toEqual(['error boom']);
      await expect(seen({ get then() { return raise(boom); } })).resolves.toEqual(['error boom']); // prettier-ignore
    });

    it.each([[undefined], [null], [1], ['text'], [true], [Symbol('s')]])(
      'fails with a TypeError where the result is %p, and does not call return()',
      async (result) => {
        await expect(seen(result)).resolves.toEqual(['error TypeError']);
        await expect(seen(Promise.resolve(result))).resolves.toEqual(['error TypeError']);
      },
    );

    it('fails with what reading a result throws', async () => {
      await expect(seen({ get done() { return raise(boom); } })).resolves.toEqual(['error boom']); // prettier-ignore
      await expect(seen({ done: false, get value() { return raise(boom); } })).resolves.toEqual(['error boom']); // prettier-ignore
    });

    it('does not look at the value of the end, which nobody is told', async () => {
      await expect(seen({ done: true, get value() { return raise(boom); } })).resolves.toEqual(['complete']); // prettier-ignore
    });

    it('fails where next() throws, at once, and asks no more', () => {
      const journal = new Journal();
      iterate<number>(iterableOf({ next: () => raise(boom) })).subscribe(journal.observer());
      expect(journal.lines).toEqual(['error boom']);
    });

    it.each<[string, unknown]>([
      ['no next()', {}],
      ['a next that is no function', { next: 1 }],
    ])('fails with a TypeError where it has %s', (_, iterator) => {
      const journal = new Journal();
      iterate(iterableOf(iterator)).subscribe(journal.observer());
      expect(journal.lines).toEqual(['error TypeError']);
    });

    it.each([[null], [undefined], [1]])('fails with a TypeError where the iterable answers %p', (iterator) => {
      const journal = new Journal();
      iterate(iterableOf(iterator)).subscribe(journal.observer());
      expect(journal.lines).toEqual(['error TypeError']);
    });

    it('reports a return that is no function, and one that cannot be read', async () => {
      const next = (): Promise<never> => new Gate<never>().promise;
      iterate(iterableOf({ next, return: 1 })).subscribe().unsubscribe(); // prettier-ignore
      iterate(iterableOf({ next, get return() { return raise(boom); } })).subscribe().unsubscribe(); // prettier-ignore
      expect(await takeUnhandledErrors()).toEqual([expect.any(TypeError), boom]);
    });

    it('passes a value that is a promise as it is, like for await', async () => {
      const promise = Promise.resolve(1);
      const values = await lastValue(
        iterate(iterableOf({ next: pick({ done: false, value: promise }, ended) })).pipe(toArray()),
      );
      expect(values).toEqual([promise]);
    });

    const pick = (...answers: unknown[]): (() => unknown) => () => answers.shift(); // prettier-ignore
  });

  describe('with a source that has everything at once', () => {
    /** Values until `stop`, though not for ever. */
    async function* plenty(stop: () => boolean): AsyncGenerator<number> {
      for (let value = 0; value < 3_000_000 && !stop(); value++) yield value;
    }

    it('lets timers and immediates have their turn', async () => {
      const turns: string[] = [];
      setTimeout(() => turns.push('timer'), 1);
      setImmediate(() => turns.push('immediate'));
      await lastValue(iterate(plenty(() => turns.length === 2)));
      expect(turns.sort()).toEqual(['immediate', 'timer']);
    });

    it('lets a consumer leave from a timer', async () => {
      let count = 0;
      const subscription = new Subscription();
      subscription.add(iterate(plenty(() => subscription.closed)).subscribe(() => count++));
      subscription.add(asyncScheduler.schedule(() => subscription.unsubscribe(), 1)); // prettier-ignore
      while (!subscription.closed) await nextMacrotask();
      await settled();
      expect(count).toBeLessThan(3_000_000);
    });

    it('asks for nothing, where it was left during that turn', async () => {
      let asked = 0;
      let clock = 0;
      const original = asyncScheduler.now.bind(asyncScheduler);
      asyncScheduler.now = () => clock;
      try {
        const next = (): unknown => ({ done: false, value: ++asked });
        const subscription = iterate(iterableOf({ next })).subscribe(() => (clock += 1));
        await microtasks(200);
        const before = asked;
        expect(before).toBeLessThanOrEqual(16);
        await microtasks(200);
        expect(asked).toBe(before);
        subscription.unsubscribe();
        await nextMacrotask();
        expect(asked).toBe(before);
      } finally {
        asyncScheduler.now = original;
      }
    });

    it('takes its turns also where the clock runs backwards', async () => {
      const original = asyncScheduler.now.bind(asyncScheduler);
      let clock = 1000;
      asyncScheduler.now = () => (clock -= 100);
      try {
        let turned = false;
        setImmediate(() => (turned = true));
        await lastValue(iterate(plenty(() => turned)));
        expect(turned).toBe(true);
      } finally {
        asyncScheduler.now = original;
      }
    });
  });
});

describe('iteration', () => {
  const silent = { next: () => {}, error: () => {}, complete: () => {} };

  it('asks when it is asked, and gives what comes to its taker', async () => {
    const source = new AsyncSource();
    const supply = iteration(source)(source.journal.observer(), null);
    expect(source.journal.take()).toEqual([]);
    supply.ask();
    await source.yields(1);
    expect(source.journal.take()).toEqual(['next()', 'next 1']);
    supply.ask();
    await source.ends();
    supply.unsubscribe();
    expect(source.journal.take()).toEqual(['next()', 'complete']);
  });

  it('left twice is one background release', async () => {
    const source = new AsyncSource();
    const supply = iteration(source)(silent, null);
    supply.unsubscribe();
    supply.unsubscribe();
    await source.closes();
    await settled();
    expect(source.journal.lines).toEqual(['return()']);
  });

  it('closed tells how that went, once it is over', async () => {
    const source = new AsyncSource();
    const supply = iteration(source)(silent, null);
    const told: unknown[] = [];
    supply.close((outcome) => told.push(outcome));
    await microtasks();
    expect(told).toEqual([]);
    await source.failsToClose(boom);
    expect(told).toEqual([{ kind: 'error', error: boom }]);
    supply.close((outcome) => told.push(outcome));
    expect(told[1]).toEqual({ kind: 'unsubscribe' });
  });

  it('closed and then left goes on in the background: its failure goes there', async () => {
    const source = new AsyncSource();
    const supply = iteration(source)(silent, null);
    supply.close(() => raise('not told'));
    supply.unsubscribe();
    await source.failsToClose(boom);
    expect(await takeUnhandledErrors()).toEqual([boom]);
    expect(source.journal.lines).toEqual(['return()']);
  });
});
