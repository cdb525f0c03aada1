import type { Clock } from '../clock.js'
import { equalInConstantTime } from '../constant-time.js'
import { parseTargetUri, type TargetUri } from '../target-uri.js'
import type { DpopProofClaims } from './parse-proof.js'
import { ProofError, type ProofErrorCode } from './proof-error.js'

/** What a proof must say, as the verifier knows it from elsewhere. */
export interface ExpectedRequest {
  readonly htm: string
  readonly targetUri: TargetUri
  /** The hash of the access token if one came along. */
  readonly ath: string | undefined
  readonly policy: {
    readonly maxAgeSeconds: number
    readonly futureSkewSeconds: number
    readonly clock: Clock
  }
}

type ProofCheck = (claims: DpopProofClaims, expected: ExpectedRequest) => ProofErrorCode | undefined

type CheckAt = (
  claims: DpopProofClaims,
  expected: ExpectedRequest,
  now: number,
) => ProofErrorCode | undefined

/** Item 8. Methods are case-sensitive, RFC 9110 section 9.1. */
const checkMethod: ProofCheck = ({ htm }, expected) =>
  htm === expected.htm ? undefined : 'proof_htm_mismatch'

/** Item 9. What is written as the normal form is the normal form, and need not be brought into it. */
const checkTargetUri: ProofCheck = ({ htu }, { targetUri }) =>
  htu === targetUri || parseTargetUri(htu) === targetUri ? undefined : 'proof_htu_mismatch'

/** Item 11. */
const checkTime: CheckAt = ({ iat }, { policy }, now) =>
  iat >= now - policy.maxAgeSeconds && iat <= now + policy.futureSkewSeconds
    ? undefined
    : 'proof_iat_outside_window'

/** RFC 7519 sections 4.1.4 and 4.1.5: a proof that limits itself is taken at its word. */
const checkValidity: CheckAt = ({ exp, nbf }, { policy }, now) =>
  (exp === undefined || exp > now) && (nbf === undefined || nbf <= now + policy.futureSkewSeconds)
    ? undefined
    : 'proof_validity_ended'

/** Item 12, its first half. The second, the key, is compared before. */
const checkAccessTokenHash: ProofCheck = (claims, { ath }) =>
  ath === undefined || equalInConstantTime(claims.ath ?? '', ath) ? undefined : 'proof_ath_mismatch'

/**
 * RFC 9449 section 4.3, items 8, 9, 11 and 12: what costs next to nothing, before the signature.
 *
 * @throws {ProofError} with the code of the first check that refuses.
 */
export function assertProofClaims(claims: DpopProofClaims, expected: ExpectedRequest): void {
  const now = expected.policy.clock()
  // Called by name: a call that could be any of several is one that no compiler puts in its place.
  const code =
    checkMethod(claims, expected) ??
    checkTargetUri(claims, expected) ??
    checkAccessTokenHash(claims, expected) ??
    checkTime(claims, expected, now) ??
    checkValidity(claims, expected, now)
  if (code !== undefined) throw new ProofError(code)
}
