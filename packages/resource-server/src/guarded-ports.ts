import type { NonceSource, ReplayStore } from '@tmb-kit/core'
import { RefusedError, type RefusalCode } from './refusal.js'

/** A port that has not answered by then is taken for one that failed. */
const DEADLINE_MILLISECONDS = 5_000

/** A replay store whose failure is a refusal, never an acceptance. */
export function guardReplayStore(store: ReplayStore): ReplayStore {
  return {
    claim: async (jkt, jti, expiresAt) =>
      guard('replay_store_unavailable', async () => {
        const isNew: unknown = await store.claim(jkt, jti, expiresAt)
        // A store that answers something else than yes or no has not said yes.
        if (typeof isNew !== 'boolean') throw new TypeError('claim must answer true or false')
        return isNew
      }),
  }
}

/** A nonce source whose failure is a refusal, never an acceptance. */
export function guardNonceSource(source: NonceSource): NonceSource {
  return {
    current: async () => guard('nonce_source_unavailable', async () => source.current()),
    accepts: async (nonce) =>
      guard('nonce_source_unavailable', async () => {
        const accepted: unknown = await source.accepts(nonce)
        return accepted === true
      }),
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
