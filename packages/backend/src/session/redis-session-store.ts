import { systemClock, type Clock } from '@tmb-kit/core'
import { createRedisReads } from './redis-reads.js'
import { encodeRow, encodeTokens, parseRow, parseTokens } from './redis-row.js'
import {
  ACQUIRE_LEASE,
  DELETE_ROW,
  RELEASE_LEASE,
  RENEW_LEASE,
  WRITE_ROW,
} from './redis-scripts.js'
import type { LeaseAnswer, SessionRow, SessionStore } from './session-store.js'

/** The few commands that are used of a connection of ioredis. */
export interface RedisCommands {
  mgetBuffer(keys: string[]): Promise<(Uint8Array | null)[]>
  set(
    key: string,
    value: string,
    millisecondsToken: 'PX',
    milliseconds: number,
    nx: 'NX',
  ): Promise<'OK' | null>
  exists(key: string): Promise<number>
  zrange(key: string, first: string, last: string): Promise<string[]>
  zrem(key: string, members: string[]): Promise<number>
  eval(
    script: string,
    keyCount: number,
    ...keysAndValues: (Uint8Array | number | string)[]
  ): Promise<unknown>
}

export interface RedisSessionStoreOptions {
  /**
   * A connection of ioredis. With `enableOfflineQueue: false` and `maxRetriesPerRequest: 0` a Redis
   * that is away is noticed at once, and nothing is sent late that nobody waits for.
   */
  readonly redis: RedisCommands
  /** Before every key. Default: `tmb:session:`. A Redis Cluster needs a hash tag: `{tmb}:session:`. */
  readonly prefix?: string
  readonly clock?: Clock
}

/** How long it is known that a lease ran out. */
const LEASE_MEMORY_MILLISECONDS = 60_000

/**
 * Sessions in Redis, for any number of instances. Rows go by themselves when they are over, by the
 * caller's clock; leases by that of Redis, which all instances share. Access tokens have a key of their
 * own that goes with them: an idle session takes less than 2 kB, all its keys counted.
 *
 * Does not keep what Redis loses. Redis must not evict (`maxmemory-policy noeviction`: a full server
 * refuses, and the request is answered 503), and a failover that forgets the last write forgets the
 * refresh token in it.
 */
export function redisSessionStore(options: RedisSessionStoreOptions): SessionStore {
  const { redis, prefix = 'tmb:session:', clock = systemClock } = options
  const rowKey = (id: string): string => `${prefix}row:${id}`
  const tokensKey = (id: string): string => `${prefix}tokens:${id}`
  const labelKey = (label: string): string => `${prefix}label:${label}`
  const leaseKey = (id: string): string => `${prefix}lease:${id}`
  const markKey = (name: string): string => `${prefix}mark:${name}`
  const read = createRedisReads(redis)

  const write = async (row: SessionRow, versionBefore: number | ''): Promise<boolean> => {
    const { id, labels, expiresAt, tokens } = row
    const keys = [rowKey(id), tokensKey(id), ...labels.map(labelKey)]
    const now = clock()
    const lifetime = millisecondsBetween(now, expiresAt)
    if (lifetime <= 0) return false

    const tokensLifetime = tokens === undefined ? 0 : millisecondsBetween(now, tokens.expiresAt)
    const values = [
      ...[encodeRow(row), id, lifetime, versionBefore, expiresAt, now],
      ...[tokens === undefined ? '' : encodeTokens(tokens), Math.max(0, tokensLifetime)],
    ]
    return (await redis.eval(WRITE_ROW, keys.length, ...keys, ...values)) === 1
  }
  const living = (id: string, stored: Uint8Array | null | undefined): SessionRow | undefined => {
    const row = parseRow(id, stored ?? new Uint8Array())
    return row !== undefined && row.expiresAt > clock() ? row : undefined
  }

  return {
    insert: async (row) => {
      await write(row, '')
    },
    find: async (id) => {
      const [storedRow, storedTokens] = await read([rowKey(id), tokensKey(id)])
      const row = living(id, storedRow)
      const tokens = parseTokens(storedTokens ?? new Uint8Array(), clock())
      return row === undefined || tokens === undefined ? row : { ...row, tokens }
    },
    replace: async (row) => write(row, row.version - 1),
    delete: async (id) => (await redis.eval(DELETE_ROW, 2, rowKey(id), tokensKey(id))) === 1,
    findByLabel: async (label) => {
      const ids = await redis.zrange(labelKey(label), '0', '-1')
      if (ids.length === 0) return []

      const stored = await redis.mgetBuffer(ids.map(rowKey))
      // Identifiers are random: one without a row will never have one again.
      const gone = ids.filter((_id, index) => stored[index] === null)
      if (gone.length > 0) await redis.zrem(labelKey(label), gone)
      return ids.flatMap((id, index) => living(id, stored[index]) ?? [])
    },
    acquireLease: async (id, holder, lifetimeSeconds) => {
      const lives = [toMilliseconds(lifetimeSeconds), LEASE_MEMORY_MILLISECONDS]
      return (await redis.eval(ACQUIRE_LEASE, 1, leaseKey(id), holder, ...lives)) as LeaseAnswer
    },
    renewLease: async (id, holder, lifetimeSeconds) => {
      const lives = [toMilliseconds(lifetimeSeconds), LEASE_MEMORY_MILLISECONDS]
      return (await redis.eval(RENEW_LEASE, 1, leaseKey(id), holder, ...lives)) === 1
    },
    releaseLease: async (id, holder) => {
      await redis.eval(RELEASE_LEASE, 1, leaseKey(id), holder)
    },
    isMarked: async (name) => (await redis.exists(markKey(name))) === 1,
    mark: async (name, expiresAt) => {
      const lifetime = Math.max(1, millisecondsBetween(clock(), expiresAt))
      return (await redis.set(markKey(name), '1', 'PX', lifetime, 'NX')) === 'OK'
    },
  }
}

function millisecondsBetween(now: number, expiresAt: number): number {
  return toMilliseconds(expiresAt - now)
}

function toMilliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000)
}
