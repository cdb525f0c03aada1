/**
 * What the Redis store does in one step. Every key a script touches is one of its `KEYS`, and scripts
 * are sent whole, so that a server that was restarted knows them.
 */

/**
 * Writes a row and its tokens, and puts its id under its labels, which live at least as long as the
 * row. Whatever is over by then goes from under them. A row begins with its version.
 *
 * KEYS: row, tokens, then labels. ARGV: row, id, milliseconds to live, version that must be there now
 * or '', end of the row, now, tokens, milliseconds that these live or 0.
 */
export const WRITE_ROW = `
if ARGV[4] ~= '' then
  local stored = redis.call('GET', KEYS[1])
  if not stored or string.match(stored, '^(%d+) ') ~= ARGV[4] then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
if ARGV[8] == '0' then
  redis.call('DEL', KEYS[2])
else
  redis.call('SET', KEYS[2], ARGV[7], 'PX', ARGV[8])
end
for index = 3, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', ARGV[6])
  redis.call('ZADD', KEYS[index], ARGV[5], ARGV[2])
  if redis.call('PTTL', KEYS[index]) < tonumber(ARGV[3]) then
    redis.call('PEXPIRE', KEYS[index], ARGV[3])
  end
end
return 1`

/** KEYS: row, tokens. */
export const DELETE_ROW = `
redis.call('DEL', KEYS[2])
return redis.call('DEL', KEYS[1])`

/**
 * A lease is over when its key has no more than the memory left to live: what is left of the key says
 * that it was not given back.
 *
 * KEYS: lease. ARGV: holder, milliseconds, milliseconds of memory.
 */
export const ACQUIRE_LEASE = `
local left = redis.call('PTTL', KEYS[1])
if left > tonumber(ARGV[3]) then return 'held' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2] + ARGV[3])
if left == -2 then return 'acquired' end
return 'taken_over'`

/** KEYS: lease. ARGV: holder, milliseconds, milliseconds of memory. */
export const RENEW_LEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2] + ARGV[3])`

/** KEYS: lease. ARGV: holder. */
export const RELEASE_LEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`
