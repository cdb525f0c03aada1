import type { JsonObject } from '@tmb-kit/core'

/** Every word that the backend's endpoints answer a refusal with. */
export type RefusalCode =
  | 'as_error'
  | 'as_unavailable'
  | 'as_use_dpop_nonce'
  | 'binding_not_applied'
  | 'csrf_rejected'
  | 'invalid_dpop_proof'
  | 'invalid_jkt'
  | 'invalid_request'
  | 'invalid_return_to'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_token_endpoint_proof'
  | 'key_mismatch'
  | 'login_required'
  | 'method_not_allowed'
  | 'no_session'
  | 'not_found'
  | 'not_supported'
  | 'server_error'
  | 'slow_down'
  | 'token_endpoint_proof_required'
  | 'too_large'
  | 'unsupported_media_type'
  | 'use_dpop_nonce'

type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 501 | 502 | 503

interface Refusal {
  readonly status: RefusalStatus
  readonly message: string
}

/** The whole mapping from our codes to the wire, on one screen, for review. */
export const REFUSALS: Readonly<Record<RefusalCode, Refusal>> = {
  as_error: { status: 502, message: 'The authorization server did not answer as it should.' },
  as_unavailable: { status: 503, message: 'A service that is needed does not answer; try again.' },
  as_use_dpop_nonce: { status: 400, message: 'The proof needs a nonce of that server.' },
  binding_not_applied: { status: 502, message: 'The access token was not bound to the proof key.' },
  csrf_rejected: { status: 403, message: 'The request did not come from the application.' },
  invalid_dpop_proof: { status: 401, message: 'The DPoP proof is missing or not valid.' },
  invalid_jkt: { status: 400, message: 'jkt must be a SHA-256 thumbprint of 43 characters.' },
  invalid_request: { status: 400, message: 'The request is malformed.' },
  invalid_return_to: { status: 400, message: 'return_to must be a path of the application.' },
  invalid_scope: { status: 400, message: 'The scope is not one that may be asked for.' },
  invalid_target: { status: 400, message: 'The resource is not one that may be asked for.' },
  invalid_token_endpoint_proof: { status: 400, message: 'The handed-off proof is not valid.' },
  key_mismatch: { status: 409, message: 'The session belongs to another proof key.' },
  login_required: { status: 401, message: 'The user has to sign in again.' },
  method_not_allowed: { status: 405, message: 'The method is not allowed here.' },
  no_session: { status: 401, message: 'There is no session.' },
  not_found: { status: 404, message: 'There is no such endpoint.' },
  not_supported: { status: 501, message: 'This deployment does not support the operation.' },
  server_error: { status: 500, message: 'The backend failed.' },
  slow_down: { status: 429, message: 'Too many requests; try again later.' },
  token_endpoint_proof_required: { status: 401, message: 'A proof for that server is needed.' },
  too_large: { status: 413, message: 'The body is too large.' },
  unsupported_media_type: { status: 415, message: 'The body must be application/json.' },
  use_dpop_nonce: { status: 401, message: 'The proof needs a fresh nonce.' },
}

/** What may go along with a refusal. Nothing secret, and no text of the authorization server. */
export interface RefusalDetails {
  /** Further members of the JSON answer. */
  readonly members?: JsonObject
  /** Further headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A request was refused. Holds no token, cookie or claim, so it is safe to log whole. */
export class RefusalError extends Error {
  override readonly name: string = 'RefusalError'
  /** Stable across minor releases. Switch on this, never on `message`. */
  readonly code: RefusalCode
  readonly details: RefusalDetails

  constructor(code: RefusalCode, details: RefusalDetails = {}) {
    super(REFUSALS[code].message)
    this.code = code
    this.details = details
  }
}
