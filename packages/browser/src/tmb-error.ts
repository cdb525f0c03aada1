import type { LoginOptions } from './login.js'

/** Words of the backend's answers that are passed on. Any other becomes `backend_error`. */
export const BACKEND_CODES = [
  'no_session',
  'login_required',
  'key_mismatch',
  'binding_not_applied',
  'slow_down',
  'as_unavailable',
  'as_error',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'invalid_return_to',
  'invalid_token_endpoint_proof',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'csrf_rejected',
] as const

/** Everything that can go wrong, by name. What to do about each: the table in README.md. */
export type TmbErrorCode =
  | (typeof BACKEND_CODES)[number]
  | 'algorithm_not_supported'
  | 'backend_error'
  | 'backend_unreachable'
  | 'header_not_allowed'
  | 'key_store_unavailable'
  | 'login_in_frame'
  | 'origin_not_allowed'
  | 'step_up_required'
  | 'token_endpoint_refused'
  | 'url_refused'

export interface TmbErrorDetails {
  readonly cause?: unknown
  /** Signs the user in with what was asked for; present where that is the way on. */
  readonly login?: ((options?: LoginOptions) => Promise<never>) | undefined
  /** From `Retry-After`, when the backend sent one in seconds. */
  readonly retryAfterSeconds?: number | undefined
}

/** The one error class of this package. Holds no token, proof, key or claim: safe to log whole. */
export class TmbError extends Error {
  override readonly name: string = 'TmbError'
  /** Stable across minor releases. Switch on this, never on `message`. */
  readonly code: TmbErrorCode
  readonly login: TmbErrorDetails['login']
  readonly retryAfterSeconds: number | undefined

  constructor(code: TmbErrorCode, details: TmbErrorDetails = {}) {
    super(code, details)
    this.code = code
    this.login = details.login
    this.retryAfterSeconds = details.retryAfterSeconds
  }
}
