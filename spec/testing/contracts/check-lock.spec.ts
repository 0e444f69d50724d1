import { lease, resource } from '../../../lib/index.js';
import { checkLockContract, lockContract } from '../../../lib/testing/contracts/check-lock.js';
import { failureOf } from './support/failures.js';
import { SampleLock, type LockFault } from './support/sample-lock.js';

describe('checkLockContract', () => {
  describe('on a mutex', () => {
    checkLockContract(() => new SampleLock(), { synchronous: true });
  });

  describe('on a semaphore', () => {
    checkLockContract(() => new SampleLock(3), { synchronous: true, seed: 7 });
  });

  describe('on a lock that answers by promises', () => {
    checkLockContract(() => {
      const { lock } = new SampleLock();
      return resource({ acquire: () => lease(lock), release: (held) => held.release() });
    });
  });

  it.each<[LockFault, string, string]>([
    ['lets in one too many', 'lets in as many as there are permits, and nobody else (law 35)', 'law 35: 1 inside, the others waiting | 2 inside'],
    ['last come, first served', 'serves those who wait in order of arrival (law 35)', 'law 35: served in order of arrival | guest 4 served after guest 5'],
    ['is taken where it is described', 'takes nothing before it is subscribed (law 5)', 'law 5: guest 0 let in as long as there is room | it waits, 0 inside'],
    ['is not let go on an error', 'is let go on completion, error and unsubscribe (law 1)', 'law 35: guest 3 let in after an error | it waits, 0 inside'],
    ['is not let go on an error', 'is let go where the body cannot even be made (law 1)', "law 1: the consumer told 'complete' | it was told nothing"],
    ['waits for a promise where it is free', 'is taken and let go inside subscribe where it is free (law 17)', 'law 17: a free lock taken inside subscribe | it is not'],
    ['waits for a promise where it is free', 'is handed over inside the tick in which it is let go (law 17)', 'law 17: the next one let in inside the call that lets go | it waits'],
    ['keeps those in line who left', 'is not taken by one who has left the line, the second in it (law 35)', 'law 35: 2 waiting by its own count | 3 are'],
    ['is taken from the next when somebody leaves the line', 'is not taken by one who has left the line, the first in it (law 35)', 'law 35: 2 waiting by its own count | 1 are'],
    ['keeps those in line who left', 'goes to the next one where the first leaves in the tick it is let go, just before (law 35)', 'law 35: guest 2 let in where the one before it left in the tick of the handing over | it waits, 0 inside'],
    ['loses the permit of one who leaves before a promise answers', 'goes to the next one where the first leaves in the tick it is let go, just after (law 35)', 'law 35: guest 2 let in where the one before it left in the tick of the handing over | it waits, 0 inside'],
    ['keeps those in line who left', 'goes to the one after where the first, being served, sends the next away (law 35)', 'law 35: guest 3 let in where the one before it was sent away by the first | it waits, 0 inside'],
    ['counts a waiter for ever', 'has no waiter left where all have left at once (law 35)', 'law 35: 0 waiting by its own count | 5 are'],
    ['last come, first served', 'keeps count in 400 random steps (law 35)', 'law 35: served in order of arrival | guest 22 served after guest 25'],
    ['keeps those in line who left', 'keeps count in 400 random steps (law 35)', 'law 35: everybody served in the end | '],
  ])('finds a lock that %s: %s', async (fault, title, failure) => {
    const cases = lockContract(() => new SampleLock(1, fault), { synchronous: true, patience: 30 });
    await expect(failureOf(cases, title)).resolves.toContain(failure);
  }); // prettier-ignore

  it('finds permits that are given away by a second release', async () => {
    const title = 'is let go once by a lease that is released twice (law 26)';
    const cases = lockContract(() => new SampleLock(1, 'lets in one too many'), { patience: 30 });
    await expect(failureOf(cases, title)).resolves.toBe('law 26: 1 permits after a second release() | 2 are inside');
  });
});
