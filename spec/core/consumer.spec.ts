import { config, Observable, throwError } from 'rxjs';
import { Consumer } from '../../lib/core/consumer.js';
import { fromValue, using } from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { raise } from '../support/failing.js';
import { Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

const boom = new Error('boom');

describe('Consumer', () => {
  it('passes notifications to the handlers, as methods of the observer', () => {
    const receivers: unknown[] = [];
    const observer = {
      next(): void {
        receivers.push(this);
      },
      error(): void {
        receivers.push(this);
      },
      complete(): void {
        receivers.push(this);
      },
    };
    const consumer = new Consumer(observer);
    consumer.next(1);
    consumer.error(boom);
    consumer.complete();
    expect(receivers).toEqual([observer, observer, observer]);
  });

  it('needs no handlers; an error without one is reported', async () => {
    const consumer = new Consumer<number>({});
    consumer.next(1);
    consumer.complete();
    consumer.error(boom);
    expect(await takeUnhandledErrors()).toEqual([boom]);
  });

  it('reports what handlers throw, and throws nothing', async () => {
    const consumer = new Consumer<number>({
      next: () => raise(new Error('next')),
      error: () => raise(new Error('error')),
      complete: () => raise(new Error('complete')),
    });
    consumer.next(1);
    consumer.error(boom);
    consumer.complete();
    expect((await takeUnhandledErrors()).map((error) => (error as Error).message)).toEqual([
      'next',
      'error',
      'complete',
    ]);
  });
});

describe('what subscribes to a scope', () => {
  /** The same source, from RxJS and from a scope. */
  const sources: readonly (readonly [string, (body: Observable<number>) => Observable<number>])[] = [
    ['an observable of RxJS', (body) => body],
    ['a scope', (body) => using(fromValue(0), () => body)],
  ];

  describe.each(sources)('to %s', (_, sourceOf) => {
    const ones = sourceOf(
      new Observable((subscriber) => {
        subscriber.next(1);
        subscriber.complete();
      }),
    );

    it('may leave handlers out as undefined or null', () => {
      ones.subscribe();
      ones.subscribe(null as never);
      ones.subscribe({});
      ones.subscribe({ next: undefined as never });
      ones.subscribe({ next: null as never, complete: null as never });
      expect(() => ones.subscribe({ error: null as never })).not.toThrow();
    });

    it('is called as a method of the observer', () => {
      const journal = new Journal();
      class Listener {
        private readonly name = 'listener';
        next(value: number): void {
          journal.note(`${this.name} ${value}`);
        }
        complete(): void {
          journal.note(`${this.name} complete`);
        }
      }
      ones.subscribe(new Listener());
      expect(journal.lines).toEqual(['listener 1', 'listener complete']);
    });

    it('may be bare callbacks', () => {
      const journal = new Journal();
      const { next, error, complete } = journal.observer();

      ones.subscribe({ next: next, error: error, complete: complete });
      expect(journal.lines).toEqual(['next 1', 'complete']);
    });

    it('has an error without a handler reported, asynchronously', async () => {
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => reported.push(error); // until the test ends
      sourceOf(throwError(() => boom)).subscribe({ next: () => undefined });
      expect(reported).toEqual([]);
      await nextMacrotask();
      expect(reported).toEqual([boom]);
    });

    it('stays subscribed where next throws', async () => {
      const journal = new Journal();
      const source = sourceOf(
        new Observable((subscriber) => {
          subscriber.next(1);
          subscriber.next(2);
          subscriber.complete();
        }),
      );
      source.subscribe({
        next: (value) => (value === 1 ? raise(boom) : journal.note(`next ${value}`)),
        complete: () => journal.note('complete'),
      });
      await nextMacrotask();
      expect(journal.lines).toEqual(['next 2', 'complete']);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });
  });
});
