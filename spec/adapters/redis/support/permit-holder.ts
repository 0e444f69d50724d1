/** Run as a process of its own: holds a permit, says so, and does not let go. */
import { Redis } from 'ioredis';
import { NEVER } from 'rxjs';
import { redisSemaphore } from '../../../../lib/adapters/redis/index.js';
import { using } from '../../../../lib/index.js';

const [url = '', key = '', permits = '', ttl = ''] = process.argv.slice(2);

using(redisSemaphore(new Redis(url), key, Number(permits), { ttl: Number(ttl) }), () => {
  console.log('held');
  return NEVER;
}).subscribe();
