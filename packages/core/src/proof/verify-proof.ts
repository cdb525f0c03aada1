import { systemClock, type Clock } from '../clock.js'
import { equalInConstantTime } from '../constant-time.js'
import { computeJkt, type Jkt } from '../jkt.js'
import type { NonceSource } from '../nonce-source.js'
import type { ReplayStore } from '../replay-store.js'
import { parseTargetUri } from '../target-uri.js'
import { computeTokenHash } from '../token-hash.js'
import { parseProof, type DpopProofClaims, type ParsedProof } from './parse-proof.js'
import { PROOF_ALGORITHMS, type ProofAlgorithm } from './proof-algorithm.js'
import { assertProofClaims } from './proof-checks.js'
import { ProofError } from './proof-error.js'
import type { ProofJwk } from './proof-jwk.js'

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

/** @internal For a verifier that looks at the access token between the proof's shape and the rest. */
export async function verifyParsedProof(
  proof: ParsedProof,
  options: VerifyProofOptions,
): Promise<VerifiedProof> {
  const { clock = systemClock, maxAgeSeconds = 60, futureSkewSeconds = 10 } = options
  const targetUri = parseTargetUri(options.htu)
  if (targetUri === undefined) throw new TypeError('htu must be an absolute http or https URI')

  const jkt = await computeJkt(proof.jwk)
  if (options.jkt !== undefined && !equalInConstantTime(jkt, options.jkt)) {
    throw new ProofError('proof_key_mismatch')
  }
  await assertSignature(proof)
  const ath =
    options.accessToken === undefined ? undefined : await computeTokenHash(options.accessToken)
  const expected = {
    htm: options.htm,
    targetUri,
    ath,
    now: clock(),
    maxAgeSeconds,
    futureSkewSeconds,
  }
  assertProofClaims(proof.claims, expected)
  await assertNonce(proof.claims, options.nonceSource)
  const verified = { jkt, claims: proof.claims, jwk: proof.jwk }
  const { replayStore } = options
  if (replayStore !== undefined) {
    await claimProof(verified, { replayStore, maxAgeSeconds, futureSkewSeconds })
  }
  return verified
}

/** Item 6. A key that cannot be imported, a point off its curve say, verifies nothing. */
async function assertSignature(proof: ParsedProof): Promise<void> {
  const { importing, verifying } = PROOF_ALGORITHMS[proof.algorithm]
  const publicKey = await importPublicKey(proof.jwk, importing)
  const octets = new TextEncoder().encode(proof.signingInput)
  if (!(await isSignature(verifying, publicKey, proof.signature, octets))) {
    throw new ProofError('proof_signature_invalid')
  }
}

async function importPublicKey(jwk: ProofJwk, importing: Algorithm): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('jwk', { ...jwk }, importing, true, ['verify'])
  } catch (cause) {
    throw new ProofError('proof_jwk_invalid', { cause })
  }
}

async function isSignature(
  verifying: AlgorithmIdentifier,
  publicKey: CryptoKey,
  signature: Uint8Array<ArrayBuffer>,
  octets: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  try {
    return await crypto.subtle.verify(verifying, publicKey, signature, octets)
  } catch (cause) {
    // Runtimes differ: a signature of the wrong length is `false` to one and throws in another.
    throw new ProofError('proof_signature_invalid', { cause })
  }
}

/** Item 10. */
async function assertNonce({ nonce }: DpopProofClaims, source?: NonceSource): Promise<void> {
  if (source === undefined) return
  if (nonce === undefined || !(await source.accepts(nonce))) {
    throw new ProofError('proof_nonce_refused')
  }
}

/** What decides for how long a proof has to be remembered. */
export interface ClaimProofOptions {
  readonly replayStore: ReplayStore
  readonly maxAgeSeconds: number
  readonly futureSkewSeconds: number
}

/**
 * Uses a verified proof up, RFC 9449 section 11.1. It is remembered up to the last second in which a
 * clock that is behind by the allowed skew would still take it.
 *
 * @internal For a verifier that has more to check before a proof is used up.
 * @throws {ProofError} `proof_replayed`
 * @throws whatever the store throws: that is no verdict on the proof.
 */
export async function claimProof(
  { jkt, claims }: VerifiedProof,
  options: ClaimProofOptions,
): Promise<void> {
  const expiresAt = claims.iat + options.maxAgeSeconds + options.futureSkewSeconds
  if (!(await options.replayStore.claim(jkt, claims.jti, expiresAt))) {
    throw new ProofError('proof_replayed')
  }
}
