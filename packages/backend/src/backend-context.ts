import type { ReplayStore } from '@tmb-kit/core'
import type { LiveSessions } from './live/live-sessions.js'
import type { PendingCodes } from './login/pending-codes.js'
import type { AuthorizationServer } from './oauth/authorization-server.js'
import type { DpopNonces } from './oauth/dpop-nonces.js'
import type { OAuthClient } from './oauth/oauth-client.js'
import type { RateLimits } from './rate-limit/rate-limits.js'
import type { Sessions } from './session/sessions.js'
import type { Settings } from './settings.js'
import type { TransactionCookies } from './transaction/transaction-cookies.js'

/** What the routes share. */
export interface BackendContext {
  readonly settings: Settings
  readonly server: AuthorizationServer
  readonly client: OAuthClient
  readonly sessions: Sessions
  readonly live: LiveSessions
  readonly rateLimits: RateLimits
  readonly transactions: TransactionCookies
  /** Mode `handoff`: codes that wait for a proof. */
  readonly pendingCodes: PendingCodes
  /** Mode `handoff`: the authorization server's nonces. */
  readonly dpopNonces: DpopNonces
  /** Mode `handoff`: the proofs that went through here. */
  readonly replayStore: ReplayStore
}
