import { from, NEVER } from 'rxjs';
import { toAsyncIterable } from '../../../lib/index.js';
import {
  asyncIterableContract,
  checkAsyncIterableContract,
} from '../../../lib/testing/contracts/check-async-iterable.js';
import type { AsyncIterableSubject } from '../../../lib/testing/contracts/iterable-view.js';
import { failureOf } from './support/failures.js';
import { Rows, type RowsFault } from './support/rows.js';

describe('checkAsyncIterableContract', () => {
  const subjectOf = (fault: RowsFault | null, values = [1, 2, 3]): AsyncIterableSubject<number> => {
    const rows = new Rows(values, fault);
    return {
      iterable: rows,
      values,
      opened: () => rows.opened,
      closed: () => rows.closed,
      stalled: rows.variant('stalls'),
      failing: rows.variant('fails'),
    };
  };

  describe('on an iterable that says all about itself', () => {
    checkAsyncIterableContract(() => subjectOf(null));
  });

  describe('on an iterable alone', () => {
    checkAsyncIterableContract(() => new Rows([1, 2, 3]));
  });

  describe('on an empty one', () => {
    checkAsyncIterableContract(() => subjectOf(null, []));
  });

  describe('on a generator object', () => {
    checkAsyncIterableContract(
      async () => ({ iterable: (async function* () { yield* [1, 2]; })(), values: [1, 2] }),
      { once: true },
    );
  }); // prettier-ignore

  describe('on an observable without end', () => {
    checkAsyncIterableContract(() => ({
      iterable: toAsyncIterable(from([1])),
      stalled: toAsyncIterable<number>(NEVER),
    }));
  });

  const title = {
    reads: 'gives its values, and is done after them for ever (law 33)',
    begins: 'begins at the first next(), not before (law 33)',
    ahead: 'answers several next() at a time in order (law 33)',
    twice: 'can be iterated twice, at the same time too: these are two runs (law 33)',
    fails: 'fails once, after its values, and is done then (law 33)',
    observable: 'is an observable that completes after its cleanup (law 32)',
    left: 'is an observable that can be left (law 32)',
    unread: 'never begins where it is left before the first next() (law 33)',
    doneUnread: 'is done where it is left before the first next() (law 33)',
    read: 'is cleaned up when return() answers, and is done then (law 33)',
    breaks: 'is cleaned up after a loop that breaks (law 33)',
    pending: 'answers everybody where it is left while next() is pending (law 33)',
    stalled: 'answers everybody where nothing ever comes (law 33)',
    returnTwice: 'lets return() be called twice, and is cleaned up once (law 33)',
    throwsIn: 'rejects with the error given to throw(), and is done then (law 33)',
  };

  it.each<[RowsFault, string, string]>([
    ['leaves out the last', title.reads, 'law 33: the values [1, 2, 3] | [1, 2]'],
    ['begins again after the end', title.reads, 'law 33: next() done at the end | it answered 1'],
    ['begins when it is made', title.begins, 'law 33: nothing begun before the first next() | 1 runs began'],
    ['answers the last first', title.ahead, 'law 33: next() answered in the order of the calls'],
    ['has one run for all', title.twice, 'law 33: an iterator for each run | both are the same'],
    ['hides its failure', title.fails, 'law 33: a next() that rejects as the source fails | none of 100 did'],
    ['is not cleaned up at the end', title.reads, 'law 32: every run cleaned up once when it is done | 1 began, 0 are cleaned up'],
    ['is not cleaned up at the end', title.observable, 'law 32: every run cleaned up once when the observable has completed'],
    ['is not cleaned up when it is left', title.read, 'law 32: every run cleaned up once when return() has answered | 1 began, 0 are cleaned up'],
    ['is not cleaned up when it is left', title.left, 'law 32: every run cleaned up once when the observable has been left'],
    ['does not wait for its cleanup', title.breaks, 'law 32: every run cleaned up once when the loop is left'],
    ['begins when it is left', title.unread, 'law 33: nothing begun where return() came first | 1 runs began'],
    ['goes on after return()', title.doneUnread, 'law 33: next() done after return() | it answered 1'],
    ['goes on after return()', title.read, 'law 33: next() done after return() | it answered 2'],
    ['leaves a pending next() alone', title.stalled, 'law 33: next() answered'],
    ['never answers return()', title.pending, 'law 33: return() answered | it has not settled'],
    ['is cleaned up twice', title.returnTwice, 'law 32: every run cleaned up once after two return() | 1 began, 2 are cleaned up'],
    ['resolves throw()', title.throwsIn, 'law 33: throw() rejects with the error given to it'],
  ])('finds an iterable that %s: %s', async (fault, name, failure) => {
    const cases = asyncIterableContract(() => subjectOf(fault), { patience: 30 });
    await expect(failureOf(cases, name)).resolves.toContain(failure);
  }); // prettier-ignore
});
