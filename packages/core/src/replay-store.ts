import { systemClock, type Clock } from './clock.js'
import type { Jkt } from './jkt.js'
import { assertKnownOptions } from './known-options.js'
import { createFingerprintTable } from './replay/fingerprint-table.js'
import { createLiveCount } from './replay/live-count.js'
import { sipHash } from './replay/sip-hash.js'

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

/** Where a store in this process's memory shows that its claims need no promise. */
const AT_ONCE = Symbol('tmb-kit replay store that answers at once')

type Claim<Answer> = (jkt: Jkt, jti: string, expiresAt: number) => Answer

interface LocalReplayStore extends ReplayStore {
  readonly [AT_ONCE]?: {
    readonly claim: Claim<Promise<boolean>>
    readonly claimNow: Claim<boolean>
  }
}

/**
 * Claims without a promise, which on the path of every request costs more than the claim itself.
 *
 * @internal
 * @returns What `store.claim` would resolve to; `undefined` for a store that has to be waited for, and
 *   for one whose `claim` somebody replaced or wrapped: then that one is to be asked.
 * @throws what `store.claim` would reject with.
 */
export function claimAtOnce(
  store: LocalReplayStore,
  jkt: Jkt,
  jti: string,
  expiresAt: number,
): boolean | undefined {
  const local = store[AT_ONCE]
  return local !== undefined && local.claim === store.claim
    ? local.claimNow(jkt, jti, expiresAt)
    : undefined
}

export interface MemoryReplayStoreOptions {
  /** Default: 100 000, which take 2.4 MB at most. */
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
 * It keeps 64 bits of a keyed hash of each identifier. Two that happen to have the same ones are taken
 * for one, so that an honest proof is refused: with a million proofs in memory that is one in some
 * 18 million million. A replay is never accepted, and nobody can bring a collision about: the key is
 * random, and stays in this store.
 *
 * @throws {TypeError} for an option that there is not, or one that is not a whole number.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-11.1
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  assertKnownOptions('memoryReplayStore', options, ['maxEntries', 'proofLifetimeSeconds', 'clock'])
  const { maxEntries = 100_000, proofLifetimeSeconds = 0, clock = systemClock } = options
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new TypeError('maxEntries must be a whole number, 1 or more')
  }
  if (!Number.isSafeInteger(proofLifetimeSeconds) || proofLifetimeSeconds < 0) {
    throw new TypeError('proofLifetimeSeconds must be a whole number of seconds, 0 or more')
  }

  const earliestExpiry = proofLifetimeSeconds === 0 ? 0 : clock() + proofLifetimeSeconds
  const hashKey = crypto.getRandomValues(new Uint32Array(4))
  const fingerprint = { high: 0, low: 0 }
  const table = createFingerprintTable(maxEntries)
  const liveCount = createLiveCount()

  const claimNow: Claim<boolean> = (jkt, jti, expiresAt) => {
    if (Number.isNaN(expiresAt)) throw new TypeError('expiresAt must be a NumericDate')

    const now = clock()
    if (expiresAt < earliestExpiry) return false

    sipHash(hashKey, `${jkt} ${jti}`, fingerprint)
    const room = table.findRoom(fingerprint, expiresAt, now)
    if (room === undefined) return false
    if (liveCount.at(now) >= maxEntries) throw new ReplayStoreFullError()

    room.put()
    liveCount.add(expiresAt)
    return true
  }
  // There is no await: of two claims the first one is done before the second begins.
  const claim: Claim<Promise<boolean>> = async (jkt, jti, expiresAt) =>
    claimNow(jkt, jti, expiresAt)
  const store: LocalReplayStore = { claim, [AT_ONCE]: { claim, claimNow } }
  return store
}
