import {
  asyncScheduler,
  catchError,
  concat,
  config,
  EMPTY,
  merge,
  NEVER,
  Observable,
  of,
  queueScheduler,
  retry,
  Subject,
  switchMap,
  take,
  throwError,
  timer,
  TimeoutError,
  VirtualTimeScheduler,
  type SchedulerAction,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';
import { awaitRelease, deadline, openResources, resource, settled, use, using } from '../../lib/index.js';
import { raise } from '../support/failing.js';
import { describeError, Gate, inVirtualTime, Journal, notificationsOf, reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { nextMacrotask } from '../support/macrotask.js';

const boom = new Error('boom');
const release = new Error('release');

/** A scheduler that writes down for how long it was asked to wait, and does not begin at 0. */
class Delays extends VirtualTimeScheduler {
  readonly asked: number[] = [];

  override schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
    this.asked.push(delay);
    return super.schedule(work, delay, state);
  }

  override readonly now = (): number => 1000 + this.frame;
}

describe('deadline', () => {
  it('passes values at once', () => {
    inVirtualTime((_, { cold, expectObservable }) => {
      expectObservable(cold('-a-(bc)-|').pipe(deadline(50))).toBe('-a-(bc)-|');
    });
  });

  it('counts from subscribing, values do not put it off', () => {
    inVirtualTime((_, { cold, expectObservable }) => {
      const late = new TimeoutError({ meta: null, seen: 2, lastValue: 'b' });
      expectObservable(cold('-a-b-c').pipe(deadline(4))).toBe('-a-b#', undefined, late);
    });
  });

  it('passes on what the source fails with in time', () => {
    inVirtualTime((_, { cold, expectObservable }) => {
      expectObservable(cold('-a-#').pipe(deadline(9))).toBe('-a-#');
    });
  });

  it('lets pass what ends in the very frame in which it is due', () => {
    inVirtualTime((_, { cold, expectObservable }) => {
      expectObservable(cold('----(a|)').pipe(deadline(4))).toBe('----(a|)');
    });
  });

  it('tells the TimeoutError what it has seen, as timeout does', () => {
    const told: unknown[] = [];
    inVirtualTime((_, { cold, flush }) => {
      cold('-a-b')
        .pipe(deadline(9))
        .subscribe({ error: (error: unknown) => told.push(error) });
      cold('')
        .pipe(deadline(9))
        .subscribe({ error: (error: unknown) => told.push(error) });
      flush();
    });
    expect(told).toEqual([expect.any(TimeoutError), expect.any(TimeoutError)]);
    expect(told).toMatchObject([{ info: { seen: 2, lastValue: 'b' } }, { info: { seen: 0, lastValue: null } }]);
  });

  it('has a timer of its own for each subscription, so that retry gives each try the full time', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      using(journal.resource('a', { release: () => timer(2) }), () => NEVER)
        .pipe(deadline(5), retry(1))
        .subscribe(journal.observer());
      flush();
    });
    expect(lines).toEqual([
      ...['0 +a', '5 -a unsubscribe', '7 -a ok'],
      ...['7 +a', '12 -a unsubscribe', '14 -a ok', '14 error TimeoutError'],
    ]);
  });

  it('waits for an acquire, and for the release of what it yields (law 13)', () => {
    const { lines } = inVirtualTime((journal, { flush, cold }) => {
      const slow = journal.resource('a', { acquire: () => cold('-------(h|)'), release: () => timer(2) });
      using(slow, () => NEVER)
        .pipe(deadline(5))
        .subscribe(journal.observer());
      flush();
    });
    expect(lines).toEqual(['0 +a', '7 +a ok', '7 -a unsubscribe', '9 -a ok', '9 error TimeoutError']);
  });

  it('waits for all releases behind operators that leave scopes (law 16)', () => {
    const { lines } = inVirtualTime((journal, { flush, cold }) => {
      cold('ab-')
        .pipe(
          switchMap((name) => journal.resource(name, { release: () => timer(6) })),
          deadline(4),
        )
        .subscribe(journal.observer());
      flush();
    });
    expect(lines.filter((line) => !line.includes('next'))).toEqual([
      ...['0 +a', '1 -a unsubscribe', '1 +b', '4 -b unsubscribe', '7 -a ok', '10 -b ok'],
      '10 error TimeoutError',
    ]);
  });

  it('waits for promises', async () => {
    const gate = new Gate();
    const journal = new Journal();
    const virtual = new VirtualTimeScheduler();
    using(journal.resource('a', { release: () => gate.promise }), () => NEVER)
      .pipe(deadline(5, virtual))
      .subscribe(journal.observer());
    virtual.flush();
    await nextMacrotask();
    expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
    gate.open();
    await microtasks();
    expect(journal.take()).toEqual(['-a ok', 'error TimeoutError']);
  });

  it('does not hear what the source says while it is left', () => {
    const source = new Observable<string>((subscriber) => () => {
      subscriber.next('late');
      subscriber.error(boom);
    });
    inVirtualTime((_, { expectObservable }) => {
      expectObservable(source.pipe(deadline(2))).toBe(
        '--#',
        undefined,
        new TimeoutError({ meta: null, seen: 0, lastValue: null }),
      );
    });
  });

  describe('inside another one', () => {
    const nested = (inner: number, outer: number): string[] =>
      inVirtualTime((journal, { flush }) => {
        using(journal.resource('a', { release: () => timer(3) }), () => NEVER)
          .pipe(
            deadline(inner),
            catchError((error: unknown) => concat(of(`caught ${describeError(error)}`), NEVER)),
            deadline(outer),
          )
          .subscribe(journal.observer());
        flush();
      }).lines.slice(1);

    it('ends what it is around alone, where it is due first', () => {
      expect(nested(2, 9)).toEqual([
        ...['2 -a unsubscribe', '5 -a ok', '5 next caught TimeoutError', '9 error TimeoutError'],
      ]);
    });

    it('is left with its source, where the other one is due first', () => {
      expect(nested(9, 2)).toEqual(['2 -a unsubscribe', '5 -a ok', '5 error TimeoutError']);
    });

    it('tells its TimeoutError to nobody where the other one is due while it waits for releases', () => {
      expect(nested(2, 4)).toEqual(['2 -a unsubscribe', '5 -a ok', '5 error TimeoutError']);
      expect(nested(2, 2)).toEqual(['2 -a unsubscribe', '5 -a ok', '5 error TimeoutError']);
    });

    it('tells of a failed release though, where the other one is due while it waits', () => {
      const { lines } = inVirtualTime((journal, { flush, cold }) => {
        const failing = journal.resource('a', { release: () => cold('---#', undefined, release) });
        using(failing, () => NEVER).pipe(deadline(2), deadline(3)).subscribe(journal.observer()); // prettier-ignore
        flush();
      });
      expect(lines.at(-1)).toBe('5 error S(release, TimeoutError)');
    });

    it('limits a release, which the other one does not cut', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        const cleanup = () => NEVER.pipe(deadline(4), catchError(() => EMPTY)); // prettier-ignore
        using(journal.resource('a', { release: cleanup }), () => NEVER).pipe(deadline(2)).subscribe(journal.observer()); // prettier-ignore
        flush();
      });
      expect(lines).toEqual(['0 +a', '2 -a unsubscribe', '6 -a ok', '6 error TimeoutError']);
    });
  });

  describe('when the consumer leaves', () => {
    it('stops the timer', () => {
      const virtual = new VirtualTimeScheduler();
      NEVER.pipe(deadline(5, virtual)).subscribe().unsubscribe();
      virtual.flush();
      expect(virtual.now()).toBe(0);
    });

    it('inside the source’s own subscribe, starts none', () => {
      const delays = new Delays();
      expect(notificationsOf(concat(of(1), NEVER).pipe(deadline(5, delays), take(1)))).toEqual(['next 1', 'complete']);
      expect(delays.asked).toEqual([]);
    });

    it('goes on releasing in the background (law 12)', async () => {
      const gate = new Gate();
      const journal = new Journal();
      const subscription = using(journal.resource('a', { release: () => gate.promise }), () => NEVER)
        .pipe(deadline(1e6))
        .subscribe(journal.observer());
      subscription.unsubscribe();
      expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
      gate.open();
      await settled();
      expect(journal.take()).toEqual(['-a ok']);
    });

    it('while it waits for the releases, tells nobody of the TimeoutError', async () => {
      const { lines } = inVirtualTime((journal, { flush }, scheduler) => {
        const subscription = using(journal.resource('a', { release: () => timer(9) }), () => NEVER)
          .pipe(deadline(2))
          .subscribe(journal.observer());
        scheduler.schedule(() => {
          subscription.unsubscribe();
        }, 4);
        flush();
      });
      expect(lines).toEqual(['0 +a', '2 -a unsubscribe', '11 -a ok']);
      expect(await reported()).toEqual([]);
    });

    it('while it waits for the releases, reports what one fails with, alone', async () => {
      inVirtualTime((journal, { flush, cold }, scheduler) => {
        const failing = journal.resource('a', { release: () => cold('---#', undefined, release) });
        const subscription = using(failing, () => NEVER).pipe(deadline(2)).subscribe(journal.observer()); // prettier-ignore
        scheduler.schedule(() => {
          subscription.unsubscribe();
        }, 4);
        flush();
      });
      expect(await reported()).toEqual(['release']);
    });

    it('through take downstream, is waited for by awaitRelease (law 16)', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        const slow = journal.resource('a', { release: () => timer(3) });
        slow.pipe(deadline(2), take(1), awaitRelease()).subscribe(journal.observer());
        flush();
      });
      expect(lines).toEqual(['0 +a', '0 next a', '0 -a unsubscribe', '3 -a ok', '3 complete']);
    });
  });

  describe('its timer', () => {
    it('is stopped with the source', () => {
      for (const source of [EMPTY, throwError(() => boom), of(1)]) {
        const virtual = new VirtualTimeScheduler();
        const later = new Subject<unknown>();
        merge(source, later.pipe(take(1))).pipe(deadline(5, virtual)).subscribe({ error: () => undefined }); // prettier-ignore
        later.next(1);
        virtual.flush();
        expect(virtual.now()).toBe(0);
      }
    });

    it('is not started for what is over at once', () => {
      const delays = new Delays();
      expect(notificationsOf(of(1).pipe(deadline(5, delays)))).toEqual(['next 1', 'complete']);
      expect(delays.asked).toEqual([]);
    });

    it('goes on while the releases of what has completed run', () => {
      inVirtualTime((journal, { expectObservable }) => {
        const source = (duration: number) => journal.resource('a', { release: () => timer(duration) }).pipe(take(1));
        const late = new TimeoutError({ meta: null, seen: 1, lastValue: 'a' });
        expectObservable(source(4).pipe(deadline(5))).toBe('a---|');
        expectObservable(source(6).pipe(deadline(5))).toBe('a-----#', undefined, late);
      });
    });

    it('runs on the scheduler that is given (law 19)', () => {
      const virtual = new VirtualTimeScheduler();
      const journal = new Journal(() => virtual.now());
      NEVER.pipe(deadline(5, virtual)).subscribe(journal.observer());
      virtual.flush();
      expect(journal.lines).toEqual(['5 error TimeoutError']);
    });

    it('takes off what the source’s own subscribe has taken', () => {
      const virtual = new Delays();
      const slow = new Observable<never>(() => {
        virtual.frame += 30;
      });
      slow.pipe(deadline(40, virtual)).subscribe({ error: () => undefined });
      slow.pipe(deadline(20, virtual)).subscribe({ error: () => undefined });
      expect(virtual.asked).toEqual([10, 0]);
      virtual.flush();
    });

    it('lets a synchronous body finish on a scheduler that runs at once', () => {
      expect(notificationsOf(of(1, 2).pipe(deadline(0, queueScheduler)))).toEqual(['next 1', 'next 2', 'complete']);
      expect(notificationsOf(concat(of(1), NEVER).pipe(deadline(0, queueScheduler)))).toEqual([
        'next 1',
        'error TimeoutError',
      ]);
    });

    it('is none for Infinity', () => {
      const delays = new Delays();
      const subscription = NEVER.pipe(deadline(Infinity, delays)).subscribe();
      expect(delays.asked).toEqual([]);
      subscription.unsubscribe();
    });

    it('waits longer than a timer of the platform can', () => {
      const delays = new Delays();
      const journal = new Journal(() => delays.frame);
      const days = 86_400_000;
      NEVER.pipe(deadline(60 * days, delays)).subscribe(journal.observer());
      delays.maxFrames = Infinity;
      delays.flush();
      expect(journal.lines).toEqual([`${String(60 * days)} error TimeoutError`]);
      expect(Math.max(...delays.asked)).toBe(2 ** 31 - 1);
    });
  });

  describe('with a date', () => {
    const dueAt = (time: number): { asked: number[]; lines: string[] } => {
      const delays = new Delays();
      const journal = new Journal(() => delays.now());
      NEVER.pipe(deadline(new Date(time), delays)).subscribe(journal.observer());
      delays.flush();
      return { asked: delays.asked, lines: journal.lines };
    };

    it('is due at that moment, by the clock of the scheduler', () => {
      expect(dueAt(1050)).toEqual({ asked: [50], lines: ['1050 error TimeoutError'] });
    });

    it('that has passed is due at once', () => {
      expect(dueAt(900)).toEqual({ asked: [0], lines: ['1000 error TimeoutError'] });
    });

    it('that has passed lets a synchronous body finish', () => {
      expect(notificationsOf(of(1).pipe(deadline(new Date(0))))).toEqual(['next 1', 'complete']);
    });

    it('is the same moment for each try', () => {
      const { lines } = inVirtualTime((journal, { flush }, scheduler) => {
        using(journal.resource('a', { release: () => timer(2) }), () => NEVER)
          .pipe(deadline(new Date(scheduler.now() + 5)), retry(1))
          .subscribe(journal.observer());
        flush();
      });
      expect(lines.slice(3)).toEqual(['7 +a', '7 -a unsubscribe', '9 -a ok', '9 error TimeoutError']);
    });
  });

  describe('refuses at the call', () => {
    it.each([[-1], [Number.NaN], ['5' as never], [undefined as never], [null as never]])('%s', (due) => {
      expect(() => deadline(due)).toThrow(RangeError);
    });

    it('an invalid date', () => {
      expect(() => deadline(new Date('soon'))).toThrow(new RangeError('Expected due to be a valid date, received an invalid one.')); // prettier-ignore
    });
  });

  it('fails with what a consumer’s handler throws as RxJS does: it is reported, and the deadline stays', async () => {
    const { lines } = inVirtualTime((journal, { flush, cold }) => {
      cold('-a').pipe(deadline(3)).subscribe({ ...journal.observer(), next: () => raise(boom) }); // prettier-ignore
      flush();
    });
    expect(lines).toEqual(['3 error TimeoutError']);
    expect(await reported()).toEqual(['boom']);
  });

  it('uses RxJS’s asyncScheduler where none is given', () => {
    const schedule = jest.spyOn(asyncScheduler as SchedulerLike, 'schedule');
    const subscription = NEVER.pipe(deadline(12_345)).subscribe();
    expect(schedule).toHaveBeenCalledWith(expect.any(Function), 12_345);
    subscription.unsubscribe();
    schedule.mockRestore();
  });

  it('leaves nothing open', async () => {
    inVirtualTime((journal, { flush }) => {
      const hanging = resource({ acquire: () => NEVER, interruptible: true });
      hanging.pipe(use(() => NEVER), deadline(3)).subscribe(journal.observer()); // prettier-ignore
      flush();
      expect(journal.lines).toEqual(['3 error TimeoutError']);
    });
    expect(openResources()).toEqual([]);
    await settled();
    expect(config.onUnhandledError).not.toBeNull();
  });
});
