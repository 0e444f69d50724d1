import { EMPTY, NEVER, of, Subject, take, throwError, timer, Observable, type Subscription } from 'rxjs';
import { awaitRelease, lastValue, openResources, pull, settled, use, using } from '../../lib/index.js';
import { asked } from '../support/askable.js';
import { AsyncSource } from '../support/async-source.js';
import { errorOf, raise } from '../support/failing.js';
import { describeError, Gate, inVirtualTime, Journal, notificationsOf, reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');
const late = new Error('late');

/** The value itself, and not its index. */
const alone = <T>(value: T): Observable<T> => of(value);

/** Both ways of keeping results. */
const orders = [[false], [true]] as const;

/** Work that never ends, and writes down when it is left. */
function endless(journal: Journal, name: unknown): Observable<never> {
  return using(journal.resource(`work ${String(name)}`), () => NEVER);
}

describe('a pull', () => {
  describe.each(orders)('that fails (ordered: %p)', (ordered) => {
    const pace = { concurrency: 3, ordered };

    it('by its work leaves the rest, and asks no more (law 34)', () => {
      const journal = new Journal();
      const failing = new Subject<never>();
      pull(asked(journal, 'abc'), (name) => (name === 'b' ? failing : endless(journal, name)), pace).subscribe(
        journal.observer(),
      );
      journal.take();
      failing.error(boom);
      expect(journal.lines).toEqual(['closed', '-work a unsubscribe', '-work c unsubscribe', 'error boom']);
    });

    it('by project leaves the rest, and asks no more', () => {
      const journal = new Journal();
      pull(asked(journal, 'ab'), (name) => (name === 'b' ? raise(boom) : endless(journal, name)), pace).subscribe(
        journal.observer(),
      );
      expect(journal.lines).toEqual(
        ['asked a', '+work a', 'asked b', 'closed', '-work a unsubscribe', 'error boom'],
      ); // prettier-ignore
    });

    it('by a source that throws leaves the work, and does not close what has ended itself', () => {
      const journal = new Journal();
      let count = 0;
      const next = (): IteratorResult<string> => (++count > 2 ? raise(boom) : { done: false, value: 'a' });
      const back = jest.fn();
      const source = { [Symbol.iterator]: () => ({ next, return: back }) };
      pull(source, (name) => endless(journal, name), pace).subscribe(journal.observer());
      expect(journal.lines).toEqual(
        ['+work a', '+work a', '-work a unsubscribe', '-work a unsubscribe', 'error boom'],
      ); // prettier-ignore
      expect(back).not.toHaveBeenCalled();
    });

    it('by a source that rejects likewise', async () => {
      const source = new AsyncSource<string>();
      pull(source, (name) => endless(source.journal, name), pace).subscribe(source.journal.observer());
      await source.yields('a');
      source.journal.take();
      await source.fails(boom);
      expect(source.journal.lines).toEqual(['-work a unsubscribe', 'error boom']);
    });

    it('at once where work fails at once', () => {
      const journal = new Journal();
      pull(asked(journal, 'ab'), () => throwError(() => boom), pace).subscribe(journal.observer());
      expect(journal.lines).toEqual(['asked a', 'closed', 'error boom']);
    });

    it('tells it after return() of the source and all releases, of what failed and of what was left (laws 16, 34)', () => {
      const journal = inVirtualTime((journal, { cold }) => {
        const inners = { a: cold('----------'), b: cold('--#', {}, boom), c: cold('-----') };
        const wait = { release: () => timer(3) };
        pull(
          ['a', 'b', 'c'] as const,
          (name) => journal.resource(name, wait).pipe(use(() => inners[name])),
          pace,
        ).subscribe(journal.observer());
      });
      expect(journal.lines.slice(3)).toEqual([
        '2 -b error boom',
        '5 -b ok',
        '5 -a unsubscribe',
        '5 -c unsubscribe',
        '8 -a ok',
        '8 -c ok',
        '8 error boom',
      ]);
    });

    it('tells it after the return() of an async source', async () => {
      const source = new AsyncSource();
      pull(source, () => throwError(() => boom), pace).subscribe(source.journal.observer());
      await source.yields(1);
      expect(source.journal.take()).toEqual(['next()', 'return()']);
      await source.closes();
      expect(source.journal.take()).toEqual(['error boom']);
    });

    it('together with what fails on leaving: a release, return(), the pending next() (law 9)', async () => {
      const failing = new Subject<never>();
      const source = new AsyncSource<string>();
      const fails = { release: () => raise(late) };
      const pulled = pull(
        source,
        (name) => (name === 'a' ? using(source.journal.resource('a', fails), () => NEVER) : failing),
        pace,
      );
      const error = errorOf(pulled);
      await source.yields('a');
      await source.yields('b');
      failing.error(boom);
      await source.fails(new Error('next'));
      await source.failsToClose(new Error('return'));
      expect(describeError(await error)).toBe('S(S(return, next), S(late, boom))');
    });

    it('together with a synchronous return() that throws', async () => {
      const source = {
        [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }), return: () => raise(late) }),
      };
      expect(describeError(await errorOf(pull(source, () => throwError(() => boom), pace)))).toBe('S(late, boom)');
    });

    it('once: what fails while it leaves is not told', () => {
      const journal = new Journal();
      const subjects = [new Subject<never>(), new Subject<never>()];
      const other = new Error('other');
      pull([0, 1], (n) => {
        return subjects[n] === undefined ? EMPTY : using(
          journal.resource(String(n), { release: () => subjects[1 - n]?.error(other) }),
          () => subjects[n] as Subject<never>,
        );
      }, pace).subscribe(journal.observer()); // prettier-ignore
      subjects[0]?.error(boom);
      expect(journal.lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
      expect(openResources()).toEqual([]);
    });
  });

  describe.each(orders)('that completes (ordered: %p)', (ordered) => {
    it('does so after the releases of its work', () => {
      const journal = inVirtualTime((journal, { cold }) => {
        const work = (name: string) => journal.resource(name, { release: () => timer(4) }).pipe(use(() => cold('-x|')));
        pull('ab', work, { concurrency: 2, ordered }).subscribe(journal.observer());
      });
      expect(journal.lines.at(-1)).toBe('6 complete');
      expect(journal.lines.filter((line) => line.includes(' ok'))).toHaveLength(2);
    });

    it('does so once the source has ended, though the work was over before', async () => {
      const source = new AsyncSource();
      pull(source, alone, { concurrency: 2, ordered }).subscribe(source.journal.observer());
      await source.yields(1);
      expect(source.journal.take()).toEqual(['next()', 'next 1', 'next()']);
      await source.ends();
      expect(source.journal.take()).toEqual(['complete']);
    });

    it('holds a slot until the work is released', () => {
      const journal = inVirtualTime((journal) => {
        const work = (name: string) => using(journal.resource(name, { release: () => timer(3) }), () => of(name));
        pull('ab', work, { ordered }).subscribe(journal.observer());
      });
      expect(journal.lines).toEqual([
        '0 +a',
        '0 next a',
        '0 -a complete',
        '3 -a ok',
        '3 +b',
        '3 next b',
        '3 -b complete',
        '6 -b ok',
        '6 complete',
      ]);
    });
  });

  describe.each(orders)('that is left (ordered: %p)', (ordered) => {
    const pace = { concurrency: 2, ordered };

    it('while next() is pending calls return() at once, and drops the late value', async () => {
      const source = new AsyncSource();
      const project = jest.fn(() => of(1));
      pull(source, project, pace).subscribe(source.journal.observer()).unsubscribe();
      expect(source.journal.take()).toEqual(['next()', 'return()']);
      await source.yields(1);
      await source.closes();
      expect(source.journal.lines).toEqual([]);
      expect(project).not.toHaveBeenCalled();
    });

    it('while work runs leaves source and work, and its releases go on in the background', async () => {
      const journal = new Journal();
      const gate = new Gate();
      const work = (name: string) => using(journal.resource(name, { release: () => gate.promise }), () => NEVER);
      const subscription = pull(asked(journal, 'abc'), work, pace).subscribe(journal.observer());
      journal.take();
      subscription.unsubscribe();
      expect(journal.take()).toEqual(['closed', '-a unsubscribe', '-b unsubscribe']);
      const waiting = settled().then(() => journal.note('settled'));
      await microtasks();
      expect(journal.take()).toEqual([]);
      gate.open();
      await waiting;
      expect(journal.take()).toEqual(['-a ok', '-b ok', 'settled']);
    });

    it('by take ends after the releases only with awaitRelease (law 16)', async () => {
      const source = new AsyncSource();
      pull(source, alone, pace).pipe(take(1), awaitRelease()).subscribe(source.journal.observer());
      await source.yields(1);
      expect(source.journal.take()).toEqual(['next()', 'next 1', 'return()']);
      await source.closes();
      expect(source.journal.take()).toEqual(['complete']);
    });

    it('while it waits for releases after an error: the error is dropped, the releases go on', async () => {
      const source = new AsyncSource();
      const subscription = pull(source, () => throwError(() => boom), pace).subscribe(source.journal.observer());
      await source.yields(1);
      subscription.unsubscribe();
      await source.closes();
      expect(source.journal.lines).toEqual(['next()', 'return()']);
    });

    it('after its end does nothing', () => {
      const journal = new Journal();
      const subscription = pull(asked(journal, []), alone, pace).subscribe();
      journal.take();
      subscription.unsubscribe();
      expect(journal.lines).toEqual([]);
    });

    it.each([
      ['return() rejects', (source: AsyncSource) => source.failsToClose(boom)],
      ['the pending next() rejects', (source: AsyncSource) => source.fails(boom).then(() => source.closes())],
    ])('reports that %s (law 12)', async (_, fail) => {
      const source = new AsyncSource();
      pull(source, alone, pace).subscribe().unsubscribe();
      await fail(source);
      expect(await reported()).toEqual(['boom']);
    });

    it('reports a synchronous return() that throws', async () => {
      const source = {
        [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }), return: () => raise(boom) }),
      };
      pull(source, () => NEVER, pace)
        .subscribe()
        .unsubscribe();
      expect(await reported()).toEqual(['boom']);
    });
  });

  describe.each(orders)('with callbacks that come back to it (ordered: %p)', (ordered) => {
    const pace = { concurrency: 2, ordered };

    it('closes the source where project leaves, and does not start the work', () => {
      const journal = new Journal();
      const first = new Subject<string>();
      const started = jest.fn();
      const subscription: Subscription = pull(asked(journal, 'ab'), (name) => {
        if (name === 'b') subscription.unsubscribe();
        return name === 'b' ? new Observable<string>(started) : first;
      }, { concurrency: 1, ordered }).subscribe(journal.observer()); // prettier-ignore
      first.complete();
      expect(journal.lines).toEqual(['asked a', 'asked b', 'closed']);
      expect(started).not.toHaveBeenCalled();
    });

    it('asks no more where work leaves', () => {
      const journal = new Journal();
      const first = new Subject<string>();
      const leaving = new Observable<string>((subscriber) => {
        subscription.unsubscribe();
        subscriber.next('dropped');
      });
      const work = (name: string): Observable<string> => (name === 'a' ? first : leaving);
      const subscription: Subscription = pull(asked(journal, 'abc'), work, { concurrency: 1, ordered }).subscribe(
        journal.observer(),
      );
      first.complete();
      expect(journal.lines).toEqual(['asked a', 'asked b', 'closed']);
    });

    it('emits no more of a synchronous batch where the consumer leaves inside a value', () => {
      const journal = new Journal();
      pull(asked(journal, 'ab'), (name) => [1, 2, 3].map((n) => `${name}${n}`), pace)
        .pipe(take(2))
        .subscribe(journal.observer());
      expect(journal.lines).toEqual(['asked a', 'next a1', 'next a2', 'complete', 'closed']);
    });

    it('closes a generator that leaves from within its own next(), once it has come to its yield', async () => {
      const journal = new Journal();
      const first = new Subject<never>();
      const subscription: Subscription = pull(function* () {
        try {
          yield 1;
          subscription.unsubscribe();
          journal.note('left');
          yield 2;
        } finally {
          journal.note('closed');
        }
      }, () => first, { concurrency: 1, ordered }).subscribe(journal.observer()); // prettier-ignore
      first.complete();
      expect(journal.lines).toEqual(['left', 'closed']);
      expect(await reported()).toEqual([]);
    });

    it('ends after such a generator is closed', () => {
      const journal = new Journal();
      const works = [new Subject<never>(), new Subject<never>()];
      pull(function* () {
        try {
          yield 0;
          yield 1;
          works[1]?.error(boom);
          yield 2;
        } finally {
          journal.note('closed');
        }
      }, (n) => works[n] ?? EMPTY, pace).subscribe(journal.observer()); // prettier-ignore
      works[0]?.complete();
      expect(journal.lines).toEqual(['closed', 'error boom']);
    });

    it('asks one at a time where next() of the source ends work', () => {
      const journal = new Journal();
      const works = new Map<number, Subject<number>>();
      let depth = 0;
      let n = 0;
      const next = (): IteratorResult<number> => {
        journal.note(`next ${String(++depth)}`);
        works.get(n - 1)?.complete();
        depth--;
        return n < 4 ? { done: false, value: n++ } : { done: true, value: undefined };
      };
      pull({ [Symbol.iterator]: () => ({ next }) }, (value) => {
        const work = new Subject<number>();
        works.set(value, work);
        return work;
      }, pace).subscribe(journal.observer()); // prettier-ignore
      works.forEach((work) => work.complete());
      expect(journal.lines).toEqual([...Array<string>(5).fill('next 1'), 'complete']);
    });

    it('keeps the order where a consumer ends other work inside a value', () => {
      const seen: string[] = [];
      const works = { a: new Subject<string>(), b: new Subject<string>(), c: new Subject<string>() };
      pull(['a', 'b', 'c'] as const, (name) => works[name], { concurrency: 3, ordered: true }).subscribe((value) => {
        seen.push(value);
        if (value !== 'b1') return;
        works.b.next('b3'); // b is being handed out: it goes behind what waits
        works.b.complete();
        works.c.next('c2');
        works.c.complete();
      });
      works.c.next('c1');
      works.b.next('b1');
      works.b.next('b2');
      works.a.complete();
      expect(seen).toEqual(['b1', 'b2', 'b3', 'c1', 'c2']);
    });

    it('hands out no more of what was held back where the consumer leaves inside a value', () => {
      const seen: string[] = [];
      const works = { a: new Subject<string>(), b: new Subject<string>() };
      const pulled = pull(['a', 'b'] as const, (name) => works[name], { concurrency: 2, ordered: true });
      pulled.pipe(take(1)).subscribe((value) => seen.push(value));
      works.b.next('b1');
      works.b.next('b2');
      works.a.complete();
      expect(seen).toEqual(['b1']);
      expect([works.a.observed, works.b.observed]).toEqual([false, false]);
    });
  });

  it('inside a scope is waited for by it', async () => {
    const source = new AsyncSource();
    const outer = using(source.journal.resource('outer'), () => pull(source, alone).pipe(take(1)));
    outer.subscribe(source.journal.observer());
    await source.yields(1);
    expect(source.journal.take()).toEqual(['+outer', 'next()', 'next 1', 'return()']);
    await source.closes();
    expect(source.journal.take()).toEqual(['-outer complete', 'complete']);
  });

  it('gets many values through an async source, in their order', async () => {
    async function* numbers(): AsyncGenerator<number> {
      for (let n = 0; n < 20_000; n++) yield await Promise.resolve(n);
    }
    await expect(lastValue(pull(numbers, alone, { concurrency: 4, ordered: true }))).resolves.toBe(19_999);
  });

  it('is synchronous to its end', () => {
    expect(notificationsOf(pull([], () => NEVER))).toEqual(['complete']);
  });
});
