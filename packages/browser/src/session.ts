import type { JsonObject } from '@tmb-kit/core'
import { endSession, type Page } from './page.js'
import { loadProofKey } from './proof-key.js'

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
export async function askSession(page: Page): Promise<SessionState> {
  const { accessTokens } = page
  const [signer, answer] = await Promise.all([loadProofKey(page), page.call('session')])
  // A sign-out while the answer was on its way: it may tell of what is gone.
  if (accessTokens !== page.accessTokens) return askSession(page)

  const { active, jkt, claims, expires_at: expiresAt } = answer
  const isOurs = active && signer.jkt === jkt
  if (page.isSignedIn && !isOurs) endSession(page)
  if (!active) {
    page.hasNewKey = false
    return { kind: 'none' }
  }
  if (!isOurs) {
    return { kind: 'reauthenticate', reason: page.hasNewKey ? 'key_lost' : 'key_mismatch' }
  }

  page.isSignedIn = true
  return { kind: 'active', claims, jkt, expiresAt } as SessionState
}
