import { USE_DPOP_NONCE, INVALID_DPOP_PROOF } from '@tmb-kit/core'
import type { BackendContext } from '../backend-context.js'
import { RefusalError } from '../errors.js'
import { LoginError } from '../login/complete-login.js'
import { AuthorizationServerError } from '../oauth/authorization-server-error.js'
import { proofDemand } from './token-endpoint-proof.js'

/** The words by which an authorization server asks for the user, RFC 9470 and OpenID Connect. */
const STEP_UP_ERRORS: readonly string[] = [
  'insufficient_user_authentication',
  'interaction_required',
  'login_required',
]

/** What a failed token request means for the page. Anything else is returned as it was. */
export async function toTokenRefusal(error: unknown, context: BackendContext): Promise<unknown> {
  if (error instanceof LoginError) {
    const isUnproven = error.code === 'reauthentication_not_proven'
    return new RefusalError(isUnproven ? 'login_required' : error.code)
  }
  if (!(error instanceof AuthorizationServerError) || error.code !== 'refused') return error

  const word = error.error ?? ''
  switch (word) {
    case 'invalid_grant':
      return new RefusalError('login_required')
    case 'invalid_scope':
    case 'invalid_target':
      return new RefusalError(word)
    case INVALID_DPOP_PROOF:
      return new RefusalError('invalid_token_endpoint_proof')
    case USE_DPOP_NONCE: {
      const members = await proofDemand(context)
      // A server that demands a nonce and gives none cannot be satisfied.
      return members['as_nonce'] === undefined
        ? error
        : new RefusalError('as_use_dpop_nonce', { members })
    }
    default:
      return STEP_UP_ERRORS.includes(word)
        ? new RefusalError('login_required', { members: { ...error.stepUp } })
        : error
  }
}
