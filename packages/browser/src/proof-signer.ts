import { DPOP_PROOF_TYPE } from '@tmb-kit/core'
import { encodeOctets, encodeText } from './base64url.js'
import type { Page } from './page.js'
import { TmbError } from './tmb-error.js'

/** Signs proofs with one key, whose header is made once. */
export interface ProofSigner {
  readonly jkt: string
  readonly alg: string
  /** The newest nonce of each resource server, by origin; RFC 9449 section 8.2. */
  readonly nonces: Record<string, string | null | undefined>
  /**
   * A proof for one request as it will be on the wire, its URL in normal form.
   *
   * @param nonce The newest of the server that the request goes to.
   * @param ath The hash of the access token that goes along, if one does.
   */
  readonly sign: (
    request: Pick<Request, 'method' | 'url'>,
    nonce: string | null | undefined,
    ath?: string,
  ) => Promise<string>
}

/**
 * Prepares a key for signing many proofs.
 *
 * Does not check where a proof goes: the allow-list does. Rejects when the key cannot sign, which
 * some browsers tell only when it is tried.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.2
 */
export async function createProofSigner(page: Page, proofKey: unknown): Promise<ProofSigner> {
  const { privateKey, publicKey } = proofKey as CryptoKeyPair
  const { crypto } = page
  const { subtle } = crypto
  // These members in this order are what RFC 7638 hashes. exportKey adds ext and key_ops, which
  // RFC 9449 has no use for.
  const exported = await subtle.exportKey('jwk', publicKey)
  const jwk = JSON.stringify(exported, ['crv', 'kty', 'x', 'y'])
  const alg = exported.y ? 'ES256' : 'Ed25519'
  const header = encodeText(`{"typ":"${DPOP_PROOF_TYPE}","alg":"${alg}","jwk":${jwk}}`)
  const parameters = { name: privateKey.algorithm.name, hash: 'SHA-256' }

  const encoder = new TextEncoder()
  // 122 random bits in each jti. Drawing them anew would take a tenth of a signature.
  const random = crypto.randomUUID()
  let count = 0
  const signText = async (text: string): Promise<string> => {
    const signature = await subtle.sign(parameters, privateKey, encoder.encode(text))
    return `${text}.${encodeOctets(signature)}`
  }
  await signText(header)

  const jkt = await computeHash(page, jwk)
  return {
    jkt,
    alg,
    nonces: {},
    sign: async ({ method, url }, nonce, ath) => {
      const claims = {
        jti: `${random}-${(count += 1)}`,
        htm: method,
        htu: url.replace(/[?#].*/, ''),
        iat: page.clock(),
        ath,
        nonce,
      }
      return signText(`${header}.${encodeText(JSON.stringify(claims))}`)
    },
  }
}

/** @throws {@link TmbError} `algorithm_not_supported` - a list that has not the key's. */
export function assertAlgorithm({ alg }: ProofSigner, algs?: readonly string[]): void {
  if (algs && !algs.includes(alg)) throw new TmbError('algorithm_not_supported')
}

/** base64url of the SHA-256 of a text: what RFC 7638 and the `ath` of RFC 9449 are made of. */
export async function computeHash({ crypto }: Page, text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return encodeOctets(digest)
}
