import {
  TOKEN_EXCHANGE_REFUSALS,
  type TokenExchangeErrorCode,
} from './exchange/exchange-refusals.js'
import type { Refusal } from './refusal.js'

/** Why a token request was refused. Stable across minor releases. */
export type KeyBindingErrorCode =
  | TokenExchangeErrorCode
  | 'assertion_contradicts_tmb'
  | 'audience_required'
  | 'parameters_too_many'
  | 'tmb_repeated'
  | 'tmb_outside_body'
  | 'tmb_too_large'
  | 'tmb_malformed'
  | 'tmb_member_unknown'
  | 'tmb_member_invalid'
  | 'tmb_required'
  | 'session_binding_missing'
  | 'grant_type_unsupported'
  | 'client_not_permitted'
  | 'method_not_permitted'
  | 'code_bound_to_another_key'
  | 'grant_bound_to_another_key'
  | 'grant_not_bound'
  | 'grant_already_used'

const invalidRequest = (message: string): Refusal => ({ error: 'invalid_request', message })
const unauthorizedClient = (message: string): Refusal => ({ error: 'unauthorized_client', message })
const invalidGrant = (message: string): Refusal => ({ error: 'invalid_grant', message })

/** The whole mapping from our codes to the wire, on one screen, for review. */
export const KEY_BINDING_REFUSALS: Readonly<Record<KeyBindingErrorCode, Refusal>> = {
  ...TOKEN_EXCHANGE_REFUSALS,
  assertion_contradicts_tmb: {
    error: 'invalid_client',
    status: 401,
    message: 'the client assertion names another tmb than the request',
  },
  audience_required: {
    error: 'invalid_target',
    message: 'resource is required for a bound token of this client',
  },
  parameters_too_many: invalidRequest('the request has too many parameters to look for tmb'),
  tmb_repeated: invalidRequest('tmb must not be given twice'),
  tmb_outside_body: invalidRequest('tmb belongs into the request body'),
  tmb_too_large: invalidRequest('tmb must be 2048 bytes or less'),
  tmb_malformed: invalidRequest('tmb must be one JSON object without repeated members'),
  tmb_member_unknown: invalidRequest('tmb holds a member that is not supported'),
  tmb_member_invalid: invalidRequest('tmb holds a malformed member, or tls_exp without x5t#S256'),
  tmb_required: invalidRequest('tmb is required for this client'),
  session_binding_missing: invalidRequest(
    'the token must be bound to a certificate and its TLS session (x5t#S256, tls_exp)',
  ),
  grant_type_unsupported: invalidRequest('tmb is not supported with this grant_type'),
  client_not_permitted: unauthorizedClient('the client may not use tmb'),
  method_not_permitted: unauthorizedClient(
    'the client may not use this confirmation method in tmb',
  ),
  code_bound_to_another_key: invalidGrant('tmb does not match the dpop_jkt of the code'),
  grant_bound_to_another_key: invalidGrant('the grant is bound to another key than tmb asks for'),
  grant_not_bound: invalidGrant('the grant was issued without tmb'),
  grant_already_used: invalidGrant('the grant was used by another request'),
}

/** A token request was refused. Holds no code, token or secret, so it is safe to log whole. */
export class KeyBindingError extends Error {
  override readonly name: string = 'KeyBindingError'
  /** Switch on this, never on `message`. */
  readonly code: KeyBindingErrorCode

  constructor(code: KeyBindingErrorCode) {
    super(KEY_BINDING_REFUSALS[code].message)
    this.code = code
  }
}
