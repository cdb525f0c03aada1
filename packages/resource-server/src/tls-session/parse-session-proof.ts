import {
  parseBase64url,
  parseBase64urlText,
  parseJsonObject,
  SESSION_BINDING_PROOF_TYPE,
  type JsonObject,
} from '@tmb-kit/core'
import { RefusedError } from '../refusal.js'
import { parseTokenAlgorithm, type TokenAlgorithm } from '../token/token-algorithm.js'

/** The claims of a session-binding proof, draft section 2.3.2. */
export interface SessionProofClaims {
  readonly ath: string
  /** base64url of the exporter's value. */
  readonly ekm: string
  /** NumericDate, whole seconds. */
  readonly iat: number
  readonly exp?: number
  readonly nbf?: number
  readonly jti?: string
  readonly htm?: string
  readonly htu?: string
}

/** A proof of the right shape. **Not verified**: anybody can write one. */
export interface ParsedSessionProof {
  readonly algorithm: TokenAlgorithm
  /** What the header says of the certificate, if it says so in a text. */
  readonly thumbprint: string
  readonly claims: SessionProofClaims
  readonly signingInput: string
  readonly signature: Uint8Array<ArrayBuffer>
}

const MAX_PROOF_LENGTH = 8192
const MAX_JTI_LENGTH = 256

/**
 * Reads the value of a `Session-Binding-Proof` field.
 *
 * Does not check: the signature, any claim's value, whose certificate it is.
 *
 * @throws {RefusedError} with the code of the first check that refuses.
 * @see https://datatracker.ietf.org/doc/html/draft-mw-oauth-tls-session-bound-tokens-06#section-2.3
 */
export function parseSessionProof(value: string): ParsedSessionProof {
  if (value.length > MAX_PROOF_LENGTH) throw new RefusedError('session_proof_too_large')
  // Two fields arrive joined by a comma, which no JWS holds.
  if (value.includes(',')) throw new RefusedError('session_proof_repeated')

  const [encodedHeader = '', encodedPayload = '', encodedSignature = '', ...rest] = value.split('.')
  const header = parseSegment(encodedHeader)
  const payload = parseSegment(encodedPayload)
  const signature = parseBase64url(encodedSignature)
  if (header === undefined || payload === undefined || !signature?.length || rest.length > 0) {
    throw new RefusedError('session_proof_malformed')
  }
  return {
    ...parseHeader(header),
    claims: parseClaims(payload),
    signingInput: `${encodedHeader}.${encodedPayload}`,
    signature,
  }
}

function parseSegment(segment: string): JsonObject | undefined {
  const text = parseBase64urlText(segment)
  return text === undefined ? undefined : parseJsonObject(text)
}

function parseHeader(header: JsonObject): Pick<ParsedSessionProof, 'algorithm' | 'thumbprint'> {
  if (header['typ'] !== SESSION_BINDING_PROOF_TYPE) {
    throw new RefusedError('session_proof_type_invalid')
  }
  if (['crit', 'b64', 'zip'].some((name) => Object.hasOwn(header, name))) {
    throw new RefusedError('session_proof_critical_header')
  }
  const algorithm = parseTokenAlgorithm(header['alg'])
  if (algorithm === undefined) throw new RefusedError('session_proof_algorithm_refused')

  const thumbprint = header['x5t#S256']
  if (!isText(thumbprint)) throw new RefusedError('session_proof_certificate_mismatch')
  return { algorithm, thumbprint }
}

function parseClaims(payload: JsonObject): SessionProofClaims {
  const { ath, ekm, iat, exp, nbf, jti, htm, htu } = payload
  const valid =
    isText(ath) &&
    isText(ekm) &&
    isWholeSeconds(iat) &&
    (exp === undefined || isWholeSeconds(exp)) &&
    (nbf === undefined || isWholeSeconds(nbf)) &&
    (jti === undefined || (isText(jti) && jti.length <= MAX_JTI_LENGTH)) &&
    (htm === undefined || isText(htm)) &&
    (htu === undefined || isText(htu))
  if (!valid) throw new RefusedError('session_proof_claims_invalid')

  return payload as JsonObject & SessionProofClaims
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isWholeSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
