/**
 * What the Redis store does in one step. Every key a script touches is one of its `KEYS`, and scripts
 * are sent whole, so that a server that was restarted knows them.
 */

/**
 * Writes a row and puts its id under its labels, which live at least as long as the row. Whatever is
 * over by then goes from under them.
 *
 * KEYS: row, then labels. ARGV: row, id, milliseconds to live, version that must be there now or '',
 * end of the row, now.
 */
export const WRITE_ROW = `
if ARGV[4] ~= '' then
  local stored = redis.call('GET', KEYS[1])
  if not stored or cjson.decode(stored).version ~= tonumber(ARGV[4]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
for index = 2, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', ARGV[6])
  redis.call('ZADD', KEYS[index], ARGV[5], ARGV[2])
  if redis.call('PTTL', KEYS[index]) < tonumber(ARGV[3]) then
    redis.call('PEXPIRE', KEYS[index], ARGV[3])
  end
end
return 1`

/** KEYS: lease. ARGV: holder. */
export const RELEASE_LEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`
