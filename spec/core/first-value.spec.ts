import { EMPTY, EmptyError, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { firstValue, lastValue, resource, settled, use, using } from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { raise } from '../support/failing.js';
import { describeError, Gate, Journal } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');

describe('firstValue', () => {
  it('answers the first value and leaves the rest', async () => {
    const journal = new Journal();
    const source = new Observable<number>((subscriber) => {
      subscriber.next(1);
      subscriber.next(2);
      return () => journal.note('left');
    });
    await expect(firstValue(source)).resolves.toBe(1);
    expect(journal.lines).toEqual(['left']);
  });

  it('settles after the releases, though the first value ends it sooner (law 16)', async () => {
    const released = new Gate();
    const journal = new Journal();
    const source = journal.resource('a', { release: () => released.promise });
    const value = firstValue(source).then((handle) => journal.note(`value ${handle}`));
    await microtasks();
    expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
    released.open();
    await value;
    expect(journal.take()).toEqual(['-a ok', 'value a']);
  });

  it('enters in the same tick', async () => {
    const journal = new Journal();
    const value = firstValue(journal.resource('a'));
    expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
    await value;
  });

  it('rejects with what a release fails with, and not with an unhandled error (law 12)', async () => {
    const source = resource({ acquire: () => 1, release: () => Promise.reject(boom) });
    await expect(firstValue(source)).rejects.toBe(boom);
    expect(await takeUnhandledErrors()).toEqual([]);
  });

  it('rejects with EmptyError where there is no value', async () => {
    await expect(firstValue(EMPTY)).rejects.toBeInstanceOf(EmptyError);
  });
});

describe('lastValue', () => {
  it('answers the last value', async () => {
    await expect(lastValue(of(1, 2, 3))).resolves.toBe(3);
  });

  it('settles after the releases (law 3)', async () => {
    const released = new Gate();
    const journal = new Journal();
    const source = journal.resource('a', { release: () => released.promise });
    const value = lastValue(using(source, () => [1, 2])).then((last) => journal.note(`value ${last}`));
    await microtasks();
    expect(journal.take()).toEqual(['+a', '-a complete']);
    released.open();
    await value;
    expect(journal.take()).toEqual(['-a ok', 'value 2']);
  });

  it('answers a last value of undefined as a value', async () => {
    await expect(lastValue(of(1, undefined), { defaultValue: 2 })).resolves.toBeUndefined();
  });
});

describe.each<[string, typeof lastValue]>([
  ['firstValue', firstValue],
  ['lastValue', lastValue],
])('%s', (_, valueOf) => {
  describe('of a source without a value', () => {
    it.each([0, null, undefined, 'none'])('answers the default value %p', async (defaultValue) => {
      await expect(valueOf(EMPTY, { defaultValue })).resolves.toBe(defaultValue);
    });

    it('rejects with EmptyError without one', async () => {
      await expect(valueOf(EMPTY)).rejects.toBeInstanceOf(EmptyError);
    });

    it('answers the default value where an error was suppressed (law 8)', async () => {
      const source = resource({ acquire: () => 1, exit: () => true });
      await expect(
        valueOf(
          using(source, () => throwError(() => boom)),
          { defaultValue: 'none' },
        ),
      ).resolves.toBe('none');
    });
  });

  it.each([boom, undefined])('rejects with the error of the source, %p', async (error) => {
    await expect(
      valueOf(
        throwError(() => error),
        { defaultValue: 1 },
      ),
    ).rejects.toBe(error);
  });

  it('rejects with what subscribing throws', async () => {
    await expect(valueOf(new Observable(() => raise(boom)))).rejects.toBe(boom);
  });

  it('rejects with a release joined with the error of the body (law 9)', async () => {
    const source = resource({ acquire: () => 1, release: () => Promise.reject(new Error('release')) });
    const error: unknown = await valueOf(source.pipe(use(() => throwError(() => boom)))).catch((e: unknown) => e);
    expect(describeError(error)).toBe('S(release, boom)');
  });

  describe('with a signal', () => {
    it('subscribes to nothing where it is aborted already', async () => {
      const journal = new Journal();
      await expect(valueOf(journal.resource('a'), { signal: AbortSignal.abort(boom) })).rejects.toBe(boom);
      expect(journal.lines).toEqual([]);
    });

    it('unsubscribes at once when it aborts, and rejects with the reason after the releases', async () => {
      const released = new Gate();
      const journal = new Journal();
      const controller = new AbortController();
      const source = journal.resource('a', { release: () => released.promise });
      const value = valueOf(
        using(source, () => NEVER),
        { signal: controller.signal, defaultValue: 'never' },
      ).catch((error: unknown) => journal.note(`rejected: ${describeError(error)}`));
      controller.abort(boom);
      expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
      await microtasks();
      expect(journal.take()).toEqual([]);
      released.open();
      await value;
      expect(journal.take()).toEqual(['-a ok', 'rejected: boom']);
    });

    it('joins a release that fails then with the reason (law 9)', async () => {
      const controller = new AbortController();
      const source = resource({ acquire: () => 1, release: () => Promise.reject(new Error('release')) });
      const value = valueOf(
        using(source, () => NEVER),
        { signal: controller.signal },
      ).catch((error: unknown) => error);
      controller.abort(boom);
      expect(describeError(await value)).toBe('S(release, boom)');
      expect(await takeUnhandledErrors()).toEqual([]);
    });

    it('listens no more after the end', async () => {
      const controller = new AbortController();
      const added: unknown[] = [];
      const removed: unknown[] = [];
      const signal = controller.signal;
      signal.addEventListener = (...args: unknown[]) => void added.push(args[1]);
      signal.removeEventListener = (...args: unknown[]) => void removed.push(args[1]);
      await valueOf(of(1), { signal });
      expect(added).toHaveLength(1);
      expect(removed).toEqual(added);
    });

    it('waits for an acquire that cannot be given up (law 13)', async () => {
      const acquired = new Gate<string>();
      const journal = new Journal();
      const controller = new AbortController();
      const source = journal.resource('a', { acquire: () => acquired.promise });
      const value = valueOf(source, { signal: controller.signal }).catch(() => journal.note('rejected'));
      controller.abort(boom);
      await microtasks();
      expect(journal.take()).toEqual(['+a']);
      acquired.open('late');
      await value;
      expect(journal.take()).toEqual(['+a ok', '-a unsubscribe', 'rejected']);
    });
  });

  it('can be settled by a subject later', async () => {
    const subject = new Subject<number>();
    const value = valueOf(subject);
    subject.next(7);
    subject.complete();
    await expect(value).resolves.toBe(7);
    await settled();
  });
});
