import { type Clock, type JsonObject } from '@tmb-kit/core'
import { RefusedError } from '../refusal.js'

/** The claims of a verified access token, RFC 9068 section 2.2. */
export interface AccessTokenClaims extends JsonObject {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  /** NumericDate. */
  readonly exp: number
  /** NumericDate. */
  readonly iat: number
  readonly jti: string
  readonly client_id: string
  /** Space-delimited. */
  readonly scope?: string
  readonly nbf?: number
  readonly acr?: string
  /** NumericDate. */
  readonly auth_time?: number
}

export interface ClaimsPolicy {
  /** Of these, one must be in `aud`. */
  readonly audience: readonly string[]
  /** How far ahead of ours the issuer's clock may be. */
  readonly issuerSkewSeconds: number
  readonly clock: Clock
}

const REQUIRED_TEXTS = ['iss', 'sub', 'jti', 'client_id']
const OPTIONAL_TEXTS = ['scope', 'acr']
const OPTIONAL_TIMES = ['nbf', 'auth_time']

/**
 * RFC 9068 section 2.2: the claims are there, and each is of its type.
 *
 * @throws {RefusedError} `token_claims_invalid`
 */
export function parseAccessTokenClaims(payload: JsonObject): AccessTokenClaims {
  const { aud, exp, iat } = payload
  const valid =
    REQUIRED_TEXTS.every((name) => isText(payload[name])) &&
    OPTIONAL_TEXTS.every(
      (name) => payload[name] === undefined || typeof payload[name] === 'string',
    ) &&
    isTime(exp) &&
    isTime(iat) &&
    OPTIONAL_TIMES.every((name) => payload[name] === undefined || isTime(payload[name])) &&
    (isText(aud) || (Array.isArray(aud) && aud.length > 0 && aud.every(isText)))
  if (!valid) throw new RefusedError('token_claims_invalid')

  return payload as AccessTokenClaims
}

/**
 * RFC 9068 section 4: audience and times. An expired token gets no leeway, a young one does.
 *
 * @throws {RefusedError} `token_audience_refused`, `token_expired`, `token_not_yet_valid`
 */
export function assertAccessTokenClaims(
  { aud, exp, iat, nbf = iat }: AccessTokenClaims,
  { audience, issuerSkewSeconds, clock }: ClaimsPolicy,
): void {
  const named = typeof aud === 'string' ? [aud] : aud
  if (!named.some((name) => audience.includes(name))) {
    throw new RefusedError('token_audience_refused')
  }

  const now = clock()
  if (exp <= now) throw new RefusedError('token_expired')
  if (iat > now + issuerSkewSeconds || nbf > now + issuerSkewSeconds) {
    throw new RefusedError('token_not_yet_valid')
  }
}

/** The scopes of a token, in its order. */
export function scopesOf({ scope = '' }: AccessTokenClaims): readonly string[] {
  return scope.split(' ').filter((word) => word !== '')
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** RFC 7519 section 2: a NumericDate may have a fraction. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
