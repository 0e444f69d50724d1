/* eslint-disable rxjs-x/no-redundant-notify -- bodies that break the rules are what is tested */
import { concat, EMPTY, Observable, of, Subject, take, throwError, type Subscriber } from 'rxjs';
import { using } from '../../lib/index.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 2: a release starts only after its body has ended and is torn down', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  /** A body whose subscribe and teardown are written down. */
  const body = (run: (subscriber: Subscriber<unknown>) => void): Observable<unknown> =>
    new Observable((subscriber) => {
      run(subscriber);
      journal.note('subscribe returns');
      return () => {
        journal.note('torn down');
      };
    });

  describe('a synchronous body', () => {
    it.each([
      [
        'completes',
        (subscriber: Subscriber<unknown>) => {
          subscriber.complete();
        },
        '-a complete',
        'complete',
      ],
      [
        'fails',
        (subscriber: Subscriber<unknown>) => {
          subscriber.error(boom);
        },
        '-a error boom',
        'error boom',
      ],
    ])('that %s has its subscribe returned and its teardown run first', (_, run, released, told) => {
      using(journal.resource('a'), () => body(run)).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', 'subscribe returns', 'torn down', released, told]);
    });

    it('that is left by take(1) has its subscribe returned and its teardown run first', () => {
      using(journal.resource('a'), () =>
        body((subscriber) => {
          subscriber.next(1);
          journal.note('after 1');
        }),
      )
        .pipe(take(1))
        .subscribe(journal.observer());
      expect(journal.lines).toEqual([
        '+a',
        'next 1',
        'complete',
        'after 1',
        'subscribe returns',
        'torn down',
        '-a unsubscribe',
      ]);
    });

    it('that a scope is in waits as well: the inner one is released first, and neither inside subscribe', () => {
      const inner = using(journal.resource('b'), () => body((subscriber) => { subscriber.complete(); })); // prettier-ignore
      using(journal.resource('a'), () => inner).subscribe();
      expect(journal.lines).toEqual(['+a', '+b', 'subscribe returns', 'torn down', '-b complete', '-a complete']);
    });
  });

  describe('a body that goes on', () => {
    const open = (release: () => unknown = () => undefined): [Subject<unknown>, () => void] => {
      const source = new Subject<unknown>();
      const subscription = using(journal.resource('a', { release }), () =>
        body((subscriber) => {
          source.subscribe(subscriber);
        }),
      ).subscribe(journal.observer());
      journal.take();
      return [
        source,
        () => {
          subscription.unsubscribe();
        },
      ];
    };

    it('is torn down before the release when it completes', () => {
      const [source] = open();
      source.complete();
      expect(journal.lines).toEqual(['torn down', '-a complete', 'complete']);
    });

    it('is torn down before the release when it fails', () => {
      const [source] = open();
      source.error(boom);
      expect(journal.lines).toEqual(['torn down', '-a error boom', 'error boom']);
    });

    it('is torn down before the release when the consumer leaves', () => {
      const [, leave] = open();
      leave();
      expect(journal.lines).toEqual(['torn down', '-a unsubscribe']);
    });

    it('has its teardowns run in their order, all of them before the release', () => {
      const subscription = using(
        journal.resource('a'),
        () =>
          new Observable<number>((subscriber) => {
            for (const one of ['first', 'second']) {
              subscriber.add(() => {
                journal.note(one);
              });
            }
          }),
      ).subscribe();
      subscription.unsubscribe();
      expect(journal.lines).toEqual(['+a', 'first', 'second', '-a unsubscribe']);
    });

    it('whose async generator still cleans up is waited for', async () => {
      const gate = new Gate();
      const subscription = using(journal.resource('a'), async function* () {
        try {
          yield 1;
        } finally {
          journal.note('finally');
          await gate.promise;
          journal.note('cleaned up');
        }
      })
        .pipe(take(1))
        .subscribe();
      await nextMacrotask();
      expect(journal.lines).toEqual(['+a', 'finally']);
      gate.open();
      await nextMacrotask();
      expect(journal.lines).toEqual(['+a', 'finally', 'cleaned up', '-a unsubscribe']);
      expect(subscription.closed).toBe(true);
    });
  });

  describe('nothing of the body is emitted after that', () => {
    it('while a release is under way', async () => {
      const gate = new Gate();
      const escaped: Subscriber<unknown>[] = [];
      using(journal.resource('a', { release: () => gate.promise }), () =>
        body((subscriber) => {
          escaped.push(subscriber);
        }),
      ).subscribe(journal.observer());
      const [rogue] = escaped as [Subscriber<unknown>];
      rogue.complete();
      journal.take();
      rogue.next('late');
      rogue.complete();
      gate.open();
      await nextMacrotask();
      rogue.next('later');
      expect(journal.lines).toEqual(['-a ok', 'complete']);
    });

    it('by the rest of a synchronous body that ignores that it has ended', () => {
      const rogue = body((subscriber) => {
        subscriber.next(1);
        subscriber.complete();
        subscriber.next(2);
      });
      using(journal.resource('a'), () => rogue).subscribe(journal.observer());
      expect(journal.lines.filter((line) => line.startsWith('next'))).toEqual(['next 1']);
    });

    it('by a teardown of the body', () => {
      const subject = new Subject<unknown>();
      using(
        journal.resource('a'),
        () =>
          new Observable<unknown>((subscriber) => {
            subject.subscribe(subscriber);
            return () => {
              subscriber.next('from the teardown');
            };
          }),
      ).subscribe(journal.observer());
      subject.complete();
      expect(journal.lines).toEqual(['+a', '-a complete', 'complete']);
    });

    it('by a promise that is kept after the consumer has left', async () => {
      const gate = new Gate<string>();
      const subscription = using(journal.resource('a'), () => gate.promise).subscribe(journal.observer());
      subscription.unsubscribe();
      gate.open('late');
      await nextMacrotask();
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
    });
  });

  it.each([
    ['nothing', EMPTY, ['+a', '-a complete', 'complete']],
    ['a failure and nothing else', throwError(() => boom), ['+a', '-a error boom', 'error boom']],
    ['values and a failure', concat(of(1), throwError(() => boom)), ['+a', 'next 1', '-a error boom', 'error boom']], // prettier-ignore
  ])('a body of %s', (_, source, lines) => {
    using(journal.resource('a'), () => source as Observable<unknown>).subscribe(journal.observer());
    expect(journal.lines).toEqual(lines);
  });
});
