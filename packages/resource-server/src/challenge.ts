import { DPOP_NONCE_HEADER, DPOP_SCHEME } from '@tmb-kit/core'
import { AccessTokenError, type AccessTokenErrorCode } from './access-token-error.js'
import { REFUSALS, type Refusal } from './refusal.js'

/** The authentication schemes that this resource server knows. */
export type Scheme = 'DPoP' | 'Bearer'

/** A parameter of a challenge: name and value. Values hold neither quotes nor back slashes. */
export type ChallengeParameter = readonly [name: string, value: string]

/** What a challenge tells beside the refusal itself. */
export interface ChallengeSettings {
  readonly algorithms: readonly string[]
  readonly allowBearer: boolean
  /** What every challenge tells: where the metadata is, which methods are enforced. */
  readonly hints: readonly ChallengeParameter[]
}

/** What is known of the request that is being refused. */
export interface RefusedRequest {
  /** The scheme that the request used, if it used one of ours. */
  readonly scheme: Scheme | undefined
  /** The nonce to offer. */
  readonly nonce: string | undefined
  /** What the request would have needed: a scope, or an authentication. */
  readonly parameters?: readonly ChallengeParameter[]
}

/**
 * Makes the error of a refusal, with the answer that it stands for.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-7.1
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export function createAccessTokenError(
  code: AccessTokenErrorCode,
  request: RefusedRequest,
  settings: ChallengeSettings,
): AccessTokenError {
  const refusal = REFUSALS[code]
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' }
  if (refusal.status === 503) headers['Retry-After'] = '1'
  else headers['WWW-Authenticate'] = challengesOf(refusal, request, settings)
  if (request.nonce !== undefined) headers[DPOP_NONCE_HEADER] = request.nonce
  if (refusal.error !== undefined) headers['Content-Type'] = 'application/json'

  const { status, error, message } = refusal
  const body =
    error === undefined ? undefined : JSON.stringify({ error, error_description: message })
  return new AccessTokenError(code, message, { status, headers, body })
}

function challengesOf(
  { status, error, message }: Refusal,
  { scheme, parameters = [] }: RefusedRequest,
  { algorithms, allowBearer, hints }: ChallengeSettings,
): string {
  const dpop: readonly ChallengeParameter[] = [['algs', algorithms.join(' ')], ...hints]
  if (error === undefined) {
    return `${allowBearer ? `${challenge('Bearer', hints)}, ` : ''}${challenge(DPOP_SCHEME, dpop)}`
  }

  const reason: readonly ChallengeParameter[] = [
    ['error', error],
    ['error_description', message],
    ...parameters,
  ]
  // A request that used two ways at once is told so in both, RFC 9449 section 7.2.
  if (status === 400) {
    return `${challenge('Bearer', [...reason, ...hints])}, ${challenge(DPOP_SCHEME, [...reason, ...dpop])}`
  }
  return scheme === 'Bearer'
    ? `${challenge('Bearer', [...reason, ...hints])}, ${challenge(DPOP_SCHEME, dpop)}`
    : challenge(DPOP_SCHEME, [...reason, ...dpop])
}

function challenge(scheme: string, parameters: readonly ChallengeParameter[]): string {
  return `${scheme} ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`.trimEnd()
}
