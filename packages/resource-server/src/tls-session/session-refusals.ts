import { INVALID_SESSION_PROOF, INVALID_TOKEN, USE_SESSION_BINDING } from '@tmb-kit/core'

/** Why a token that is bound to a TLS session was refused. */
export type SessionRefusalCode =
  | 'session_label_unknown'
  | 'session_unavailable'
  | 'session_proof_missing'
  | 'session_proof_repeated'
  | 'session_proof_too_large'
  | 'session_proof_malformed'
  | 'session_proof_type_invalid'
  | 'session_proof_critical_header'
  | 'session_proof_certificate_mismatch'
  | 'session_proof_algorithm_refused'
  | 'session_proof_claims_invalid'
  | 'session_proof_signature_invalid'
  | 'session_proof_ekm_mismatch'
  | 'session_proof_ath_mismatch'
  | 'session_proof_iat_outside_window'
  | 'session_proof_validity_ended'
  | 'session_proof_request_claims_missing'
  | 'session_proof_htm_mismatch'
  | 'session_proof_htu_mismatch'
  | 'session_proof_replayed'

interface SessionRefusal {
  readonly status: 401
  readonly error: typeof INVALID_SESSION_PROOF | typeof INVALID_TOKEN | typeof USE_SESSION_BINDING
  readonly message: string
}

const invalidProof = (reason: string): SessionRefusal => ({
  status: 401,
  error: INVALID_SESSION_PROOF,
  message: `Session-Binding-Proof: ${reason}`,
})

/**
 * The mapping to the wire.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-mw-oauth-tls-session-bound-tokens-06#section-3.5
 */
export const SESSION_REFUSALS: Readonly<Record<SessionRefusalCode, SessionRefusal>> = {
  session_label_unknown: {
    status: 401,
    error: INVALID_TOKEN,
    message: 'tls_exp names an exporter label that is not known here',
  },
  session_unavailable: invalidProof('not verifiable, this is no end of a TLS 1.3 session'),
  session_proof_missing: {
    status: 401,
    error: USE_SESSION_BINDING,
    message: 'this token requires a Session-Binding-Proof',
  },
  session_proof_repeated: invalidProof('more than one'),
  session_proof_too_large: invalidProof('too large'),
  session_proof_malformed: invalidProof('not one well-formed compact JWS'),
  session_proof_type_invalid: invalidProof('typ must be tls-binding-proof+jwt'),
  session_proof_critical_header: invalidProof('crit, b64 and zip are not accepted'),
  session_proof_certificate_mismatch: invalidProof('x5t#S256 is not the certificate in use'),
  session_proof_algorithm_refused: invalidProof('alg does not fit the key of the certificate'),
  session_proof_claims_invalid: invalidProof('a required claim is missing or malformed'),
  session_proof_signature_invalid: invalidProof('the signature does not verify'),
  session_proof_ekm_mismatch: invalidProof('ekm is not that of this TLS session'),
  session_proof_ath_mismatch: invalidProof('ath does not match'),
  session_proof_iat_outside_window: invalidProof('iat is outside the accepted window'),
  session_proof_validity_ended: invalidProof('exp or nbf does not hold'),
  session_proof_request_claims_missing: invalidProof('jti, htm and htu are required here'),
  session_proof_htm_mismatch: invalidProof('htm does not match'),
  session_proof_htu_mismatch: invalidProof('htu does not match'),
  session_proof_replayed: invalidProof('jti already used'),
}
