/** What verifying a signature needs to know beside the key itself, as WebCrypto words it. */
export interface SignatureParameters {
  readonly name: string
  readonly hash?: string
  readonly saltLength?: number
}

const HASH_OF_CURVE: Readonly<Record<string, string>> = {
  'P-256': 'SHA-256',
  'P-384': 'SHA-384',
  'P-521': 'SHA-512',
}

/**
 * RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1: how a key of this kind signs a JWS.
 *
 * @param algorithm What the key was imported with, or says of itself.
 * @throws {TypeError} for a key that signs no JWS.
 */
export function signatureParametersOf(algorithm: KeyAlgorithm): SignatureParameters {
  const { name, namedCurve, hash } = algorithm as KeyAlgorithm & {
    readonly namedCurve?: string
    readonly hash?: string | { readonly name: string }
  }
  if (name === 'Ed25519') return { name }

  const hashName = typeof hash === 'object' ? hash.name : (hash ?? HASH_OF_CURVE[namedCurve ?? ''])
  if (hashName === undefined) throw new TypeError('the key signs no JWS')
  if (name !== 'RSA-PSS') return { name, hash: hashName }

  // RFC 7518 section 3.5: the salt is as long as the hash.
  return { name, hash: hashName, saltLength: Number(hashName.slice('SHA-'.length)) / 8 }
}
