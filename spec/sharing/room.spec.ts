import { of, take, timer, type Observable } from 'rxjs';
import { awaitRelease, CapacityError, settled, use } from '../../lib/index.js';
import type { Keyed } from '../../lib/sharing/index.js';
import { raise } from '../support/failing.js';
import { Gate, inVirtualTime, Journal, reported, type Part } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { openMap, type OpenMap } from './support/open-map.js';

describe('Room', () => {
  let journal: Journal;
  let opened: OpenMap[];
  const open = (
    part: Part | ((key: string) => Part) = {},
    options: Parameters<typeof openMap>[2] = {},
  ): Keyed<string, string> => {
    const one = openMap(journal, part, { idleTimeout: Infinity, ...options });
    opened.push(one);
    return one.map;
  };
  const errorsOf = (source: Observable<unknown>): unknown[] => {
    const errors: unknown[] = [];
    source.subscribe({ error: (error: unknown) => errors.push(error) });
    return errors;
  };
  const touchAll = (map: Keyed<string, string>, ...keys: string[]): void => {
    for (const key of keys) map.get(key).subscribe().unsubscribe();
  };

  beforeEach(() => {
    journal = new Journal();
    opened = [];
  });

  afterEach(async () => {
    for (const one of opened) await one.done();
  });

  describe('full', () => {
    it('gives up the idle one that was used least recently', () => {
      const map = open({}, { capacity: 2 });
      touchAll(map, 'a', 'b', 'a', 'c');
      expect(journal.take()).toEqual(['+a', '+b', '-b complete', '+c']);
      touchAll(map, 'b');
      expect(journal.take()).toEqual(['-a complete', '+b']);
      expect(map.keys).toEqual(['c', 'b']);
    });

    it('counts touch as a use', () => {
      const map = open({}, { capacity: 2 });
      touchAll(map, 'a', 'b');
      map.touch('a');
      touchAll(map, 'c');
      expect(map.keys).toEqual(['a', 'c']);
    });

    it('does not give up what is used or entered, and says so: CapacityError with totals', async () => {
      const gate = new Gate<string>();
      const map = open((key) => (key === 'slow' ? { acquire: () => gate.promise } : {}), { capacity: 2 });
      const users = [map.get('used').subscribe(), map.get('slow').subscribe()];
      const [error] = errorsOf(map.get('c'));
      expect(error).toBeInstanceOf(CapacityError);
      expect(error).toMatchObject({ code: 'RXSCOPE_CAPACITY', resource: 'keyed' });
      expect((error as Error).message).toContain('2 of 2 instances');
      expect(map.keys).toEqual(['used', 'slow']);
      gate.open('slow');
      await nextMacrotask();
      for (const user of users) user.unsubscribe();
      touchAll(map, 'c');
      expect(map.keys).toEqual(['slow', 'c']);
    });

    it('has room for those who share what is there', () => {
      const map = open({}, { capacity: 1 });
      const users = [map.get('a').subscribe(), map.get('a').subscribe(journal.observer())];
      expect(journal.lines).toEqual(['+a', 'next a']);
      for (const user of users) user.unsubscribe();
    });

    it('never has more than its capacity, counting those on their way out: the new one waits for the one it replaces', () => {
      const { lines } = inVirtualTime((virtual, { flush }) => {
        const { map, leave } = openMap(virtual, { release: () => timer(3) }, { capacity: 1, idleTimeout: 99 });
        touchAll(map, 'a');
        map.get('b').pipe(use(() => timer(2))).subscribe(virtual.observer()); // prettier-ignore
        timer(20).subscribe(leave);
        flush();
      });
      expect(lines).toEqual(['0 +a', '0 -a complete', '3 -a ok', '3 +b', '5 next 0', '5 complete', '20 -b complete', '23 -b ok']); // prettier-ignore
    });

    it('gives up no more than are needed: one that is on its way out already makes room', () => {
      const map = open({ release: () => timer(1) }, { capacity: 2 });
      touchAll(map, 'a', 'b');
      map.invalidate('a');
      journal.take();
      const first = map.get('c').subscribe();
      expect(journal.take()).toEqual([]);
      const second = map.get('d').subscribe();
      expect(journal.take()).toEqual(['-b complete']);
      expect(errorsOf(map.get('e'))).toMatchObject([{ name: 'CapacityError' }]);
      for (const one of [first, second]) one.unsubscribe();
    });

    it('one who leaves while waiting for room gives the place to nobody, and the next one gets it', async () => {
      const gate = new Gate();
      const map = open({ release: () => gate.promise }, { capacity: 1 });
      touchAll(map, 'a');
      const waiting = map.get('b').subscribe(journal.observer('b '));
      waiting.unsubscribe();
      const next = map.get('c').subscribe(journal.observer('c '));
      gate.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a', '-a complete', '-a ok', '+c', 'c next c']);
      next.unsubscribe();
    });

    it('reports a release that fails when one is given up; the new one enters all the same', async () => {
      const map = open((key) => ({ release: () => (key === 'a' ? raise(new Error('of a')) : undefined) }), {
        capacity: 1,
      });
      touchAll(map, 'a', 'b');
      expect(map.keys).toEqual(['b']);
      expect(await reported()).toEqual(['of a']);
    });

    it('one that failed to enter leaves its place', () => {
      const map = open((key) => ({ acquire: () => (key === 'a' ? raise(new Error('no')) : key) }), { capacity: 1 });
      expect(errorsOf(map.get('a'))).toHaveLength(1);
      touchAll(map, 'b');
      expect(map.keys).toEqual(['b']);
    });

    it('an old generation that is used takes a place as well', () => {
      const map = open({}, { capacity: 1 });
      const old = map.get('a').subscribe();
      map.invalidate('a');
      expect(errorsOf(map.get('a'))).toMatchObject([{ name: 'CapacityError' }]);
      old.unsubscribe();
      touchAll(map, 'a');
      expect(map.keys).toEqual(['a']);
    });

    it('refresh does not give up what it is to replace', () => {
      const map = open({}, { capacity: 1 });
      touchAll(map, 'a');
      expect(errorsOf(map.refresh('a'))).toMatchObject([{ name: 'CapacityError' }]);
      expect(map.keys).toEqual(['a']);
      expect(journal.take()).toEqual(['+a']);
    });

    it('refresh gives up another idle one', () => {
      const map = open({}, { capacity: 2 });
      touchAll(map, 'a', 'b');
      map.refresh('a').pipe(take(1)).subscribe(); // prettier-ignore
      expect(journal.take()).toEqual(['+a', '+b', '-b complete', '+a', '-a complete']);
    });

    it('with idleTimeout 0 there is nothing to give up, and room as soon as it is gone', () => {
      const map = open({}, { capacity: 1, idleTimeout: 0 });
      touchAll(map, 'a', 'b', 'c');
      expect(journal.lines.filter((line) => line.startsWith('+'))).toEqual(['+a', '+b', '+c']);
    });
  });

  describe('where new keys wait', () => {
    const wait = { capacity: 2, whenFull: 'wait' } as const;

    it('the one that came first gets the place that is free first', () => {
      const map = open({}, { ...wait, idleTimeout: 0 });
      const users = ['a', 'b'].map((key) => map.get(key).subscribe());
      const waiting = ['c', 'd', 'e'].map((key) => map.get(key).subscribe());
      expect(journal.take()).toEqual(['+a', '+b']);
      users[1]?.unsubscribe();
      expect(journal.take()).toEqual(['-b unsubscribe', '+c']);
      users[0]?.unsubscribe();
      expect(journal.take()).toEqual(['-a unsubscribe', '+d']);
      for (const user of waiting) user.unsubscribe();
      expect(journal.take()).toEqual(['-c unsubscribe', '+e', '-d unsubscribe', '-e unsubscribe']);
    });

    it('one that becomes idle goes at once for one who waits, although it would be kept', () => {
      const map = open({}, wait);
      const users = ['a', 'b'].map((key) => map.get(key).subscribe());
      const waiting = map.get('c').subscribe();
      users[0]?.unsubscribe();
      expect(journal.take()).toEqual(['+a', '+b', '-a complete', '+c']);
      users[1]?.unsubscribe();
      expect(journal.take()).toEqual([]);
      waiting.unsubscribe();
      expect(map.keys).toEqual(['b', 'c']);
    });

    it('one that is idle goes for one who comes', () => {
      const map = open({}, wait);
      touchAll(map, 'a', 'b', 'c');
      expect(journal.lines).toEqual(['+a', '+b', '-a complete', '+c']);
    });

    it('a key whose old instance is still released keeps its place in the line', () => {
      const { lines } = inVirtualTime((virtual, { flush }) => {
        const part: Part = { release: () => timer(3) };
        const { map, leave } = openMap(virtual, part, { capacity: 1, whenFull: 'wait' });
        const body = (): Observable<unknown> => timer(2);
        map.get('a').pipe(use(body), awaitRelease()).subscribe(); // prettier-ignore
        timer(3).subscribe(() => map.get('a').pipe(use(body)).subscribe()); // prettier-ignore
        timer(4).subscribe(() => map.get('b').pipe(use(body)).subscribe()); // prettier-ignore
        timer(50).subscribe(leave);
        flush();
      });
      expect(lines.filter((line) => line.includes('+'))).toEqual(['0 +a', '5 +a', '10 +b']);
    });

    it('refresh waits for room, and where nothing else can go takes the place of the one that is idle', () => {
      const map = open({}, { capacity: 1, whenFull: 'wait' });
      const user = map.get('a').subscribe();
      const fresh = map.refresh('a').subscribe(journal.observer());
      expect(journal.take()).toEqual(['+a']);
      user.unsubscribe();
      expect(journal.take()).toEqual(['-a complete', '+a', 'next a']);
      fresh.unsubscribe();
      map.refresh('a').pipe(take(1)).subscribe(); // prettier-ignore
      expect(journal.take()).toEqual(['-a complete', '+a']);
    });

    it('closing refuses who waits for room', async () => {
      const map = open({}, { ...wait, capacity: 1 });
      const user = map.get('a').subscribe();
      const errors = errorsOf(map.get('b'));
      const closed = map.close();
      expect(errors).toMatchObject([{ name: 'ClosedError' }]);
      user.unsubscribe();
      await closed;
      expect(journal.lines).toEqual(['+a', '-a complete'].map((line) => line.replace('complete', 'unsubscribe')));
    });

    it('handing on is a loop: ten thousand keys one after the other use no stack (law 6)', async () => {
      const map = open({}, { capacity: 1, whenFull: 'wait', idleTimeout: 0 });
      const first = map.get('first').subscribe();
      let served = 0;
      for (let i = 0; i < 10_000; i++) map.get(String(i)).pipe(use(() => of(served++))).subscribe(); // prettier-ignore
      first.unsubscribe();
      await settled();
      expect(served).toBe(10_000);
      expect(map.keys).toEqual([]);
    });
  });
});
