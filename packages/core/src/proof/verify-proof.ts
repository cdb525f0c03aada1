import { systemClock, type Clock } from '../clock.js'
import { equalInConstantTime } from '../constant-time.js'
import { thumbprintOf, type Jkt } from '../jkt.js'
import type { NonceSource } from '../nonce-source.js'
import type { ReplayStore } from '../replay-store.js'
import { parseTargetUri, type TargetUri } from '../target-uri.js'
import { computeTokenHash } from '../token-hash.js'
import { parseProof, type DpopProofClaims, type ParsedProof } from './parse-proof.js'
import type { ProofAlgorithm } from './proof-algorithm.js'
import { assertProofClaims } from './proof-checks.js'
import { ProofError } from './proof-error.js'
import type { ProofJwk } from './proof-jwk.js'
import { importProofKey, isKeyOf, type ProofKey } from './proof-key.js'

/** What the verifier knows of the request, and what it demands of the proof. */
export interface VerifyProofOptions {
  /** The request's method, as it was sent. */
  readonly htm: string
  /** The request's target URI. From configuration, never from `Host` or a forwarded header. */
  readonly htu: string
  /** The access token of the request: its hash must be in the proof. */
  readonly accessToken?: string
  /** The thumbprint that the access token, or the session, is bound to. */
  readonly jkt?: string
  /** Default: `['ES256']`. */
  readonly algorithms?: readonly ProofAlgorithm[]
  /** With one, a proof without a nonce of it is refused. Default: nonces are not looked at. */
  readonly nonceSource?: NonceSource
  /** With one, a proof counts once. Default: **none, and a proof can be replayed in its window**. */
  readonly replayStore?: ReplayStore
  /** How old `iat` may be. Default: 60 s, RFC 9449 section 11.1. */
  readonly maxAgeSeconds?: number
  /** How far ahead `iat` may be. Default: 10 s, for clocks that differ. */
  readonly futureSkewSeconds?: number
  readonly clock?: Clock
}

/** A proof that passed every check. */
export interface VerifiedProof {
  /** The thumbprint of the key that signed. */
  readonly jkt: Jkt
  readonly claims: DpopProofClaims
  readonly jwk: ProofJwk
}

/**
 * Verifies a DPoP proof: the twelve items of RFC 9449 section 4.3, in the order that costs us least.
 *
 * Does not check: the access token itself, and single use when no `replayStore` is given.
 * Checks: shape, key, binding (before the costly part), signature, claims, nonce, single use (last,
 * so that nobody without the key can fill the store).
 *
 * @throws {ProofError} with the code of the first check that refuses; see `PROOF_REFUSALS`.
 * @throws {TypeError} when `htu` is not an absolute http(s) URI: a mistake of the caller.
 * @throws whatever the store or the nonce source throws: that is no verdict on the proof.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.3
 */
export async function verifyProof(
  proof: string,
  options: VerifyProofOptions,
): Promise<VerifiedProof> {
  return verifyParsedProof(parseProof(proof, options.algorithms ?? ['ES256']), options)
}

/** @internal For whoever looks at the claims of a proof before the rest. */
export async function verifyParsedProof(
  proof: ParsedProof,
  options: VerifyProofOptions,
): Promise<VerifiedProof> {
  const targetUri = parseTargetUri(options.htu)
  if (targetUri === undefined) throw new TypeError('htu must be an absolute http or https URI')

  const { accessToken, replayStore, clock = systemClock, nonceSource } = options
  const { maxAgeSeconds = 60, futureSkewSeconds = 10 } = options
  const ath = accessToken === undefined ? undefined : await computeTokenHash(accessToken)
  const policy = { maxAgeSeconds, futureSkewSeconds, clock, nonceSource }
  const { htm } = options
  const { jkt, jwk } = await judgeProof(proof, { htm, targetUri, ath, jkt: options.jkt, policy })
  const { claims } = proof
  if (replayStore !== undefined) {
    const isNew = await replayStore.claim(jkt, claims.jti, proofExpiry(claims, policy))
    if (!isNew) throw new ProofError('proof_replayed')
  }
  return { jkt, claims, jwk }
}

/** What a verifier demands of every proof. */
export interface ProofPolicy {
  readonly nonceSource: NonceSource | undefined
  readonly maxAgeSeconds: number
  readonly futureSkewSeconds: number
  readonly clock: Clock
}

/** What a verifier knows of one request that it has looked at already. */
export interface JudgeProofOptions {
  readonly policy: ProofPolicy
  readonly htm: string
  readonly targetUri: TargetUri
  /** The hash of the access token that came along. */
  readonly ath: string | undefined
  readonly jkt: string | undefined
  /** A key that verified a proof before: if it is this proof's, it is not imported once more. */
  readonly known?: ProofKey | undefined
}

/**
 * Verifies a proof but for its single use, and gives the key that signed: at once, where nothing has to
 * be waited for.
 *
 * @internal For a verifier that has more to check before a proof is used up, and keeps keys.
 * @throws as {@link verifyProof}, or rejects so.
 */
export function judgeProof(
  proof: ParsedProof,
  options: JudgeProofOptions,
): ProofKey | Promise<ProofKey> {
  const { known, policy } = options
  if (known === undefined || !isKeyOf(known, proof)) return judgeUnknownKey(proof, options)

  assertKeyAndClaims(known.jkt, proof, options)
  // Item 6. A key that is kept has verified another proof: this one has a signature of its own.
  const isSigned = known.verificationKey.verify(proof.signature, proof.signingInput)
  if (isSigned === true && policy.nonceSource === undefined) return known
  return finish(known, isSigned, proof, policy)
}

async function judgeUnknownKey(proof: ParsedProof, options: JudgeProofOptions): Promise<ProofKey> {
  const thumbprint = thumbprintOf(proof.jwk)
  const jkt = typeof thumbprint === 'string' ? thumbprint : await thumbprint
  assertKeyAndClaims(jkt, proof, options)
  const proofKey = await importProofKey(proof, jkt)
  const isSigned = proofKey.verificationKey.verify(proof.signature, proof.signingInput)
  const { policy } = options
  if (isSigned === true && policy.nonceSource === undefined) return proofKey
  return finish(proofKey, isSigned, proof, policy)
}

/** What is cheap, before what is not: most of what is wrong with a proof shows without cryptography. */
function assertKeyAndClaims(jkt: Jkt, { claims }: ParsedProof, options: JudgeProofOptions): void {
  if (options.jkt !== undefined && !equalInConstantTime(jkt, options.jkt)) {
    throw new ProofError('proof_key_mismatch')
  }
  assertProofClaims(claims, options)
}

async function finish(
  proofKey: ProofKey,
  isSigned: boolean | Promise<boolean>,
  { claims }: ParsedProof,
  { nonceSource }: ProofPolicy,
): Promise<ProofKey> {
  if (!(await isSigned)) throw new ProofError('proof_signature_invalid')
  if (nonceSource !== undefined) await assertNonce(claims, nonceSource)
  return proofKey
}

/** Item 10. */
async function assertNonce({ nonce }: DpopProofClaims, source: NonceSource): Promise<void> {
  if (nonce === undefined || !(await source.accepts(nonce))) {
    throw new ProofError('proof_nonce_refused')
  }
}

/**
 * How long a proof has to be remembered, RFC 9449 section 11.1: up to the last second in which a clock
 * that is behind by the allowed skew would still take it.
 *
 * @internal For a verifier that has more to check before a proof is used up.
 * @returns NumericDate, in seconds.
 */
export function proofExpiry(
  { iat }: DpopProofClaims,
  policy: Pick<ProofPolicy, 'maxAgeSeconds' | 'futureSkewSeconds'>,
): number {
  return iat + policy.maxAgeSeconds + policy.futureSkewSeconds
}
