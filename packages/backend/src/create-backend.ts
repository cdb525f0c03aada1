import { memoryReplayStore } from '@tmb-kit/core'
import { Hono } from 'hono'
import type { BackendContext } from './backend-context.js'
import { createEndpoints } from './endpoint.js'
import { createLiveSessions } from './live/live-sessions.js'
import { createPendingCodes } from './login/pending-codes.js'
import { createAuthorizationServer } from './oauth/authorization-server.js'
import { createCallGate } from './oauth/call-gate.js'
import { createDpopNonces } from './oauth/dpop-nonces.js'
import { createOAuthClient } from './oauth/oauth-client.js'
import type { BackendOptions } from './options.js'
import { createRateLimits } from './rate-limit/rate-limits.js'
import { backchannelLogoutRoute } from './routes/backchannel-logout.js'
import { callbackRoute } from './routes/callback.js'
import { eventsRoute } from './routes/events.js'
import { loginRoute } from './routes/login.js'
import { logoutRoute } from './routes/logout.js'
import { sessionRoute } from './routes/session.js'
import { tokenRoute } from './routes/token.js'
import type { Sessions } from './session/sessions.js'
import { parseOptions } from './settings.js'
import { createTransactionCookies } from './transaction/transaction-cookies.js'

/**
 * Creates a Token-Mediating Backend: a confidential OAuth client that keeps the refresh token and
 * hands the page access tokens that only the page's own key can use.
 *
 * Does not check that the authorization server can be reached and fits; see
 * `checkAuthorizationServer`. Does not terminate TLS. Does not limit rates unless it is told to.
 * Checks: every request as docs/flow.md says, and the options at once.
 * Trusts: the configured origin, never `Host` or `X-Forwarded-*`.
 *
 * @throws {TypeError} for options that cannot work; its sentence says what to change.
 * @see https://www.rfc-editor.org/rfc/rfc10017#section-6.2
 * @example
 * ```ts
 * const backend = createBackend({
 *   origin: 'https://app.example',
 *   issuer: 'https://as.example',
 *   client: { id: 'app', authentication: { method: 'private_key_jwt', key } },
 *   scope: 'openid offline_access orders.read',
 *   resources: { 'https://api.example': ['orders.read', 'orders.write'] },
 *   sessions: cookieSessions({ secrets: [secret] }),
 * })
 * app.route('/bff', backend)
 * ```
 */
export function createBackend(options: BackendOptions): Hono {
  const settings = parseOptions(options)
  const { clock, onEvent, origin, fetch, issuer, mode, clientId, clientCredentials } = settings
  const live = createLiveSessions({ settings: settings.live, sessions: () => sessions, clock })
  const sessions: Sessions = options.sessions.create({
    clock,
    onEvent: (event) => {
      onEvent(event)
      live.hear(event)
    },
  })
  const dpopNonces = createDpopNonces(clock)
  const gate = createCallGate({ clock, onEvent })
  const usesMutualTls = clientCredentials.mutualTlsFetch !== undefined
  const context: BackendContext = {
    settings,
    sessions,
    live,
    server: createAuthorizationServer({ issuer, mode, usesMutualTls, fetch, clock, gate }),
    client: createOAuthClient({
      clientId,
      credentials: clientCredentials,
      fetch,
      clock,
      gate,
      onDpopNonce: (nonce) => dpopNonces.remember(nonce),
    }),
    rateLimits: createRateLimits(settings.rateLimits, onEvent),
    dpopNonces,
    replayStore: memoryReplayStore({ clock }),
    pendingCodes: createPendingCodes({ sealer: sessions.sealer, clock }),
    transactions: createTransactionCookies({ sealer: sessions.sealer, clock }),
  }
  const endpoints = createEndpoints(
    {
      '/session': { method: 'GET', callers: 'page', route: sessionRoute(context) },
      '/events': { method: 'GET', callers: 'eventSource', route: eventsRoute(context) },
      '/login': { method: 'POST', callers: 'page', route: loginRoute(context) },
      '/callback': { method: 'GET', callers: 'any', route: callbackRoute(context) },
      '/token': { method: 'POST', callers: 'page', route: tokenRoute(context) },
      '/logout': { method: 'POST', callers: 'page', route: logoutRoute(context) },
      '/backchannel-logout': {
        method: 'POST',
        callers: 'any',
        route: backchannelLogoutRoute(context),
      },
    },
    { origin, onEvent, telemetry: settings.telemetry },
  )
  const app = new Hono()
  app.all('*', endpoints)
  return app
}
