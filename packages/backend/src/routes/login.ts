import type { Handler } from 'hono'
import { answerJson } from '../answer-json.js'
import type { BackendContext } from '../backend-context.js'
import { readCookies } from '../cookies/read-cookies.js'
import { RefusalError } from '../errors.js'
import { assertSameKey, verifyOwnProof } from '../guards/own-proof.js'
import { readJsonBody } from '../guards/json-body.js'
import { needsReauthentication } from '../login/key-continuity.js'
import { parseLoginRequest } from '../login/login-request.js'
import { authorizationParameters, createAuthorizationUrl } from '../oauth/authorization-request.js'
import { randomText } from '../random.js'
import { openSessionOf } from '../session/open-session-of.js'

/**
 * `POST /login`: starts a login with the page's key, and says where to navigate.
 *
 * Step 1 of docs/flow.md. Its endpoint checks where the request comes from. There is no GET: with one, any web
 * site could open the user's session with its own key.
 */
export function loginRoute(context: BackendContext): Handler {
  const { settings, server, client, sessions, transactions } = context

  return async (c) => {
    assertFetched(c.req.raw)
    await context.rateLimits.assertAddress(c, 'login')
    const cookies = readCookies(c.req.raw)
    const proven = await verifyOwnProof(c, '/login', context)
    const login = parseLoginRequest(await readJsonBody(c.req.raw), settings)
    const { jkt, returnTo, scopes, resources, acrValues } = login
    assertSameKey(proven, jkt)
    const { sealer } = sessions
    const { keyContinuity, issuer, onEvent } = settings
    const reauthenticate = await needsReauthentication(jkt, { cookies, sealer, keyContinuity })
    const previous = await openSessionOf(cookies, sessions)

    const startedAt = settings.clock()
    const state = transactions.createState()
    const [nonce, codeVerifier] = [randomText(), randomText()]
    const request = { login, state, nonce, codeVerifier, reauthenticate }
    const metadata = await server.metadata()
    const { mode } = metadata
    const { url, isPushed } = await createAuthorizationUrl(
      await authorizationParameters(request, { settings, mode }),
      { server: metadata, client, settings },
    )
    const transaction = {
      state,
      nonce,
      codeVerifier,
      jkt,
      issuer,
      returnTo,
      startedAt,
      scope: scopes.join(' '),
      resource: resources[0] ?? '',
      maxAgeSeconds: reauthenticate ? 0 : login.maxAgeSeconds,
      acrValues,
      isPushed,
      previousSession: previous?.note,
    }
    await transactions.put(c, transaction, cookies)
    onEvent({ type: 'login_started', jkt, reauthentication: reauthenticate })
    return answerJson(c, { authorization_url: url })
  }
}

/** A frame or a form cannot start a login: scripts fetch with an empty destination. */
function assertFetched({ headers }: Request): void {
  if ((headers.get('Sec-Fetch-Dest') ?? 'empty') !== 'empty') {
    throw new RefusalError('csrf_rejected')
  }
}
