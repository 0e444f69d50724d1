import { RedisScript } from './script.js';

/** The time of the server in milliseconds (D13): the clocks of clients do not take part. */
const NOW = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Keeps a key for so long at least; all of them go when nobody needs them any more. */
const KEEP = `
local function keep(key, ms)
  if redis.call('pttl', key) < ms then
    redis.call('pexpire', key, ms)
  end
end
`;

/** Puts away the permits that have expired, and those in the line that are not believed to be there any more. */
const TIDY = `
local function tidy(permits, line, presence)
  redis.call('zremrangebyscore', permits, '-inf', now)
  for _, gone in ipairs(redis.call('zrangebyscore', presence, '-inf', now)) do
    redis.call('zrem', line, gone)
  end
  redis.call('zremrangebyscore', presence, '-inf', now)
end
`;

/**
 * Tells those at the head of the line that there is something for them: as many as there are permits, by the beginning of their
 * token. All the others stay where they are, however many wait. Where nobody is in the line nobody is named: that is for all who hear it.
 */
const CALL = `${TIDY}
local function call(permits, line, presence, total, channel)
  tidy(permits, line, presence)
  local free = total - redis.call('zcard', permits)
  if free <= 0 then
    return
  end
  local names = {}
  for index, token in ipairs(redis.call('zrange', line, 0, free - 1)) do
    names[index] = string.sub(token, 1, 36)
  end
  redis.call('publish', channel, table.concat(names, ' '))
end
`;

/**
 * KEYS: permits, counter, line, presence. ARGV: token, ttl, how many permits there are, and for how many milliseconds its place in the line is
 * kept without asking again; 0 for one who does not wait.
 *
 * Permits are tokens with the time at which they expire. The line has tokens in order of arrival, presence the time until which
 * each is believed to be there. Answers 1 and the fencing number, or 0, how many permits are out, how many are ahead, and in how many
 * milliseconds a permit or a place is the next to expire; at most `ttl`, since a permit may be given to somebody ahead at any time, and then
 * die with its holder.
 *
 * A token that has a permit already is one whose answer was lost: it has it still.
 */
export const TAKE = /* @__PURE__ */ new RedisScript(`${NOW}${KEEP}${TIDY}
local token, ttl, total, patience = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
tidy(KEYS[1], KEYS[3], KEYS[4])
local held = redis.call('zcard', KEYS[1])
local place = redis.call('zrank', KEYS[3], token)
local ahead = place or redis.call('zcard', KEYS[3])
if redis.call('zscore', KEYS[1], token) or ahead < total - held then
  local fence = redis.call('incr', KEYS[2])
  redis.call('zadd', KEYS[1], now + ttl, token)
  keep(KEYS[1], ttl)
  redis.call('zrem', KEYS[3], token)
  redis.call('zrem', KEYS[4], token)
  return {1, fence}
end

if patience > 0 then
  if not place then
    local last = redis.call('zrange', KEYS[3], -1, -1, 'withscores')
    redis.call('zadd', KEYS[3], (last[2] or 0) + 1, token)
  end
  redis.call('zadd', KEYS[4], now + patience, token)
  keep(KEYS[3], patience)
  keep(KEYS[4], patience)
end
local wait = ttl
for _, key in ipairs({KEYS[1], KEYS[4]}) do
  local first = redis.call('zrange', key, 0, 0, 'withscores')
  if first[2] then
    wait = math.min(wait, first[2] - now)
  end
end
return {0, held, ahead, wait}
`);

/** KEYS: permits. ARGV: token, ttl. Answers whether the permit is there and has not expired; only then is it prolonged. */
export const PROLONG = /* @__PURE__ */ new RedisScript(`${NOW}${KEEP}
local expires = redis.call('zscore', KEYS[1], ARGV[1])
if not expires or tonumber(expires) <= now then
  return 0
end
redis.call('zadd', KEYS[1], now + ARGV[2], ARGV[1])
keep(KEYS[1], tonumber(ARGV[2]))
return 1
`);

/** KEYS: permits, line, presence. ARGV: token, channel, how many permits there are. Gives back, and answers whether the permit was there and had not expired. */
export const GIVE = /* @__PURE__ */ new RedisScript(`${NOW}${CALL}
local expires = redis.call('zscore', KEYS[1], ARGV[1])
if not expires then
  return 0
end
redis.call('zrem', KEYS[1], ARGV[1])
call(KEYS[1], KEYS[2], KEYS[3], tonumber(ARGV[3]), ARGV[2])
return tonumber(expires) > now and 1 or 0
`);

/**
 * KEYS: permits, line, presence. ARGV: token, channel, how many permits there are. For one who has left, with or without a permit by
 * now: what it was called for, or was about to be, is for those behind it.
 */
export const LEAVE = /* @__PURE__ */ new RedisScript(`${NOW}${CALL}
redis.call('zrem', KEYS[3], ARGV[1])
if redis.call('zrem', KEYS[2], ARGV[1]) + redis.call('zrem', KEYS[1], ARGV[1]) > 0 then
  call(KEYS[1], KEYS[2], KEYS[3], tonumber(ARGV[3]), ARGV[2])
end
return 1
`);
