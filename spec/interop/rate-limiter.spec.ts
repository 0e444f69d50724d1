import { expectTypeOf } from 'expect-type';
import {
  concat,
  concatMap,
  defer,
  map,
  merge,
  NEVER,
  of,
  Subject,
  take,
  tap,
  throwError,
  timer,
  VirtualTimeScheduler,
  type Observable,
} from 'rxjs';
import { awaitRelease, lastValue, use } from '../../lib/index.js';
import { rateLimiter, type RateLimiter, type RateLimiterOptions } from '../../lib/interop/rate-limiter.js';
import { raise } from '../support/failing.js';
import { inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';

const boom = new Error('boom');

/** An answer that prints as its text. */
class Answer {
  constructor(
    readonly text: string,
    readonly status = 200,
    readonly headers: Record<string, string> = {},
  ) {}

  toString(): string {
    return this.text;
  }
}

const refused = (after?: number): Answer =>
  new Answer('refused', 429, after === undefined ? {} : { 'retry-after': String(after / 1000) });
const refusal = (after?: number): Error => Object.assign(new Error('refused'), { response: refused(after) });
const spent = (after: number): Answer =>
  new Answer('last', 200, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(after / 1000) });

/** Answers one after the other; errors are thrown. Writes down when it is called. */
function server(journal: Journal, ...answers: unknown[]): () => unknown {
  return () => {
    journal.note('call');
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer instanceof Error ? raise(answer) : answer;
  };
}

/** What a limiter makes of a server, in virtual time. */
function play(options: RateLimiterOptions, ...answers: unknown[]): string[] {
  return inVirtualTime((journal) => {
    rateLimiter(options)
      .run(server(journal, ...answers))
      .subscribe(journal.observer());
  }).lines;
}

describe('rateLimiter', () => {
  describe('where nothing holds back', () => {
    it('is synchronous where the call is, with no timer and no promise (law 17)', () => {
      const limiter = rateLimiter();
      expect(notificationsOf(limiter.run(() => 1))).toEqual(['next 1', 'complete']);
      expect(notificationsOf(limiter.run(() => of(1, 2)))).toEqual(['next 1', 'next 2', 'complete']);
      expect(notificationsOf(limiter.run(() => raise(boom)))).toEqual(['error boom']);
      expect([limiter.waiting, limiter.resumesAt]).toEqual([0, null]);
    });

    it('calls nothing before it is subscribed, and anew for each subscription (law 5)', () => {
      let calls = 0;
      const source = rateLimiter().run(() => ++calls);
      expect(calls).toBe(0);
      expect([...notificationsOf(source), ...notificationsOf(source)]).toEqual(['next 1', 'complete', 'next 2', 'complete']); // prettier-ignore
    });

    it('takes arrays, strings and iterables for values', () => {
      const list = [1, 2];
      const values: unknown[] = [];
      for (const value of [list, 'text', new Set([1]), null, undefined]) {
        rateLimiter()
          .run(() => value)
          .subscribe((emitted) => values.push(emitted));
      }
      expect(values).toEqual([list, 'text', new Set([1]), null, undefined]);
      expect(values[0]).toBe(list);
    });

    it('passes what a promise answers, and all that an async iterable has', async () => {
      const limiter = rateLimiter();
      const lengths = limiter.run(() => Promise.resolve('answer')).pipe(map((answer) => answer.length));
      await expect(lastValue(lengths)).resolves.toBe(6);
      expect(await rejection(lastValue(limiter.run(() => Promise.reject(boom))))).toBe(boom);
      const seen: number[] = [];
      const numbers = limiter.run(async function* () {
        yield 1;
        yield 2;
      });
      await lastValue(numbers.pipe(tap((n) => seen.push(n))));
      expect(seen).toEqual([1, 2]);
    });

    it('waits for what is a promise and an async iterable: that is one page, and then all of them', async () => {
      const list = { data: ['a'] };
      const both = Object.assign(Promise.resolve(list), {
        async *[Symbol.asyncIterator]() {
          yield 'a';
        },
      });
      const data = rateLimiter()
        .run(() => both)
        .pipe(map((page) => page.data));
      await expect(lastValue(data)).resolves.toEqual(['a']);
    });

    it('takes a promise of a refusal for one', async () => {
      const scheduler = new VirtualTimeScheduler();
      const journal = new Journal();
      const answers = [refused(10), new Answer('page')];
      rateLimiter({ scheduler })
        .run(() => Promise.resolve(answers.shift()))
        .subscribe(journal.observer());
      await microtasks();
      scheduler.flush();
      await microtasks();
      expect(journal.lines).toEqual(['next page', 'complete']);
    });

    it('passes errors that have nothing to do with a limit as they are, once', () => {
      expect(play({}, boom)).toEqual(['0 call', '0 error boom']);
      const failed = Object.assign(new Error('500'), { status: 500, headers: { 'retry-after': '1' } });
      expect(play({}, failed)).toEqual(['0 call', '0 error 500']);
      expect(play({}, Object.assign(new Error('403'), { status: 403 }))).toEqual(['0 call', '0 error 403']);
    });
  });

  describe('after a refusal', () => {
    it('calls again once the limit has passed', () => {
      expect(play({}, refusal(30), new Answer('page'))).toEqual(['0 call', '30 call', '30 next page', '30 complete']);
    });

    it('takes a value with such a status for a refusal, and does not emit it', () => {
      expect(play({}, refused(30), new Answer('page'))).toEqual(['0 call', '30 call', '30 next page', '30 complete']);
    });

    it('does so for 403 and 503 with a header that says so', () => {
      const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2' };
      expect(play({}, new Answer('', 403, headers), 'page')[1]).toBe('2000 call');
      expect(play({}, new Answer('', 503, { 'retry-after': '2' }), 'page')[1]).toBe('2000 call');
      expect(play({}, new Answer('down', 503), 'page')).toEqual(['0 call', '0 next down', '0 complete']);
    });

    it('waits a second and then twice as long each time where nothing says how long', () => {
      const lines = play({}, refused(), refused(), refused(), 'page');
      expect(lines).toEqual(['0 call', '1000 call', '3000 call', '7000 call', '7000 next page', '7000 complete']);
    });

    it('waits that second too where the server says that there is nothing to wait for', () => {
      expect(play({}, refused(0), 'page')[1]).toBe('1000 call');
    });

    it('never waits more than 32 seconds of its own accord', () => {
      const lines = play({ maxTries: 9 }, refused());
      const seconds = lines.filter((line) => line.endsWith('call')).map((line) => parseInt(line) / 1000);
      expect(seconds).toEqual([0, 1, 3, 7, 15, 31, 63, 95, 127]);
    });

    it('begins with a second again after a success', () => {
      const { lines } = inVirtualTime((journal) => {
        const limiter = rateLimiter();
        const call = server(journal, refused(), refused(), new Answer('page'), refused(), 'page');
        concat(limiter.run(call), limiter.run(call)).subscribe();
      });
      expect(lines).toEqual(['0 call', '1000 call', '3000 call', '3000 call', '4000 call']);
    });

    it('takes several refusals at one time for one', () => {
      const { lines } = inVirtualTime((journal) => {
        const limiter = rateLimiter();
        for (const answers of [
          [refused(), 'a'],
          [refused(), 'b'],
          [refused(), 'c'],
        ]) {
          const call = server(journal, ...answers);
          limiter.run(() => timer(5).pipe(concatMap(() => of(call())))).subscribe();
        }
      });
      expect(lines).toEqual(['5 call', '5 call', '5 call', '1010 call', '1010 call', '1010 call']);
    });

    it('passes the error of the last try', () => {
      expect(play({ maxTries: 3 }, refusal(10))).toEqual(['0 call', '10 call', '20 call', '20 error refused']);
      expect(play({}, refusal(10)).filter((line) => line.endsWith('call'))).toHaveLength(5);
      expect(play({ maxTries: 1 }, refusal(10))).toEqual(['0 call', '0 error refused']);
    });

    it('emits the value of the last try, and what comes after it', () => {
      expect(play({ maxTries: 2 }, refused(10))).toEqual(['0 call', '10 call', '10 next refused', '10 complete']);
      expect(play({ maxTries: 2 }, of(refused(10), 'more'))).toEqual(['0 call', '10 call', '10 next refused', '10 next more', '10 complete']); // prettier-ignore
    });

    it('counts the tries of each call by itself', () => {
      const { lines } = inVirtualTime((journal) => {
        const limiter = rateLimiter({ maxTries: 2 });
        limiter.run(server(journal, refused(10), 'a')).subscribe(journal.observer('first '));
        limiter.run(server(journal, refused(10), 'b')).subscribe(journal.observer('second '));
      });
      expect(lines).toEqual([
        '0 call',
        '10 call',
        '10 first next a',
        '10 first complete',
        '10 call',
        '20 call',
        '20 second next b',
        '20 second complete',
      ]);
    });

    it('does not try a call again that has emitted: nothing is emitted twice', () => {
      const broken = concat(of('item'), throwError(() => refusal(10))); // prettier-ignore
      expect(play({}, broken)).toEqual(['0 call', '0 next item', '0 error refused']);
      expect(play({}, of('item', refused(10), 'more'))).toEqual(['0 call', '0 next item', '0 next refused', '0 next more', '0 complete']); // prettier-ignore
    });

    it('leaves a call whose value it does not emit', () => {
      const { lines } = inVirtualTime((journal) => {
        const answers = [concat(of(refused(10)), NEVER), of('page')];
        const source = defer(() => answers.shift() ?? NEVER);
        const watched = source.pipe(
          tap({ subscribe: () => journal.note('subscribed'), unsubscribe: () => journal.note('left') }),
        );
        rateLimiter()
          .run(() => watched)
          .subscribe(journal.observer());
      });
      expect(lines).toEqual(['0 subscribed', '0 left', '10 subscribed', '10 next page', '10 complete']);
    });

    it('cancels the body of a response it does not emit', async () => {
      const scheduler = new VirtualTimeScheduler();
      const journal = new Journal();
      const body = new ReadableStream({ cancel: () => journal.note('cancelled') });
      const answers = [new Response(body, { status: 429 }), new Response('page')];
      const texts = rateLimiter({ scheduler })
        .run(() => answers.shift() ?? raise(boom))
        .pipe(concatMap((response) => response.text()));
      const text = lastValue(texts);
      scheduler.flush();
      expect(await text).toBe('page');
      expect(journal.lines).toEqual(['cancelled']);
    });
  });

  describe('where a wait would be longer than maxWait', () => {
    it('passes the error at once', () => {
      expect(play({ maxWait: 20 }, refusal(21))).toEqual(['0 call', '0 error refused']);
      expect(play({ maxWait: 20 }, refused(21))).toEqual(['0 call', '0 next refused', '0 complete']);
      expect(play({ maxWait: 20 }, refusal(20), 'page')[1]).toBe('20 call');
      expect(play({ maxWait: 0 }, refusal())).toEqual(['0 call', '0 error refused']);
      expect(play({}, refusal(60_001))).toEqual(['0 call', '0 error refused']);
    });

    it('lets other calls through, for the server to answer, until the rest of it can be waited', () => {
      const { lines } = inVirtualTime((journal) => {
        const limiter = rateLimiter({ maxWait: 20 });
        limiter.read(spent(100));
        expect(limiter.resumesAt).toBe(100);
        limiter.run(server(journal, refusal(100))).subscribe(journal.observer());
        timer(90).pipe(concatMap(() => limiter.run(server(journal, 'page')))).subscribe(journal.observer()); // prettier-ignore
      });
      expect(lines).toEqual(['0 call', '0 error refused', '100 call', '100 next page', '100 complete']);
    });

    it('lets those go who wait already', () => {
      const { lines } = inVirtualTime((journal) => {
        const limiter = rateLimiter({ maxWait: 50 });
        limiter.read(spent(50));
        limiter.run(server(journal, refusal(495))).subscribe(journal.observer());
        timer(5).subscribe(() => {
          limiter.read(spent(495));
        });
      });
      expect(lines).toEqual(['5 call', '5 error refused']);
    });
  });

  describe('shared', () => {
    it('holds everybody back until the limit has passed, and lets them go in order of arrival', () => {
      const { lines } = inVirtualTime((journal) => {
        const limiter = rateLimiter();
        limiter.run(server(journal, spent(50))).subscribe(journal.observer('a '));
        limiter.run(server(journal, 'page')).subscribe(journal.observer('b '));
        timer(20).pipe(concatMap(() => limiter.run(server(journal, 'page')))).subscribe(journal.observer('c ')); // prettier-ignore
        expect(limiter.waiting).toBe(1);
        expect(limiter.resumesAt).toBe(50);
        timer(30).subscribe(() => journal.note(`${limiter.waiting} waiting`));
        timer(60).subscribe(() => journal.note(`${limiter.waiting} waiting, ${String(limiter.resumesAt)}`));
      });
      expect(lines).toEqual([
        '0 call',
        '0 a next last',
        '0 a complete',
        '30 2 waiting',
        '50 call',
        '50 b next page',
        '50 b complete',
        '50 call',
        '50 c next page',
        '50 c complete',
        '60 0 waiting, null',
      ]);
    });

    it('keeps the place of a call that was refused', () => {
      const { lines } = inVirtualTime((journal) => {
        const limiter = rateLimiter();
        const answers = [refused(40), 'a'];
        limiter.run(() => timer(10).pipe(concatMap(() => of(answers.shift())))).subscribe(journal.observer('a '));
        limiter.read(spent(5));
        limiter.run(server(journal, spent(20))).subscribe(journal.observer('b '));
        timer(7).pipe(concatMap(() => limiter.run(server(journal, 'c')))).subscribe(journal.observer('c ')); // prettier-ignore
      });
      // c waits since 7, a since 10; but a has come first, so that its second call begins before that of c.
      expect(lines).toEqual([
        '5 call',
        '5 b next last',
        '5 b complete',
        '50 call',
        '50 c next c',
        '50 c complete',
        '60 a next a',
        '60 a complete',
      ]);
    });

    it('holds the rest back where the first that goes on is refused again', () => {
      const { lines } = inVirtualTime((journal) => {
        const limiter = rateLimiter();
        limiter.read(spent(10));
        limiter.run(server(journal, refused(10), 'a')).subscribe(journal.observer('a '));
        limiter.run(server(journal, 'b')).subscribe(journal.observer('b '));
      });
      expect(lines).toEqual(['10 call', '20 call', '20 a next a', '20 a complete', '20 call', '20 b next b', '20 b complete']); // prettier-ignore
    });

    it('is not held back longer by what says less, nor let go earlier', () => {
      const { lines } = inVirtualTime((journal) => {
        const limiter = rateLimiter();
        limiter.read(spent(50));
        limiter.read(spent(10));
        limiter.read(new Answer('page'));
        limiter.run(server(journal, 'page')).subscribe();
      });
      expect(lines).toEqual(['50 call']);
    });

    it.each([
      ['a Response', new Response('', { status: 429, headers: { 'retry-after': '3' } })],
      [
        'an error of Octokit',
        Object.assign(new Error(), { status: 403, response: { headers: { 'retry-after': '3' } } }),
      ],
      ['an error of Stripe', Object.assign(new Error(), { statusCode: 429, headers: { 'Retry-After': '3' } })],
      ['a success that was the last', { status: 200, headers: { ratelimit: '"default";r=0;t=3' } }],
    ])('reads %s that came another way', (_, response) => {
      const scheduler = new VirtualTimeScheduler();
      const limiter = rateLimiter({ scheduler });
      limiter.read(response);
      expect(limiter.resumesAt).toBe(3_000);
    });

    it.each([undefined, null, 1, 'text', boom, {}, { status: 429 }, { status: 200, headers: { 'retry-after': 'x' } }])(
      'is not impressed by %p',
      (response) => {
        const limiter: RateLimiter = rateLimiter();
        limiter.read(response);
        expect(limiter.resumesAt).toBeNull();
      },
    );
  });

  describe('when a waiting call is unsubscribed', () => {
    it('never calls, and leaves no timer behind', () => {
      const scheduler = new VirtualTimeScheduler();
      const journal = new Journal();
      const limiter = rateLimiter({ scheduler });
      limiter.read(spent(10));
      const subscription = limiter.run(server(journal, 'page')).subscribe(journal.observer());
      expect(limiter.waiting).toBe(1);
      subscription.unsubscribe();
      expect(limiter.waiting).toBe(0);
      expect(scheduler.actions).toEqual([]);
      scheduler.flush();
      expect(journal.lines).toEqual([]);
    });

    it('delays nobody', () => {
      const { lines } = inVirtualTime((journal) => {
        const limiter = rateLimiter();
        limiter.read(spent(10));
        const first = limiter.run(server(journal, 'a')).subscribe();
        limiter.run(server(journal, 'b')).subscribe(journal.observer());
        first.unsubscribe();
      });
      expect(lines).toEqual(['10 call', '10 next b', '10 complete']);
    });

    it('leaves the call under way', () => {
      const pending = new Subject<void>();
      rateLimiter()
        .run(() => pending)
        .subscribe()
        .unsubscribe();
      expect(pending.observed).toBe(false);
    });

    it('leaves the line between two tries', () => {
      const { lines } = inVirtualTime((journal) => {
        const subscription = rateLimiter().run(server(journal, refusal(10))).subscribe(journal.observer()); // prettier-ignore
        timer(5).subscribe(() => {
          subscription.unsubscribe();
        });
      });
      expect(lines).toEqual(['0 call']);
    });
  });

  it('lets those downstream wait for the scopes inside (law 16)', () => {
    const journal = inVirtualTime((journal) => {
      const part = journal.resource('a', { release: () => timer(5) });
      const limiter = rateLimiter();
      limiter.read(spent(10));
      const held = limiter.run(() => part.pipe(use(() => NEVER)));
      merge(timer(20), held).pipe(take(1), awaitRelease()).subscribe(journal.observer());
    });
    expect(journal.lines).toEqual(['10 +a', '20 next 0', '20 -a unsubscribe', '25 -a ok', '25 complete']);
  });

  it('tries again after the releases of what was refused (law 3)', () => {
    const journal = inVirtualTime((journal) => {
      const answers = [refusal(10), 'page'];
      const part = journal.resource('a', { release: () => timer(5) });
      const ask = (): Observable<unknown> => {
        const answer = answers.shift();
        return answer instanceof Error ? throwError(() => answer) : of(answer);
      };
      rateLimiter()
        .run(() => part.pipe(use(ask)))
        .subscribe(journal.observer());
    });
    expect(journal.lines).toEqual([
      '0 +a',
      '0 -a error refused',
      '5 -a ok',
      '15 +a',
      '15 next page',
      '15 -a complete',
      '20 -a ok',
      '20 complete',
    ]);
  });

  it('takes clock and timer of its own scheduler (law 19)', () => {
    const scheduler = new VirtualTimeScheduler();
    const journal = new Journal(() => scheduler.now());
    rateLimiter({ scheduler })
      .run(server(journal, refused(30_000), 'page'))
      .subscribe(journal.observer());
    scheduler.flush();
    expect(journal.lines).toEqual(['0 call', '30000 call', '30000 next page', '30000 complete']);
  });

  it('serves many who wait, one after the other, without a deep stack', () => {
    const scheduler = new VirtualTimeScheduler();
    const limiter = rateLimiter({ scheduler });
    limiter.read(spent(10));
    const seen: number[] = [];
    const runs = Array.from({ length: 20_000 }, (_, n) => limiter.run(() => n).subscribe((value) => seen.push(value)));
    for (const run of runs.slice(0, 10_000)) run.unsubscribe();
    scheduler.flush();
    expect(seen).toEqual(Array.from({ length: 10_000 }, (_, n) => n + 10_000));
  });

  it.each([-1, Number.NaN, '5' as never])('refuses a maxWait of %p with a RangeError at the call', (maxWait) => {
    expect(() => rateLimiter({ maxWait })).toThrow(RangeError);
  });

  it.each([0, -1, 1.5, Number.NaN, '5' as never])(
    'refuses maxTries of %p with a RangeError at the call',
    (maxTries) => {
      expect(() => rateLimiter({ maxTries })).toThrow(RangeError);
      expect(() => rateLimiter({ maxTries })).toThrow(/maxTries to be a whole number/);
    },
  );

  it('takes Infinity for both', () => {
    expect(play({ maxWait: Infinity, maxTries: Infinity }, refused(100_000_000), 'page')[1]).toBe('100000000 call');
  });

  it('knows the type of what a call answers', () => {
    const limiter = rateLimiter();
    expectTypeOf(limiter.run(() => 1)).toEqualTypeOf<Observable<number>>();
    expectTypeOf(limiter.run(() => [1])).toEqualTypeOf<Observable<number[]>>();
    expectTypeOf(limiter.run(async () => 'a')).toEqualTypeOf<Observable<string>>();
    expectTypeOf(limiter.run(() => of(true))).toEqualTypeOf<Observable<boolean>>();
    expectTypeOf(limiter.run(async function* () { yield 1; })).toEqualTypeOf<Observable<number>>(); // prettier-ignore
    expectTypeOf(limiter.run(() => fetch('http://localhost'))).toEqualTypeOf<Observable<Response>>();
    interface List { readonly data: string[] } // prettier-ignore
    const list = (): Promise<List> & AsyncIterable<string> => raise(boom);
    expectTypeOf(limiter.run(list)).toEqualTypeOf<Observable<List>>();
  });
});
