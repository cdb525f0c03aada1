import type { AccessTokenErrorCode } from './access-token-error.js'

/** What a verifier has to tell its operator. Holds no token, proof, header or claim. */
export type VerifierEvent =
  | { readonly type: 'request_refused'; readonly code: AccessTokenErrorCode }
  /** A session-binding proof that came for the first time on its connection: one signature. */
  | { readonly type: 'session_proof_verified' }
  | { readonly type: 'issuer_keys_fetched'; readonly issuer: string }
  | { readonly type: 'issuer_keys_unavailable'; readonly issuer: string }
