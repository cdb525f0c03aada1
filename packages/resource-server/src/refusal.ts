import {
  INVALID_TOKEN,
  pauseTraces,
  PROOF_REFUSALS,
  resumeTraces,
  type ProofErrorCode,
} from '@tmb-kit/core'

import { SESSION_REFUSALS, type SessionRefusalCode } from './tls-session/session-refusals.js'

/** Why a request was refused, where it is not the proof's fault. */
export type RefusalCode =
  | SessionRefusalCode
  | 'credentials_missing'
  | 'credentials_repeated'
  | 'token_in_query'
  | 'token_in_body'
  | 'token_malformed'
  | 'token_type_invalid'
  | 'token_algorithm_refused'
  | 'token_critical_header'
  | 'token_issuer_refused'
  | 'token_key_unknown'
  | 'token_signature_invalid'
  | 'token_claims_invalid'
  | 'token_audience_refused'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_inactive'
  | 'token_unbound'
  | 'token_scheme_mismatch'
  | 'confirmation_malformed'
  | 'confirmation_unknown'
  | 'confirmation_not_enforced'
  | 'certificate_missing'
  | 'certificate_mismatch'
  | 'scope_insufficient'
  | 'authentication_insufficient'
  | 'replay_store_unavailable'
  | 'nonce_source_unavailable'
  | 'issuer_unavailable'

/** What the wire says of a refusal. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 503
  /** The registered word. None without credentials, RFC 6750 section 3.1. */
  readonly error: string | undefined
  readonly message: string
}

const invalidToken = (message: string): Refusal => ({ status: 401, error: INVALID_TOKEN, message })
const invalidRequest = (message: string): Refusal => ({
  status: 400,
  error: 'invalid_request',
  message,
})
const unavailable = (message: string): Refusal => ({
  status: 503,
  error: 'temporarily_unavailable',
  message,
})

/** The mapping from our codes to the wire, on one screen, for review. */
export const REFUSALS: Readonly<Record<RefusalCode | ProofErrorCode, Refusal>> = {
  ...PROOF_REFUSALS,
  ...SESSION_REFUSALS,
  credentials_missing: { status: 401, error: undefined, message: 'no access token' },
  credentials_repeated: invalidRequest('more than one Authorization value'),
  token_in_query: invalidRequest('access_token is not accepted in the query'),
  token_in_body: invalidRequest('access_token is not accepted in the body'),
  token_malformed: invalidToken('the token is malformed'),
  token_type_invalid: invalidToken('typ must be at+jwt'),
  token_algorithm_refused: invalidToken('the algorithm of the token is not accepted'),
  token_critical_header: invalidToken('crit, b64 and zip are not accepted'),
  token_issuer_refused: invalidToken('the issuer of the token is not accepted'),
  token_key_unknown: invalidToken('the issuer has no such key'),
  token_signature_invalid: invalidToken('the signature of the token does not verify'),
  token_claims_invalid: invalidToken('a required claim is missing or malformed'),
  token_audience_refused: invalidToken('the token is for another audience'),
  token_expired: invalidToken('the token has expired'),
  token_not_yet_valid: invalidToken('the token is not valid yet'),
  token_inactive: invalidToken('the token is not active'),
  token_unbound: invalidToken('the token is not bound to a key'),
  token_scheme_mismatch: invalidToken('the scheme does not fit how the token is bound'),
  confirmation_malformed: invalidToken('cnf is malformed'),
  confirmation_unknown: invalidToken('cnf holds a member that is not understood'),
  confirmation_not_enforced: invalidToken('cnf holds no member that is enforced here'),
  certificate_missing: invalidToken('the token is bound to a client certificate'),
  certificate_mismatch: invalidToken('the token is bound to another client certificate'),
  scope_insufficient: {
    status: 403,
    error: 'insufficient_scope',
    message: 'the scope is too small',
  },
  authentication_insufficient: {
    status: 401,
    error: 'insufficient_user_authentication',
    message: 'a stronger or more recent authentication is required',
  },
  replay_store_unavailable: unavailable('the replay store did not answer'),
  nonce_source_unavailable: unavailable('the nonce source did not answer'),
  issuer_unavailable: unavailable('the authorization server did not answer'),
}

/** A refusal on its way to the border, where it gets its challenge. */
export class RefusedError extends Error {
  override readonly name: string = 'RefusedError'
  readonly code: RefusalCode

  constructor(code: RefusalCode, options?: ErrorOptions) {
    const traces = pauseTraces()
    super(REFUSALS[code].message, options)
    resumeTraces(traces)
    this.code = code
  }
}
