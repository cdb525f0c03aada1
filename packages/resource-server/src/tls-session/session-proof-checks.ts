import { equalInConstantTime, parseTargetUri, type Clock, type TargetUri } from '@tmb-kit/core'
import { RefusedError } from '../refusal.js'
import type { SessionProofClaims } from './parse-session-proof.js'
import type { SessionRefusalCode } from './session-refusals.js'

/** What a verifier demands of every session-binding proof. */
export interface SessionProofPolicy {
  readonly maxAgeSeconds: number
  readonly futureSkewSeconds: number
  readonly requirePerRequestClaims: boolean
  readonly htuPathOnly: boolean
  readonly clock: Clock
}

/** What a proof must say of the connection and the token, which never changes for the two. */
export interface ExpectedBinding {
  /** base64url of our own end's exporter value. */
  readonly ekm: string
  readonly ath: string
}

/** What a proof must say of one request, if it says anything. */
export interface ExpectedSessionRequest {
  readonly htm: string
  readonly targetUri: () => TargetUri | undefined
}

/**
 * Draft section 3.3.2, items f to h: looked at when a proof is first shown on a connection.
 *
 * @throws {RefusedError} with the code of the first check that refuses.
 */
export function assertBindingClaims(
  { ekm, ath, iat }: SessionProofClaims,
  expected: ExpectedBinding,
  { maxAgeSeconds, futureSkewSeconds, clock }: SessionProofPolicy,
): void {
  if (!equalInConstantTime(ekm, expected.ekm)) throw new RefusedError('session_proof_ekm_mismatch')
  if (!equalInConstantTime(ath, expected.ath)) throw new RefusedError('session_proof_ath_mismatch')

  const now = clock()
  if (iat < now - maxAgeSeconds || iat > now + futureSkewSeconds) {
    throw new RefusedError('session_proof_iat_outside_window')
  }
}

/**
 * Draft section 3.3.2, item i, without the single use of `jti`: looked at for every request.
 *
 * @throws {RefusedError} with the code of the first check that refuses.
 */
export function assertRequestClaims(
  claims: SessionProofClaims,
  expected: ExpectedSessionRequest,
  policy: SessionProofPolicy,
): void {
  const code = findContradiction(claims, expected, policy)
  if (code !== undefined) throw new RefusedError(code)
}

function findContradiction(
  { jti, htm, htu, exp, nbf }: SessionProofClaims,
  expected: ExpectedSessionRequest,
  { requirePerRequestClaims, futureSkewSeconds, htuPathOnly, clock }: SessionProofPolicy,
): SessionRefusalCode | undefined {
  if (requirePerRequestClaims && (jti === undefined || htm === undefined || htu === undefined)) {
    return 'session_proof_request_claims_missing'
  }
  if (htm !== undefined && htm !== expected.htm) return 'session_proof_htm_mismatch'
  if (htu !== undefined && !isTarget(htu, expected.targetUri(), htuPathOnly)) {
    return 'session_proof_htu_mismatch'
  }
  // RFC 7519 sections 4.1.4 and 4.1.5: a proof that limits itself is taken at its word.
  if (exp !== undefined && exp <= clock()) return 'session_proof_validity_ended'
  if (nbf !== undefined && nbf > clock() + futureSkewSeconds) return 'session_proof_validity_ended'
  return undefined
}

/** The draft's text says URI, its example shows a path: the path alone counts only by choice. */
function isTarget(htu: string, targetUri: TargetUri | undefined, pathOnly: boolean): boolean {
  if (targetUri === undefined) return false
  if (!htu.startsWith('/')) return parseTargetUri(htu) === targetUri

  return pathOnly && parseTargetUri(`${new URL(targetUri).origin}${htu}`) === targetUri
}
