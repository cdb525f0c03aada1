import { claimAtOnce, type Jkt, type NonceSource, type ReplayStore } from '@tmb-kit/core'
import { RefusedError, type RefusalCode } from './refusal.js'

/** A port that has not answered by then is taken for one that failed. */
const DEADLINE_MILLISECONDS = 5_000

/** A replay store whose failure is a refusal, never an acceptance. */
export interface GuardedReplayStore extends ReplayStore {
  /** The same, without a promise where the store needs none. */
  claimSoon(jkt: Jkt, jti: string, expiresAt: number): boolean | Promise<boolean>
}

export function guardReplayStore(store: ReplayStore): GuardedReplayStore {
  const code = 'replay_store_unavailable'
  const claim: ReplayStore['claim'] = async (jkt, jti, expiresAt) => {
    const isNew: unknown = await guard(code, async () => store.claim(jkt, jti, expiresAt))
    // A store that answers something else than yes or no has not said yes.
    if (typeof isNew !== 'boolean') throw new RefusedError(code)
    return isNew
  }
  return {
    claim,
    claimSoon: (jkt, jti, expiresAt): boolean | Promise<boolean> => {
      try {
        return claimAtOnce(store, jkt, jti, expiresAt) ?? claim(jkt, jti, expiresAt)
      } catch (cause) {
        throw new RefusedError(code, { cause })
      }
    },
  }
}

/** A nonce source whose failure is a refusal, never an acceptance. */
export function guardNonceSource(source: NonceSource): NonceSource {
  const code = 'nonce_source_unavailable'
  return {
    current: async () => guard(code, async () => source.current()),
    accepts: async (nonce) => {
      const accepted: unknown = await guard(code, async () => source.accepts(nonce))
      return accepted === true
    },
  }
}

async function guard<Value>(code: RefusalCode, ask: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new RefusedError(code))
    }, DEADLINE_MILLISECONDS)
    ask().then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (cause: unknown) => {
        clearTimeout(timer)
        reject(cause instanceof RefusedError ? cause : new RefusedError(code, { cause }))
      },
    )
  })
}
