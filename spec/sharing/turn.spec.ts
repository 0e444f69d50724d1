import { Resource } from '../../lib/core/resource-class.js';
import { Turns } from '../../lib/sharing/turn.js';
import { Journal } from '../support/journal.js';

describe('Turns', () => {
  let isBlocked: boolean;
  let turns: Turns;
  let turn: Resource<void>;
  let journal: Journal;

  beforeEach(() => {
    isBlocked = false;
    journal = new Journal();
    turns = new Turns(() => isBlocked);
    turn = new Resource<void>('turn', turns.leaf);
  });

  it('lets in at once where nothing is in the way', () => {
    turn.subscribe(journal.observer()).unsubscribe();
    expect(journal.lines).toEqual(['next undefined']);
  });

  it('lets in those who wait, in order, when nothing is in the way any more', () => {
    isBlocked = true;
    const waiting = ['a', 'b'].map((name) => turn.subscribe(journal.observer(`${name} `)));
    turns.serve();
    expect(journal.lines).toEqual([]);
    isBlocked = false;
    turns.serve();
    expect(journal.lines).toEqual(['a next undefined', 'b next undefined']);
    for (const one of waiting) one.unsubscribe();
  });

  it('stops letting in where one who is let in is in the way of the next', () => {
    isBlocked = true;
    const first = turn.subscribe(() => (isBlocked = true));
    const second = turn.subscribe(journal.observer());
    isBlocked = false;
    turns.serve();
    expect(journal.take()).toEqual([]);
    isBlocked = false;
    turns.serve();
    expect(journal.take()).toEqual(['next undefined']);
    first.unsubscribe();
    second.unsubscribe();
  });

  it('forgets those who have left', () => {
    isBlocked = true;
    const waiting = turn.subscribe(journal.observer());
    waiting.unsubscribe();
    isBlocked = false;
    turns.serve();
    expect(journal.lines).toEqual([]);
  });

  it('is a loop: ten thousand, each let in by the one before, use no stack', () => {
    isBlocked = true;
    let count = 0;
    const waiting = Array.from({ length: 10_000 }, () =>
      turn.subscribe(() => {
        count++;
        turns.serve();
      }),
    );
    isBlocked = false;
    turns.serve();
    expect(count).toBe(10_000);
    for (const one of waiting) one.unsubscribe();
  });
});
