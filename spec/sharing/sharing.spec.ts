import { mergeMap, of, Subject, take, throwError, timer, delay, type Observable } from 'rxjs';
import { lastValue, use } from '../../lib/index.js';
import type { Keyed } from '../../lib/sharing/index.js';
import { raise } from '../support/failing.js';
import { Gate, inVirtualTime, Journal, reported, type Part } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { openMap, type OpenMap } from './support/open-map.js';

describe('Sharing', () => {
  const boom = new Error('boom');
  let journal: Journal;
  let opened: OpenMap[];
  const open = (part: Part = {}, options: Parameters<typeof openMap>[2] = {}): Keyed<string, string> => {
    const one = openMap(journal, part, options);
    opened.push(one);
    return one.map;
  };
  /** In virtual time: what happens to `x`, with the frame before each line. */
  const play = (
    part: Part,
    act: (map: Keyed<string, string>, at: (frame: number, what: () => void) => void, virtual: Journal) => void,
    options = {},
  ): string[] => {
    const { lines } = inVirtualTime((virtual, { flush }) => {
      const { map, leave } = openMap(virtual, part, options);
      act(
        map,
        (frame, what) => {
          timer(frame).subscribe(what);
        },
        virtual,
      );
      timer(900).subscribe(leave);
      flush();
    });
    return lines;
  };
  const slow: Part = { acquire: () => of('x').pipe(delay(3)), release: () => timer(3) };

  beforeEach(() => {
    journal = new Journal();
    opened = [];
  });

  afterEach(async () => {
    for (const one of opened) await one.done();
  });

  describe('invalidate', () => {
    it('leaves present users what they have, and gives new ones a new one', () => {
      const handles = ['first', 'second'];
      const map = open({ acquire: () => handles.shift() });
      const old = map.get('x').subscribe(journal.observer('1 '));
      map.invalidate('x');
      const recent = map.get('x').subscribe(journal.observer('2 '));
      const another = map.get('x').subscribe(journal.observer('3 '));
      expect(journal.take()).toEqual(['+x', '1 next first', '+x', '2 next second', '3 next second']);
      old.unsubscribe();
      expect(journal.take()).toEqual(['-x unsubscribe']);
      for (const user of [recent, another]) user.unsubscribe();
      expect(journal.take()).toEqual(['-x unsubscribe']);
    });

    it('releases what is idle, at once and in the background; who comes waits for that', () => {
      const lines = play(
        slow,
        (map, at, virtual) => {
          at(0, () => map.get('x').pipe(take(1)).subscribe());
          at(5, () => {
            map.invalidate('x');
            map.get('x').pipe(take(1)).subscribe(virtual.observer());
          });
          at(20, () => {
            map.invalidate('x');
          });
        },
        { idleTimeout: 100 },
      );
      expect(lines).toEqual(['0 +x', '3 +x ok', '5 -x complete', '8 -x ok', '8 +x', '11 +x ok', '11 next x', '11 complete', '20 -x complete', '23 -x ok']); // prettier-ignore
    });

    it('reports a release that fails', async () => {
      const map = open({ release: () => raise(boom) }, { idleTimeout: Infinity });
      map.get('x').subscribe().unsubscribe();
      map.invalidate('x');
      expect(await reported()).toEqual(['boom']);
    });

    it('while it is entered: those who wait get that one, those who come later another', () => {
      const lines = play(
        slow,
        (map, at, virtual) => {
          at(0, () => map.get('x').pipe(use(() => timer(10))).subscribe(virtual.observer('1 '))); // prettier-ignore
          at(1, () => {
            map.invalidate('x');
            map.get('x').pipe(use(() => timer(10))).subscribe(virtual.observer('2 ')); // prettier-ignore
          });
        },
        { idleTimeout: 100 },
      );
      expect(lines.filter((line) => /[+-]x/.test(line))).toEqual([
        '0 +x',
        '1 +x',
        '3 +x ok',
        '4 +x ok',
        '13 -x complete',
        '16 -x ok',
        '114 -x complete',
        '117 -x ok',
      ]);
    });

    it('of an old one that goes touches no newer one under the same key (K6)', () => {
      const map = open();
      const old = map.get('x').subscribe();
      map.invalidate('x');
      const recent = map.get('x').subscribe();
      old.unsubscribe();
      expect(map.keys).toEqual(['x']);
      journal.take();
      const joined = map.get('x').subscribe(journal.observer());
      expect(journal.take()).toEqual(['next x']);
      for (const user of [recent, joined]) user.unsubscribe();
      expect(journal.take()).toEqual(['-x unsubscribe']);
    });

    it('an old one that is released is waited for by the newest, also where a newer one came and went', () => {
      const lines = play(slow, (map, at) => {
        at(0, () => map.get('x').pipe(use(() => timer(20))).subscribe()); // prettier-ignore
        at(5, () => {
          map.invalidate('x');
          map.get('x').pipe(use(() => timer(4))).subscribe(); // prettier-ignore
        });
        at(24, () => map.get('x').pipe(use(() => timer(1))).subscribe()); // prettier-ignore
      });
      expect(lines).toEqual([
        '0 +x',
        '3 +x ok',
        '5 +x',
        '8 +x ok',
        '12 -x complete',
        '15 -x ok',
        '23 -x complete',
        '26 -x ok',
        '26 +x',
        '29 +x ok',
        '30 -x complete',
        '33 -x ok',
      ]);
    });

    it('again and again while one is released: all who wait are let in after that, without using stack', async () => {
      const gate = new Gate();
      let count = 0;
      const map = open({ release: () => (count++ === 0 ? gate.promise : undefined) });
      map.get('x').subscribe().unsubscribe();
      let served = 0;
      for (let i = 0; i < 10_000; i++) {
        map.get('x').pipe(take(1)).subscribe(() => served++); // prettier-ignore
        map.invalidate('x');
      }
      gate.open();
      await nextMacrotask();
      expect(served).toBe(10_000);
      expect(map.stats().instances).toEqual([]);
    });

    it('of a key that is not there does nothing', () => {
      const map = open();
      map.invalidate('x');
      map.touch('x');
      expect(journal.lines).toEqual([]);
    });
  });

  describe('touch', () => {
    it('begins the idle time anew', () => {
      const lines = play(
        {},
        (map, at) => {
          at(0, () => map.get('x').subscribe().unsubscribe());
          at(8, () => {
            map.touch('x');
          });
        },
        { idleTimeout: 10 },
      );
      expect(lines).toEqual(['0 +x', '18 -x complete']);
    });

    it('does nothing while it is used, and does not keep it for longer', () => {
      const lines = play(
        {},
        (map, at) => {
          at(0, () => map.get('x').pipe(use(() => timer(20))).subscribe()); // prettier-ignore
          at(8, () => {
            map.touch('x');
          });
        },
        { idleTimeout: 10 },
      );
      expect(lines).toEqual(['0 +x', '30 -x complete']);
    });
  });

  describe('refresh', () => {
    const generations = (): Part => {
      let count = 0;
      return { acquire: () => `x${String(++count)}` };
    };

    it('enters a new one, which takes the place of the old one; who has that keeps it (K9)', () => {
      const map = open(generations());
      const old = map.get('x').subscribe(journal.observer('old '));
      const user = map.refresh('x').subscribe(journal.observer('new '));
      const joined = map.get('x').subscribe(journal.observer('joined '));
      expect(journal.take()).toEqual(['+x', 'old next x1', '+x', 'new next x2', 'joined next x2']);
      old.unsubscribe();
      expect(journal.take()).toEqual(['-x unsubscribe']);
      for (const one of [user, joined]) one.unsubscribe();
      expect(journal.take()).toEqual(['-x unsubscribe']);
    });

    it('gives those who come meanwhile the old one', () => {
      const lines = play(
        slow,
        (map, at, virtual) => {
          at(0, () => map.get('x').pipe(use(() => timer(5))).subscribe()); // prettier-ignore
          at(5, () => map.refresh('x').pipe(take(1)).subscribe(virtual.observer('new '))); // prettier-ignore
          at(6, () => map.get('x').pipe(take(1)).subscribe(virtual.observer('meanwhile '))); // prettier-ignore
        },
        { idleTimeout: 100 },
      );
      expect(lines).toEqual([
        '0 +x',
        '3 +x ok',
        '5 +x',
        '6 meanwhile next x',
        '6 meanwhile complete',
        '8 +x ok',
        '8 -x complete',
        '8 new next x',
        '8 new complete',
        '11 -x ok',
        '108 -x complete',
        '111 -x ok',
      ]);
    });

    it('that fails leaves the old one in its place (K9)', () => {
      let count = 0;
      const map = open({ acquire: () => (++count === 2 ? raise(boom) : `x${String(count)}`) });
      const old = map.get('x').subscribe();
      map.refresh('x').subscribe(journal.observer('new '));
      const user = map.get('x').subscribe(journal.observer());
      expect(journal.lines).toEqual(['+x', '+x', 'new error boom', 'next x1']);
      for (const one of [user, old]) one.unsubscribe();
    });

    it('releases the old one even if that fails, which is reported; the new one stays (K9)', async () => {
      let count = 0;
      const map = open(
        { ...generations(), release: () => (++count === 1 ? raise(boom) : undefined) },
        { idleTimeout: 5 },
      );
      map.get('x').subscribe().unsubscribe();
      const user = map.refresh('x').subscribe(journal.observer('new '));
      expect(await reported()).toEqual(['boom']);
      map.get('x').pipe(take(1)).subscribe(journal.observer()); // prettier-ignore
      expect(journal.lines).toEqual(['+x', '+x', '-x complete', 'new next x2', 'next x2', 'complete']);
      user.unsubscribe();
      map.invalidate('x');
    });

    it('is done once for several who want it at a time (K1)', () => {
      const lines = play(
        slow,
        (map, at, virtual) => {
          at(0, () => map.get('x').pipe(use(() => timer(99))).subscribe()); // prettier-ignore
          at(5, () => map.refresh('x').pipe(take(1)).subscribe(virtual.observer('1 '))); // prettier-ignore
          at(6, () => map.refresh('x').pipe(take(1)).subscribe(virtual.observer('2 '))); // prettier-ignore
          at(7, () => map.refresh('x').subscribe(virtual.observer('3 ')).unsubscribe());
        },
        { idleTimeout: 1 },
      );
      expect(lines.filter((line) => line.endsWith('+x'))).toEqual(['0 +x', '5 +x']);
      expect(lines.filter((line) => line.includes('next'))).toEqual(['8 1 next x', '8 2 next x']);
    });

    it('that all have left before it is there changes nothing', () => {
      const lines = play(slow, (map, at, virtual) => {
        at(0, () => map.get('x').pipe(use(() => timer(9))).subscribe()); // prettier-ignore
        at(5, () => {
          const user = map.refresh('x').subscribe();
          timer(1).subscribe(() => {
            user.unsubscribe();
          });
        });
        at(10, () => map.get('x').pipe(take(1)).subscribe(virtual.observer())); // prettier-ignore
      });
      expect(lines).toEqual(['0 +x', '3 +x ok', '5 +x', '8 +x ok', '8 -x unsubscribe', '10 next x', '10 complete', '11 -x ok', '12 -x complete', '15 -x ok']); // prettier-ignore
    });

    it('where nothing is there, or it is still entered, is the same as get', () => {
      const lines = play(slow, (map, at, virtual) => {
        at(0, () => map.refresh('x').pipe(take(1)).subscribe(virtual.observer('1 '))); // prettier-ignore
        at(1, () => map.get('x').pipe(take(1)).subscribe(virtual.observer('2 '))); // prettier-ignore
      });
      expect(lines).toEqual(['0 +x', '3 +x ok', '3 1 next x', '3 1 complete', '3 2 next x', '3 2 complete', '3 -x unsubscribe', '6 -x ok']); // prettier-ignore
    });

    it('is what newcomers wait for, where the old one has gone meanwhile', () => {
      const lines = play(slow, (map, at, virtual) => {
        at(0, () => map.get('x').pipe(use(() => timer(3))).subscribe()); // prettier-ignore
        at(5, () => map.refresh('x').pipe(take(1)).subscribe(virtual.observer('1 '))); // prettier-ignore
        at(7, () => map.get('x').pipe(take(1)).subscribe(virtual.observer('2 '))); // prettier-ignore
      });
      expect(lines.filter((line) => line.endsWith('+x'))).toEqual(['0 +x', '5 +x']);
      expect(lines.filter((line) => line.includes('next'))).toEqual(['8 1 next x', '8 2 next x']);
    });

    it('before invalidate is as old as what that makes old', () => {
      const lines = play(slow, (map, at, virtual) => {
        at(0, () => map.get('x').pipe(use(() => timer(30))).subscribe()); // prettier-ignore
        at(5, () => map.refresh('x').pipe(use(() => timer(30))).subscribe(virtual.observer('1 '))); // prettier-ignore
        at(6, () => {
          map.invalidate('x');
        });
        at(9, () => map.get('x').pipe(take(1)).subscribe(virtual.observer('2 '))); // prettier-ignore
      });
      expect(lines.filter((line) => line.endsWith('+x'))).toEqual(['0 +x', '5 +x', '9 +x']);
    });

    it('again makes another one: after one that has taken its place, and after one that has failed', () => {
      let count = 0;
      const map = open({ acquire: () => (++count === 3 ? raise(boom) : `x${String(count)}`) });
      const users = [map.get('x').subscribe(journal.observer('get '))];
      for (const name of ['1 ', '2 ', '3 ']) users.push(map.refresh('x').subscribe(journal.observer(name)));
      users.push(map.get('x').subscribe(journal.observer('again ')));
      const told = journal.lines.filter((line) => line.includes('next') || line.includes('error'));
      expect(told).toEqual(['get next x1', '1 next x2', '2 error boom', '3 next x4', 'again next x4']);
      for (const user of users) user.unsubscribe();
    });

    it('made old by invalidate while it is entered is not kept after its users, whatever the idle timeout', () => {
      const lines = play(
        slow,
        (map, at) => {
          at(0, () => map.get('x').pipe(use(() => timer(30))).subscribe()); // prettier-ignore
          at(5, () => map.refresh('x').pipe(use(() => timer(4))).subscribe()); // prettier-ignore
          at(6, () => {
            map.invalidate('x');
          });
        },
        { idleTimeout: 100 },
      );
      expect(lines).toEqual(['0 +x', '3 +x ok', '5 +x', '8 +x ok', '12 -x complete', '15 -x ok', '33 -x complete', '36 -x ok']); // prettier-ignore
    });

    it('gives up the old one while its users are there, and they may come again', async () => {
      const map = open(generations());
      const bodies = new Subject<never>();
      const work = map.get('x').pipe(use((x) => (journal.note(x), bodies)));
      work.subscribe({ complete: () => journal.note('complete') });
      await lastValue(map.refresh('x').pipe(use((x) => (journal.note(x), of(1)))));
      work.subscribe();
      expect(journal.lines).toEqual(['+x', 'x1', '+x', 'x2', '-x complete', '+x', 'x3']);
      bodies.complete();
    });
  });

  it('a factory that throws, or answers no resource, fails the one who came, and leaves nothing behind', () => {
    let answer: () => unknown = () => raise(boom);
    const { lines } = new Journal();
    const errors: unknown[] = [];
    const one = openMap(journal, {}, { idleTimeout: () => answer() as number });
    opened.push(one);
    const come = (): void => {
      one.map.get('x').subscribe({ error: (error: unknown) => errors.push(error) });
    };
    come();
    answer = () => -1;
    come();
    expect(errors).toMatchObject([boom, { name: 'RangeError' }]);
    expect(one.map.keys).toEqual([]);
    expect(one.map.stats().instances).toEqual([]);
    expect(lines).toEqual([]);
  });

  it('a failure to enter in the middle of an acquire that others have joined is told to each of them once', () => {
    const told: string[] = [];
    const lines = play(
      { acquire: () => timer(2).pipe(mergeMap((): Observable<string> => throwError(() => boom))) },
      (map, at) => {
        for (const frame of [0, 1, 1]) {
          at(frame, () => map.get('x').subscribe({ error: () => told.push('told') }));
        }
      },
    );
    expect(told).toEqual(['told', 'told', 'told']);
    expect(lines).toEqual(['0 +x', '2 +x ok']);
  });
});
