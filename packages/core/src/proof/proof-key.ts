import { importVerificationKey } from '#platform'
import type { Jkt } from '../jkt.js'
import { isPromise } from '../soon.js'
import type { VerificationKey } from '../verification-key.js'
import type { ParsedProof } from './parse-proof.js'
import { PROOF_ALGORITHMS, type ProofAlgorithm } from './proof-algorithm.js'
import { ProofError } from './proof-error.js'
import type { ProofJwk } from './proof-jwk.js'

/**
 * The key of a proof, hashed and imported. Whoever has seen a proof of it verify may keep it: the
 * next proof of the very same key then needs neither.
 */
export interface ProofKey {
  readonly algorithm: ProofAlgorithm
  readonly jwk: ProofJwk
  readonly jkt: Jkt
  readonly verificationKey: VerificationKey
  /** The header that named it, as it was encoded. The same text says the same again. */
  readonly encodedHeader: string
}

/** A key that is kept counts only for the algorithm and the members that it was imported with. */
export function isKeyOf(
  proofKey: ProofKey,
  { algorithm, jwk, encodedHeader }: ParsedProof,
): boolean {
  if (proofKey.algorithm !== algorithm) return false
  if (proofKey.encodedHeader === encodedHeader) return true

  const members = Object.keys(proofKey.jwk)
  return (
    members.length === Object.keys(jwk).length &&
    members.every((name) => proofKey.jwk[name] === jwk[name])
  )
}

/** The thumbprint is compared before this: importing a key costs as much as verifying with it. */
export async function importProofKey(proof: ParsedProof, jkt: Jkt): Promise<ProofKey> {
  const { algorithm, jwk, encodedHeader } = proof
  try {
    const { importing } = PROOF_ALGORITHMS[algorithm]
    const imported = importVerificationKey(jwk, importing)
    const verificationKey = isPromise(imported) ? await imported : imported
    return { algorithm, jwk, jkt, verificationKey, encodedHeader }
  } catch (cause) {
    throw new ProofError('proof_jwk_invalid', { cause })
  }
}
