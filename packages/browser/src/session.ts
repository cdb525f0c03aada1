import type { JsonObject } from '@tmb-kit/core'
import { callBackend } from './backend.js'
import { endSession, isSignedOut, type Page } from './page.js'
import { loadProofKey } from './proof-key.js'
import type { TmbError } from './tmb-error.js'

/** What the backend says of the session, compared with the key that this browser holds. */
export type SessionState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'active'
      /** The ID-token claims that the operator chose to show. */
      readonly claims: JsonObject
      readonly jkt: string
      /** NumericDate, by the backend's clock. */
      readonly expiresAt: number
    }
  | { readonly kind: 'reauthenticate'; readonly reason: 'key_lost' | 'key_mismatch' }

/**
 * Asks the backend for the session. Never pins another key by itself: that takes a login.
 *
 * Makes this browser's key if there is none, so that a browser that cannot keep one says so here and
 * not in the middle of a sign-in.
 */
export async function askSession(
  page: Page,
  isRedeemed?: boolean,
  failure?: TmbError,
): Promise<SessionState> {
  const { accessTokens } = page
  const looking = callBackend(page, 'session').catch((error: unknown) => {
    // So says a backend that wants a proof: its session is of another key.
    if ((error as TmbError).code === 'key_mismatch') return { active: true }
    throw error
  })
  const [signer, answer] = await Promise.all([loadProofKey(page), looking])
  // A sign-out while the answer was on its way: it may tell of what is gone.
  if (accessTokens !== page.accessTokens) return askSession(page)

  const { jkt, claims, expires_at: expiresAt, active, pending } = answer as JsonObject
  const isOurs = signer.jkt === jkt
  if (pending && isOurs && page.redeem && !isRedeemed) {
    // The sign-in waits for a proof of this page.
    return askSession(page, true, await page.redeem())
  }
  if (!active && (isOurs || !pending)) {
    if (failure && !isSignedOut(failure.code)) throw failure

    if (page.isSignedIn) endSession(page)
    page.hasNewKey = false
    return { kind: 'none' }
  }
  if (!isOurs) {
    return { kind: 'reauthenticate', reason: page.hasNewKey ? 'key_lost' : 'key_mismatch' }
  }

  page.isSignedIn = true
  return { kind: 'active', claims, jkt, expiresAt } as SessionState
}
