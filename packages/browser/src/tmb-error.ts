import type { LoginOptions } from './login.js'

/** Everything that can go wrong, by name. What to do about each: the table in README.md. */
export type TmbErrorCode =
  // The backend's own words, as they are.
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
  | 'slow_down'
  | 'token_endpoint_proof_required'
  | 'too_large'
  | 'unsupported_media_type'
  | 'use_dpop_nonce'
  // Ours.
  | 'algorithm_not_supported'
  | 'backend_unavailable'
  | 'header_not_allowed'
  | 'key_store_unavailable'
  | 'frame_not_allowed'
  | 'origin_not_allowed'
  | 'service_worker_unavailable'
  | 'step_up_required'
  | 'url_refused'

export interface TmbErrorDetails {
  readonly cause?: unknown
  /** Signs the user in, with what was asked for. There when a server refused. */
  readonly login?: ((options?: LoginOptions) => Promise<never>) | undefined
  readonly retryAfterSeconds?: number | undefined
}

/** The one error class of this package. Holds no token, proof, key or claim: safe to log whole. */
export class TmbError extends Error {
  /** Stable across minor releases. Switch on this, never on `message`. */
  declare readonly code: TmbErrorCode
  declare readonly login?: (options?: LoginOptions) => Promise<never>
  /** When the backend wants to be asked again, if it said so. */
  declare readonly retryAfterSeconds?: number

  constructor(code: TmbErrorCode, details?: TmbErrorDetails) {
    super(code)
    Object.assign(this, { name: 'TmbError', code }, details)
  }
}
