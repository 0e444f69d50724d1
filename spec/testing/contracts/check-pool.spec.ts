import { resource } from '../../../lib/index.js';
import { checkPoolContract, poolContract, type PoolFactory } from '../../../lib/testing/contracts/check-pool.js';
import { failureOf } from './support/failures.js';
import { SamplePool, type PoolFault } from './support/sample-pool.js';

describe('checkPoolContract', () => {
  describe('on a pool', () => {
    checkPoolContract((part, { max }) => new SamplePool(part, max));
  });

  describe('on a pool with room for one', () => {
    checkPoolContract((part, { max }) => new SamplePool(part, max), { max: 1, seed: 3 });
  });

  describe('on a resource that is a pool', () => {
    checkPoolContract((part, { max }) => resource({ name: 'pool', acquire: () => new SamplePool(part, max), release: (pool) => pool.close() })); // prettier-ignore
  });

  it.each<[PoolFault, string, string]>([
    ['does not add up', 'counts what is being destroyed (law 36)', 'law 36: total the sum of its kinds while some may be destroyed'],
    ['makes a new one every time', 'lends again what has come back (law 36)', 'law 36: one item made for borrowers one after the other | 5 were made'],
    ['lends one to two', 'lets in as many as there are permits, and nobody else (law 35)', 'law 35: '],
    ['does not count what is being made', 'counts what is being made (law 36)', 'law 36: 1 to 2 being made | 4 are'],
    ['does not count what is being destroyed', 'counts what is being destroyed (law 36)', 'law 36: 2 items at most | there are 4'],
    ['does not count what is being destroyed', 'never has too many in 400 random steps (law 36)', 'law 36: 2 items at most | 3 in step 78, seed 1'],
    ['tells another error where making fails', 'fails the borrower whose item cannot be made, and has the place again (law 36)', 'law 36: the borrower told the identical error'],
    ['loses the place where making fails', 'fails the borrower whose item cannot be made, and has the place again (law 36)', 'law 35: guest 2 let in as long as there is room'],
    ['loses the place where making fails', 'serves those who wait where an item cannot be made (law 36)', 'law 31: close() to answer when nothing is borrowed any more'],
    ['loses what is made for one who left', 'has the place again where a borrower leaves while its item is made (law 36)', 'law 36: everybody served in the end | some wait'],
    ['takes back twice', 'lends by acquire() too, and takes back once (law 26)', 'law 26: nothing given away by a later release() | 3 have one'],
    ['keeps those in line who left', 'refuses an acquire() that is given up with the reason of its signal (law 35)', 'law 36: waiting 1, total the sum of its kinds when one has given up'],
    ['keeps those in line who left', 'is not taken by one who has left the line, the first in it (law 35)', 'law 35: 2 waiting by its own count | 3 are'],
    ['last come, first served', 'serves those who wait in order of arrival (law 35)', 'law 35: served in order of arrival'],
    ['does not take back after an error', 'is let go on completion, error and unsubscribe (law 1)', 'law 35: guest 5 let in after an error'],
    ['keeps what is idle when it is closed', 'destroys what is idle when it is closed (law 31)', 'law 31: nothing left when close() has answered | 2 are'],
    ['does not wait for borrowers when it is closed', 'waits for what is borrowed when it is closed (law 31)', 'law 31: close() waits for what is borrowed | it has answered'],
    ['leaves the line waiting when it is closed', 'refuses those who wait when it is closed, with a ClosedError (law 31)', 'law 31: a ClosedError for one who waits | nothing happened to it'],
    ['lends when it is closed', 'refuses those who come when it is closed, with a ClosedError (law 31)', 'law 31: a ClosedError for one who comes while it is closing | nothing happened to it'],
    ['lends when it is closed', 'destroys what is being made when it is closed (law 31)', 'law 31: '],
    ['leaves the borrowers alone when it is closed by force', 'ends the borrowers with a ClosedError where it is closed by force (law 31)', 'law 31: a ClosedError for one who has borrowed | nothing happened to it'],
  ])('finds a pool that %s: %s', async (fault, title, failure) => {
    const pools: SamplePool<unknown>[] = [];
    const make: PoolFactory = (part, { max }) => {
      const pool = new SamplePool(part, max, fault);
      pools.push(pool);
      return pool;
    };
    await expect(failureOf(poolContract(make, { patience: 30 }), title)).resolves.toContain(failure);
    for (const pool of pools) await pool.abandon();
  }); // prettier-ignore
});
