import { systemClock, type Clock } from '@tmb-kit/core'

/** Decides which of several requests gets to use a code or a rotating refresh token. */
export interface OneTimeUseStore {
  /**
   * Records the use of `id` and says whether it was the first. Must be atomic: of any number of
   * concurrent calls with the same id, in all processes that share the adapter, exactly one resolves
   * `true`. A store that cannot answer must reject.
   *
   * @param id A hash, from which the code or token cannot be had.
   * @param expiresAt NumericDate, in seconds, after which the record may be forgotten.
   */
  claim(id: string, expiresAt: number): Promise<boolean>
}

/** Looking through all of them pays once there are twice as many as after the last time. */
const MIN_SWEEP = 1024

/**
 * Remembers uses in this process. Does not know of other processes: behind a load balancer give the
 * provider a store that they share.
 */
export function memoryOneTimeUseStore({
  clock = systemClock,
}: { readonly clock?: Clock } = {}): OneTimeUseStore {
  const uses = new Map<string, number>()
  let sweepAt = MIN_SWEEP

  return {
    claim: async (id, expiresAt) => {
      const now = clock()
      if (uses.size >= sweepAt) {
        forgetExpired(uses, now)
        sweepAt = Math.max(MIN_SWEEP, uses.size * 2)
      }
      const usedUntil = uses.get(id)
      if (usedUntil !== undefined && usedUntil > now) return false

      uses.set(id, expiresAt)
      return true
    },
  }
}

/** Clients choose how long their assertions live, so what came first need not expire first. */
function forgetExpired(uses: Map<string, number>, now: number): void {
  for (const [id, expiresAt] of uses) {
    if (expiresAt <= now) uses.delete(id)
  }
}
