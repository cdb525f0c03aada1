import { parseBase64url, parseBase64urlText, parseJsonObject, type JsonObject } from '@tmb-kit/core'
import { RefusedError } from '../refusal.js'
import { parseAccessTokenClaims, type AccessTokenClaims } from './access-token-claims.js'
import { parseTokenAlgorithm, type TokenAlgorithm } from './token-algorithm.js'

/** A JWT access token of the right shape. **Not verified**: anybody can write one. */
export interface ParsedAccessToken {
  readonly algorithm: TokenAlgorithm
  readonly kid: string | undefined
  readonly claims: AccessTokenClaims
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
  const { header, payload } = splitToken(accessToken)
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
  return { algorithm, kid, claims: parseAccessTokenClaims(payload) }
}

/** Whether a token is written as a JWT. One that is, is judged as one, and never looked up. */
export function isJwt(accessToken: string): boolean {
  const [header = '', ...rest] = accessToken.split('.')
  return rest.length === 2 && parseSegment(header) !== undefined
}

function splitToken(accessToken: string): {
  readonly header: JsonObject
  readonly payload: JsonObject
} {
  const [header = '', payload = '', signature = '', ...rest] = accessToken.split('.')
  const parsed = { header: parseSegment(header), payload: parseSegment(payload) }
  if (parsed.header === undefined || parsed.payload === undefined || rest.length > 0) {
    throw new RefusedError('token_malformed')
  }
  if (signature === '' || parseBase64url(signature) === undefined) {
    throw new RefusedError('token_malformed')
  }
  return { header: parsed.header, payload: parsed.payload }
}

function parseSegment(segment: string): JsonObject | undefined {
  const text = parseBase64urlText(segment)
  return text === undefined ? undefined : parseJsonObject(text, { maxDepth: MAX_CLAIMS_DEPTH })
}
