/// <reference types="node" />
import type { RedisCommands } from './redis-session-store.js'

type Stored = (Uint8Array | null)[]

interface Read {
  readonly keys: readonly string[]
  readonly resolve: (stored: Stored) => void
  readonly reject: (error: unknown) => void
}

/**
 * Reads for requests that came at the same time with one command: what a round trip costs this
 * process is sending and receiving, and hardly the keys in it.
 */
export function createRedisReads(
  redis: Pick<RedisCommands, 'mgetBuffer'>,
): (keys: readonly string[]) => Promise<Stored> {
  let waiting: Read[] = []
  const send = async (): Promise<void> => {
    const reads = waiting
    waiting = []
    try {
      const stored = await redis.mgetBuffer(reads.flatMap(({ keys }) => keys))
      let begin = 0
      for (const { keys, resolve } of reads) {
        resolve(stored.slice(begin, begin + keys.length))
        begin += keys.length
      }
    } catch (error) {
      for (const { reject } of reads) reject(error)
    }
  }

  return async (keys) =>
    new Promise((resolve, reject) => {
      // After all requests that have arrived by now were taken in.
      if (waiting.length === 0) setImmediate(() => void send())
      waiting.push({ keys, resolve, reject })
    })
}
