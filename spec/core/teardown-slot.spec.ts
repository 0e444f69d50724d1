import { Subscription, UnsubscriptionError } from 'rxjs';
import { both, run, without } from '../../lib/core/teardown-slot.js';
import { raise } from '../support/failing.js';
import { Journal } from '../support/journal.js';

const boom = new Error('boom');

describe('both', () => {
  it('is the second where there is no first, or where that has closed by itself', () => {
    const second = (): void => {};
    expect(both(null, second)).toBe(second);
    expect(both(Subscription.EMPTY, second)).toBe(second);
  });

  it('runs all, in the order in which they were added', () => {
    const journal = new Journal();
    const note = (line: string) => () => journal.note(line);
    run(both(both(note('a'), note('b')), new Subscription(note('c'))));
    expect(journal.lines).toEqual(['a', 'b', 'c']);
  });
});

describe('without', () => {
  it('is empty where that was the only one', () => {
    const only = (): void => {};
    expect(without(only, only)).toBeNull();
    expect(without(null, only)).toBeNull();
  });

  it('leaves others as they are', () => {
    const journal = new Journal();
    const [a, b] = [() => journal.note('a'), () => journal.note('b')];
    expect(without(a, b)).toBe(a);
    const rest = without(both(a, b), a);
    expect(rest).not.toBeNull();
    if (rest !== null) run(rest);
    expect(journal.lines).toEqual(['b']);
  });
});

describe('run', () => {
  it('runs a function, or unsubscribes', () => {
    const journal = new Journal();
    run(() => journal.note('function'));
    run({ unsubscribe: () => journal.note('unsubscribe') });
    expect(journal.lines).toEqual(['function', 'unsubscribe']);
  });

  it('throws a single failure as it was, and several as RxJS wraps them', () => {
    const other = new Error('other');
    const [failing, failingToo] = [(): void => raise(boom), (): void => raise(other)];
    expect(() => run(failing)).toThrow(boom);
    expect(() => run(new Subscription(failing))).toThrow(boom);
    expect(() => run(both(failing, () => {}))).toThrow(boom);
    expect(() => run(both(failing, failingToo))).toThrow(UnsubscriptionError);
  });
});
