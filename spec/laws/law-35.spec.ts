import { EMPTY, of } from 'rxjs';
import {
  keyedMutex,
  keyedSemaphore,
  limit,
  mutex,
  resource,
  rwLock,
  semaphore,
  using,
  type Resource,
} from '../../lib/index.js';
import { notificationsOf } from '../support/journal.js';
import { Visitors } from '../support/visitors.js';

describe('law 35: waiting for a lock', () => {
  /** What is entered, and how many are let in at a time. */
  interface Lock {
    readonly lock: Resource<unknown>;
    readonly permits: number;
    waiting?(): number;
  }

  const locks: readonly [name: string, make: () => Lock][] = [
    ['a mutex', () => { const it = mutex(); return { lock: it.lock, permits: 1, waiting: () => it.waiting }; }],
    ['a reentrant mutex', () => { const it = mutex({ reentrant: true }); return { lock: it.lock, permits: 1, waiting: () => it.waiting }; }],
    ['a semaphore of one', () => { const it = semaphore(1); return { lock: it.permit, permits: 1, waiting: () => it.waiting }; }],
    ['a semaphore of three', () => { const it = semaphore(3); return { lock: it.permit, permits: 3, waiting: () => it.waiting }; }],
    ['two permits of five', () => { const it = semaphore(5); return { lock: it.permits(2), permits: 2, waiting: () => it.waiting }; }],
    ['the writers of an rwLock', () => { const it = rwLock(); return { lock: it.write, permits: 1, waiting: () => it.waiting }; }],
    ['the upgradable readers of an rwLock', () => { const it = rwLock(); return { lock: it.upgradable, permits: 1, waiting: () => it.waiting }; }],
    ['a key of a keyedMutex', () => { const it = keyedMutex(); return { lock: it.lock('key'), permits: 1, waiting: () => it.waiting('key') }; }],
    ['a key of a keyedSemaphore', () => { const it = keyedSemaphore(2); return { lock: it.permit('key'), permits: 2, waiting: () => it.waiting('key') }; }],
    ['limit(2)', () => ({ lock: resource({ acquire: () => 1 }).pipe(limit(2)), permits: 2 })],
  ]; // prettier-ignore

  describe.each(locks)('%s', (_, make) => {
    let made: Lock;
    let visitors: Visitors;

    beforeEach(() => {
      made = make();
      visitors = new Visitors();
    });

    const waiting = (): number => made.waiting?.() ?? visitors.are('waiting').length;
    const names = (first: number, last: number): string[] =>
      Array.from({ length: last - first + 1 }, (__, index) => String(first + index));

    it('serves those who wait in order of arrival', () => {
      const { lock, permits } = made;
      visitors.crowd(permits + 6, lock);
      expect(visitors.are('inside')).toEqual(names(1, permits));
      expect(waiting()).toBe(6);
      visitors.empty();
      expect(visitors.order).toEqual(names(1, permits + 6));
      expect(waiting()).toBe(0);
    });

    it('serves one at a time where one at a time lets go', () => {
      const { lock, permits } = made;
      const crowd = visitors.crowd(permits + 4, lock);
      for (let i = 0; i < 4; i++) {
        crowd[i]?.done();
        expect(visitors.are('inside')).toEqual(names(i + 2, permits + i + 1));
      }
      visitors.empty();
    });

    it.each([0, 1, 2])('gives nothing to a waiter that leaves, and delays nobody: at place %p', (place) => {
      const { lock, permits } = made;
      const [holder] = visitors.crowd(permits, lock);
      const line = visitors.crowd(3, lock);
      line[place]?.leave();
      expect(waiting()).toBe(2);
      holder?.done();
      const [next] = line.filter((__, index) => index !== place);
      expect(next?.state).toBe('inside');
      expect(line[place]?.state).toBe('left');
      visitors.empty();
      expect(visitors.come(lock).state).toBe('inside');
      visitors.empty();
    });

    it.each(['before', 'after'])(
      'hands over to the next where the waiter leaves in that very tick, just %s',
      (when) => {
        const { lock, permits } = made;
        const [holder] = visitors.crowd(permits, lock);
        const [first, second] = visitors.crowd(2, lock);
        if (when === 'before') first?.leave();
        holder?.done();
        first?.leave();
        expect([first?.state, second?.state]).toEqual(['left', 'inside']);
        visitors.empty();
        visitors.crowd(permits + 1, lock);
        expect(visitors.are('waiting')).toHaveLength(1); // as many as before, no more
        visitors.empty();
      },
    );

    it('hands over to the next where the waiter leaves inside being served', () => {
      const { lock, permits } = made;
      const [holder] = visitors.crowd(permits, lock);
      const first = visitors.come(lock, 'first', (self) => {
        self.leave();
      });
      const second = visitors.come(lock);
      holder?.done();
      expect([first.state, second.state]).toEqual(['left', 'inside']);
      visitors.empty();
    });

    it('hands over to the next where a consumer further down leaves with the holder', () => {
      const { lock, permits } = made;
      const [holder] = visitors.crowd(permits, lock);
      const [first, second] = visitors.crowd(2, lock);
      first?.leave();
      holder?.leave();
      expect(second?.state).toBe('inside');
      visitors.empty();
    });

    it('takes nothing for one who has left before it is entered, and nothing twice', () => {
      const { lock, permits } = made;
      const scope = using(lock, () => EMPTY);
      for (let i = 0; i < 3 * permits; i++) expect(notificationsOf(scope)).toEqual(['complete']);
      const crowd = visitors.crowd(permits, lock);
      for (const visitor of crowd) {
        visitor.leave();
        visitor.leave();
        visitor.done();
      }
      expect(visitors.crowd(permits + 1, lock).map(({ state }) => state)).toEqual([
        ...Array<string>(permits).fill('inside'),
        'waiting',
      ]);
      visitors.empty();
    });
  });

  describe('weighted requests', () => {
    it('are served in order of arrival: a light one that would fit does not pass a heavy one', () => {
      const visitors = new Visitors();
      const five = semaphore(5);
      visitors.come(five.permits(3), 'holder');
      for (const count of [4, 1, 2, 5]) visitors.come(five.permits(count), `of ${String(count)}`);
      expect(visitors.are('inside')).toEqual(['holder']);
      visitors.empty();
      expect(visitors.order).toEqual(['holder', 'of 4', 'of 1', 'of 2', 'of 5']);
    });

    it('that leave let in those behind them that fit, at that moment', () => {
      const visitors = new Visitors();
      const five = semaphore(5);
      visitors.come(five.permits(3), 'holder');
      const heavy = visitors.come(five.permits(4), 'heavy');
      visitors.come(five.permit, 'light');
      visitors.come(five.permits(2), 'middle');
      heavy.leave();
      expect(visitors.are('inside')).toEqual(['holder', 'light']);
      visitors.empty();
    });

    it('for more than there can ever be are a RangeError', () => {
      expect(() => semaphore(3).permits(4)).toThrow(RangeError);
      expect(() => semaphore(3).tryPermits(4)).toThrow(RangeError);
      const shrunk = semaphore(3);
      const three = shrunk.permits(3);
      shrunk.resize(2);
      expect(notificationsOf(using(three, () => of('in')))).toEqual(['error RangeError']);
    });
  });
});
