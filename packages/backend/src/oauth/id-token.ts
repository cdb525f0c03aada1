import { isJsonObject, type Clock, type JsonObject } from '@tmb-kit/core'
import { errors, jwtVerify, type JWTPayload } from 'jose'
import { AuthorizationServerError } from './authorization-server-error.js'
import type { KeySet } from './key-set.js'
import type { AuthorizationServerMetadata } from './metadata.js'

/** What the backend uses of an ID token. */
export interface IdTokenClaims {
  readonly subject: string
  readonly sid: string | undefined
  readonly authTime: number | undefined
  readonly acr: string | undefined
  readonly claims: JsonObject
}

export interface VerifyIdTokenOptions {
  readonly server: AuthorizationServerMetadata
  readonly keySet: KeySet
  readonly clientId: string
  /** The `nonce` of the transaction. */
  readonly nonce: string
  readonly clock: Clock
}

/** How far the clocks of two honest machines may be apart. */
export const CLOCK_SKEW_SECONDS = 10

/**
 * Verifies an ID token.
 *
 * Does not check: `auth_time` and `acr`, which are the transaction's matter.
 * Checks: signature with a key of the issuer, asymmetric `alg`, `iss`, `aud`, `azp`, `exp`, `iat`,
 * `sub`, `nonce`.
 *
 * @throws {AuthorizationServerError} `response_invalid`; `clock_skew` - it is from the future, or
 *   over though it was issued just now; `unavailable` - the keys are.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
export async function verifyIdToken(
  idToken: string,
  options: VerifyIdTokenOptions,
): Promise<IdTokenClaims> {
  const { clientId, nonce } = options
  const payload = await verifySignatureAndTimes(idToken, options)
  const { sub, sid, aud, azp, acr, auth_time: authTime } = payload
  const valid =
    typeof sub === 'string' &&
    sub !== '' &&
    payload['nonce'] === nonce &&
    (Array.isArray(aud) && aud.length > 1
      ? azp === clientId
      : azp === undefined || azp === clientId) &&
    (authTime === undefined || Number.isSafeInteger(authTime))
  if (!valid || !isJsonObject(payload)) throw new AuthorizationServerError('response_invalid')

  return {
    subject: sub,
    sid: typeof sid === 'string' ? sid : undefined,
    authTime: authTime === undefined ? undefined : Number(authTime),
    acr: typeof acr === 'string' ? acr : undefined,
    claims: payload,
  }
}

async function verifySignatureAndTimes(
  idToken: string,
  { server, keySet, clientId, clock }: VerifyIdTokenOptions,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(idToken, keySet.findKey, {
      issuer: server.issuer,
      audience: clientId,
      algorithms: [...server.id_token_signing_alg_values_supported],
      currentDate: new Date(clock() * 1000),
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ['iss', 'aud', 'sub', 'exp', 'iat', 'nonce'],
    })
    // jose looks at the future of `iat` for tokens with a maximal age alone.
    if ((payload.iat ?? 0) > clock() + CLOCK_SKEW_SECONDS) {
      throw new AuthorizationServerError('clock_skew')
    }
    return payload
  } catch (error) {
    if (error instanceof AuthorizationServerError) throw error
    // jose quotes claims in its errors; ours says nothing of them.
    throw new AuthorizationServerError(isOutOfTime(error) ? 'clock_skew' : 'response_invalid')
  }
}

/** Its signature is good and its time is not: of a token that was fetched just now the clock says so. */
function isOutOfTime(error: unknown): boolean {
  return (
    (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) &&
    error.reason === 'check_failed' &&
    (error.claim === 'exp' || error.claim === 'nbf')
  )
}
