import {
  concatMap,
  defer,
  EMPTY,
  finalize,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  Subject,
  take,
  takeUntil,
  tap,
  throwError,
  timeout,
  timer,
  toArray,
  type ObservableInput,
} from 'rxjs';
import {
  acquireTimeout,
  andThen,
  awaitRelease,
  ClosedError,
  combine,
  deadline,
  ExitStack,
  fromValue,
  lease,
  mapValue,
  mutex,
  named,
  onExit,
  openResources,
  resource,
  scoped,
  semaphore,
  settled,
  suppress,
  taskGroup,
  use,
  using,
  type TaskGroup,
} from '../../lib/index.js';
import { errorOf, raise } from '../support/failing.js';
import { describeExit, Gate, inVirtualTime, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { microtasks } from '../support/microtasks.js';
import { course, failAt, held, observer, outcomeOf, stubborn, type Play } from '../support/task-course.js';

const boom = new Error('boom');

describe('taskGroup', () => {
  describe('when its body completes', () => {
    it('waits for the tasks, then completes', () => {
      const lines = course((group, journal) => {
        group.start(using(journal.resource('a', { release: () => timer(2) }), () => timer(3)));
        group.start(using(journal.resource('b'), () => timer(7)));
        return of('body');
      });
      expect(lines).toEqual(['0 +a', '0 +b', '0 next body', '3 -a complete', '5 -a ok', '7 -b complete', '7 complete']);
    });

    it('waits for those that were started later too', () => {
      const lines = course((group) =>
        timer(4).pipe(
          tap(() => {
            group.start(timer(5));
          }),
        ),
      );
      expect(lines).toEqual(['4 next 0', '9 complete']);
    });

    it('completes at once where there are none, or none any more', () => {
      expect(course(() => timer(2))).toEqual(['2 next 0', '2 complete']);
      expect(
        course((group) => {
          group.start(timer(1));
          return timer(2);
        }),
      ).toEqual(['2 next 0', '2 complete']);
    });

    it('fails with a task that fails while it waits, and cancels the others', () => {
      const lines = course((group, journal) => {
        group.start(held(journal, 'a', 2));
        group.start(failAt(3));
        return EMPTY;
      });
      expect(lines).toEqual(['0 +a', '3 -a unsubscribe', '5 -a ok', '5 error boom']);
    });

    it('lets tasks start others while it waits', () => {
      const lines = course((group, journal) => {
        group.start(
          timer(2).pipe(
            tap(() => {
              group.start(timer(3).pipe(finalize(() => journal.note('inner'))));
            }),
          ),
        );
        return EMPTY;
      });
      expect(lines).toEqual(['5 inner', '5 complete']);
    });

    it('holds what was entered before it until the tasks have ended, and releases what was entered after it first', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        combine([journal.resource('outer'), taskGroup(), journal.resource('inner')])
          .pipe(
            use(([, group]) => {
              group.start(timer(3).pipe(finalize(() => journal.note('task'))));
              return EMPTY;
            }),
          )
          .subscribe(observer(journal));
        flush();
      });
      expect(lines).toEqual(['0 +outer', '0 +inner', '0 -inner complete', '3 task', '3 -outer complete', '3 complete']);
    });
  });

  describe('when a task fails', () => {
    it('cancels the others at once, the last one first, then the body, awaits all and fails with that', () => {
      const lines = course((group, journal) => {
        group.start(held(journal, 'a', 5));
        group.start(held(journal, 'b', 1));
        group.start(failAt(2));
        return held(journal, 'body', 3);
      });
      expect(lines).toEqual([
        ...['0 +a', '0 +b', '0 +body', '2 -b unsubscribe', '2 -a unsubscribe', '2 -body unsubscribe'],
        ...['3 -b ok', '5 -body ok', '7 -a ok', '7 error boom'],
      ]);
    });

    it('fails with the identical error', async () => {
      const work = taskGroup().pipe(
        use((group) => {
          group.start(throwError(() => boom));
          return NEVER;
        }),
      );
      expect(await errorOf(work)).toBe(boom);
    });

    it('tells the error to what was entered after it, and what came of it to what was entered before', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        const group = taskGroup();
        combine([journal.resource('outer'), group, journal.resource('inner')])
          .pipe(
            use(([, tasks]) => {
              tasks.start(stubborn(journal, 'a'));
              tasks.start(failAt(2));
              return NEVER;
            }),
          )
          .subscribe(observer(journal));
        flush();
      });
      expect(lines.slice(3)).toEqual([
        ...['2 -a unsubscribe', '2 -a ok', '2 -inner error boom', '2 -outer error AggregateError'],
        '2 error [boom, cleanup of a]',
      ]);
    });

    it('does so before the releases of the failing one are over', () => {
      const lines = course((group, journal) => {
        group.start(held(journal, 'a'));
        group.start(merge(held(journal, 'b', 6), failAt(2)));
        return NEVER;
      });
      expect(lines).toEqual(['0 +a', '0 +b', '2 -b unsubscribe', '2 -a unsubscribe', '8 -b ok', '8 error boom']);
    });

    it('tells of a release of the failing one that fails as that does, as one failure (law 9)', () => {
      const lines = course((group, journal) => {
        group.start(merge(stubborn(journal, 'a', 4), failAt(2)));
        return NEVER;
      });
      expect(lines.at(-1)).toBe('6 error S(cleanup of a, boom)');
    });

    it('fails with what a release of a completed one fails with', () => {
      const lines = course((group, journal) => {
        group.start(stubborn(journal, 'a', 3).pipe(takeUntil(timer(1))));
        group.start(held(journal, 'b'));
        return NEVER;
      });
      expect(lines).toEqual([
        '0 +a',
        '0 +b',
        '1 -a unsubscribe',
        '4 -a ok',
        '4 -b unsubscribe',
        '4 error cleanup of a',
      ]);
    });

    it.each([[undefined], [null], ['text'], [0], [false]])('with %s, fails with that', (reason) => {
      const told: unknown[] = [];
      taskGroup()
        .pipe(
          use((group) => {
            group.start(throwError(() => reason));
            return NEVER;
          }),
        )
        .subscribe({ error: (error: unknown) => told.push(error) });
      expect(told).toEqual([reason]);
    });

    it('inside start, answers the task all the same, and the body is not begun', async () => {
      const journal = new Journal();
      taskGroup()
        .pipe(
          use((group) => {
            const { result } = group.start(throwError(() => boom));
            void outcomeOf(result).then((line) => journal.note(line));
            journal.note(`${String(group.size)} left`);
            return defer(() => raise(new Error('not reached')));
          }),
        )
        .subscribe(observer(journal));
      expect(journal.take()).toEqual(['0 left', 'error boom']);
      await microtasks();
      expect(journal.take()).toEqual(['rejected boom']);
    });

    it('while the scope is still being entered, ends it with that (law 29)', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        const started = taskGroup().pipe(
          mapValue((group) => group.start(failAt(2))),
          andThen(() => journal.resource('later', { acquire: () => timer(5) })),
        );
        started.pipe(use(() => NEVER)).subscribe(observer(journal));
        flush();
      });
      expect(lines).toEqual(['0 +later', '5 +later ok', '5 -later error boom', '5 error boom']);
    });
  });

  describe('with several failures', () => {
    it('tells all of them, the first one first, then in the order in which they came', () => {
      const lines = course((group, journal) => {
        group.start(stubborn(journal, 'a', 4));
        group.start(stubborn(journal, 'b', 2));
        group.start(failAt(1));
        return NEVER;
      });
      expect(lines.at(-1)).toBe('5 error [boom, cleanup of b, cleanup of a]');
    });

    it('says in its message whose and how many, and carries nothing else', async () => {
      const work = taskGroup({ name: 'crawl' }).pipe(
        use((group) => {
          group.start(using(resource({ acquire: () => 1, release: () => raise(new Error('cleanup')) }), () => NEVER));
          group.start(throwError(() => boom));
          return NEVER;
        }),
      );
      const error = (await errorOf(work)) as AggregateError;
      expect(error).toBeInstanceOf(AggregateError);
      expect(error.message).toBe('"crawl" has 2 failures; see "errors".');
      expect(error.errors).toEqual([boom, new Error('cleanup')]);
    });

    it('has the failures of the body’s cleanup after the first one', () => {
      const lines = course((group, journal) => {
        group.start(stubborn(journal, 'a', 4));
        group.start(failAt(1));
        return stubborn(journal, 'body', 1);
      });
      expect(lines.at(-1)).toBe('5 error [boom, cleanup of body, cleanup of a]');
    });

    it('has a failure of the body first, where that came first', () => {
      const lines = course((group, journal) => {
        group.start(stubborn(journal, 'a'));
        return failAt(1, 'body');
      });
      expect(lines.at(-1)).toBe('1 error [body, cleanup of a]');
    });

    it('tells the same object once, also where the body fails with the error of a task', async () => {
      const same = new Error('same');
      const work = taskGroup().pipe(
        use(async function* (group) {
          group.start(using(resource({ acquire: () => 1, release: () => raise(same) }), () => NEVER));
          const task = group.start(throwError(() => same));
          yield await task.result;
        }),
      );
      expect(await errorOf(work)).toBe(same);
    });

    it('takes an error whose cause is another one for the same failure, told in other words', async () => {
      const wrapped = new Error('wrapped', { cause: boom });
      const work = taskGroup().pipe(
        use(async function* (group) {
          const task = group.start(timer(0).pipe(mergeMap(() => throwError(() => boom))));
          try {
            yield await task.result;
          } catch {
            throw wrapped;
          }
        }),
      );
      expect(await errorOf(work)).toBe(wrapped);
    });

    it('takes two equal primitives for two failures (law 9)', () => {
      const lines = course((group, journal) => {
        group.start(using(journal.resource('a', { release: () => throwError(() => 'text') }), () => NEVER));
        group.start(throwError(() => 'text'));
        return NEVER;
      });
      expect(lines.at(-1)).toBe('0 error [text, text]');
    });

    it('keeps to one of two errors that are each other’s cause', () => {
      const [one, other] = [new Error('one'), new Error('other')];
      Object.assign(one, { cause: other });
      Object.assign(other, { cause: one });
      const lines = course((group, journal) => {
        group.start(using(journal.resource('a', { release: () => throwError(() => other) }), () => NEVER));
        group.start(throwError(() => one));
        return NEVER;
      });
      expect(lines.at(-1)).toBe('0 error one');
    });

    it('tells each of thousands in time that grows with their number', () => {
      const journal = new Journal();
      taskGroup()
        .pipe(
          use((group) => {
            for (let i = 0; i < 10_000; i++) {
              group.start(new Observable<never>(() => () => raise(new Error(String(i)))));
            }
            return throwError(() => boom);
          }),
        )
        .subscribe({
          error: (error: unknown) => journal.note(`${String((error as AggregateError).errors.length)} errors`),
        });
      expect(journal.lines).toEqual(['10001 errors']);
    });
  });

  describe('when its body fails', () => {
    it('cancels the tasks, awaits them, and fails with that', () => {
      const lines = course((group, journal) => {
        group.start(held(journal, 'a', 3));
        return failAt(2, 'body');
      });
      expect(lines).toEqual(['0 +a', '2 -a unsubscribe', '5 -a ok', '5 error body']);
    });

    it('does so where the body throws before there is one', () => {
      const lines = course((group, journal) => {
        group.start(held(journal, 'a', 3));
        throw boom;
      });
      expect(lines).toEqual(['0 +a', '0 -a unsubscribe', '3 -a ok', '3 error boom']);
    });

    it('after the cleanup of the body', () => {
      const lines = course((group, journal) => {
        group.start(held(journal, 'a'));
        return merge(held(journal, 'body', 3), failAt(1));
      });
      expect(lines.slice(2)).toEqual(['1 -body unsubscribe', '4 -body ok', '4 -a unsubscribe', '4 error boom']);
    });
  });

  describe('when the consumer leaves', () => {
    const leavingAt = (frame: number, play: Play): string[] =>
      inVirtualTime((journal, helpers, scheduler) => {
        const outer = journal.resource('outer');
        const subscription = combine([outer, taskGroup()])
          .pipe(use(([, group]) => play(group, journal, helpers) as Observable<unknown>))
          .subscribe(observer(journal));
        scheduler.schedule(() => {
          subscription.unsubscribe();
        }, frame);
        helpers.flush();
      }).lines.slice(1);

    it('cancels the tasks and awaits them in the background (law 12)', () => {
      const lines = leavingAt(2, (group, journal) => {
        group.start(held(journal, 'a', 3));
        return NEVER;
      });
      expect(lines).toEqual(['0 +a', '2 -a unsubscribe', '5 -a ok', '5 -outer unsubscribe']);
    });

    it('while it waits for the tasks, cancels them too; what is around is told unsubscribe', () => {
      const lines = leavingAt(2, (group, journal) => {
        group.start(held(journal, 'a', 3));
        return EMPTY;
      });
      expect(lines).toEqual(['0 +a', '2 -a unsubscribe', '5 -a ok', '5 -outer unsubscribe']);
    });

    it('while the last one is released already, changes nothing (law 14)', () => {
      const lines = leavingAt(2, (group, journal) => {
        group.start(held(journal, 'a', 3).pipe(takeUntil(timer(1))));
        return EMPTY;
      });
      expect(lines).toEqual(['0 +a', '1 -a unsubscribe', '4 -a ok', '4 -outer complete']);
    });

    it('between the end of the body and the waiting, cancels them when their turn comes', () => {
      const { lines } = inVirtualTime((journal, { flush }, scheduler) => {
        const subscription = combine([taskGroup(), journal.resource('inner', { release: () => timer(4) })])
          .pipe(
            use(([group]) => {
              group.start(held(journal, 'a'));
              return timer(1);
            }),
          )
          .subscribe(observer(journal));
        scheduler.schedule(() => {
          subscription.unsubscribe();
        }, 2);
        flush();
      });
      expect(lines.slice(2)).toEqual(['1 next 0', '1 -inner complete', '5 -inner ok', '5 -a unsubscribe']);
    });

    it('tells of a cleanup that fails to whoever waits', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        taskGroup()
          .pipe(
            use((group) => {
              group.start(stubborn(journal, 'a', 2));
              group.start(stubborn(journal, 'b', 1));
              return NEVER;
            }),
            timeout({ first: 1, with: () => EMPTY }),
            awaitRelease(),
          )
          .subscribe(observer(journal));
        flush();
      });
      expect(lines.at(-1)).toBe('3 error [cleanup of b, cleanup of a]');
    });

    it('reports a cleanup that fails where nobody waits', async () => {
      leavingAt(2, (group, journal) => {
        group.start(stubborn(journal, 'a', 1));
        return EMPTY;
      });
      expect(await reported()).toEqual(['cleanup of a']);
    });

    it.each([
      ['entered with others', (group: Entered) => combine([group, fromValue(1)]).pipe(mapValue(([tasks]) => tasks))],
      ['entered with others side by side', (group: Entered) => combine([group, fromValue(1)], { concurrent: true, concurrentRelease: true }).pipe(mapValue(([tasks]) => tasks))],
      ['entered in time', (group: Entered) => group.pipe(acquireTimeout(5))],
      ['on a stack', (group: Entered) => scoped((stack) => stack.enter(group))],
      ['in all of these', (group: Entered) => combine([scoped((stack) => stack.enter(group.pipe(acquireTimeout(5))))]).pipe(mapValue(([tasks]) => tasks))],
    ])('cancels the tasks it waits for where the group is a part: %s', async (_, part) => {
      const journal = new Journal();
      const gate = new Gate();
      const body = new Subject<never>();
      const subscription = part(taskGroup())
        .pipe(
          use((group) => {
            group.start(using(journal.resource('a', { release: () => gate.promise }), () => NEVER));
            return body;
          }),
        )
        .subscribe(observer(journal));
      await microtasks();
      body.complete();
      await microtasks();
      expect(journal.take()).toEqual(['+a']);
      subscription.unsubscribe();
      expect(journal.take()).toEqual(['-a unsubscribe']);
      gate.open();
      await settled();
      expect([journal.take(), openResources()]).toEqual([['-a ok'], []]);
    }); // prettier-ignore

    it('by an operator around the scope, through deadline', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        taskGroup()
          .pipe(
            use((group) => {
              group.start(held(journal, 'a', 2));
              return EMPTY;
            }),
            deadline(5),
          )
          .subscribe(observer(journal));
        flush();
      });
      expect(lines).toEqual(['0 +a', '5 -a unsubscribe', '7 -a ok', '7 error TimeoutError']);
    });

    it('from inside a task, ends that too', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        const subscription = taskGroup()
          .pipe(
            use((group) => {
              group.start(held(journal, 'a', 1));
              group.start(
                timer(2).pipe(
                  tap(() => {
                    subscription.unsubscribe();
                  }),
                  concatMap(() => held(journal, 'never', 0)),
                ),
              );
              return NEVER;
            }),
          )
          .subscribe(observer(journal));
        flush();
      });
      expect(lines).toEqual(['0 +a', '2 -a unsubscribe', '3 -a ok']);
    });
  });

  describe('start is refused with a ClosedError', () => {
    const refusal = (group: TaskGroup): string => {
      const begun: string[] = [];
      try {
        group.start(() => (begun.push(' begun'), EMPTY), { name: 'late' });
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}${begun.join('')}`;
      }
      return 'started';
    };

    it('where the group has ended', () => {
      const kept: TaskGroup[] = [];
      taskGroup({ name: 'crawl' })
        .pipe(use((group) => (kept.push(group), EMPTY)))
        .subscribe();
      expect(kept.map(refusal)).toEqual(['ClosedError: "late" was not started: "crawl" has ended.']);
      expect(() => kept[0]?.start(EMPTY)).toThrow(ClosedError);
      const start = (): unknown => kept[0]?.start(EMPTY);
      expect(thrownBy(start)).toMatchObject({ resource: 'crawl', code: 'RXSCOPE_CLOSED' });
    });

    it('where it is being cancelled, also from inside a cleanup', () => {
      const lines = course((group, journal) => {
        group.start(NEVER.pipe(finalize(() => journal.note(refusal(group)))));
        group.start(failAt(2));
        return NEVER.pipe(finalize(() => journal.note(`body: ${refusal(group)}`)));
      });
      const refused = 'ClosedError: "late" was not started: "taskGroup" is being cancelled.';
      expect(lines).toEqual([`2 ${refused}`, `2 body: ${refused}`, '2 error boom']);
    });

    it('where its body has failed or was left, and is still being torn down', () => {
      const refused = 'ClosedError: "late" was not started: "taskGroup" is being cancelled.';
      const body = (group: TaskGroup, journal: Journal): Observable<never> => {
        const slow = journal.resource('body', { release: () => (journal.note(refusal(group)), timer(1)) });
        return using(slow, () => NEVER);
      };
      expect(course((group, journal) => merge(body(group, journal), failAt(1))).slice(2)).toEqual([`1 ${refused}`, '2 -body ok', '2 error boom']); // prettier-ignore
      const { lines } = inVirtualTime((journal, { flush }) => {
        taskGroup()
          .pipe(
            use((group) => body(group, journal)),
            takeUntil(timer(1)),
          )
          .subscribe(observer(journal));
        flush();
      });
      expect(lines.slice(1)).toEqual(['1 complete', '1 -body unsubscribe', `1 ${refused}`, '2 -body ok']);
    });

    it('and a cleanup that does not expect it fails with it', () => {
      const lines = course((group) => {
        group.start(new Observable<never>(() => () => void group.start(EMPTY)));
        return throwError(() => boom);
      });
      expect(lines.at(-1)).toBe('0 error [boom, ClosedError]');
    });

    it('but not while it waits for its tasks', () => {
      const lines = course((group, journal) => {
        group.start(timer(2));
        timer(1).subscribe(() => journal.note(refusal(group)));
        return EMPTY;
      });
      expect(lines).toEqual(['1 started', '2 complete']);
    });
  });

  describe('refuses at the call', () => {
    it.each([[undefined], [null], [1], [{}]])('a task that is %s', (input) => {
      taskGroup()
        .pipe(
          use((group) => {
            expect(() => group.start(input as never)).toThrow(TypeError);
            expect(group.size).toBe(0);
            return EMPTY;
          }),
        )
        .subscribe();
      expect.assertions(2);
    });
  });

  describe('stays synchronous where all of it is (law 17)', () => {
    it('ends inside subscribe', () => {
      const journal = new Journal();
      taskGroup()
        .pipe(
          use((group) => {
            group.start(using(journal.resource('a'), () => of(1)));
            group.start(() => ['b']);
            journal.note(`${String(group.size)} left`);
            return of('body');
          }),
        )
        .subscribe(observer(journal));
      expect(journal.lines).toEqual(['+a', '-a complete', '0 left', 'next body', 'complete']);
    });

    it('however many there are, one after the other, one inside the other, or side by side', () => {
      const ended: string[] = [];
      const count = 10_000;
      const after = taskGroup().pipe(
        use((group) => {
          for (let i = 0; i < count; i++) group.start(of(i));
          return of(group.stats().completed);
        }),
      );
      after.subscribe({ next: (n) => ended.push(`${String(n)} after`), complete: () => ended.push('complete') });
      const go = new Subject<number>();
      const beside = taskGroup().pipe(
        use((group) => {
          for (let i = 0; i < count; i++) group.start(go.pipe(take(1)));
          return EMPTY;
        }),
      );
      beside.subscribe({ complete: () => ended.push('complete') });
      go.next(1);
      const inside = taskGroup().pipe(
        use((group) => {
          const nest = (depth: number): void => {
            if (depth > 0) group.start(() => (nest(depth - 1), EMPTY));
          };
          nest(300);
          return of(group.stats().completed);
        }),
      );
      inside.subscribe({ next: (n) => ended.push(`${String(n)} inside`), complete: () => ended.push('complete') });
      expect(ended).toEqual(['10000 after', 'complete', 'complete', '300 inside', 'complete']);
    });
  });

  describe('inside another one', () => {
    const nested = (play: (outer: TaskGroup, inner: TaskGroup, journal: Journal) => Observable<unknown>): string[] =>
      course((outer, journal) => using(taskGroup({ name: 'inner' }), (inner) => play(outer, inner, journal)));

    it('is cancelled by the outer one', () => {
      const lines = nested((outer, inner, journal) => {
        inner.start(held(journal, 'a', 2));
        outer.start(failAt(1));
        return NEVER;
      });
      expect(lines).toEqual(['0 +a', '1 -a unsubscribe', '3 -a ok', '3 error boom']);
    });

    it('is cancelled by the outer one while it waits for its tasks', () => {
      const lines = nested((outer, inner, journal) => {
        inner.start(held(journal, 'a', 2));
        outer.start(failAt(1));
        return EMPTY;
      });
      expect(lines).toEqual(['0 +a', '1 -a unsubscribe', '3 -a ok', '3 error boom']);
    });

    it('tells its failure to the outer one, as one', () => {
      const lines = nested((outer, inner, journal) => {
        inner.start(stubborn(journal, 'a'));
        inner.start(failAt(1));
        outer.start(stubborn(journal, 'b', 2));
        return NEVER;
      });
      expect(lines.at(-1)).toBe('3 error [[boom, cleanup of a], cleanup of b]');
    });

    it('as a task is cancelled with its own tasks', () => {
      const lines = course((group, journal) => {
        group.start(
          taskGroup({ name: 'inner' }).pipe(
            use((inner) => {
              inner.start(held(journal, 'a', 2));
              return EMPTY;
            }),
          ),
        );
        return failAt(3);
      });
      expect(lines).toEqual(['0 +a', '3 -a unsubscribe', '5 -a ok', '5 error boom']);
    });

    it('goes a hundred deep', () => {
      const deep = (depth: number): Observable<unknown> =>
        taskGroup().pipe(
          use((group) => {
            group.start(depth === 0 ? timer(1) : deep(depth - 1));
            return EMPTY;
          }),
        );
      inVirtualTime((_, { expectObservable }) => {
        expectObservable(deep(100)).toBe('-|');
      });
    });
  });

  describe('as a resource', () => {
    it('can be entered any number of times, each a group of its own (law 5)', () => {
      const group = taskGroup();
      const sizes: number[] = [];
      const body = (tasks: TaskGroup): Observable<never> => {
        tasks.start(NEVER);
        sizes.push(tasks.size);
        return NEVER;
      };
      const subscriptions = [group.pipe(use(body)).subscribe(), group.pipe(use(body)).subscribe()];
      for (const subscription of subscriptions) subscription.unsubscribe();
      expect(sizes).toEqual([1, 1]);
    });

    it('fails a lease that is held by hand: it is released at once, and release() tells', async () => {
      const journal = new Journal();
      const held = await lease(taskGroup());
      const go = new Subject<never>();
      held.value.start(using(journal.resource('a'), () => NEVER));
      held.value.start(go);
      go.error(boom);
      expect(journal.lines).toEqual(['+a', '-a unsubscribe']);
      expect(await outcomeOf(held.release())).toBe('rejected boom');
    });

    it('is waited for by the release of a lease, and cancelled by a release with unsubscribe', async () => {
      const journal = new Journal();
      const first = await lease(taskGroup());
      const go = new Subject<void>();
      first.value.start(go);
      const released = first.release().then(() => journal.note('released'));
      await nextMacrotask();
      journal.note('go');
      go.complete();
      await released;
      const second = await lease(taskGroup());
      second.value.start(using(journal.resource('a'), () => NEVER));
      await second.release({ kind: 'unsubscribe' });
      expect(journal.lines).toEqual(['go', 'released', '+a', '-a unsubscribe']);
    });

    it('on a stack fails what the stack is a part of', async () => {
      const journal = new Journal();
      const work = scoped(async (stack) => stack.enter(taskGroup())).pipe(
        use((group) => {
          group.start(throwError(() => boom));
          return NEVER;
        }),
      );
      work.subscribe(observer(journal));
      await microtasks();
      expect(journal.lines).toEqual(['error boom']);
    });

    it('on a stack that is closed by hand is waited for', async () => {
      const stack = new ExitStack();
      const group = await stack.enter(taskGroup());
      const go = new Subject<number>();
      const { result } = group.start(go);
      const closed = stack.close();
      go.next(1);
      go.complete();
      expect([await closed, await result]).toEqual([false, 1]);
    });

    it('can have its failure suppressed by what is around it, not by what was entered after it', () => {
      const journal = new Journal();
      const failing = (group: TaskGroup): Observable<never> => {
        group.start(throwError(() => boom));
        return NEVER;
      };
      taskGroup().pipe(suppress(Error), use(failing)).subscribe(observer(journal));
      taskGroup()
        .pipe(
          andThen((group) => fromValue(group).pipe(suppress(Error))),
          use(failing),
        )
        .subscribe(observer(journal));
      expect(journal.lines).toEqual(['complete', 'error boom']);
    });

    it('tells those after it what came of it', () => {
      const journal = new Journal();
      taskGroup()
        .pipe(
          onExit((exit) => journal.note(describeExit(exit))),
          use((group) => {
            group.start(throwError(() => boom));
            return NEVER;
          }),
        )
        .subscribe(observer(journal));
      expect(journal.lines).toEqual(['error boom', 'error boom']);
    });

    it('is shown by openResources while it waits, under its name', () => {
      const subscription = taskGroup({ name: 'crawl' })
        .pipe(use((group) => (group.start(NEVER), EMPTY)))
        .subscribe();
      expect(openResources()).toMatchObject([{ name: 'crawl', state: 'exiting' }]);
      subscription.unsubscribe();
      expect(openResources()).toEqual([]);
    });

    it('takes another name from named(), for its errors too', () => {
      const told: string[] = [];
      taskGroup()
        .pipe(
          named('crawl'),
          use((group) => {
            told.push(group.stats().name);
            return EMPTY;
          }),
        )
        .subscribe();
      expect(told).toEqual(['crawl']);
      expect(taskGroup().name).toBe('taskGroup');
    });

    it('is waited for by settled() after the consumer has left', async () => {
      const gate = new Gate();
      taskGroup()
        .pipe(
          use((group) => {
            group.start(() => gate.promise);
            return NEVER;
          }),
        )
        .subscribe()
        .unsubscribe();
      let done = false;
      const waiting = settled().then(() => (done = true));
      await nextMacrotask();
      expect([done, openResources().length]).toEqual([false, 1]);
      gate.open();
      await waiting;
      expect(openResources()).toEqual([]);
    });
  });

  describe('with locks', () => {
    it('runs no more tasks at a time than each enters one permit of', () => {
      const two = semaphore(2);
      const lines = course((group, journal) => {
        for (const name of ['a', 'b', 'c']) {
          group.start(using(two.permit, () => using(journal.resource(name), () => timer(3))));
        }
        return EMPTY;
      });
      expect(lines.map((line) => line.replace(' complete', ''))).toEqual(['0 +a', '0 +b', '3 -a', '3 +c', '3 -b', '6 -c', '6']); // prettier-ignore
    });

    it('fails a task at once that waits for what the scope around the group holds: that waits for the task', () => {
      const lock = mutex();
      const { lines } = inVirtualTime((journal, { flush }) => {
        using(lock.lock, () =>
          taskGroup().pipe(
            use((group) => {
              group.start(using(lock.lock, () => EMPTY));
              return NEVER;
            }),
          ),
        ).subscribe(observer(journal));
        flush();
      });
      expect(lines).toEqual(['0 error DeadlockError']);
    });

    it('lets a task wait for what its body holds, and for what was entered after the group', () => {
      const lock = mutex();
      const waiting = (group: TaskGroup, journal: Journal): void => {
        group.start(using(lock.lock, () => using(journal.resource('a'), () => EMPTY)));
      };
      expect(
        course((group, journal) =>
          using(lock.lock, () => {
            waiting(group, journal);
            return timer(2);
          }),
        ),
      ).toEqual(['2 next 0', '2 +a', '2 -a complete', '2 complete']);
      const { lines } = inVirtualTime((journal, { flush }) => {
        combine([taskGroup(), lock.lock])
          .pipe(
            use(([group]) => {
              waiting(group, journal);
              return timer(2);
            }),
          )
          .subscribe(observer(journal));
        flush();
      });
      expect(lines).toEqual(['2 next 0', '2 +a', '2 -a complete', '2 complete']);
    });
  });

  it('leaves a body that is a promise, and waits for one that is an async generator (law 12)', async () => {
    const played = async (body: 'a promise' | 'a generator'): Promise<string[]> => {
      const journal = new Journal();
      const gate = new Gate();
      const cleanup = async (): Promise<void> => {
        await gate.promise;
        journal.note('cleaned');
      };
      const failing = (group: TaskGroup): void => {
        group.start(timer(0).pipe(mergeMap(() => throwError(() => boom))));
      };
      const bodies = {
        'a promise': async (group: TaskGroup) => {
          failing(group);
          await cleanup();
        },
        'a generator': async function* (group: TaskGroup) {
          try {
            failing(group);
            yield 1;
            await nextMacrotask();
          } finally {
            await cleanup();
          }
        },
      };
      const play: (group: TaskGroup) => ObservableInput<number | void> = bodies[body];
      taskGroup().pipe(use(play)).subscribe(observer(journal));
      await nextMacrotask();
      await nextMacrotask();
      journal.note('now');
      gate.open();
      await nextMacrotask();
      return journal.lines;
    };
    expect(await played('a promise')).toEqual(['error boom', 'now', 'cleaned']);
    expect(await played('a generator')).toEqual(['next 1', 'now', 'cleaned', 'error boom']);
  });

  it('makes no promise of its own', () => {
    inVirtualTime((_, { cold, expectObservable }) => {
      const work = taskGroup().pipe(
        use((group) => {
          group.start(
            using(resource({ acquire: () => cold('--a|'), release: () => cold('---|') }), () => cold('----|')),
          );
          group.start(cold('-|').pipe(toArray()));
          return cold('a-b|');
        }),
      );
      expectObservable(work).toBe('a-b------|');
    });
  });
});

type Entered = ReturnType<typeof taskGroup>;

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
