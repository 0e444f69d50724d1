/** Run as a process of its own: holds a lock, says so, and does not let go. */
import { Redis } from 'ioredis';
import { NEVER } from 'rxjs';
import { redisLock } from '../../../../lib/adapters/redis/index.js';
import { using } from '../../../../lib/index.js';

const [url = '', key = '', ttl = ''] = process.argv.slice(2);

using(redisLock(new Redis(url), key, { ttl: Number(ttl) }), () => {
  console.log('held');
  return NEVER;
}).subscribe();
