import type { AuthorizationServer } from './oauth/authorization-server.js'
import type { OAuthClient } from './oauth/oauth-client.js'
import type { Sessions } from './session/sessions.js'
import type { Settings } from './settings.js'
import type { TransactionCookies } from './transaction/transaction-cookies.js'

/** What the routes share. */
export interface BackendContext {
  readonly settings: Settings
  readonly server: AuthorizationServer
  readonly client: OAuthClient
  readonly sessions: Sessions
  readonly transactions: TransactionCookies
}
