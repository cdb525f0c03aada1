import { verifyProof, type ProofAlgorithm, type VerifyProofOptions } from '@tmb-kit/core'
import {
  createProofFactory,
  generateProofKey,
  jktOf,
  testClock,
  type ProofFactory,
} from '@tmb-kit/testkit'

export const REQUEST = { htm: 'POST', htu: 'https://rs.test/orders' } as const
export const ACCESS_TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'

/** A key, valid proofs of it, and a verifier of them. */
export async function createProofWorld(algorithm: 'ES256' | 'Ed25519' = 'ES256') {
  const clock = testClock()
  const proofKey = await generateProofKey(algorithm)
  const jkt = await jktOf(proofKey)
  const factory: ProofFactory = await createProofFactory({
    ...REQUEST,
    proofKey,
    accessToken: ACCESS_TOKEN,
    clock,
  })
  const algorithms: readonly ProofAlgorithm[] = [algorithm]
  const options: VerifyProofOptions = { ...REQUEST, accessToken: ACCESS_TOKEN, algorithms, clock }
  return { clock, proofKey, jkt, factory, options }
}

/** The code of the refusal, or `accepted`. Any other error fails the test. */
export async function outcomeOf(proof: string, options: VerifyProofOptions): Promise<string> {
  try {
    await verifyProof(proof, options)
    return 'accepted'
  } catch (error) {
    if ((error as Error).name !== 'ProofError') throw error
    return (error as { readonly code: string }).code
  }
}
