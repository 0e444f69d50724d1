import { NEVER, of, take, timer, delay } from 'rxjs';
import { use } from '../../lib/index.js';
import type { Keyed, KeyedStats } from '../../lib/sharing/index.js';
import { inVirtualTime } from '../support/journal.js';
import { openMap } from './support/open-map.js';

/** What `stats()` says at some frames. */
function statsAt(
  frames: readonly number[],
  act: (map: Keyed<string, string>, at: (frame: number, what: () => void) => void) => void,
): KeyedStats<string>[] {
  const seen: KeyedStats<string>[] = [];
  inVirtualTime((journal, { flush }) => {
    const part = { acquire: () => of('x').pipe(delay(2)), release: () => timer(2) };
    const { map, leave } = openMap(journal, part, { idleTimeout: 10, capacity: 5 });
    act(map, (frame, what) => {
      timer(frame).subscribe(what);
    });
    for (const frame of frames) timer(frame).subscribe(() => seen.push(map.stats()));
    timer(500).subscribe(leave);
    flush();
  });
  return seen;
}

describe('keyedStats', () => {
  it('shows an instance on its way: entering, held, idle, exiting, gone', () => {
    const seen = statsAt([1, 3, 6, 13, 15, 17], (map, at) => {
      at(0, () => map.get('a').pipe(use(() => timer(2))).subscribe()); // prettier-ignore
      at(0, () => map.get('a').pipe(take(1)).subscribe());
    });
    const one = { key: 'a', generation: 1, current: true, users: 0, waiting: 0, idleFor: 0 };
    expect(seen.map(({ instances }) => instances)).toEqual([
      [{ ...one, state: 'entering', waiting: 2 }],
      [{ ...one, state: 'held', users: 1 }],
      [{ ...one, state: 'idle', idleFor: 2 }],
      [{ ...one, state: 'idle', idleFor: 9 }],
      [{ ...one, state: 'exiting', current: false }],
      [],
    ]);
    expect(seen.map(({ entering, held, idle, exiting }) => [entering, held, idle, exiting])).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
      [0, 0, 0, 0],
    ]);
    expect(seen[0]?.capacity).toBe(5);
  });

  it('shows how long it is idle since it was touched', () => {
    const [stats] = statsAt([9], (map, at) => {
      at(0, () => map.get('a').pipe(take(1)).subscribe());
      at(6, () => {
        map.touch('a');
      });
    });
    expect(stats?.instances).toMatchObject([{ state: 'idle', idleFor: 3 }]);
  });

  it('tells the generations of a key apart, and says which one is given out', () => {
    const [stats] = statsAt([5], (map, at) => {
      at(0, () => map.get('a').pipe(use(() => NEVER)).subscribe({ error: () => undefined })); // prettier-ignore
      at(0, () => {
        const user = map.get('a').subscribe();
        timer(30).subscribe(() => {
          user.unsubscribe();
        });
      });
      at(1, () => {
        map.invalidate('a');
        map.get('b').pipe(use(() => timer(9))).subscribe(); // prettier-ignore
        map.get('a').pipe(use(() => timer(9))).subscribe(); // prettier-ignore
      });
      at(400, () => void map.close({ force: true }));
    });
    expect(stats?.instances.map(({ key, generation, current, users }) => [key, generation, current, users])).toEqual([
      ['a', 1, false, 2],
      ['a', 3, true, 1],
      ['b', 2, true, 1],
    ]);
  });

  it('never counts a generation twice, also for a key that is gone', () => {
    const seen = statsAt([3, 203], (map, at) => {
      for (const frame of [0, 200]) at(frame, () => map.get('a').pipe(take(1)).subscribe());
    });
    expect(seen.map(({ instances }) => instances.map(({ generation }) => generation))).toEqual([[1], [2]]);
  });

  it('is a frozen snapshot', () => {
    const [stats] = statsAt([3], (map, at) => {
      at(0, () => map.get('a').pipe(take(1)).subscribe());
    });
    expect([stats, stats?.instances, stats?.instances[0]].every((one) => Object.isFrozen(one))).toBe(true);
  });

  it('shows one that was lost as on its way out, while its users are still there', () => {
    const seen: KeyedStats<string>[] = [];
    inVirtualTime((journal, { flush }) => {
      const { map, leave } = openMap(journal, { lost: () => timer(3) });
      const inner = journal.resource('inner', { release: () => timer(4) });
      map.get('a').pipe(use(() => inner)).subscribe({ error: () => undefined }); // prettier-ignore
      timer(5).subscribe(() => seen.push(map.stats()));
      timer(20).subscribe(leave);
      flush();
    });
    expect(seen[0]?.instances).toMatchObject([{ state: 'exiting', users: 1, current: false }]);
  });
});
