import {
  assertKnownOptions,
  computeSha256,
  systemClock,
  type Clock,
  type ReplayStore,
} from '@tmb-kit/core'

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

export interface RedisReplayStoreOptions {
  /** A connection of ioredis. With `enableAutoPipelining`, claims under load share round trips. */
  readonly redis: RedisSet
  /** Before every key. Default: `tmb:dpop:`. */
  readonly prefix?: string
  readonly clock?: Clock
}

/** Longer identifiers are hashed, so that a key has a bounded length. */
const MAX_PLAIN_LENGTH = 64

/**
 * A replay store in Redis, for any number of instances: one `SET … NX` for each proof.
 *
 * Redis must not evict: with `maxmemory-policy noeviction` a full server refuses, and the request is
 * answered 503; with another policy it would forget proofs that can still be replayed.
 *
 * @throws {TypeError} for an option that there is not.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-11.1
 */
export function redisReplayStore(options: RedisReplayStoreOptions): ReplayStore {
  assertKnownOptions('redisReplayStore', options, ['redis', 'prefix', 'clock'])
  const { redis, prefix = 'tmb:dpop:', clock = systemClock } = options

  return {
    claim: async (jkt, jti, expiresAt) => {
      const name = jti.length > MAX_PLAIN_LENGTH ? await computeSha256(jti) : jti
      // One second more, since the claim holds up to and including its last one.
      const seconds = Math.max(1, Math.ceil(expiresAt - clock()) + 1)
      const answer = await redis.set(`${prefix}${jkt}:${name}`, '1', 'EX', seconds, 'NX')
      return answer === 'OK'
    },
  }
}
