import { type Clock, type JsonObject } from '@tmb-kit/core'
import { RefusedError } from '../refusal.js'

/**
 * The claims of a verified access token, RFC 9068 section 2.2; of an opaque one, what introspection
 * said, RFC 7662 section 2.2.
 */
export interface AccessTokenClaims extends JsonObject {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  /** NumericDate. */
  readonly exp: number
  readonly client_id: string
  /** NumericDate. A JWT always has it. */
  readonly iat?: number
  /** A JWT always has it. */
  readonly jti?: string
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

const REQUIRED_TEXTS = ['iss', 'sub', 'client_id']
const OPTIONAL_TEXTS = ['scope', 'acr']
const OPTIONAL_TIMES = ['iat', 'nbf', 'auth_time']

/**
 * RFC 9068 section 2.2: the claims of a JWT are there, and each is of its type.
 *
 * @throws {RefusedError} `token_claims_invalid`
 */
export function parseAccessTokenClaims(payload: JsonObject): AccessTokenClaims {
  if (!isText(payload['jti']) || !isTime(payload['iat'])) {
    throw new RefusedError('token_claims_invalid')
  }
  return parseCommonClaims(payload)
}

/**
 * RFC 7662 section 2.2: what introspection says, made to look like a JWT's claims. It may leave out
 * `iss`, since we know whom we asked, and `sub` of a client that acts for itself.
 *
 * @throws {RefusedError} `token_claims_invalid`
 */
export function parseIntrospectedClaims(body: JsonObject, issuer: string): AccessTokenClaims {
  const { sub = body['client_id'], iss = issuer } = body
  return parseCommonClaims({ ...body, iss, sub })
}

function parseCommonClaims(payload: JsonObject): AccessTokenClaims {
  const { aud, exp } = payload
  const isTextIfAny = (name: string): boolean =>
    payload[name] === undefined || typeof payload[name] === 'string'
  const isTimeIfAny = (name: string): boolean =>
    payload[name] === undefined || isTime(payload[name])
  const valid =
    REQUIRED_TEXTS.every((name) => isText(payload[name])) &&
    OPTIONAL_TEXTS.every(isTextIfAny) &&
    OPTIONAL_TIMES.every(isTimeIfAny) &&
    isTime(exp) &&
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
  { aud, exp, iat = 0, nbf = iat }: AccessTokenClaims,
  { audience, issuerSkewSeconds, clock }: ClaimsPolicy,
): void {
  const named = typeof aud === 'string' ? [aud] : aud
  if (!named.some((name) => audience.includes(name))) {
    throw new RefusedError('token_audience_refused')
  }

  assertAccessTokenTimes({ exp, iat, nbf }, { issuerSkewSeconds, clock })
}

/**
 * What may have changed about a token that was good a while ago.
 *
 * @throws {RefusedError} `token_expired`, `token_not_yet_valid`
 */
export function assertAccessTokenTimes(
  { exp, iat = 0, nbf = iat }: Pick<AccessTokenClaims, 'exp' | 'iat' | 'nbf'>,
  { issuerSkewSeconds, clock }: Omit<ClaimsPolicy, 'audience'>,
): void {
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
