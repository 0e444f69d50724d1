/**
 * Scenario 11: a lock between processes, in Redis: own token, time limit, renewal, fencing number; the body is cancelled when the
 * lock is lost, and what is not its own is never deleted.
 *
 * Python: `async with DistributedLock(redis, "reports", ttl=10)`: SET NX EX, and a script that compares and deletes
 */
import { Redis } from 'ioredis';
import { NEVER } from 'rxjs';
import { combine, lastValue, lease, ResourceLostError, settled, using, type Resource } from 'rxscope';
import { LockNotAcquiredError, redisClient, redisLock } from 'rxscope/redis';
import { redisServer } from '../services/servers.js';
import { runDirectly } from './support/run-directly.js';

type Log = (line: string) => void;

const client = (url: string): Resource<Redis> => redisClient(() => new Redis(url));

/** A store that does not let itself be written to by somebody who has been overtaken. */
class Ledger {
  readonly entries: string[] = [];
  private highest = 0;

  write(entry: string, fencing: number): boolean {
    if (fencing < this.highest) return false;
    this.highest = fencing;
    this.entries.push(entry);
    return true;
  }
}

/** Three workers, each with a connection of its own, as in three processes: each gets its turn. */
async function takeTurns(url: string, key: string, ledger: Ledger): Promise<number> {
  let inside = 0;
  let most = 0;
  const worker = (name: string): Promise<unknown> =>
    lastValue(
      using(client(url), (redis) =>
        using(redisLock(redis, key), async (lock) => {
          most = Math.max(most, ++inside);
          await redis.ping(); // the work
          lock.check();
          ledger.write(name, lock.fencing);
          inside--;
        }),
      ),
    );
  await Promise.all(['a', 'b', 'c'].map(worker));
  return most;
}

/** Somebody deletes the key, as a server would that lost its memory: the body is cancelled, and the next one's lock is left alone. */
async function loseIt(url: string, key: string, ledger: Ledger, log: Log): Promise<boolean> {
  const overtaken = using(combine([client(url), client(url)]), async ([mine, others]) => {
    let fencing = 0;
    const body = using(redisLock(mine, key, { ttl: 600, owner: 'first' }), (lock) => {
      fencing = lock.fencing;
      void others.del(`lock:{${key}}`);
      return NEVER; // renews, and would go on for ever
    });
    await lastValue(body).catch((error: unknown) => {
      log(error instanceof ResourceLostError ? `lost: ${(error.cause as Error).name}` : String(error));
    });
    const held = await lease(redisLock(others, key, { owner: 'second' }));
    const tried = await lease(redisLock(mine, key, { acquireTimeout: 0 })).catch((error: unknown) => error);
    log(tried instanceof LockNotAcquiredError ? `held by ${tried.holder ?? 'nobody'}` : 'got it');
    ledger.write('second', held.value.fencing);
    const isLateWriteTaken = ledger.write('first, too late', fencing);
    await held.release();
    return isLateWriteTaken;
  });
  return lastValue(overtaken);
}

export async function main(
  log: Log,
): Promise<{ most: number; entries: number; isLateWriteTaken: boolean; left: number }> {
  const key = `reports-${String(process.pid)}`;
  const answer = await lastValue(
    using(redisServer(), async (url) => {
      const ledger = new Ledger();
      const most = await takeTurns(url, key, ledger);
      const isLateWriteTaken = await loseIt(url, key, ledger, log);
      const left = await lastValue(using(client(url), (redis) => redis.exists(`lock:{${key}}`)));
      return { most, entries: ledger.entries.length, isLateWriteTaken, left };
    }),
  );
  await settled();
  return answer;
}

runDirectly('11-distributed-lock.ts', main);
