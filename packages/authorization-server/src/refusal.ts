/** What the wire says of a refusal. */
export interface Refusal {
  /** RFC 6749 section 5.2, RFC 8707 section 2, RFC 9449 section 5. */
  readonly error:
    | 'invalid_request'
    | 'invalid_client'
    | 'unauthorized_client'
    | 'invalid_grant'
    | 'invalid_scope'
    | 'invalid_target'
    | 'invalid_dpop_proof'
  readonly message: string
  /** Default: 400. */
  readonly status?: 401
}
