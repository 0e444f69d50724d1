import { config, Observable, of, Subscriber, type Subscription } from 'rxjs';
import { ScopeObservable } from '../../lib/core/scope-observable.js';
import { fromValue, resource, using } from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { raise } from '../support/failing.js';
import { Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

const boom = new Error('boom');

describe('ScopeObservable', () => {
  it('is what a resource and using() are', () => {
    expect(fromValue(1)).toBeInstanceOf(ScopeObservable);
    expect(using(fromValue(1), () => of(1))).toBeInstanceOf(ScopeObservable);
  });

  it('enters nothing for a subscriber that is closed already', () => {
    const journal = new Journal();
    const outer = new Observable<string>((subscriber) => {
      subscriber.unsubscribe();
      return journal.resource('a').subscribe(subscriber);
    });
    outer.subscribe();
    expect(journal.lines).toEqual([]);
  });

  it('answers the subscriber it was given, as RxJS does', () => {
    const answers: boolean[] = [];
    const outer = new Observable<number>((subscriber) => {
      answers.push(fromValue(1).subscribe(subscriber) === (subscriber as Subscription));
    });
    outer.subscribe().unsubscribe();
    expect(answers).toEqual([true]);
  });

  describe('the subscription', () => {
    it('is closed when the scope has ended, and open while it is held', () => {
      const held = fromValue(1).subscribe();
      expect(held.closed).toBe(false);
      held.unsubscribe();
      expect(held.closed).toBe(true);
      expect(using(fromValue(1), () => of(1)).subscribe().closed).toBe(true);
    });

    it('never throws from unsubscribe(), whatever the release does (law 12)', async () => {
      const journal = new Journal();
      const source = journal.resource('a', { release: () => raise(boom) });
      const subscription = source.subscribe();
      expect(() => subscription.unsubscribe()).not.toThrow();
      await nextMacrotask();
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('takes teardowns of its own', () => {
      const journal = new Journal();
      const subscription = journal.resource('a').subscribe();
      subscription.add(() => journal.note('teardown'));
      subscription.unsubscribe();
      expect(journal.lines.slice().sort()).toEqual(['+a', '-a unsubscribe', 'teardown']);
    });

    it('runs a teardown at once that is added after the end', () => {
      const journal = new Journal();
      using(fromValue(1), () => of(1))
        .subscribe()
        .add(() => journal.note('teardown'));
      expect(journal.lines).toEqual(['teardown']);
    });
  });

  it('can be subscribed by a subscriber that looks like one of another copy of RxJS', () => {
    const journal = new Journal();
    const foreign = {
      closed: false,
      add: () => {},
      remove: () => {},
      unsubscribe: () => {},
      ...journal.observer(),
    };
    expect(foreign).not.toBeInstanceOf(Subscriber);
    using(journal.resource('a'), () => of(1)).subscribe(foreign);
    expect(journal.lines).toEqual(['+a', 'next 1', '-a complete', 'complete']);
  });

  it('works with the deprecated synchronous error handling of RxJS', () => {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- still there in RxJS 7
    config.useDeprecatedSynchronousErrorHandling = true;
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const released: number[] = [];
      const source = resource({ acquire: () => 1, release: (n) => released.push(n) });
      expect(() => using(source, () => raise(boom)).subscribe()).toThrow(boom);
      expect(released).toEqual([1]);
    } finally {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- as above
      config.useDeprecatedSynchronousErrorHandling = false;
      warn.mockRestore();
    }
  });
});
