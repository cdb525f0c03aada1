import type { Handler } from 'hono'
import { answerJson } from '../answer-json.js'
import type { BackendContext } from '../backend-context.js'
import { SESSION_COOKIE } from '../cookies/cookie-names.js'
import { readCookies } from '../cookies/read-cookies.js'
import { dropCookie } from '../cookies/set-cookies.js'
import { readJsonBody } from '../guards/json-body.js'
import { urlWith } from '../oauth/authorization-request.js'
import { revokeTokens } from '../oauth/revocation.js'
import { randomText } from '../random.js'
import { openSessionOf } from '../session/open-session-of.js'
import { withinSeconds } from '../within-seconds.js'

const MAX_WAIT_SECONDS = 3

/**
 * `POST /logout`: ends the session here, takes its refresh token back, and says where to end the
 * authorization server's own session.
 *
 * Its endpoint checks where the request comes from. Needs no key and no session. The key-continuity cookie stays:
 * a script could otherwise log out, and sign in with a key of its own.
 *
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
 */
export function logoutRoute(context: BackendContext): Handler {
  return async (c) => {
    const cookies = readCookies(c.req.raw)
    await readJsonBody(c.req.raw)
    const open = await openSessionOf(cookies, context.sessions)
    const ended = await open?.end('logout')
    dropCookie(c, SESSION_COOKIE, 'Strict')
    await context.pendingCodes.discard(c, cookies)

    const [endSessionUrl] = await Promise.all([
      withinSeconds(MAX_WAIT_SECONDS, createEndSessionUrl(context)),
      revokeTokens({ refresh_token: ended?.refreshToken }, context),
    ])
    // JSON has no undefined: the protocol says null.
    return answerJson(c, { end_session_url: endSessionUrl ?? null })
  }
}

async function createEndSessionUrl({
  settings,
  server,
}: BackendContext): Promise<string | undefined> {
  const metadata = await server.metadata().catch(() => undefined)
  if (metadata?.end_session_endpoint === undefined) return undefined

  return urlWith(metadata.end_session_endpoint, {
    client_id: settings.clientId,
    post_logout_redirect_uri: `${settings.origin}/`,
    state: randomText(),
  })
}
