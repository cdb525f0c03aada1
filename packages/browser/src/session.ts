import { isJsonObject, type JsonObject } from '@tmb-kit/core'
import type { AccessTokens } from './access-token.js'
import type { CallBackend } from './backend.js'
import type { PageSession } from './page-session.js'
import type { ProofKey } from './proof-key.js'
import type { ResourceServer } from './resource-server.js'
import type { TokenEndpoint } from './token-endpoint.js'

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

export interface SessionOptions {
  readonly call: CallBackend
  readonly proofKey: ProofKey
  readonly tokens: AccessTokens
  readonly tokenEndpoint: TokenEndpoint
  readonly page: PageSession
  readonly resourceServer: ResourceServer | undefined
  readonly tellUser: (user: string) => void
}

/**
 * Asks the backend for the session. Never pins another key by itself: that takes a login.
 *
 * Makes this browser's key when there is no session yet, so that a browser that cannot keep one says
 * so here and not in the middle of a sign-in.
 */
export async function askSession(options: SessionOptions, mayRedeem = true): Promise<SessionState> {
  const { call, proofKey, tokens, tokenEndpoint, page, resourceServer, tellUser } = options
  const epoch = page.epoch()
  const stored = await proofKey.peek()
  const { body, error } = await call('session')
  const reason = stored === undefined ? 'key_lost' : 'key_mismatch'
  if (error?.code === 'key_mismatch') return { kind: 'reauthenticate', reason }
  if (error !== undefined) throw error
  // A sign-out, or another key, while the answer was on its way: it tells of what is gone.
  if (epoch !== page.epoch()) return askSession(options, mayRedeem)

  tokenEndpoint.learn(body)
  const isPending = body['pending'] === true
  if (body['active'] !== true && !isPending) {
    page.end('no_session')
    await proofKey.load()
    return { kind: 'none' }
  }

  const jkt = body['jkt']
  if (stored === undefined || jkt !== stored.jkt) return { kind: 'reauthenticate', reason }
  if (isPending) {
    // Mode handoff: the code waits for this page's proof, for a minute at most.
    if (!mayRedeem) return { kind: 'none' }

    await tokens.get(resourceServer)
    return askSession(options, false)
  }

  const claims = isJsonObject(body['claims']) ? body['claims'] : {}
  const user = JSON.stringify(claims['sub'] ?? claims)
  page.seen(user)
  tellUser(user)
  return { kind: 'active', claims, jkt: stored.jkt, expiresAt: Number(body['expires_at']) }
}
