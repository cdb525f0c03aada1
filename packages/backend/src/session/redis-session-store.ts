import { parseJsonObject, systemClock, type Clock } from '@tmb-kit/core'
import { RELEASE_LEASE, WRITE_ROW } from './redis-scripts.js'
import type { SessionRow, SessionStore } from './session-store.js'

/** The few commands that are used of a connection of ioredis. */
export interface RedisCommands {
  get(key: string): Promise<string | null>
  mget(keys: string[]): Promise<(string | null)[]>
  set(
    key: string,
    value: string,
    millisecondsToken: 'PX',
    milliseconds: number,
    nx: 'NX',
  ): Promise<'OK' | null>
  del(key: string): Promise<number>
  exists(key: string): Promise<number>
  zrange(key: string, first: string, last: string): Promise<string[]>
  zrem(key: string, members: string[]): Promise<number>
  eval(script: string, keyCount: number, ...keysAndValues: (string | number)[]): Promise<unknown>
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

/**
 * Sessions in Redis, for any number of instances. Rows go by themselves when they are over, by the
 * caller's clock; leases by that of Redis, which all instances share.
 *
 * Does not keep what Redis loses. Redis must not evict (`maxmemory-policy noeviction`: a full server
 * refuses, and the request is answered 503), and a failover that forgets the last write forgets the
 * refresh token in it.
 */
export function redisSessionStore(options: RedisSessionStoreOptions): SessionStore {
  const { redis, prefix = 'tmb:session:', clock = systemClock } = options
  const rowKey = (id: string): string => `${prefix}row:${id}`
  const labelKey = (label: string): string => `${prefix}label:${label}`
  const leaseKey = (id: string): string => `${prefix}lease:${id}`
  const markKey = (name: string): string => `${prefix}mark:${name}`

  const write = async (row: SessionRow, versionBefore: number | ''): Promise<boolean> => {
    const { id, labels, expiresAt, ...rest } = row
    const keys = [rowKey(id), ...labels.map(labelKey)]
    const now = clock()
    const lifetime = millisecondsBetween(now, expiresAt)
    if (lifetime <= 0) return false

    const stored = JSON.stringify({ ...rest, labels, expiresAt })
    const values = [stored, id, lifetime, versionBefore, expiresAt, now]
    return (await redis.eval(WRITE_ROW, keys.length, ...keys, ...values)) === 1
  }
  const living = (id: string, stored: string | null | undefined): SessionRow | undefined => {
    const row = parseRow(id, stored ?? '')
    return row !== undefined && row.expiresAt > clock() ? row : undefined
  }

  return {
    insert: async (row) => {
      await write(row, '')
    },
    find: async (id) => living(id, await redis.get(rowKey(id))),
    replace: async (row) => write(row, row.version - 1),
    delete: async (id) => (await redis.del(rowKey(id))) === 1,
    findByLabel: async (label) => {
      const ids = await redis.zrange(labelKey(label), '0', '-1')
      if (ids.length === 0) return []

      const stored = await redis.mget(ids.map(rowKey))
      // Identifiers are random: one without a row will never have one again.
      const gone = ids.filter((_id, index) => stored[index] === null)
      if (gone.length > 0) await redis.zrem(labelKey(label), gone)
      return ids.flatMap((id, index) => living(id, stored[index]) ?? [])
    },
    acquireLease: async (id, holder, lifetimeSeconds) => {
      const milliseconds = Math.ceil(lifetimeSeconds * 1000)
      return (await redis.set(leaseKey(id), holder, 'PX', milliseconds, 'NX')) === 'OK'
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
  return Math.ceil((expiresAt - now) * 1000)
}

/** @returns `undefined` for what no release of ours wrote: then there is no session. */
function parseRow(id: string, stored: string): SessionRow | undefined {
  const value = parseJsonObject(stored)
  if (value === undefined) return undefined

  const { version, sealed, labels, expiresAt } = value
  const valid =
    typeof version === 'number' &&
    typeof sealed === 'string' &&
    Array.isArray(labels) &&
    labels.every((label) => typeof label === 'string') &&
    typeof expiresAt === 'number'
  return valid ? { id, version, sealed, labels, expiresAt } : undefined
}
