import { pauseTraces, resumeTraces } from '../trace.js'
import { INVALID_DPOP_PROOF, INVALID_TOKEN, USE_DPOP_NONCE } from '../wire.js'

/** Why a proof was refused. Stable across minor releases. */
export type ProofErrorCode =
  | 'proof_missing'
  | 'proof_repeated'
  | 'proof_too_large'
  | 'proof_malformed'
  | 'proof_type_invalid'
  | 'proof_algorithm_refused'
  | 'proof_critical_header'
  | 'proof_jwk_invalid'
  | 'proof_jwk_private'
  | 'proof_claims_invalid'
  | 'proof_signature_invalid'
  | 'proof_key_mismatch'
  | 'proof_htm_mismatch'
  | 'proof_htu_mismatch'
  | 'proof_iat_outside_window'
  | 'proof_validity_ended'
  | 'proof_ath_mismatch'
  | 'proof_nonce_refused'
  | 'proof_replayed'

/** What the wire says of a refusal. */
export interface ProofRefusal {
  readonly status: 401
  readonly error: typeof INVALID_DPOP_PROOF | typeof INVALID_TOKEN | typeof USE_DPOP_NONCE
  readonly message: string
}

const invalidProof = (message: string): ProofRefusal => ({
  status: 401,
  error: INVALID_DPOP_PROOF,
  message,
})

/** The whole mapping from our codes to the wire, on one screen, for review. */
export const PROOF_REFUSALS: Readonly<Record<ProofErrorCode, ProofRefusal>> = {
  proof_missing: invalidProof('a DPoP proof is required'),
  proof_repeated: invalidProof('more than one DPoP proof'),
  proof_too_large: invalidProof('the proof is too large'),
  proof_malformed: invalidProof('the proof is not one well-formed compact JWS'),
  proof_type_invalid: invalidProof('typ must be dpop+jwt'),
  proof_algorithm_refused: invalidProof('alg is not accepted'),
  proof_critical_header: invalidProof('crit, b64 and zip are not accepted'),
  proof_jwk_invalid: invalidProof('jwk is not a public key that fits alg'),
  proof_jwk_private: invalidProof('jwk must not hold private members'),
  proof_claims_invalid: invalidProof('a required claim is missing or malformed'),
  proof_signature_invalid: invalidProof('the signature does not verify'),
  proof_key_mismatch: { status: 401, error: INVALID_TOKEN, message: 'Invalid DPoP key binding' },
  proof_htm_mismatch: invalidProof('htm does not match'),
  proof_htu_mismatch: invalidProof('htu does not match'),
  proof_iat_outside_window: invalidProof('iat is outside the accepted window, check the clock'),
  proof_validity_ended: invalidProof('exp or nbf does not hold'),
  proof_ath_mismatch: invalidProof('ath does not match'),
  proof_nonce_refused: { status: 401, error: USE_DPOP_NONCE, message: 'a fresh nonce is required' },
  proof_replayed: invalidProof('jti already used'),
}

/**
 * A proof was refused. Holds no token, proof, header or claim, so it is safe to log whole. It has no
 * stack trace: a refusal is a verdict, not a fault, and must cost less than an acceptance.
 */
export class ProofError extends Error {
  override readonly name: string = 'ProofError'
  /** Stable across minor releases. Switch on this, never on `message`. */
  readonly code: ProofErrorCode

  constructor(code: ProofErrorCode, options?: ErrorOptions) {
    const traces = pauseTraces()
    super(PROOF_REFUSALS[code].message, options)
    resumeTraces(traces)
    this.code = code
  }
}
