import { DPOP_NONCE_HEADER, DPOP_SCHEME } from '@tmb-kit/core'
import {
  AccessTokenError,
  type AccessTokenErrorCode,
  type RefusalResponse,
} from './access-token-error.js'
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

/** Makes the error of a refusal, with the answer that it stands for. */
export type Refuse = (code: AccessTokenErrorCode, request: RefusedRequest) => AccessTokenError

/**
 * Prepares the answers of one resource server. Most depend on nothing but the code and the scheme: they
 * are written once.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-7.1
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export function createRefuse(settings: ChallengeSettings): Refuse {
  const written = new Map<string, RefusalResponse>()

  return (code, request) => {
    const { scheme, nonce, parameters } = request
    const { message } = REFUSALS[code]
    if (nonce !== undefined || parameters !== undefined) {
      return new AccessTokenError(code, message, writeResponse(REFUSALS[code], request, settings))
    }

    const name = scheme === undefined ? code : `${scheme} ${code}`
    const response = written.get(name) ?? writeResponse(REFUSALS[code], request, settings)
    written.set(name, response)
    return new AccessTokenError(code, message, response)
  }
}

function writeResponse(
  refusal: Refusal,
  request: RefusedRequest,
  settings: ChallengeSettings,
): RefusalResponse {
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' }
  if (refusal.status === 503) headers['Retry-After'] = '1'
  else headers['WWW-Authenticate'] = challengesOf(refusal, request, settings)
  if (request.nonce !== undefined) headers[DPOP_NONCE_HEADER] = request.nonce
  if (refusal.error !== undefined) headers['Content-Type'] = 'application/json'

  const { status, error, message } = refusal
  const body =
    error === undefined ? undefined : JSON.stringify({ error, error_description: message })
  return Object.freeze({ status, headers: Object.freeze(headers), body })
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
