import { finalize, NEVER, of, Subject, throwError } from 'rxjs';
import { consume, resource, settled, using } from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { raise } from '../support/failing.js';
import { describeError, Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');
const release = new Error('release');

const outcomeOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => `rejected: ${describeError(error)}`,
  );

describe('consume', () => {
  it('subscribes at once, with an observer', () => {
    const journal = new Journal();
    const consumption = consume(of(1, 2), journal.observer());
    expect(journal.lines).toEqual(['next 1', 'next 2', 'complete']);
    expect(consumption.closed).toBe(true);
  });

  it('subscribes with a function, or with nothing', async () => {
    const seen: number[] = [];
    await consume(of(1, 2), (value) => seen.push(value)).done;
    await consume(of(1)).done;
    expect(seen).toEqual([1, 2]);
  });

  it('needs no next in its observer', async () => {
    const journal = new Journal();
    await consume(of(1), { complete: () => journal.note('complete') }).done;
    expect(journal.lines).toEqual(['complete']);
  });

  describe('closed', () => {
    it('is false while the source runs, and true after its end', () => {
      const subject = new Subject<number>();
      const consumption = consume(subject);
      expect(consumption.closed).toBe(false);
      subject.complete();
      expect(consumption.closed).toBe(true);
    });

    it('is true from close() on', async () => {
      const consumption = consume(NEVER);
      const closing = consumption.close();
      expect(consumption.closed).toBe(true);
      await closing;
    });
  });

  describe('done', () => {
    it('resolves after the releases (law 3)', async () => {
      const released = new Gate();
      const journal = new Journal();
      const { done } = consume(
        using(journal.resource('a', { release: () => released.promise }), () => [1]),
        journal.observer(),
      );
      const waiting = done.then(() => journal.note('done'));
      await microtasks();
      expect(journal.take()).toEqual(['+a', 'next 1', '-a complete']);
      released.open();
      await waiting;
      expect(journal.take()).toEqual(['-a ok', 'complete', 'done']);
    });

    it('rejects with the error of the source', async () => {
      await expect(consume(throwError(() => boom)).done).rejects.toBe(boom);
    });

    it('is one promise, also when it is asked for later', async () => {
      const consumption = consume(of(1));
      expect(consumption.done).toBe(consumption.done);
      await nextMacrotask();
      await expect(consumption.done).resolves.toBeUndefined();
    });

    it('resolves when it is closed (api)', async () => {
      const journal = new Journal();
      const consumption = consume(using(journal.resource('a'), () => NEVER));
      const done = consumption.done.then(() => journal.note('done'));
      await consumption.close();
      await done;
      expect(journal.lines).toEqual(['+a', '-a unsubscribe', 'done']);
    });
  });

  describe('close', () => {
    it('unsubscribes at once and waits for the releases (law 12)', async () => {
      const released = new Gate();
      const journal = new Journal();
      const consumption = consume(
        using(journal.resource('a', { release: () => released.promise }), () => NEVER),
        journal.observer(),
      );
      const closing = consumption.close().then(() => journal.note('closed'));
      expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
      await microtasks();
      expect(journal.take()).toEqual([]);
      released.open();
      await closing;
      expect(journal.take()).toEqual(['-a ok', 'closed']);
    });

    it.each<[string, () => unknown]>([
      ['rejects', () => Promise.reject(release)],
      ['throws', () => raise(release)],
    ])('rejects where a release %s, which is then not unhandled (law 12)', async (_, releasing) => {
      const consumption = consume(using(resource({ acquire: () => 1, release: releasing }), () => NEVER));
      await expect(consumption.close()).rejects.toBe(release);
      expect(await takeUnhandledErrors()).toEqual([]);
    });

    it('waits a second time, without its error', async () => {
      const released = new Gate();
      const source = resource({ acquire: () => 1, release: () => released.promise });
      const consumption = consume(using(source, () => NEVER));
      const both = [outcomeOf(consumption.close()), outcomeOf(consumption.close())];
      released.fail(release);
      expect(await Promise.all(both)).toEqual(['rejected: release', 'resolved']);
      expect(await outcomeOf(consumption.close())).toBe('resolved');
    });

    it('resolves after the source has ended', async () => {
      const consumption = consume(
        throwError(() => boom),
        { error: () => undefined },
      );
      await expect(consumption.close()).resolves.toBeUndefined();
    });

    it('waits where the source has ended but is still releasing', async () => {
      const released = new Gate();
      const journal = new Journal();
      const consumption = consume(using(resource({ acquire: () => 1, release: () => released.promise }), () => [1]));
      const closing = consumption.close().then(() => journal.note('closed'));
      await microtasks();
      expect(journal.lines).toEqual([]);
      released.open();
      await closing;
      expect(journal.lines).toEqual(['closed']);
    });

    it('waits for an acquire that is still under way (law 13)', async () => {
      const acquired = new Gate<string>();
      const journal = new Journal();
      const consumption = consume(journal.resource('a', { acquire: () => acquired.promise }));
      const closing = consumption.close().then(() => journal.note('closed'));
      await microtasks();
      expect(journal.take()).toEqual(['+a']);
      acquired.open('late');
      await closing;
      expect(journal.take()).toEqual(['+a ok', '-a unsubscribe', 'closed']);
    });

    it('works from inside the observer', async () => {
      const journal = new Journal();
      const subject = new Subject<number>();
      const body = subject.pipe(finalize(() => journal.note('left')));
      const consumption = consume(
        using(journal.resource('a'), () => body),
        (value) => {
          journal.note(`next ${value}`);
          void consumption.close();
        },
      );
      subject.next(1);
      subject.next(2);
      await consumption.done;
      expect(journal.lines).toEqual(['+a', 'next 1', 'left', '-a unsubscribe']);
    });

    it('works before consume() has returned, by its signal', async () => {
      const journal = new Journal();
      const controller = new AbortController();
      const source = using(journal.resource('a'), () => [1, 2, 3]);
      const next = (value: number): void => {
        journal.note(`next ${value}`);
        controller.abort(boom);
      };
      const consumption = consume(source, next, { signal: controller.signal });
      expect(await outcomeOf(consumption.done)).toBe('rejected: boom');
      expect(journal.lines).toEqual(['+a', 'next 1', '-a unsubscribe']);
    });

    it('delivers nothing afterwards', async () => {
      const subject = new Subject<number>();
      const journal = new Journal();
      const consumption = consume(subject, journal.observer());
      await consumption.close();
      subject.next(1);
      subject.complete();
      expect(journal.lines).toEqual([]);
    });

    it('is called by await using', async () => {
      const journal = new Journal();
      {
        await using consumption = consume(using(journal.resource('a'), () => NEVER));
        journal.note(`closed in the block: ${consumption.closed}`);
      }
      expect(journal.lines).toEqual(['+a', 'closed in the block: false', '-a unsubscribe']);
    });
  });

  describe('with a signal', () => {
    it('subscribes to nothing where it is aborted already; done rejects with the reason', async () => {
      const journal = new Journal();
      const consumption = consume(journal.resource('a'), journal.observer(), { signal: AbortSignal.abort(boom) });
      expect(consumption.closed).toBe(true);
      await expect(consumption.done).rejects.toBe(boom);
      expect(journal.lines).toEqual([]);
    });

    it('unsubscribes when it aborts; done rejects with the reason after the releases', async () => {
      const released = new Gate();
      const journal = new Journal();
      const controller = new AbortController();
      const source = journal.resource('a', { release: () => released.promise });
      const consumption = consume(
        using(source, () => NEVER),
        journal.observer(),
        { signal: controller.signal },
      );
      const done = outcomeOf(consumption.done).then((outcome) => journal.note(outcome));
      controller.abort(boom);
      expect(consumption.closed).toBe(true);
      expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
      released.open();
      await done;
      expect(journal.take()).toEqual(['-a ok', 'rejected: boom']);
    });

    it('stays silent with the reason where nobody asks for done', async () => {
      const controller = new AbortController();
      consume(NEVER, undefined, { signal: controller.signal });
      controller.abort(boom);
      expect(await takeUnhandledErrors()).toEqual([]);
    });

    it('reports a release that fails then where nobody asks for done (law 12)', async () => {
      const controller = new AbortController();
      const source = resource({ acquire: () => 1, release: () => Promise.reject(release) });
      consume(
        using(source, () => NEVER),
        undefined,
        { signal: controller.signal },
      );
      controller.abort(boom);
      await settled();
      await microtasks();
      expect((await takeUnhandledErrors()).map(describeError)).toEqual(['release']);
    });
  });

  describe('an error of the source', () => {
    it('goes to the observer and to done', async () => {
      const journal = new Journal();
      const consumption = consume(
        throwError(() => boom),
        journal.observer(),
      );
      expect(await outcomeOf(consumption.done)).toBe('rejected: boom');
      expect(journal.lines).toEqual(['error boom']);
    });

    it('is not unhandled where done is asked for in the same tick', async () => {
      const consumption = consume(throwError(() => boom));
      expect(await outcomeOf(consumption.done)).toBe('rejected: boom');
      expect(await takeUnhandledErrors()).toEqual([]);
    });

    it('is reported where there is neither a handler nor a reader of done, as in RxJS', async () => {
      consume(
        throwError(() => boom),
        () => undefined,
      );
      await microtasks();
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('leaves no unhandled rejection where only close() was called', async () => {
      const subject = new Subject<number>();
      const consumption = consume(subject, { error: () => undefined });
      subject.error(boom);
      await consumption.close();
      expect(await takeUnhandledErrors()).toEqual([]);
    });
  });

  it('reports an observer that throws, as RxJS does, and releases', async () => {
    const journal = new Journal();
    const consumption = consume(
      using(journal.resource('a'), () => [1]),
      () => raise(boom),
    );
    await consumption.done;
    expect(await takeUnhandledErrors()).toEqual([boom]);
    expect(journal.lines).toEqual(['+a', '-a complete']);
  });
});
