import { RedisScript } from './script.js';

/**
 * KEYS: lock, counter. ARGV: token, ttl. Answers the fencing number, or a list: the token that is there and its remaining milliseconds.
 *
 * A token that is the same up to the first dot is of an earlier attempt of the same acquisition: it does not stand in the way. A counter
 * that cannot be counted leaves no lock behind.
 */
export const ACQUIRE = /* @__PURE__ */ new RedisScript(`
if not redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2], 'nx') then
  local holder = redis.call('get', KEYS[1])
  local own = string.match(ARGV[1], '^[^.]*%.')
  if string.sub(holder, 1, #own) ~= own then
    return {holder, redis.call('pttl', KEYS[1])}
  end
  redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
end
local fence = redis.pcall('incr', KEYS[2])
if type(fence) == 'table' then
  redis.call('del', KEYS[1])
end
return fence
`);

/**
 * KEYS: lock, counter. ARGV: token, ttl, the least the counter has to be at. Answers whether the lock is still there with that token;
 * only then is it prolonged. It is never made anew.
 */
export const EXTEND = /* @__PURE__ */ new RedisScript(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('pexpire', KEYS[1], ARGV[2])
if tonumber(redis.call('get', KEYS[2]) or '0') < tonumber(ARGV[3]) then
  redis.call('set', KEYS[2], ARGV[3])
end
return 1
`);

/**
 * KEYS: lock. ARGV: token, and the channel to tell, or nothing where nobody has to know. Answers whether the lock was there with
 * that token; only then is it deleted.
 */
export const RELEASE = /* @__PURE__ */ new RedisScript(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('del', KEYS[1])
if ARGV[2] ~= '' then
  redis.call('publish', ARGV[2], '')
end
return 1
`);
