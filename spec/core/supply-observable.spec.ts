/* eslint-disable @typescript-eslint/no-deprecated -- a subscriber that can be left from inside its own subscribe */
import { config, map, Observable, Subscriber, take } from 'rxjs';
import { Flow, SupplyObservable, supplyKey } from '../../lib/core/supply-observable.js';
import type { OpenSupply, Taker } from '../../lib/core/supply.js';
import { raise } from '../support/failing.js';
import { Journal, reported } from '../support/journal.js';

const boom = new Error('boom');

describe('SupplyObservable', () => {
  let journal: Journal;
  let taker: Taker<number>;
  let answer: (taker: Taker<number>) => void;

  /** A supply that writes down what is done to it, and answers with `answer`. */
  const open: OpenSupply<number> = (given) => {
    taker = given;
    journal.note('open');
    return {
      ask: () => {
        journal.note('ask');
        answer(given);
      },
      unsubscribe: () => {
        journal.note('leave');
      },
      close: () => {
        journal.note('close');
      },
    };
  };

  beforeEach(() => {
    journal = new Journal();
    answer = () => {};
  });

  it('is an observable, opened for each subscription, whose supply can be found', () => {
    const source = new SupplyObservable(open);
    expect(source).toBeInstanceOf(Observable);
    expect(source[supplyKey]).toBe(open);
    expect(Symbol.keyFor(supplyKey)).toBe('rxscope.supply');
    expect(journal.take()).toEqual([]);
    source.subscribe();
    source.subscribe();
    expect(journal.take()).toEqual(['open', 'ask', 'open', 'ask']);
  });

  it('asks for the next value once the handler has returned', () => {
    new SupplyObservable(open).subscribe((value) => {
      journal.note(`start ${value}`);
      journal.note(`end ${value}`);
    });
    taker.next(1);
    expect(journal.lines).toEqual(['open', 'ask', 'start 1', 'end 1', 'ask']);
  });

  it('takes answers that come at once, a hundred thousand without more stack', () => {
    let left = 100_000;
    answer = (given) => {
      if (--left === 0) given.complete();
      else given.next(left);
    };
    let count = 0;
    new SupplyObservable(open).subscribe({
      next: () => count++,
      complete: () => (count = -count),
    });
    expect(count).toBe(-99_999);
  });

  it('leaves, and asks no more, where the consumer leaves in its handler', () => {
    answer = (given) => {
      given.next(1);
    };
    new SupplyObservable(open).pipe(take(1)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['open', 'ask', 'next 1', 'complete', 'leave']);
  });

  it('opens, leaves, and asks nothing, for a subscriber that left while it was opened', () => {
    const consumer = new Subscriber<number>();
    const leaving: OpenSupply<number> = (given, link) => {
      consumer.unsubscribe();
      return open(given, link);
    };
    new SupplyObservable(leaving).subscribe(consumer);
    expect(journal.lines).toEqual(['open', 'leave']);
  });

  it('passes what opening throws on as an error', () => {
    new SupplyObservable(() => raise(boom)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['error boom']);
  });

  it('tears the supply down once it has ended', () => {
    new SupplyObservable(open).subscribe(journal.observer());
    taker.error(boom);
    expect(journal.lines).toEqual(['open', 'ask', 'error boom', 'leave']);
  });

  describe('a direct consumer', () => {
    it('that throws is reported, and leaves', async () => {
      new SupplyObservable(open).subscribe(() => raise(boom));
      taker.next(1);
      taker.next(2);
      expect(journal.lines).toEqual(['open', 'ask', 'leave']);
      await expect(reported()).resolves.toEqual(['boom']);
    });

    it.each<[string, (source: SupplyObservable<number>) => unknown]>([
      ['a function', (source) => source.subscribe((value) => journal.note(`next ${value}`))],
      ['an observer', (source) => source.subscribe({ next: (value) => journal.note(`next ${value}`) })],
      ['an observer with a receiver', (source) => source.subscribe(new Noting(journal))],
      // eslint-disable-next-line rxjs-x/prefer-observer -- is supported as long as RxJS supports it
      ['functions', (source) => source.subscribe((value) => journal.note(`next ${value}`), null, () => journal.note('complete'))], // prettier-ignore
      ['a subscriber', (source) => source.subscribe(new Subscriber<number>({ next: (value) => journal.note(`next ${value}`), error: () => {}, complete: () => {} }))], // prettier-ignore
    ])('may be %s', (_, subscribe) => {
      subscribe(new SupplyObservable(open));
      taker.next(1);
      taker.complete();
      expect(journal.lines.slice(0, 4)).toEqual(['open', 'ask', 'next 1', 'ask']);
    });

    it('without a handler for errors has them reported', async () => {
      new SupplyObservable(open).subscribe();
      taker.error(boom);
      await expect(reported()).resolves.toEqual(['boom']);
    });

    it('behind an operator is as RxJS makes it: reported, and it goes on', async () => {
      new SupplyObservable(open).pipe(map((value) => value)).subscribe(() => raise(boom));
      taker.next(1);
      expect(journal.lines).toEqual(['open', 'ask', 'ask']);
      await expect(reported()).resolves.toEqual(['boom']);
    });

    it('with the deprecated synchronous error handling is left to RxJS', () => {
      config.useDeprecatedSynchronousErrorHandling = true;
      try {
        answer = (given) => {
          given.error(boom);
        };
        expect(() => new SupplyObservable(open).subscribe()).toThrow(boom);
      } finally {
        config.useDeprecatedSynchronousErrorHandling = false;
      }
    });
  });

  it('can hand out something else than it asks for', () => {
    class Doubling extends Flow<number> {
      protected override hand(value: number): void {
        this.subscriber.next(value * 2);
      }
    }
    const doubled = new SupplyObservable(open, (subscriber) => {
      new Doubling(subscriber).start(open);
    });
    doubled.subscribe(journal.observer());
    taker.next(2);
    expect(journal.lines).toEqual(['open', 'ask', 'next 4', 'ask']);
  });
});

class Noting {
  constructor(private readonly journal: Journal) {}

  next(value: number): void {
    this.journal.note(`next ${value}`);
  }
}
