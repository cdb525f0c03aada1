import { parseBase64url, parseBase64urlText, parseJsonObject, type JsonObject } from '@tmb-kit/core'
import { RefusedError } from '../refusal.js'
import { parseAccessTokenClaims, type AccessTokenClaims } from './access-token-claims.js'
import { parseTokenAlgorithm, type TokenAlgorithm } from './token-algorithm.js'

/** A JWT access token of the right shape. **Not verified**: anybody can write one. */
export interface ParsedAccessToken {
  readonly algorithm: TokenAlgorithm
  readonly kid: string | undefined
  readonly claims: AccessTokenClaims
  /** The octets that the signature covers. */
  readonly signingInput: string
  readonly signature: Uint8Array<ArrayBuffer>
}

/** Claims such as `authorization_details` nest deeper than what the kit itself sends. */
const MAX_CLAIMS_DEPTH = 16

const TOKEN_TYPES: readonly unknown[] = ['at+jwt', 'application/at+jwt']

/**
 * RFC 9068 sections 2.1 and 4: what can be said of a token without its issuer's keys.
 *
 * Does not check: the signature, the issuer, any claim's value. Never looks at `jwk`, `jku`, `x5u`
 * and `x5c`: keys come from the issuer alone.
 *
 * @throws {RefusedError} `token_malformed`, `token_type_invalid`, `token_algorithm_refused`,
 *   `token_critical_header`, `token_claims_invalid`
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-4
 */
export function parseAccessToken(accessToken: string): ParsedAccessToken {
  const { header, payload, signingInput, signature } = splitToken(accessToken)
  const typ = header['typ']
  if (!TOKEN_TYPES.includes(typeof typ === 'string' ? typ.toLowerCase() : typ)) {
    throw new RefusedError('token_type_invalid')
  }
  if (['crit', 'b64', 'zip'].some((name) => Object.hasOwn(header, name))) {
    throw new RefusedError('token_critical_header')
  }
  const algorithm = parseTokenAlgorithm(header['alg'])
  if (algorithm === undefined) throw new RefusedError('token_algorithm_refused')

  const kid = header['kid']
  if (kid !== undefined && typeof kid !== 'string') throw new RefusedError('token_malformed')
  return { algorithm, kid, claims: parseAccessTokenClaims(payload), signingInput, signature }
}

/** Whether a token is written as a JWT. One that is, is judged as one, and never looked up. */
export function isJwt(accessToken: string): boolean {
  const [header = '', ...rest] = accessToken.split('.')
  return rest.length === 2 && parseSegment(header) !== undefined
}

function splitToken(accessToken: string) {
  const headerEnd = accessToken.indexOf('.')
  const payloadEnd = accessToken.indexOf('.', headerEnd + 1)
  if (payloadEnd === -1 || accessToken.includes('.', payloadEnd + 1)) {
    throw new RefusedError('token_malformed')
  }
  const header = parseSegment(accessToken.slice(0, headerEnd))
  const payload = parseSegment(accessToken.slice(headerEnd + 1, payloadEnd))
  const signature = parseBase64url(accessToken.slice(payloadEnd + 1))
  if (header === undefined || payload === undefined || !signature?.length) {
    throw new RefusedError('token_malformed')
  }
  return { header, payload, signingInput: accessToken.slice(0, payloadEnd), signature }
}

function parseSegment(segment: string): JsonObject | undefined {
  const text = parseBase64urlText(segment)
  return text === undefined ? undefined : parseJsonObject(text, { maxDepth: MAX_CLAIMS_DEPTH })
}
