import { timeout, timer } from 'rxjs';
import { event } from '../../lib/index.js';
import { describeError, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

describe('event', () => {
  it('lets all go on who wait, in order of arrival, inside set (law 17)', () => {
    const journal = new Journal();
    const connected = event();
    expect(connected.isSet).toBe(false);
    for (const name of ['a ', 'b ', 'c ']) connected.wait().subscribe(journal.observer(name));
    expect(connected.waiting).toBe(3);
    expect(journal.take()).toEqual([]);
    connected.set();
    expect(journal.lines).toEqual([
      ...['a next undefined', 'a complete', 'b next undefined', 'b complete'],
      ...['c next undefined', 'c complete'],
    ]);
    expect([connected.isSet, connected.waiting]).toEqual([true, 0]);
  });

  it('does not wait where it is set (law 17)', () => {
    const connected = event();
    connected.set();
    expect(notificationsOf(connected.wait())).toEqual(['next undefined', 'complete']);
    expect(connected.waiting).toBe(0);
  });

  it('looks at the flag at each subscribe (law 5)', () => {
    const connected = event();
    const wait = connected.wait();
    connected.set();
    expect(notificationsOf(wait)).toEqual(['next undefined', 'complete']);
    connected.clear();
    expect(notificationsOf(wait)).toEqual([]);
    expect(connected.waiting).toBe(1);
  });

  it('is set once, however often set is called', () => {
    const journal = new Journal();
    const connected = event();
    connected.wait().subscribe(journal.observer());
    connected.set();
    connected.set();
    expect(journal.lines).toEqual(['next undefined', 'complete']);
  });

  it('makes those wait who come after clear', () => {
    const connected = event();
    connected.set();
    connected.clear();
    expect(connected.isSet).toBe(false);
    expect(notificationsOf(connected.wait())).toEqual([]);
  });

  it('lets those go on who waited where it is cleared at once', async () => {
    const journal = new Journal();
    const connected = event();
    connected.wait().subscribe(journal.observer('early '));
    connected.set();
    connected.clear();
    connected.wait().subscribe(journal.observer('late '));
    await microtasks(3);
    expect(journal.lines).toEqual(['early next undefined', 'early complete']);
    expect(connected.waiting).toBe(1);
  });

  it('lets nobody out who came after it was cleared by one who was let go on', () => {
    const journal = new Journal();
    const connected = event();
    connected.wait().subscribe(() => {
      connected.clear();
      connected.wait().subscribe(journal.observer('late '));
    });
    connected.wait().subscribe(journal.observer('second '));
    connected.set();
    expect(journal.lines).toEqual(['second next undefined', 'second complete']);
    expect([connected.isSet, connected.waiting]).toEqual([false, 1]);
  });

  it('lets those go on who wait again, where it is set again by one who was let go on', () => {
    const journal = new Journal();
    const connected = event();
    connected.wait().subscribe(() => {
      connected.clear();
      connected.wait().subscribe(journal.observer('again '));
      connected.set();
      connected.clear();
      connected.wait().subscribe(journal.observer('late '));
    });
    connected.set();
    expect(journal.lines).toEqual(['again next undefined', 'again complete']);
    expect(connected.waiting).toBe(1);
  });

  it.each(['first', 'second', 'last'])('forgets one who has left, the %s of three', (which) => {
    const journal = new Journal();
    const connected = event();
    const names = ['first', 'second', 'last'];
    const waiting = names.map((name) => connected.wait().subscribe(journal.observer(`${name} `)));
    waiting[names.indexOf(which)]?.unsubscribe();
    expect(connected.waiting).toBe(2);
    connected.set();
    expect(journal.lines.filter((line) => line.endsWith('complete'))).toEqual(
      names.filter((name) => name !== which).map((name) => `${name} complete`),
    );
  });

  it.each(['before', 'after'])('tells one who leaves %s it is set, in one tick, only where that is after', (when) => {
    const journal = new Journal();
    const connected = event();
    const waiting = connected.wait().subscribe(journal.observer());
    if (when === 'before') waiting.unsubscribe();
    connected.set();
    waiting.unsubscribe();
    expect(journal.lines).toEqual(when === 'before' ? [] : ['next undefined', 'complete']);
  });

  it('tells nobody who is sent away by one who was let go on', () => {
    const journal = new Journal();
    const connected = event();
    connected.wait().subscribe(() => {
      second.unsubscribe();
    });
    const second = connected.wait().subscribe(journal.observer('second '));
    connected.wait().subscribe(journal.observer('third '));
    connected.set();
    expect(journal.lines).toEqual(['third next undefined', 'third complete']);
  });

  it('lets ten thousand go on', () => {
    const connected = event();
    let count = 0;
    for (let i = 0; i < 10_000; i++) connected.wait().subscribe(() => count++);
    connected.set();
    expect(count).toBe(10_000);
  });

  it('has no time of its own (law 18)', () => {
    const journal = inVirtualTime((lines) => {
      const connected = event();
      connected.wait().subscribe(lines.observer());
      connected
        .wait()
        .pipe(timeout(20))
        .subscribe({ error: (error: unknown) => lines.note(describeError(error)) });
      timer(30).subscribe(() => {
        lines.note(`${String(connected.waiting)} waits`);
        connected.set();
      });
    });
    expect(journal.lines).toEqual(['20 TimeoutError', '30 1 waits', '30 next undefined', '30 complete']);
  });
});
