import type { Handler } from 'hono'
import type { BackendContext } from '../backend-context.js'
import { RefusalError } from '../errors.js'
import { verifyLogoutToken } from '../oauth/logout-token.js'
import { readAtMost } from '../read-bytes.js'

const MAX_BODY_OCTETS = 16 * 1024
const FORM_TYPE = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i

/**
 * `POST /backchannel-logout`: the authorization server ends sessions, without their browsers.
 *
 * Needs no cookie and no CSRF header: the logout token's signature is what counts. Where sessions
 * live in cookies alone there is nothing to find them by: 501.
 *
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest
 */
export function backchannelLogoutRoute(context: BackendContext): Handler {
  return async (c) => {
    await context.rateLimits.assertAddress(c, 'backchannelLogout')
    const { backchannel } = context.sessions
    if (backchannel === undefined) throw new RefusalError('not_supported')

    const logoutToken = await readLogoutToken(c.req.raw)
    const { name, expiresAt, selector } = await verifyLogoutToken(logoutToken, context)
    if (await backchannel.wasSeen(name)) throw new RefusalError('invalid_request')

    // Marked last: a store that fails half-way burns nothing, and ending twice harms nobody.
    await backchannel.endMatching(selector, 'backchannel_logout')
    if (!(await backchannel.markSeen(name, expiresAt))) throw new RefusalError('invalid_request')
    return c.body('', 200)
  }
}

async function readLogoutToken(request: Request): Promise<string> {
  if (!FORM_TYPE.test(request.headers.get('Content-Type') ?? '')) {
    throw new RefusalError('invalid_request')
  }
  const octets = await readAtMost(request, MAX_BODY_OCTETS)
  if (octets === undefined) throw new RefusalError('too_large')

  const [token, ...others] = new URLSearchParams(new TextDecoder().decode(octets)).getAll(
    'logout_token',
  )
  if (token === undefined || others.length > 0) throw new RefusalError('invalid_request')
  return token
}
