import { systemClock, type Clock } from '@tmb-kit/core'
import type { OneTimeUseStore } from './one-time-use.js'

/** The one command that is used of a connection of ioredis. */
export interface RedisSet {
  set(
    key: string,
    value: string,
    secondsToken: 'EX',
    seconds: number,
    nx: 'NX',
  ): Promise<'OK' | null>
}

export interface RedisOneTimeUseStoreOptions {
  /** A connection of ioredis. */
  readonly redis: RedisSet
  /** Before every key. Default: `tmb:once:`. */
  readonly prefix?: string
  readonly clock?: Clock
}

/**
 * One-time use for any number of processes: one `SET … NX` for each code, rotating refresh token,
 * client assertion and proof.
 *
 * Redis must not evict: with `maxmemory-policy noeviction` a full server refuses, and the request fails;
 * with another policy it would forget codes that were used. Does not check: that the adapter of
 * oidc-provider is shared as well.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 */
export function redisOneTimeUseStore(options: RedisOneTimeUseStoreOptions): OneTimeUseStore {
  const { redis, prefix = 'tmb:once:', clock = systemClock } = options

  return {
    claim: async (id, expiresAt) => {
      const seconds = Math.max(1, Math.ceil(expiresAt - clock()))
      return (await redis.set(`${prefix}${id}`, '1', 'EX', seconds, 'NX')) === 'OK'
    },
  }
}
