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
  /** The same with the methods, for a refusal that is about one of them. */
  readonly confirmationHints: readonly ChallengeParameter[]
  readonly experimentalErrors: boolean
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
      return new AccessTokenError(code, message, writeResponse(code, request, settings))
    }

    const name = scheme === undefined ? code : `${scheme} ${code}`
    const response = written.get(name) ?? writeResponse(code, request, settings)
    written.set(name, response)
    return new AccessTokenError(code, message, response)
  }
}

function writeResponse(
  code: AccessTokenErrorCode,
  request: RefusedRequest,
  settings: ChallengeSettings,
): RefusalResponse {
  const refusal = refusalOf(code, settings)
  const hints = ABOUT_CONFIRMATION.test(code) ? settings.confirmationHints : settings.hints
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' }
  if (refusal.status === 503) headers['Retry-After'] = '1'
  else headers['WWW-Authenticate'] = challengesOf(refusal, request, { ...settings, hints })
  if (request.nonce !== undefined) headers[DPOP_NONCE_HEADER] = request.nonce
  if (refusal.error !== undefined) headers['Content-Type'] = 'application/json'

  const { status, error, message } = refusal
  const body =
    error === undefined ? undefined : JSON.stringify({ error, error_description: message })
  return Object.freeze({ status, headers: Object.freeze(headers), body })
}

/** Codes after which it helps to know which methods are looked at here. */
const ABOUT_CONFIRMATION = /^(?:certificate|session)_/

/** A proposal on the OAuth list: another word where there is no certificate at all. */
function refusalOf(code: AccessTokenErrorCode, { experimentalErrors }: ChallengeSettings): Refusal {
  const refusal = REFUSALS[code]
  return experimentalErrors && code === 'certificate_missing'
    ? { ...refusal, error: 'invalid_mtls_certificate' }
    : refusal
}

function challengesOf(
  { status, error, message }: Refusal,
  { scheme, parameters = [] }: RefusedRequest,
  {
    algorithms,
    allowBearer,
    hints,
  }: Pick<ChallengeSettings, 'algorithms' | 'allowBearer' | 'hints'>,
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
