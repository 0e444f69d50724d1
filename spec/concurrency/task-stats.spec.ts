import { EMPTY, interval, NEVER, take, takeUntil, tap, timer } from 'rxjs';
import { taskGroup, use, type TaskGroup } from '../../lib/index.js';
import { inVirtualTime } from '../support/journal.js';
import { course, failAt, held, observer } from '../support/task-course.js';

describe('the stats of a group tell', () => {
  it('how many tasks have not ended, and what they are at', () => {
    const stats: unknown[] = [];
    inVirtualTime((journal, { flush }, scheduler) => {
      const looks = (group: TaskGroup): void => {
        for (const frame of [1, 3, 5, 9]) scheduler.schedule(() => stats.push([group.size, group.stats()]), frame);
      };
      taskGroup({ name: 'crawl' })
        .pipe(
          use((group) => {
            looks(group);
            group.start(held(journal, 'a', 2).pipe(takeUntil(timer(2))), { name: 'a' });
            const task = group.start(held(journal, 'b', 2), { name: 'b' });
            return timer(4).pipe(
              tap(() => void task.cancel()),
              tap(() => group.start(failAt(2), { name: 'c' })),
            );
          }),
        )
        .subscribe(observer(journal));
      flush();
    });
    const base = { name: 'crawl', completed: 0, failed: 0, cancelled: 0 };
    const task = (name: string, state: string, runningFor: number) => ({ name, state, runningFor });
    expect(stats).toEqual([
      [2, { ...base, tasks: [task('a', 'running', 1), task('b', 'running', 1)] }],
      [2, { ...base, tasks: [task('a', 'ending', 3), task('b', 'running', 3)] }],
      [2, { ...base, completed: 1, tasks: [task('b', 'ending', 5), task('c', 'running', 1)] }],
      [0, { ...base, completed: 1, cancelled: 1, failed: 1, tasks: [] }],
    ]);
  });

  it('it in copies that are frozen', () => {
    taskGroup()
      .pipe(
        use((group) => {
          group.start(NEVER);
          const stats = group.stats();
          expect([stats, stats.tasks, stats.tasks[0]].map(Object.isFrozen)).toEqual([true, true, true]);
          return EMPTY;
        }),
      )
      .subscribe()
      .unsubscribe();
    expect.assertions(1);
  });

  it('forgets tasks that have ended', () => {
    const lines = course((group, journal) => {
      interval(1).pipe(take(10)).subscribe(() => group.start(timer(3))); // prettier-ignore
      return timer(30).pipe(tap(() => journal.note(`${String(group.size)} ${String(group.stats().completed)}`)));
    });
    expect(lines[0]).toBe('30 0 10');
  });
});
