import { computeTokenHash, encodeBase64url, encodeBase64urlText } from '@tmb-kit/core'

/** Members to change in a good proof; `undefined` takes one out. */
export interface ProofChanges {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** The whole segment as JSON text, where an object could not say it. */
  readonly rawHeader?: string
  readonly rawClaims?: string
}

/** What a good proof is about. */
export interface ProofSubject {
  readonly htm: string
  readonly htu: string
  readonly iat: number
  readonly accessToken: string
  readonly nonce: string | undefined
}

/** Writes proofs that no honest library would make. */
export interface ProofWriter {
  readonly jwk: Readonly<Record<string, unknown>>
  write(subject: ProofSubject, changes?: ProofChanges): Promise<string>
}

/** @throws {TypeError} when the key is neither P-256 nor Ed25519. */
export async function createProofWriter(proofKey: CryptoKeyPair): Promise<ProofWriter> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', proofKey.publicKey)
  if (crv !== 'P-256' && crv !== 'Ed25519') throw new TypeError('the key must be P-256 or Ed25519')

  const jwk = { kty, crv, x, ...(y !== undefined && { y }) }
  const alg = crv === 'P-256' ? 'ES256' : 'Ed25519'
  const signing = crv === 'P-256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'Ed25519' }

  return {
    jwk,
    write: async ({ accessToken, ...subject }, changes = {}) => {
      const ath = await computeTokenHash(accessToken)
      const jti = encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))
      const header =
        changes.rawHeader ?? JSON.stringify({ typ: 'dpop+jwt', alg, jwk, ...changes.header })
      const claims =
        changes.rawClaims ?? JSON.stringify({ jti, ...subject, ath, ...changes.claims })
      const signingInput = `${encodeBase64urlText(header)}.${encodeBase64urlText(claims)}`
      const octets = new TextEncoder().encode(signingInput)
      const signature = await crypto.subtle.sign(signing, proofKey.privateKey, octets)
      return `${signingInput}.${encodeBase64url(new Uint8Array(signature))}`
    },
  }
}
