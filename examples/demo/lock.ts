import { Redis } from 'ioredis';
import { defer, type Observable } from 'rxjs';
import { using, type Resource } from 'rxscope';
import { advisoryLock } from 'rxscope/postgres';
import { redisClient, redisLock } from 'rxscope/redis';
import { announced } from './announced.js';
import { duration, say } from './output.js';
import type { Service } from './service.js';

/** The server that has the lock, where one is named on the command line. */
export function redis(url: string): Resource<Redis> {
  return redisClient(() => new Redis(url, { lazyConnect: true })).pipe(announced('Redis'));
}

/** Does `work` while nobody else does what is locked by the same key, in this process or in any other. */
export function alone<T>(
  who: string,
  { pool, redis: client, table }: Service,
  work: () => Observable<T>,
): Observable<T> {
  const key = `ingest ${table}`;
  const lock: Resource<unknown> = client === null ? advisoryLock(pool.lease, key) : redisLock(client, key);
  return defer(() => {
    const asked = performance.now();
    say(`${who}: asks for the lock, which ${client === null ? 'PostgreSQL' : 'Redis'} has`);
    return using(lock, () => {
      say(`${who}: has the lock after ${duration(performance.now() - asked)}`);
      return work();
    });
  });
}
