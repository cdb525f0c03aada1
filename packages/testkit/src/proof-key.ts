import { computeJkt, type Jkt } from '@tmb-kit/core'

/** A key pair as the browser package makes it: the private half cannot be exported. */
export async function generateProofKey(
  algorithm: 'ES256' | 'Ed25519' = 'ES256',
): Promise<CryptoKeyPair> {
  const parameters =
    algorithm === 'ES256' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'Ed25519' }
  return (await crypto.subtle.generateKey(parameters, false, ['sign', 'verify'])) as CryptoKeyPair
}

export async function jktOf(proofKey: CryptoKeyPair): Promise<Jkt> {
  return computeJkt(await crypto.subtle.exportKey('jwk', proofKey.publicKey))
}
