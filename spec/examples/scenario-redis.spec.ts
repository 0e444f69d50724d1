import { main as distributedLock } from '../../examples/scenarios/11-distributed-lock.js';
import { describeWithRedis } from '../support/services.js';

describeWithRedis('scenario 11, a distributed lock', (url) => {
  it('lets one in at a time, cancels who has lost it, and refuses what comes too late', async () => {
    const before = process.env['REDIS_URL'];
    process.env['REDIS_URL'] = url();
    try {
      const lines: string[] = [];
      const answer = await distributedLock((line) => lines.push(line));
      expect(answer).toEqual({ most: 1, entries: 4, isLateWriteTaken: false, left: 0 });
      expect(lines).toEqual(['lost: LockLostError', 'held by second']);
    } finally {
      if (before === undefined) delete process.env['REDIS_URL'];
      else process.env['REDIS_URL'] = before;
    }
  });
});
