import { Observable, timer } from 'rxjs';
import { WaitQueue } from '../../lib/concurrency/wait-queue.js';
import { resource, using } from '../../lib/index.js';
import { inVirtualTime } from '../support/journal.js';

/** One who waits, and writes down its place. */
function waiter(queue: WaitQueue, log: unknown[], then: (place: number) => void = () => undefined): Observable<number> {
  return new Observable<number>((subscriber) =>
    queue.subscribe(subscriber, (place) => {
      log.push(place);
      then(place);
      return place;
    }),
  );
}

describe('WaitQueue', () => {
  it('tells those who are woken together their places, in order of arrival', () => {
    const queue = new WaitQueue();
    const log: unknown[] = [];
    for (const name of ['a', 'b', 'c']) waiter(queue, log, () => log.push(name)).subscribe();
    expect(queue.length).toBe(3);
    queue.wake(2);
    expect(log).toEqual([0, 'a', 1, 'b']);
    queue.wake();
    expect(log.slice(4)).toEqual([0, 'c']);
    expect(queue.length).toBe(0);
  });

  it('has nobody to wake where all have left', () => {
    const queue = new WaitQueue();
    const log: unknown[] = [];
    const all = [1, 2, 3].map(() => waiter(queue, log).subscribe());
    for (const one of all) one.unsubscribe();
    expect(queue.length).toBe(0);
    queue.wake();
    expect(log).toEqual([]);
  });

  it('does not wake who comes while others are told', () => {
    const queue = new WaitQueue();
    const log: unknown[] = [];
    const again = (): void => {
      waiter(queue, log, again).subscribe();
    };
    again();
    again();
    queue.wake();
    expect(log).toEqual([0, 1]);
    expect(queue.length).toBe(2);
  });

  it('tells nobody who is sent away by one who was woken with it', () => {
    const queue = new WaitQueue();
    const seen: string[] = [];
    waiter(queue, [], () => {
      second.unsubscribe();
    }).subscribe();
    const second = waiter(queue, []).subscribe(() => seen.push('second'));
    waiter(queue, []).subscribe((place) => seen.push(`third at ${String(place)}`));
    queue.wake();
    expect(seen).toEqual(['third at 2']);
  });

  it('tells those woken out of another one’s turn after those who were woken first', () => {
    const queue = new WaitQueue();
    const log: unknown[] = [];
    waiter(queue, [], () => {
      queue.wake(1);
      log.push('first');
    }).subscribe();
    waiter(queue, [], () => log.push('second')).subscribe();
    waiter(queue, [], () => log.push('third')).subscribe();
    queue.wake(2);
    expect(log).toEqual(['first', 'second', 'third']);
  });

  it('uses no stack for ten thousand who wake each other (law 6)', () => {
    const queue = new WaitQueue();
    const log: unknown[] = [];
    for (let i = 0; i < 10_000; i++) {
      waiter(queue, log, () => {
        queue.wake(1);
      }).subscribe();
    }
    queue.wake(1);
    expect(log).toHaveLength(10_000);
  });

  it('does not make the one who wakes wait for what those who are woken leave behind', () => {
    const journal = inVirtualTime((lines) => {
      const queue = new WaitQueue();
      const slow = using(lines.resource('woken', { release: () => timer(50) }), () => []);
      waiter(queue, [], () => {
        slow.subscribe().unsubscribe();
      }).subscribe();
      const waking = resource({
        acquire: () => 1,
        release: () => {
          queue.wake();
        },
      });
      using(waking, () => []).subscribe(lines.observer('waker '));
    });
    expect(journal.lines).toEqual(['0 +woken', '0 -woken complete', '0 waker complete', '50 -woken ok']);
  });
});
