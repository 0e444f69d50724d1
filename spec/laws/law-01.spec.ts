/* eslint-disable @typescript-eslint/no-deprecated -- a subscriber of one's own, and one that can be left from inside its own subscribe */
/* eslint-disable rxjs-x/no-redundant-notify -- bodies that break the rules are what is tested */
import { map, NEVER, Observable, of, Subject, Subscriber, throwError } from 'rxjs';
import { lastValue, lease, resource, using } from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

/** A subscriber that breaks the rules: RxJS's own never throw. */
class ThrowingSubscriber extends Subscriber<unknown> {
  constructor(
    private readonly where: 'next' | 'error' | 'complete',
    private readonly failure: Error,
  ) {
    super();
  }

  protected override _next(): void {
    if (this.where === 'next') throw this.failure;
  }

  protected override _error(): void {
    if (this.where === 'error') throw this.failure;
  }

  protected override _complete(): void {
    if (this.where === 'complete') throw this.failure;
  }
}

describe('law 1: a handle that was acquired is released exactly once', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  const releases = (): string[] => journal.lines.filter((line) => /^-a (?!ok)/.test(line));

  describe.each([
    ['synchronous', (): unknown => undefined],
    ['a promise', (): unknown => Promise.resolve()],
    ['an observable', (): unknown => of(1)],
  ])('when the release is %s', (_, release) => {
    it.each([
      ['completes', () => of(1), 'complete'],
      ['fails', () => throwError(() => boom), 'error boom'],
      [
        'cannot be made because project throws',
        () => {
          throw boom;
        },
        'error boom',
      ],
      [
        'throws in its subscribe',
        () =>
          new Observable<never>(() => {
            throw boom;
          }),
        'error boom',
      ],
      ['is no observable', () => ({}) as never, 'error TypeError'],
    ])('a body that %s', async (_title, body: () => Observable<unknown>, exit) => {
      using(journal.resource('a', { release }), body).subscribe({ error: () => undefined });
      await nextMacrotask();
      expect(releases()).toEqual([`-a ${exit}`]);
    });

    it('a consumer that unsubscribes, and does so again', async () => {
      const subscription = using(journal.resource('a', { release }), () => NEVER).subscribe();
      subscription.unsubscribe();
      subscription.unsubscribe();
      await nextMacrotask();
      expect(releases()).toEqual(['-a unsubscribe']);
    });

    it('a release that unsubscribes its own scope, after completion', async () => {
      const body = new Subject<number>();
      const subscription = using(
        journal.resource('a', {
          release: () => {
            subscription.unsubscribe();
            return release();
          },
        }),
        () => body,
      ).subscribe();
      body.complete();
      await nextMacrotask();
      expect(releases()).toEqual(['-a complete']);
    });

    it('a release that unsubscribes its own scope, after an error', async () => {
      const body = new Subject<number>();
      const subscription = using(
        journal.resource('a', {
          release: () => {
            subscription.unsubscribe();
            return release();
          },
        }),
        () => body,
      ).subscribe({ error: () => undefined });
      body.error(boom);
      await nextMacrotask();
      expect(releases()).toEqual(['-a error boom']);
    });

    it('a release that unsubscribes its own scope, while that is being unsubscribed', async () => {
      const subscription = using(
        journal.resource('a', {
          release: () => {
            subscription.unsubscribe();
            return release();
          },
        }),
        () => NEVER,
      ).subscribe();
      subscription.unsubscribe();
      await nextMacrotask();
      expect(releases()).toEqual(['-a unsubscribe']);
    });

    it('completion, error, unsubscribe and a throwing consumer in one tick', async () => {
      const trigger = new Subject<void>();
      const body = new Observable<number>((subscriber) => {
        trigger.subscribe(() => {
          subscriber.next(1);
          subscriber.complete();
          subscriber.error(boom);
          subscription.unsubscribe();
        });
        return () => {
          subscription.unsubscribe();
          subscriber.complete();
        };
      });
      const reentrant = (): unknown => {
        subscription.unsubscribe();
        trigger.next();
        return release();
      };
      const subscription = using(journal.resource('a', { release: reentrant }), () => body).subscribe(() => {
        throw boom;
      });
      trigger.next();
      await nextMacrotask();
      expect(releases()).toEqual(['-a complete']);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });
  });

  it('nothing is released before its body has ended', () => {
    const subscription = using(journal.resource('a'), () => NEVER).subscribe();
    expect(journal.take()).toEqual(['+a']);
    subscription.unsubscribe();
    expect(journal.take()).toEqual(['-a unsubscribe']);
  });

  describe('when the consumer throws', () => {
    it('in next, of a synchronous body', async () => {
      using(journal.resource('a'), () => of(1, 2)).subscribe(() => {
        throw boom;
      });
      await nextMacrotask();
      expect(releases()).toEqual(['-a complete']);
      expect(await takeUnhandledErrors()).toEqual([boom, boom]);
    });

    it('in next, of an asynchronous body', async () => {
      const body = new Subject<number>();
      using(journal.resource('a'), () => body).subscribe(() => {
        throw boom;
      });
      body.next(1);
      expect(releases()).toEqual([]);
      body.complete();
      await nextMacrotask();
      expect(releases()).toEqual(['-a complete']);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('in complete', async () => {
      using(journal.resource('a'), () => of(1)).subscribe({
        complete: () => {
          throw boom;
        },
      });
      await nextMacrotask();
      expect(releases()).toEqual(['-a complete']);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('in error', async () => {
      const later = new Error('later');
      using(journal.resource('a'), () => throwError(() => boom)).subscribe({
        error: () => {
          throw later;
        },
      });
      await nextMacrotask();
      expect(releases()).toEqual(['-a error boom']);
      expect(await takeUnhandledErrors()).toEqual([later]);
    });

    it('in an operator, which unsubscribes', () => {
      const body = new Subject<number>();
      using(journal.resource('a'), () => body)
        .pipe(
          map(() => {
            throw boom;
          }),
        )
        .subscribe(journal.observer());
      body.next(1);
      expect(journal.lines).toEqual(['+a', 'error boom', '-a unsubscribe']);
    });

    it.each(['next', 'error', 'complete'] as const)('out of a subscriber of its own making, in %s', (where) => {
      const consumer = new ThrowingSubscriber(where, boom);
      const body = where === 'error' ? throwError(() => new Error('first')) : of(1);
      try {
        using(journal.resource('a'), () => body).subscribe(consumer);
      } catch (error) {
        expect(error).toBe(boom);
      }
      consumer.unsubscribe();
      expect(releases()).toHaveLength(1);
    });

    it('out of a subscriber of its own making, in next, later', () => {
      const body = new Subject<number>();
      const consumer = new ThrowingSubscriber('next', boom);
      using(journal.resource('a'), () => body).subscribe(consumer);
      expect(() => {
        body.next(1);
      }).toThrow(boom);
      consumer.unsubscribe();
      expect(releases()).toEqual(['-a unsubscribe']);
    });
  });

  describe('when the scope is re-entered', () => {
    it('by an acquire that unsubscribes it', () => {
      const consumer = new Subscriber<unknown>(journal.observer());
      using(
        journal.resource('a', {
          acquire: () => {
            consumer.unsubscribe();
            return 'a';
          },
        }),
        () => {
          journal.note('project');
          return of(1);
        },
      ).subscribe(consumer);
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
    });

    it('by a project that unsubscribes it', () => {
      const consumer = new Subscriber<unknown>(journal.observer());
      using(journal.resource('a'), () => {
        consumer.unsubscribe();
        return of(1);
      }).subscribe(consumer);
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
    });

    it('by a project that unsubscribes it and throws', async () => {
      const consumer = new Subscriber<unknown>(journal.observer());
      using(journal.resource('a'), () => {
        consumer.unsubscribe();
        throw boom;
      }).subscribe(consumer);
      await nextMacrotask();
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
      await takeUnhandledErrors(); // whether such a throw is reported is not a matter of this law
    });

    it('by a teardown of the body that unsubscribes it', () => {
      const body = new Subject<number>();
      const subscription = using(
        journal.resource('a'),
        () =>
          new Observable<number>((subscriber) => {
            body.subscribe(subscriber);
            return () => {
              subscription.unsubscribe();
            };
          }),
      ).subscribe();
      body.complete();
      expect(releases()).toEqual(['-a complete']);
    });

    it('by a release that ends the body it follows', () => {
      const body = new Subject<number>();
      const subscription = using(
        journal.resource('a', {
          release: () => {
            body.complete();
            body.error(boom);
          },
        }),
        () => body,
      ).subscribe(journal.observer());
      subscription.unsubscribe();
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
    });

    it('by a consumer that unsubscribes on completion', () => {
      const body = new Subject<number>();
      const subscription = using(journal.resource('a'), () => body).subscribe({
        complete: () => {
          subscription.unsubscribe();
        },
      });
      body.complete();
      expect(releases()).toEqual(['-a complete']);
    });
  });

  it('while a release is under way, unsubscribing and a late end of the body start no second one', async () => {
    const gate = new Gate();
    const body = new Subject<number>();
    const subscription = using(journal.resource('a', { release: () => gate.promise }), () => body).subscribe();
    body.complete();
    body.error(boom);
    subscription.unsubscribe();
    gate.open();
    await nextMacrotask();
    expect(releases()).toEqual(['-a complete']);
  });

  it('a failing release is not tried again', async () => {
    const failing = journal.resource('a', {
      release: () => {
        throw boom;
      },
    });
    await expect(lastValue(using(failing, () => of(1)))).rejects.toBe(boom);
    expect(releases()).toEqual(['-a complete']);
  });

  it('through a lease as well', async () => {
    const held = await lease(journal.resource('a'));
    await Promise.all([held.release(), held.release(), held[Symbol.asyncDispose]()]);
    expect(releases()).toEqual(['-a complete']);
  });

  it('and with the handle that was acquired', () => {
    const handle = {};
    const released: unknown[] = [];
    const one = resource({
      acquire: () => handle,
      release: (value) => {
        released.push(value);
      },
    });
    using(one, () => of(1)).subscribe();
    expect(released).toEqual([handle]);
    expect(released[0]).toBe(handle);
  });
});
