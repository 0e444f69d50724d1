import { concat, concatMap, repeat, take, timeout, timer } from 'rxjs';
import { barrier, type Barrier } from '../../lib/index.js';
import { describeError, inVirtualTime, Journal, notificationsOf } from '../support/journal.js';

/** Somebody comes, and writes down how it goes. */
function come(meeting: Barrier, journal: Journal, name: string): { leave(): void } {
  const subscription = meeting.wait().subscribe(journal.observer(`${name} `));
  return {
    leave: () => {
      subscription.unsubscribe();
    },
  };
}

describe('barrier', () => {
  it('lets all go on when the last one has come, in order of arrival, each told its place (law 17)', () => {
    const journal = new Journal();
    const meeting = barrier(3);
    come(meeting, journal, 'a');
    come(meeting, journal, 'b');
    expect(journal.take()).toEqual([]);
    expect([meeting.parties, meeting.waiting]).toEqual([3, 2]);
    come(meeting, journal, 'c');
    expect(journal.lines).toEqual(['a next 0', 'a complete', 'b next 1', 'b complete', 'c next 2', 'c complete']);
    expect(meeting.waiting).toBe(0);
  });

  it('keeps nobody waiting where there is one party', () => {
    const meeting = barrier(1);
    expect(notificationsOf(meeting.wait())).toEqual(['next 0', 'complete']);
    expect(notificationsOf(meeting.wait())).toEqual(['next 0', 'complete']);
    expect(meeting.waiting).toBe(0);
  });

  it('holds round after round', () => {
    const journal = new Journal();
    const meeting = barrier(2);
    for (const name of ['a', 'b', 'c', 'd', 'e']) come(meeting, journal, name);
    expect(journal.lines.filter((line) => line.includes('next'))).toEqual(
      ['a next 0', 'b next 1', 'c next 0', 'd next 1'], // prettier-ignore
    );
    expect(meeting.waiting).toBe(1);
  });

  it('puts those who come while a round goes on into the next one', () => {
    const meeting = barrier(3);
    const log: string[] = [];
    const twice = (name: string): void => {
      concat(meeting.wait(), meeting.wait()).subscribe((place) => log.push(`${name}${String(place)}`));
    };
    for (const name of ['a', 'b', 'c']) twice(name);
    expect(log).toEqual(['a0', 'b1', 'c2', 'a0', 'b1', 'c2']);
    expect(meeting.waiting).toBe(0);
  });

  it('gives the place of one who leaves to somebody else, and breaks nothing', () => {
    const journal = new Journal();
    const meeting = barrier(3);
    const first = come(meeting, journal, 'a');
    come(meeting, journal, 'b');
    first.leave();
    expect(meeting.waiting).toBe(1);
    come(meeting, journal, 'c');
    expect(journal.take()).toEqual([]);
    come(meeting, journal, 'd');
    expect(journal.lines.filter((line) => line.includes('next'))).toEqual(['b next 0', 'c next 1', 'd next 2']);
  });

  it.each(['before', 'after'])('counts one who leaves %s the last one comes, in one tick', (when) => {
    const journal = new Journal();
    const meeting = barrier(2);
    const first = come(meeting, journal, 'a');
    if (when === 'before') first.leave();
    const second = come(meeting, journal, 'b');
    if (when === 'after') first.leave();
    const expected = when === 'before' ? [] : ['a next 0', 'a complete', 'b next 1', 'b complete'];
    expect([journal.lines, meeting.waiting]).toEqual([expected, when === 'before' ? 1 : 0]);
    second.leave();
    expect(meeting.waiting).toBe(0);
  });

  it('tells nobody who is sent away by one of the same round', () => {
    const journal = new Journal();
    const meeting = barrier(3);
    meeting.wait().subscribe(() => {
      second.leave();
    });
    const second = come(meeting, journal, 'b');
    come(meeting, journal, 'c');
    expect(journal.lines).toEqual(['c next 2', 'c complete']);
    expect(meeting.waiting).toBe(0);
  });

  it('uses no stack for ten thousand parties, or ten thousand rounds (law 6)', () => {
    const meeting = barrier(10_000);
    let last = -1;
    for (let i = 0; i < 10_000; i++) meeting.wait().subscribe((place) => (last = place));
    expect(last).toBe(9_999);

    const two = barrier(2);
    let rounds = 0;
    const again = (): void => {
      two.wait().subscribe({
        next: () => rounds++,
        complete: () => {
          if (rounds < 20_000) again();
        },
      });
    };
    again();
    again();
    expect(rounds).toBeGreaterThanOrEqual(20_000);
  });

  it('keeps those who are quicker waiting for the others, in virtual time (law 18)', () => {
    const journal = inVirtualTime((lines) => {
      const meeting = barrier(2);
      const work = (name: string, frames: number): void => {
        timer(frames)
          .pipe(
            concatMap(() => meeting.wait()),
            repeat(),
            take(2),
          )
          .subscribe(lines.observer(`${name} `));
      };
      work('quick', 1);
      work('slow', 10);
    });
    expect(journal.lines).toEqual([
      ...['10 quick next 0', '10 slow next 1'],
      ...['20 quick next 0', '20 quick complete', '20 slow next 1', '20 slow complete'],
    ]);
  });

  it('is left by one whom it takes too long, with an error for nobody else', () => {
    const journal = inVirtualTime((lines) => {
      const meeting = barrier(2);
      meeting
        .wait()
        .pipe(timeout(5))
        .subscribe({ error: (error: unknown) => lines.note(describeError(error)) });
      timer(6).subscribe(() => {
        come(meeting, lines, 'b');
        lines.note(`${String(meeting.waiting)} waits`);
        come(meeting, lines, 'c');
      });
    });
    expect(journal.lines).toEqual([
      ...['5 TimeoutError', '6 1 waits'],
      ...['6 b next 0', '6 b complete', '6 c next 1', '6 c complete'],
    ]);
  });

  it.each([0, -4, 2.5, NaN])('refuses %p parties', (parties) => {
    expect(() => barrier(parties)).toThrow(
      new RangeError(`Expected parties to be a whole number, 1 or more, received ${String(parties)}.`),
    );
  });
});
