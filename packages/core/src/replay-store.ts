import { systemClock, type Clock } from './clock.js'
import type { Jkt } from './jkt.js'

/** Remembers proof identifiers for as long as a proof could still be accepted. */
export interface ReplayStore {
  /**
   * Records `jti` for `jkt` and says whether it was new. Must be atomic: of two concurrent calls
   * with the same pair, exactly one resolves `true`. A store that cannot answer must reject.
   *
   * @param expiresAt NumericDate, in seconds, after which the record may be forgotten.
   */
  claim(jkt: Jkt, jti: string, expiresAt: number): Promise<boolean>
}

export interface MemoryReplayStoreOptions {
  /** Default: 100 000, some 15 MB. */
  readonly maxEntries?: number
  readonly clock?: Clock
}

/** The store has no room left. It refuses, since forgetting a live proof would let it be replayed. */
export class ReplayStoreFullError extends Error {
  override readonly name: string = 'ReplayStoreFullError'
  readonly code = 'replay_store_full'

  constructor() {
    super('the replay store is full')
  }
}

/**
 * A replay store in this process's memory.
 *
 * Does not share anything with other processes: behind a load balancer each instance would accept
 * a proof once. When full it rejects, and the request is to be answered 503.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-11.1
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  const { maxEntries = 100_000, clock = systemClock } = options
  const expiries = new Map<string, number>()

  return {
    claim: async (jkt, jti, expiresAt) => {
      const now = clock()
      const name = `${jkt} ${jti}`
      const known = expiries.get(name)
      if (known !== undefined && known >= now) return false

      if (expiries.size >= maxEntries) forgetExpired(expiries, now)
      if (expiries.size >= maxEntries) throw new ReplayStoreFullError()
      expiries.set(name, expiresAt)
      return true
    },
  }
}

function forgetExpired(expiries: Map<string, number>, now: number): void {
  for (const [name, expiresAt] of expiries) if (expiresAt < now) expiries.delete(name)
}
