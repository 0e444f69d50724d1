import { take } from 'rxjs';
import { iterate } from '../../lib/core/iterate.js';
import { awaitRelease, settled } from '../../lib/index.js';
import { raise } from '../support/failing.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/leaks.js';
import { microtasks } from '../support/microtasks.js';
import { takeUnhandledErrors } from '../support/unhandled.js';

const boom = new Error('boom');

/** An async iterable answered by hand, which writes down what it is asked. */
class Source implements AsyncIterable<number> {
  readonly journal = new Journal();
  readonly answers: Gate<IteratorResult<number>>[] = [];
  readonly returned = new Gate<IteratorResult<number>>();

  constructor(private readonly withReturn = true) {}

  [Symbol.asyncIterator](): AsyncIterator<number> {
    const next = (): Promise<IteratorResult<number>> => {
      this.journal.note('next()');
      const gate = new Gate<IteratorResult<number>>();
      this.answers.push(gate);
      return gate.promise;
    };
    const back = (): Promise<IteratorResult<number>> => {
      this.journal.note('return()');
      return this.returned.promise;
    };
    return this.withReturn ? { next, return: back } : { next };
  }

  async yields(value: number): Promise<void> {
    this.answers.at(-1)?.open({ done: false, value });
    await microtasks();
  }

  async ends(): Promise<void> {
    this.answers.at(-1)?.open({ done: true, value: undefined });
    await microtasks();
  }

  async closes(): Promise<void> {
    this.returned.open({ done: true, value: undefined });
    await microtasks();
  }
}

describe('iterate', () => {
  it('asks for one value at a time, the next after the handler has returned (law 32)', async () => {
    const source = new Source();
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
    const source = new Source();
    const iterated = iterate(source);
    expect(source.journal.take()).toEqual([]);
    const subscriptions = [iterated.subscribe(), iterated.subscribe()];
    expect(source.journal.take()).toEqual(['next()', 'next()']);
    for (const subscription of subscriptions) subscription.unsubscribe();
    source.returned.open({ done: true, value: undefined });
  });

  it('does not call return() at its natural end (law 32)', async () => {
    const source = new Source();
    iterate(source).subscribe(source.journal.observer());
    await source.ends();
    expect(source.journal.lines).toEqual(['next()', 'complete']);
  });

  it('does not call return() after a next() that rejects (law 32)', async () => {
    const source = new Source();
    iterate(source).subscribe(source.journal.observer());
    source.answers[0]?.fail(boom);
    await microtasks();
    expect(source.journal.lines).toEqual(['next()', 'error boom']);
  });

  it('fails where next() throws', () => {
    const journal = new Journal();
    iterate<number>({ [Symbol.asyncIterator]: () => ({ next: () => raise(boom) }) }).subscribe(journal.observer());
    expect(journal.lines).toEqual(['error boom']);
  });

  it('takes a next() that answers no promise', async () => {
    const journal = new Journal();
    const results = [{ done: false, value: 1 }, { done: true, value: undefined }]; // prettier-ignore
    iterate<number>({ [Symbol.asyncIterator]: () => ({ next: () => results.shift() as never }) }).subscribe(
      journal.observer(),
    );
    await microtasks();
    expect(journal.lines).toEqual(['next 1', 'complete']);
  });

  describe('unsubscribed', () => {
    it('calls return() at once and once, also while a next() is pending, whose late value is dropped (law 32)', async () => {
      const source = new Source();
      const subscription = iterate(source).subscribe(source.journal.observer());
      subscription.unsubscribe();
      subscription.unsubscribe();
      expect(source.journal.take()).toEqual(['next()', 'return()']);
      await source.yields(1);
      await source.closes();
      expect(source.journal.take()).toEqual([]);
    });

    it('asks for nothing more where the consumer leaves in its handler (law 32)', async () => {
      const source = new Source();
      iterate(source).pipe(take(1)).subscribe(source.journal.observer());
      await source.yields(1);
      expect(source.journal.lines).toEqual(['next()', 'next 1', 'complete', 'return()']);
      await source.closes();
    });

    it('counts as a background release until return() has settled (law 32)', async () => {
      const source = new Source();
      iterate(source).subscribe().unsubscribe();
      const waiting = settled().then(() => source.journal.note('settled'));
      await microtasks();
      expect(source.journal.take()).toEqual(['next()', 'return()']);
      await source.closes();
      await waiting;
      expect(source.journal.take()).toEqual(['settled']);
    });

    it('is waited for by awaitRelease (law 16)', async () => {
      const source = new Source();
      iterate(source).pipe(take(1), awaitRelease()).subscribe(source.journal.observer());
      await source.yields(1);
      expect(source.journal.take()).toEqual(['next()', 'next 1', 'return()']);
      await source.closes();
      expect(source.journal.take()).toEqual(['complete']);
    });

    it('reports a return() that fails, as a failed release (laws 12, 32)', async () => {
      const source = new Source();
      iterate(source).subscribe().unsubscribe();
      source.returned.fail(boom);
      await settled();
      await nextMacrotask();
      expect(takeUnhandledErrors()).toEqual([boom]);
    });

    it('reports a return() that throws', async () => {
      const iterator = { next: () => new Gate<never>().promise, return: () => raise(boom) };
      iterate<number>({ [Symbol.asyncIterator]: () => iterator })
        .subscribe()
        .unsubscribe();
      await settled();
      await nextMacrotask();
      expect(takeUnhandledErrors()).toEqual([boom]);
    });

    it('reports a pending next() that fails afterwards: never silence (law 12)', async () => {
      const source = new Source();
      iterate(source).subscribe().unsubscribe();
      source.answers[0]?.fail(boom);
      await source.closes();
      await nextMacrotask();
      expect(takeUnhandledErrors()).toEqual([boom]);
    });

    it('needs no return()', async () => {
      const source = new Source(false);
      iterate(source).subscribe().unsubscribe();
      await settled();
      expect(source.journal.lines).toEqual(['next()']);
    });

    it('after the end does nothing', async () => {
      const source = new Source();
      const subscription = iterate(source).subscribe();
      await source.ends();
      subscription.unsubscribe();
      expect(source.journal.lines).toEqual(['next()']);
    });
  });
});
