/**
 * What rxjs-for-await 1.0.0 does wrong, one test for each: it still does, and ours does not. Nothing is measured in
 * time: what has not been answered after many microtasks, with nothing else going on, is not going to be.
 *
 * Not here: that its peer range is RxJS 7 alone and that its last release is of 2021. What this package declares is
 * looked at by spec/package.
 */
import { BehaviorSubject, concat, NEVER, Observable, of, Subject } from 'rxjs';
import * as rxjsForAwait from 'rxjs-for-await';
import * as ours from '../../lib/index.js';
import { asyncDispose } from '../../lib/internal/async-dispose.js';
import { describeError, Journal, reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';

type Loop = AsyncGenerator<unknown, void, unknown>;
type Iterate = (source: Observable<unknown>) => Loop;

const names = ['eachValueFrom', 'bufferedValuesFrom', 'latestValueFrom', 'nextValueFrom'] as const;
/** Its functions are declared with types of their own; they all answer generators. */
const peer = rxjsForAwait as unknown as Record<(typeof names)[number], Iterate>;
const boom = new Error('boom');

/** How a promise has been answered after many microtasks; `pending` where it has not. */
async function answerOf(promise: Promise<unknown>): Promise<string> {
  let answer = 'pending';
  promise.then(
    (value) => (answer = JSON.stringify(value)),
    (error: unknown) => (answer = describeError(error)),
  );
  await microtasks(100);
  return answer;
}

/** The values of all that can be asked for without waiting. */
async function valuesOf(iterator: AsyncIterator<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  for (;;) {
    const answer = await answerOf(iterator.next());
    if (!answer.includes('value')) return values;
    values.push((JSON.parse(answer) as { value: unknown }).value);
  }
}

describe('defects of rxjs-for-await', () => {
  describe.each(names)('%s', (name) => {
    const theirs: Iterate = peer[name];
    const our: Iterate = ours[name];
    const done = JSON.stringify({ done: true });

    it('1: return() hangs while a next() is pending, and stays subscribed', async () => {
      const [silent, quiet] = [new Subject(), new Subject()];
      const [hanging, prompt] = [theirs(silent), our(quiet)];
      const pending = [hanging.next(), prompt.next()];
      await expect(answerOf(hanging.return())).resolves.toBe('pending');
      expect(silent.observed).toBe(true);
      const answer = prompt.return();
      expect(quiet.observed).toBe(false);
      await expect(answerOf(answer)).resolves.toBe(done);
      silent.complete();
      await Promise.all(pending);
    });

    it('2: throw() hangs while a next() is pending, and stays subscribed', async () => {
      const [silent, quiet] = [new Subject(), new Subject()];
      const [hanging, prompt] = [theirs(silent), our(quiet)];
      const pending = [hanging.next(), prompt.next()];
      await expect(answerOf(hanging.throw(boom))).resolves.toBe('pending');
      expect(silent.observed).toBe(true);
      const answer = prompt.throw(boom);
      expect(quiet.observed).toBe(false);
      await expect(answerOf(answer)).resolves.toBe('boom');
      silent.complete();
      await Promise.all(pending);
    });

    it('9: return() before the first next() never subscribes, in both: kept', async () => {
      let subscribed = 0;
      const counting = new Observable<never>(() => {
        subscribed++;
      });
      for (const iterate of [theirs, our]) await iterate(counting).return();
      expect(subscribed).toBe(0);
    });

    it('13: an abandoned iterator keeps its subscription; await using ends it, and so does a signal', async () => {
      const abandoned = new Subject();
      void theirs(abandoned).next();
      await microtasks();
      expect(abandoned.observed).toBe(true);
      abandoned.complete();

      const scoped = new Subject();
      const use = async (): Promise<void> => {
        await using iterator = our(scoped);
        void iterator.next();
        expect(scoped.observed).toBe(true);
      };
      await use();
      expect(scoped.observed).toBe(false);

      const controller = new AbortController();
      const strategy = ({ eachValueFrom: 'buffer', bufferedValuesFrom: 'batch', latestValueFrom: 'latest', nextValueFrom: 'next' } as const)[name]; // prettier-ignore
      const signalled = ours.toAsyncIterable(scoped, { strategy, signal: controller.signal } as never);
      const answer = rejection(signalled[Symbol.asyncIterator]().next());
      expect(scoped.observed).toBe(true);
      controller.abort(boom);
      expect(scoped.observed).toBe(false);
      await expect(answer).resolves.toBe(boom);
    });

    it('14: knows no asyncDispose', () => {
      // Some platforms give every generator one: it calls return(), which hangs (1).
      expect(Object.getOwnPropertySymbols(Object.getPrototypeOf(theirs(NEVER)))).not.toContain(asyncDispose);
      const iterator = our(NEVER);
      expect(typeof iterator[asyncDispose]).toBe('function');
    });

    it('15: errors come after the values that came before them, in both: kept', async () => {
      for (const iterate of [theirs, our]) {
        const subject = new Subject<number>();
        const iterator = iterate(subject);
        const first = iterator.next();
        subject.next(1);
        subject.error(boom);
        await expect(first).resolves.toEqual({ done: false, value: name === 'bufferedValuesFrom' ? [1] : 1 });
        await expect(answerOf(iterator.next())).resolves.toBe('boom');
      }
    });
  });

  describe('latestValueFrom', () => {
    it('3: loses the newest value where it comes while the loop is busy', async () => {
      const seen = async (iterate: Iterate): Promise<unknown[]> => {
        const subject = new Subject<number>();
        const iterator = iterate(subject);
        const first = iterator.next();
        subject.next(1);
        await first;
        for (const value of [2, 3]) {
          subject.next(value);
          await microtasks();
        }
        const values = await valuesOf(iterator);
        subject.complete();
        return values;
      };
      await expect(seen(peer.latestValueFrom)).resolves.toEqual([]);
      await expect(seen(ours.latestValueFrom)).resolves.toEqual([3]);
    });

    it('3: loses the newest value of a seeded subject', async () => {
      const seen = async (iterate: Iterate): Promise<unknown> => {
        const subject = new BehaviorSubject(0);
        const iterator = iterate(subject);
        await iterator.next();
        const pending = iterator.next();
        subject.next(3);
        await pending;
        subject.next(4);
        await microtasks();
        const values = await valuesOf(iterator);
        subject.complete();
        return values;
      };
      await expect(seen(peer.latestValueFrom)).resolves.toEqual([]);
      await expect(seen(ours.latestValueFrom)).resolves.toEqual([4]);
    });

    it('4: loses the last value before the end', async () => {
      const seen = async (iterate: Iterate): Promise<unknown[]> => {
        const subject = new Subject<number>();
        const iterator = iterate(subject);
        const first = iterator.next();
        subject.next(1);
        await first;
        subject.next(2);
        subject.complete();
        await microtasks();
        return valuesOf(iterator);
      };
      await expect(seen(peer.latestValueFrom)).resolves.toEqual([]);
      await expect(seen(ours.latestValueFrom)).resolves.toEqual([2]);
    });
  });

  it.each(['buffer', 'batch'] as const)('5: buffers without limit; %s has one when asked', async (strategy) => {
    const subject = new Subject<number>();
    const iterator = ours.toAsyncIterable(subject, { strategy, highWaterMark: 10, eager: true } as never)[Symbol.asyncIterator](); // prettier-ignore
    for (let value = 0; value < 100; value++) subject.next(value);
    expect(subject.observed).toBe(false);
    const values = (await valuesOf(iterator)).flat();
    expect(values).toHaveLength(10);
  });

  it('6: moves every value that waits for each one that is taken', async () => {
    /** How many places of arrays are moved while `count` values that wait are taken. */
    const moved = async (iterate: Iterate, count: number): Promise<number> => {
      let places = 0;
      const { shift, copyWithin, splice, slice } = Array.prototype;
      const counted = <F extends (...args: never[]) => unknown>(original: F): F =>
        function (this: unknown[], ...args: never[]) {
          places += this.length;
          return original.apply(this, args);
        } as F;
      const iterator = iterate(of(...new Array<number>(count).fill(0)));
      await iterator.next();
      Object.assign(Array.prototype, { shift: counted(shift), copyWithin: counted(copyWithin), splice: counted(splice), slice: counted(slice) }); // prettier-ignore
      try {
        for (let taken = 0; taken <= count; taken++) await iterator.next();
      } finally {
        Object.assign(Array.prototype, { shift, copyWithin, splice, slice });
      }
      return places;
    };
    await expect(moved(peer.eachValueFrom, 5000)).resolves.toBeGreaterThan(10_000_000);
    await expect(moved(ours.eachValueFrom, 5000)).resolves.toBeLessThanOrEqual(2 * 5000);
  });

  describe('7: a firehose', () => {
    /** Counts up to `limit` inside its own subscribe, as long as somebody is there. */
    const firehose = (journal: Journal, limit: number, onValue: (value: number) => void = () => undefined): Observable<number> =>
      new Observable((subscriber) => {
        let value = 0;
        while (value < limit && !subscriber.closed) {
          subscriber.next(++value);
          onValue(value);
        }
        journal.note(`produced ${value}`);
        subscriber.complete();
      }); // prettier-ignore

    it('cannot be stopped by break; a limit stops it at once', async () => {
      const journal = new Journal();
      for await (const value of peer.eachValueFrom(firehose(journal, 10_000))) {
        journal.note(`saw ${String(value)}`);
        break;
      }
      expect(journal.take()).toEqual(['produced 10000', 'saw 1']);
      for await (const value of ours.toAsyncIterable(firehose(journal, Infinity), { highWaterMark: 10 })) {
        journal.note(`saw ${value}`);
        break;
      }
      expect(journal.take()).toEqual(['produced 12', 'saw 1']);
    });

    it.each(names)('is stopped by return() inside an emission: %s', async (name) => {
      const journal = new Journal();
      const leaving: Promise<unknown>[] = [];
      const leaveAt = (iterator: () => Loop) => (value: number) => {
        if (value === 3) leaving.push(iterator().return());
      }; // prettier-ignore
      const theirs: Loop = peer[name](firehose(journal, 1000, leaveAt(() => theirs))); // prettier-ignore
      void theirs.next();
      expect(journal.take()).toEqual(['produced 1000']);
      const our: Loop = ours[name](firehose(journal, Infinity, leaveAt(() => our))); // prettier-ignore
      void our.next();
      expect(journal.take()).toEqual(['produced 3']);
      await Promise.all(leaving);
    });
  });

  it('8: loses what a hot source emits before the first next(); eager does not', async () => {
    const seen = async (iterable: AsyncIterable<unknown>, subject: Subject<number>): Promise<unknown[]> => {
      const iterator = iterable[Symbol.asyncIterator]();
      subject.next(1);
      const answer = iterator.next();
      subject.next(2);
      subject.complete();
      const first: unknown = (await answer).value;
      return [first, ...(await valuesOf(iterator))];
    };
    const [cold, lazy, eager] = [new Subject<number>(), new Subject<number>(), new Subject<number>()];
    await expect(seen(peer.eachValueFrom(cold), cold)).resolves.toEqual([2]);
    await expect(seen(ours.eachValueFrom(lazy), lazy)).resolves.toEqual([2]);
    await expect(seen(ours.toAsyncIterable(eager, { eager: true }), eager)).resolves.toEqual([1, 2]);
  });

  it('10: flattens promises, and a rejected one ends the loop', async () => {
    const promises = (): Observable<unknown> => {
      const rejected = Promise.reject(boom);
      rejected.catch(() => undefined);
      return of(Promise.resolve(1), rejected, 2);
    };
    for (const name of ['eachValueFrom', 'nextValueFrom', 'latestValueFrom'] as const) {
      const subject = new Subject<unknown>();
      const iterator = peer[name](subject);
      const answer = iterator.next();
      subject.next(Promise.resolve(1));
      await expect(answer).resolves.toEqual({ done: false, value: 1 });
      subject.complete();
      const our = ours[name](subject);
      await our.return();
    }
    const broken = peer.eachValueFrom(promises());
    await broken.next();
    await expect(rejection(broken.next())).resolves.toBe(boom);
    await expect(broken.next()).resolves.toEqual({ done: true, value: undefined });
    const kinds: unknown[] = [];
    const whole = ours.eachValueFrom(promises());
    for (let result = await whole.next(); result.done !== true; result = await whole.next()) kinds.push(result.value);
    expect(kinds).toEqual([expect.any(Promise), expect.any(Promise), 2]);
  });

  describe('11: an error of a teardown', () => {
    const failing = (): Observable<number> =>
      new Observable((subscriber) => {
        subscriber.next(1);
        return () => {
          throw boom;
        };
      });

    it('takes the place of the error that was thrown in; both are kept', async () => {
      const theirs = peer.eachValueFrom(failing());
      await theirs.next();
      expect(describeError(await rejection(theirs.throw(new Error('injected'))))).toBe('UnsubscriptionError');
      const our = ours.eachValueFrom(failing());
      await our.next();
      expect(describeError(await rejection(our.throw(new Error('injected'))))).toBe('S(boom, injected)');
    });

    it('comes unwrapped, where it is a release', async () => {
      const release = (): never => {
        throw boom;
      };
      const source = (): Observable<number> =>
        ours.using(ours.resource({ acquire: () => 1, release }), () => concat(of(1), NEVER));
      const our = ours.eachValueFrom(source());
      await our.next();
      await expect(rejection(our.return())).resolves.toBe(boom);
      await expect(reported()).resolves.toEqual(['boom']);
    });
  });

  it('12: does not wait for cleanup that takes longer', async () => {
    const journal = new Journal();
    const held = (): Observable<number> =>
      ours.using(journal.resource('a', { release: () => microtasks(50) }), () => concat(of(1), NEVER));
    const loop = async (iterable: AsyncIterable<unknown>): Promise<void> => {
      for await (const value of iterable) {
        journal.note(`saw ${String(value)}`);
        break;
      }
      journal.note('after the loop');
    };
    await loop(peer.eachValueFrom(held()));
    expect(journal.take()).toEqual(['+a', 'saw 1', '-a unsubscribe', 'after the loop']);
    await ours.settled();
    journal.take();
    await loop(ours.eachValueFrom(held()));
    expect(journal.take()).toEqual(['+a', 'saw 1', '-a unsubscribe', '-a ok', 'after the loop']);
  });

  it('14: of several next() at a time only the first counts as demand', async () => {
    const seen = async (iterate: Iterate): Promise<string[]> => {
      const subject = new Subject<number>();
      const iterator = iterate(subject);
      const answers = [iterator.next(), iterator.next(), iterator.next()];
      for (const value of [1, 2, 3]) subject.next(value);
      const seenSoFar = await Promise.all(answers.map(answerOf));
      subject.complete();
      return seenSoFar.map((answer) => (answer === 'pending' ? answer : JSON.stringify((JSON.parse(answer) as { value: number }).value))); // prettier-ignore
    };
    await expect(seen(peer.nextValueFrom)).resolves.toEqual(['1', 'pending', 'pending']);
    await expect(seen(ours.nextValueFrom)).resolves.toEqual(['1', '2', '3']);
  });
});
