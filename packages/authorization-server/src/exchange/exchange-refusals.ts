import type { Refusal } from '../refusal.js'

/** Why a token exchange was refused. Stable across minor releases. */
export type TokenExchangeErrorCode =
  | 'exchange_not_permitted'
  | 'subject_token_missing'
  | 'subject_token_type_unsupported'
  | 'subject_token_invalid'
  | 'subject_token_of_another'
  | 'requested_token_type_unsupported'
  | 'actor_token_type_invalid'
  | 'actor_token_invalid'
  | 'actor_not_allowed'
  | 'actor_chain_too_long'
  | 'target_missing'
  | 'target_not_permitted'
  | 'scope_not_permitted'
  | 'exchange_proof_invalid'
  | 'exchange_binding_missing'

const invalidRequest = (message: string): Refusal => ({ error: 'invalid_request', message })
const invalidTarget = (message: string): Refusal => ({ error: 'invalid_target', message })

/** RFC 8693 section 2.2.2: a bad subject or actor token is `invalid_request`. */
export const TOKEN_EXCHANGE_REFUSALS: Readonly<Record<TokenExchangeErrorCode, Refusal>> = {
  exchange_not_permitted: {
    error: 'unauthorized_client',
    message: 'the client may not exchange tokens',
  },
  subject_token_missing: invalidRequest('subject_token and subject_token_type are required'),
  subject_token_type_unsupported: invalidRequest(
    'subject_token_type must be that of access tokens',
  ),
  subject_token_invalid: invalidRequest('the subject token is no valid token of this issuer'),
  subject_token_of_another: invalidRequest(
    'the client is no audience of the subject token, and has not proved that the token is its own',
  ),
  requested_token_type_unsupported: invalidRequest('requested_token_type is not supported'),
  actor_token_type_invalid: invalidRequest('actor_token and its actor_token_type belong together'),
  actor_token_invalid: invalidRequest('the actor token is no valid token of this client'),
  actor_not_allowed: invalidRequest('the subject token does not allow this actor'),
  actor_chain_too_long: invalidRequest('the subject token was exchanged too often'),
  target_missing: invalidTarget('one resource is required'),
  target_not_permitted: invalidTarget('the client may not get a token for this resource'),
  scope_not_permitted: {
    error: 'invalid_scope',
    message: 'the subject token does not cover this scope there',
  },
  exchange_proof_invalid: {
    error: 'invalid_dpop_proof',
    message: 'the DPoP proof is not one for this request',
  },
  exchange_binding_missing: invalidRequest('a bound token is exchanged for a bound token only'),
}
