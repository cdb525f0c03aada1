import { encodeBase64url, encodeBase64urlText } from '../encode-base64url.js'
import { systemClock, type Clock } from '../clock.js'
import { computeJkt, type Jkt } from '../jkt.js'
import { parseTargetUri } from '../target-uri.js'
import { computeTokenHash } from '../token-hash.js'
import { DPOP_PROOF_TYPE } from '../wire.js'

/** What one proof is for. */
export interface ProofRequest {
  /** The method of the request, as it will be sent. */
  readonly htm: string
  /** The absolute URI of the request; its query and fragment are left out of the proof. */
  readonly htu: string
  /** The access token that goes along. Left out at a token endpoint. */
  readonly accessToken?: string
  /** The newest nonce of the server that the request goes to. */
  readonly nonce?: string
}

export interface CreateProofOptions extends ProofRequest {
  /** An ES256 or Ed25519 pair. The private half should not be extractable. */
  readonly proofKey: CryptoKeyPair
  readonly clock?: Clock
}

/** Signs proofs with one key, whose header is made once. */
export interface ProofSigner {
  readonly jkt: Jkt
  sign(request: ProofRequest): Promise<string>
}

/**
 * Creates one DPoP proof.
 *
 * Does not check that the server is one that may see the token: that is the caller's allow-list.
 *
 * @throws {TypeError} when `htu` is not an absolute http(s) URI, or the key is neither ES256 nor Ed25519.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.2
 */
export async function createProof(options: CreateProofOptions): Promise<string> {
  const signer = await createProofSigner(options.proofKey, options)
  return signer.sign(options)
}

/**
 * Prepares a key for signing many proofs: its public half is exported and hashed once.
 *
 * @throws {TypeError} when the key is neither ES256 nor Ed25519.
 */
export async function createProofSigner(
  proofKey: CryptoKeyPair,
  options: { readonly clock?: Clock } = {},
): Promise<ProofSigner> {
  const { clock = systemClock } = options
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', proofKey.publicKey)
  const alg = { 'P-256': 'ES256', Ed25519: 'Ed25519' }[crv ?? '']
  if (alg === undefined) throw new TypeError('the proof key must be P-256 or Ed25519')

  // exportKey adds ext and key_ops, which RFC 9449 has no use for.
  const jwk = { kty, crv, x, y } as JsonWebKey
  const header = encodeBase64urlText(JSON.stringify({ typ: DPOP_PROOF_TYPE, alg, jwk }))
  const signing = alg === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: alg }

  return {
    jkt: await computeJkt(jwk),
    sign: async ({ htm, htu, accessToken, nonce }) => {
      const targetUri = parseTargetUri(htu)
      if (targetUri === undefined) throw new TypeError('htu must be an absolute http or https URI')

      const ath = accessToken === undefined ? undefined : await computeTokenHash(accessToken)
      const iat = Math.floor(clock())
      const claims = { jti: randomJti(), htm, htu: targetUri, iat, ath, nonce }
      const signingInput = `${header}.${encodeBase64urlText(JSON.stringify(claims))}`
      const octets = new TextEncoder().encode(signingInput)
      const signature = await crypto.subtle.sign(signing, proofKey.privateKey, octets)
      return `${signingInput}.${encodeBase64url(new Uint8Array(signature))}`
    },
  }
}

/** 128 random bits; RFC 9449 section 4.2 asks for 96. */
function randomJti(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))
}
