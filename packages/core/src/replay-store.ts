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
  /**
   * How long a proof can be accepted, in seconds: the verifier's window and skew together. With it,
   * the store refuses proofs older than itself, since the process before may have seen them.
   *
   * Default: 0, nothing is refused for its age: where processes start often, and a first request
   * starts one, honest proofs are older than the store.
   */
  readonly proofLifetimeSeconds?: number
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
 * @throws {TypeError} when `maxEntries` is not a positive whole number.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-11.1
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  const { maxEntries = 100_000, proofLifetimeSeconds = 0, clock = systemClock } = options
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new TypeError('maxEntries must be a whole number, 1 or more')
  }

  const earliestExpiry = proofLifetimeSeconds === 0 ? 0 : clock() + proofLifetimeSeconds
  const expiries = new Map<string, number>()

  return {
    claim: async (jkt, jti, expiresAt) => {
      const now = clock()
      if (expiresAt < earliestExpiry) return false

      const name = `${jkt} ${jti}`
      const known = expiries.get(name)
      // The same expiry is the same proof again, even if this clock says that it has passed.
      if (known !== undefined && (known >= now || known >= expiresAt)) return false

      forgetExpired(expiries, now)
      if (expiries.size >= maxEntries) throw new ReplayStoreFullError()
      expiries.delete(name)
      expiries.set(name, expiresAt)
      return true
    },
  }
}

/** Two at each claim, from the oldest on: the map shrinks as fast as it grows, without a pause. */
function forgetExpired(expiries: Map<string, number>, now: number): void {
  let budget = 2
  for (const [name, expiresAt] of expiries) {
    if (expiresAt >= now || budget === 0) return

    expiries.delete(name)
    budget -= 1
  }
}
