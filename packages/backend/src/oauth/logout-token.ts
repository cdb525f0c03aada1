import { computeSha256, isJsonObject } from '@tmb-kit/core'
import { errors, jwtVerify, type JWTPayload } from 'jose'
import type { BackendContext } from '../backend-context.js'
import { RefusalError } from '../errors.js'
import type { SessionSelector } from '../session/sessions.js'
import { AuthorizationServerError } from './authorization-server-error.js'
import { CLOCK_SKEW_SECONDS } from './id-token.js'
import { reportFailure } from '../report-failure.js'

/** What a logout token asks for. */
export interface LogoutRequest {
  /** Names the token, so that it counts once. */
  readonly name: string
  /** NumericDate after which it would be refused anyway. */
  readonly expiresAt: number
  /** With a `sid` exactly those sessions, else all of the user. */
  readonly selector: SessionSelector
}

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const MAX_AGE_SECONDS = 300

/**
 * Verifies a logout token.
 *
 * Does not check that it is new.
 * Checks: signature with a key of the issuer, asymmetric `alg`, `typ`, `iss`, `aud`, `iat` of the
 * last five minutes, `exp`, `jti`, `events`, `sub` or `sid`, and no `nonce`: an ID token is none.
 *
 * @throws {RefusalError} `invalid_request`
 * @throws {AuthorizationServerError} `unavailable` - its keys could not be fetched.
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
 */
export async function verifyLogoutToken(
  logoutToken: string,
  context: BackendContext,
): Promise<LogoutRequest> {
  const { iat = 0, jti, sub, sid, events, nonce } = await verify(logoutToken, context)
  const event = isJsonObject(events) ? events[LOGOUT_EVENT] : undefined
  const valid =
    typeof jti === 'string' &&
    jti !== '' &&
    isJsonObject(event) &&
    nonce === undefined &&
    [sub, sid].every((value) => value === undefined || (typeof value === 'string' && value !== ''))
  const selector = valid ? selectorOf(sub, sid) : undefined
  if (selector === undefined) throw new RefusalError('invalid_request')

  const expiresAt = iat + MAX_AGE_SECONDS + 2 * CLOCK_SKEW_SECONDS
  return { name: await computeSha256(`logout token ${String(jti)}`), expiresAt, selector }
}

function selectorOf(subject: unknown, sid: unknown): SessionSelector | undefined {
  if (typeof sid === 'string') return { sid }
  return typeof subject === 'string' ? { subject } : undefined
}

async function verify(
  logoutToken: string,
  { settings, server }: BackendContext,
): Promise<JWTPayload> {
  const { onEvent } = settings
  const { issuer, id_token_signing_alg_values_supported: algorithms } = await server.metadata()
  try {
    const { payload } = await jwtVerify(logoutToken, server.keySet.findKey, {
      issuer,
      audience: settings.clientId,
      algorithms: [...algorithms],
      typ: 'logout+jwt',
      currentDate: new Date(settings.clock() * 1000),
      clockTolerance: CLOCK_SKEW_SECONDS,
      maxTokenAge: MAX_AGE_SECONDS,
      requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti', 'events'],
    })
    return payload
  } catch (error) {
    if (error instanceof AuthorizationServerError) throw error
    if (isFromFuture(error)) reportFailure(new AuthorizationServerError('clock_skew'), onEvent)
    // jose quotes claims in its errors; ours says nothing of them.
    throw new RefusalError('invalid_request')
  }
}

/** Signed well and made later than now: the clocks differ. One that is old may have been kept. */
function isFromFuture(error: unknown): boolean {
  return (
    error instanceof errors.JWTClaimValidationFailed &&
    error.reason === 'check_failed' &&
    (error.claim === 'iat' || error.claim === 'nbf')
  )
}
