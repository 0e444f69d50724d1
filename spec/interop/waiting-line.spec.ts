import { asyncScheduler, type Subscription } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { WaitingLine } from '../../lib/interop/waiting-line.js';
import { Journal } from '../support/journal.js';

/** Runs `test` in virtual time with a line that waits for 100 ms at most. */
function inLine(test: (line: WaitingLine, join: (ticket: number) => Subscription, at: At) => void): string[] {
  const scheduler = new TestScheduler(() => undefined);
  const journal = new Journal(() => scheduler.now());
  scheduler.run(() => {
    const line = new WaitingLine(100, asyncScheduler);
    test(
      line,
      (ticket) => line.turn(ticket).subscribe(() => journal.note(String(ticket))),
      (time, action) => scheduler.schedule(action, time),
    );
  });
  return journal.lines;
}

type At = (time: number, action: () => void) => void;

describe('WaitingLine', () => {
  it('lets everybody pass at once while it is open', () => {
    const lines = inLine((line, join) => {
      join(0);
      expect(line.state).toBe('open');
      expect(line.length).toBe(0);
    });
    expect(lines).toEqual(['0 0']);
  });

  it('opens at the latest of the times that were said', () => {
    const lines = inLine((line, join, at) => {
      line.closeUntil(20);
      line.closeUntil(10);
      join(0);
      expect(line.state).toBe('closed');
      at(15, () => {
        line.closeUntil(30);
      });
    });
    expect(lines).toEqual(['30 0']);
  });

  it('lets pass in the order of tickets, whatever the order of joining', () => {
    const lines = inLine((line, join) => {
      line.closeUntil(10);
      for (const ticket of [3, 1, 4, 0, 2]) join(ticket);
    });
    expect(lines).toEqual(['10 0', '10 1', '10 2', '10 3', '10 4']);
  });

  it('holds the rest back where one that was let go closes it again', () => {
    const lines = inLine((line, join) => {
      line.closeUntil(10);
      line.turn(0).subscribe(() => {
        line.closeUntil(25);
        expect(line.length).toBe(1);
      });
      join(1);
    });
    expect(lines).toEqual(['25 1']);
  });

  it('puts who comes while others are let go behind them', () => {
    const lines = inLine((line, join) => {
      line.closeUntil(10);
      line.turn(0).subscribe(() => join(5));
      join(1);
      join(2);
    });
    expect(lines).toEqual(['10 1', '10 2', '10 5']);
  });

  it('lets everybody go when the wait gets out of reach', () => {
    const lines = inLine((line, join, at) => {
      line.closeUntil(50);
      join(0);
      join(1);
      at(7, () => {
        line.closeUntil(500);
        expect(line.state).toBe('out of reach');
        expect(line.length).toBe(2);
      });
      at(450, () => join(2));
    });
    expect(lines).toEqual(['7 0', '7 1', '500 2']);
  });

  it('forgets who leaves, and has no timer left after the last', () => {
    const scheduler = new TestScheduler(() => undefined);
    const line = new WaitingLine(100, scheduler);
    line.closeUntil(10);
    const first = line.turn(0).subscribe();
    const second = line.turn(1).subscribe();
    first.unsubscribe();
    expect(line.length).toBe(1);
    expect(scheduler.actions).toHaveLength(1);
    second.unsubscribe();
    expect(line.length).toBe(0);
    expect(scheduler.actions).toEqual([]);
  });

  it('lets one leave another while they are let go', () => {
    const lines = inLine((line, join) => {
      line.closeUntil(10);
      line.turn(0).subscribe(() => {
        second.unsubscribe();
      });
      const second = join(1);
      join(2);
    });
    expect(lines).toEqual(['10 2']);
  });

  it('takes a ticket again whose first turn is not over yet', () => {
    const lines = inLine((line, join) => {
      line.closeUntil(10);
      const first = line.turn(0).subscribe(() => {
        line.closeUntil(20);
        join(0);
        first.unsubscribe();
      });
    });
    expect(lines).toEqual(['20 0']);
  });

  it('waits longer than one timer can', () => {
    const scheduler = new TestScheduler(() => undefined);
    const delays: number[] = [];
    const schedule = scheduler.schedule.bind(scheduler);
    scheduler.schedule = (work: never, delay = 0, state?: never) => {
      delays.push(delay);
      return schedule(work, delay, state);
    };
    const line = new WaitingLine(Infinity, scheduler);
    let isOpen = false;
    line.closeUntil(2 ** 32);
    line.turn(0).subscribe(() => (isOpen = true));
    scheduler.maxFrames = Infinity;
    scheduler.flush();
    expect(isOpen).toBe(true);
    expect(delays).toEqual([2 ** 31 - 1, 2 ** 31 - 1, 2]);
  });
});
