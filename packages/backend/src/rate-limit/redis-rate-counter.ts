import type { RedisCommands } from '../session/redis-session-store.js'
import type { RateCounter } from './rate-counter.js'

export interface RedisRateCounterOptions {
  /** A connection of ioredis. */
  readonly redis: Pick<RedisCommands, 'eval'>
  /** Before every key. Default: `tmb:rate:`. */
  readonly prefix?: string
}

/** KEYS: window. ARGV: milliseconds that it lasts. A window that has no end is given one. */
const COUNT = `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return { count, left }`

/** Counts in Redis: a limit holds for all instances together. */
export function redisRateCounter(options: RedisRateCounterOptions): RateCounter {
  const { redis, prefix = 'tmb:rate:' } = options

  return {
    count: async (name, windowSeconds) => {
      const answer = await redis.eval(COUNT, 1, `${prefix}${name}`, windowSeconds * 1000)
      const [count, millisecondsLeft] = answer as readonly [number, number]
      return { count, secondsLeft: Math.ceil(millisecondsLeft / 1000) }
    },
  }
}
