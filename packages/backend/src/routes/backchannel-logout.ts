import type { Handler } from 'hono'
import { RefusalError } from '../errors.js'

/**
 * `POST /backchannel-logout`: the authorization server ends sessions.
 *
 * A session whose home is a cookie cannot be found by its user, so there is nothing to end.
 */
export function backchannelLogoutRoute(): Handler {
  return () => {
    throw new RefusalError('not_supported')
  }
}
