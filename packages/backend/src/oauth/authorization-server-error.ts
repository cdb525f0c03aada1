/** How the authorization server failed us. */
export type AuthorizationServerErrorCode =
  | 'binding_unsupported'
  | 'client_key_invalid'
  | 'clock_skew'
  | 'issuer_mismatch'
  | 'metadata_invalid'
  | 'pkce_unsupported'
  | 'refused'
  | 'response_invalid'
  | 'unavailable'

const MESSAGES: Readonly<Record<AuthorizationServerErrorCode, string>> = {
  binding_unsupported:
    'The authorization server offers no way to bind a token: it needs tmb_supported or DPoP.',
  client_key_invalid: 'client.authentication.key cannot be imported as a private signing key.',
  clock_skew:
    'An ID token that was issued just now is from the future, or over: the clock of this machine and that of the authorization server differ.',
  issuer_mismatch:
    'The authorization server calls itself by another name: set issuer to the one in its metadata.',
  metadata_invalid:
    'The metadata of the authorization server lacks an endpoint, or names one without https.',
  pkce_unsupported: 'The authorization server does not offer PKCE with S256, which is required.',
  refused: 'The authorization server refused the request.',
  response_invalid: 'The authorization server did not answer as it should.',
  unavailable: 'The authorization server does not answer: check issuer, and that it is running.',
}

/**
 * The authorization server failed us. Holds its `error` word at most, never its description, and
 * nothing that was sent to it.
 */
export class AuthorizationServerError extends Error {
  override readonly name: string = 'AuthorizationServerError'
  /** Stable across minor releases. Switch on this, never on `message`. */
  readonly code: AuthorizationServerErrorCode
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined
  /** The `error` of an OAuth error answer. */
  readonly error: string | undefined
  /** Seconds after which to try again, when it said so. */
  readonly retryAfterSeconds: number | undefined
  /** What a step-up demands, RFC 9470. */
  readonly stepUp: { readonly acr_values?: string; readonly max_age?: number }

  constructor(
    code: AuthorizationServerErrorCode,
    details: Partial<
      Pick<AuthorizationServerError, 'error' | 'retryAfterSeconds' | 'status' | 'stepUp'>
    > = {},
  ) {
    super(MESSAGES[code])
    this.code = code
    this.status = details.status
    this.error = details.error
    this.retryAfterSeconds = details.retryAfterSeconds
    this.stepUp = details.stepUp ?? {}
  }
}
