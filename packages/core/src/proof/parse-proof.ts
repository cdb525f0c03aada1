import { parseBase64url, parseBase64urlText } from '../base64url.js'
import { parseJsonObject, type JsonObject } from '../json-object.js'
import { DPOP_PROOF_TYPE } from '../wire.js'
import { parseProofAlgorithm, PROOF_ALGORITHMS, type ProofAlgorithm } from './proof-algorithm.js'
import { ProofError } from './proof-error.js'
import { assertProofJwk, type ProofJwk } from './proof-jwk.js'
import type { ProofKey } from './proof-key.js'

/** Octets of a proof beyond which nothing of it is looked at. */
const MAX_PROOF_LENGTH = 8192

/** Characters of a `jti`: longer ones are only good for filling a store. */
const MAX_JTI_LENGTH = 256

/** The claims of a proof, as RFC 9449 section 4.2 names them. */
export interface DpopProofClaims extends JsonObject {
  readonly jti: string
  readonly htm: string
  readonly htu: string
  /** NumericDate, whole seconds. */
  readonly iat: number
  readonly exp?: number
  readonly nbf?: number
  readonly ath?: string
  readonly nonce?: string
}

/** A proof of the right shape. **Not verified**: anybody can write one. */
export interface ParsedProof {
  readonly algorithm: ProofAlgorithm
  readonly jwk: ProofJwk
  readonly claims: DpopProofClaims
  readonly encodedHeader: string
  /** The octets that the signature covers. */
  readonly signingInput: string
  readonly signature: Uint8Array<ArrayBuffer>
}

/**
 * RFC 9449 section 4.3, items 1 to 5 and 7: what can be said of a proof without cryptography.
 *
 * Does not check: the signature, any claim's value, the key's identity.
 *
 * @param value The `DPoP` field's value. Several fields arrive joined by a comma and are refused.
 * @param known A key whose header has been looked at before, under the same `algorithms`: the same
 *   header again, character by character, is not looked at once more.
 * @throws {ProofError} with the code of the first check that refuses.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.3
 */
export function parseProof(
  value: unknown,
  algorithms: readonly ProofAlgorithm[],
  known?: ProofKey,
): ParsedProof {
  const { encodedHeader, encodedPayload, encodedSignature, signingInput } = splitProof(value)
  const isKnown = known?.encodedHeader === encodedHeader
  const header = isKnown ? undefined : parseSegment(encodedHeader)
  const payload = parseSegment(encodedPayload)
  const signature = parseBase64url(encodedSignature)
  if (payload === undefined || signature === undefined || signature.length === 0) {
    throw new ProofError('proof_malformed')
  }
  const { algorithm, jwk } = isKnown ? known : parseHeader(header, algorithms)
  const claims = assertProofShape(payload)
  return { algorithm, jwk, claims, encodedHeader, signingInput, signature }
}

/** Items 1 and 2: one field, one compact JWS. */
function splitProof(value: unknown) {
  if (typeof value !== 'string' || value === '') throw new ProofError('proof_missing')
  if (value.length > MAX_PROOF_LENGTH) throw new ProofError('proof_too_large')
  if (value.includes(',')) throw new ProofError('proof_repeated')

  const headerEnd = value.indexOf('.')
  const payloadEnd = value.indexOf('.', headerEnd + 1)
  if (payloadEnd === -1 || value.includes('.', payloadEnd + 1)) {
    throw new ProofError('proof_malformed')
  }
  return {
    encodedHeader: value.slice(0, headerEnd),
    encodedPayload: value.slice(headerEnd + 1, payloadEnd),
    encodedSignature: value.slice(payloadEnd + 1),
    signingInput: value.slice(0, payloadEnd),
  }
}

/** Items 4, 5 and 7: the header names an algorithm and a public key that are accepted here. */
function parseHeader(header: JsonObject | undefined, algorithms: readonly ProofAlgorithm[]) {
  if (header === undefined) throw new ProofError('proof_malformed')
  if (header['typ'] !== DPOP_PROOF_TYPE) throw new ProofError('proof_type_invalid')
  if (['crit', 'b64', 'zip'].some((name) => Object.hasOwn(header, name))) {
    throw new ProofError('proof_critical_header')
  }
  const algorithm = parseProofAlgorithm(header['alg'])
  if (algorithm === undefined || !algorithms.includes(algorithm)) {
    throw new ProofError('proof_algorithm_refused')
  }
  const jwk = assertProofJwk(header['jwk'], PROOF_ALGORITHMS[algorithm])
  if (!isAlgorithmOfKey(header['jwk'], algorithm)) throw new ProofError('proof_jwk_invalid')
  return { algorithm, jwk }
}

function parseSegment(segment: string): JsonObject | undefined {
  const text = parseBase64urlText(segment)
  return text === undefined ? undefined : parseJsonObject(text)
}

/** RFC 7517 section 4.4: a key that names its algorithm is for no other. */
function isAlgorithmOfKey(jwk: unknown, algorithm: ProofAlgorithm): boolean {
  const { alg = algorithm } = jwk as JsonObject
  return alg === algorithm || (algorithm === 'Ed25519' && alg === 'EdDSA')
}

/** Item 3: the claims are there, and each is of its type. */
function assertProofShape(payload: JsonObject): DpopProofClaims {
  const { jti, htm, htu, iat, exp, nbf, ath, nonce } = payload
  const valid =
    isText(jti) &&
    jti.length <= MAX_JTI_LENGTH &&
    isText(htm) &&
    isText(htu) &&
    isWholeSeconds(iat) &&
    (exp === undefined || isWholeSeconds(exp)) &&
    (nbf === undefined || isWholeSeconds(nbf)) &&
    (ath === undefined || isText(ath)) &&
    (nonce === undefined || isText(nonce))
  if (!valid) throw new ProofError('proof_claims_invalid')

  return payload as DpopProofClaims
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isWholeSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
