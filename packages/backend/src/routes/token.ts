import { equalInConstantTime, parseJkt, type Jkt, type JsonObject } from '@tmb-kit/core'
import type { Handler } from 'hono'
import type { BackendContext } from '../backend-context.js'
import { SESSION_COOKIE } from '../cookies/cookie-names.js'
import { readCookies } from '../cookies/read-cookies.js'
import { dropCookie } from '../cookies/set-cookies.js'
import { RefusalError } from '../errors.js'
import { readJsonBody } from '../guards/json-body.js'
import { openSessionOf } from '../session/open-session-of.js'
import { putSessionCookie } from '../session/put-session-cookie.js'
import {
  GrantEndedError,
  obtainAccessToken,
  UnusableAnswerError,
} from '../token/obtain-access-token.js'
import { parseTokenTarget } from '../token/token-target.js'

/**
 * `POST /token`: hands the page an access token that only its own key can use.
 *
 * Step 4 of docs/flow.md. Mount behind `requireSameOrigin()`.
 */
export function tokenRoute(context: BackendContext): Handler {
  const { settings, sessions } = context

  return async (c) => {
    const cookies = readCookies(c.req.raw)
    const body = await readJsonBody(c.req.raw)
    const { jkt, refresh } = parseTokenRequest(body)
    const open = await openSessionOf(cookies, sessions)
    if (open === undefined) throw new RefusalError('no_session')

    const { session } = open
    if (!equalInConstantTime(jkt, session.jkt)) {
      settings.onEvent({ type: 'key_mismatch', session: session.id, offeredJkt: jkt })
      throw new RefusalError('key_mismatch')
    }

    const target = parseTokenTarget(body, { session, settings })
    try {
      const { accessToken, cookie } = await obtainAccessToken(open, { target, refresh }, context)
      putSessionCookie(c, cookie, settings.clock())
      return c.json({
        access_token: accessToken.accessToken,
        token_type: 'DPoP',
        expires_in: accessToken.expiresAt - settings.clock(),
        scope: accessToken.scope,
        resource: accessToken.resource,
        jkt: accessToken.jkt,
      })
    } catch (error) {
      if (error instanceof UnusableAnswerError) putSessionCookie(c, error.cookie, settings.clock())
      if (error instanceof GrantEndedError) dropCookie(c, SESSION_COOKIE, 'Strict')
      throw error
    }
  }
}

interface TokenRequestBody {
  readonly jkt: Jkt
  readonly refresh: boolean
}

function parseTokenRequest({ jkt: offered, refresh = false }: JsonObject): TokenRequestBody {
  const jkt = parseJkt(offered)
  if (jkt === undefined || typeof refresh !== 'boolean') throw new RefusalError('invalid_request')
  return { jkt, refresh }
}
