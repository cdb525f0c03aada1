import {
  computeJkt,
  computeTokenHash,
  DPOP_PROOF_TYPE,
  encodeBase64url,
  encodeBase64urlText,
  type Clock,
  type Jkt,
} from '@tmb-kit/core'
import type { Observe } from './tmb-event.js'

/** What one proof says. RFC 9449 section 4.2. */
export interface ProofClaims {
  readonly jti: string
  readonly htm: string
  readonly htu: string
  readonly iat: number
  readonly ath?: string
  readonly nonce?: string
}

/** What one proof is for. */
export interface ProofRequest {
  readonly method: string
  readonly url: URL
  /** Left out towards the backend and the token endpoint. */
  readonly accessToken?: string
  readonly nonce: string | undefined
}

/** Signs proofs with one key, whose header is made once. */
export interface ProofSigner {
  readonly jkt: Jkt
  readonly algorithm: 'ES256' | 'Ed25519'
  sign(request: ProofRequest): Promise<string>
}

export interface ProofSignerOptions {
  /** The backend's time, in seconds. */
  readonly now: Clock
  readonly observe: Observe
}

/**
 * Prepares a key for signing many proofs. `htu` is the URL as the platform puts it on the wire,
 * without query and fragment; the hash of the last access token is kept.
 *
 * Does not check where a proof goes: the callers' allow-lists do. Rejects when the key cannot sign,
 * which some browsers only tell when it is tried.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.2
 */
export async function createProofSigner(
  { privateKey, publicKey }: CryptoKeyPair,
  { now, observe }: ProofSignerOptions,
): Promise<ProofSigner> {
  const { subtle } = crypto
  const algorithm = privateKey.algorithm.name === 'ECDSA' ? 'ES256' : 'Ed25519'

  // exportKey adds ext and key_ops, which RFC 9449 has no use for.
  const { kty, crv, x, y } = await subtle.exportKey('jwk', publicKey)
  const jwk = { kty, crv, x, y } as JsonWebKey
  const header = encodeBase64urlText(JSON.stringify({ typ: DPOP_PROOF_TYPE, alg: algorithm, jwk }))
  const signing = { name: privateKey.algorithm.name, hash: 'SHA-256' }
  const sign = async (text: string): Promise<ArrayBuffer> =>
    subtle.sign(signing, privateKey, new TextEncoder().encode(text))
  await sign(header)
  let hashed: { readonly accessToken: string; readonly ath: Promise<string> } | undefined

  return {
    jkt: await computeJkt(jwk),
    algorithm,
    sign: async ({ method, url, accessToken, nonce }) => {
      if (accessToken !== undefined && hashed?.accessToken !== accessToken) {
        hashed = { accessToken, ath: computeTokenHash(accessToken) }
      }
      const claims = {
        jti: encodeBase64url(crypto.getRandomValues(new Uint8Array(16))),
        htm: method,
        htu: url.origin + url.pathname,
        iat: now(),
        ...(accessToken !== undefined && { ath: await hashed?.ath }),
        ...(nonce !== undefined && { nonce }),
      } as ProofClaims
      const signingInput = `${header}.${encodeBase64urlText(JSON.stringify(claims))}`
      const signature = await sign(signingInput)
      observe({ type: 'proof_created', claims })
      return `${signingInput}.${encodeBase64url(new Uint8Array(signature))}`
    },
  }
}
