import { encodeBase64url } from './encode-base64url.js'
import { signatureParametersOf } from './signature-parameters.js'
import type { VerificationKey } from './verification-key.js'

// The portable half: whatever has WebCrypto. `platform-node.ts` is the same for Node, and faster.

/** The octets of base64url that is known to be canonical. */
export function decodeBase64url(value: string): Uint8Array<ArrayBuffer> {
  const binary = atob(value.replaceAll('-', '+').replaceAll('_', '/'))
  const octets = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1) octets[index] = binary.charCodeAt(index)
  return octets
}

/** The UTF-8 text of base64url that is known to be canonical; `undefined` where it is no UTF-8. */
export function decodeBase64urlText(value: string): string | undefined {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    return decoder.decode(decodeBase64url(value))
  } catch {
    // Not UTF-8. The caller has its own word for that.
    return undefined
  }
}

/** base64url of the SHA-256 of a text's UTF-8 octets. */
export async function hashText(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return encodeBase64url(new Uint8Array(digest))
}

/** Imports a public key. Throws what the runtime throws where there is no such key. */
export async function importVerificationKey(
  jwk: JsonWebKey,
  algorithm: Algorithm,
): Promise<VerificationKey> {
  return verificationKeyOf(
    await crypto.subtle.importKey('jwk', { ...jwk }, algorithm, true, ['verify']),
  )
}

/** Makes use of a public key that has been imported already. */
export function verificationKeyOf(publicKey: CryptoKey): VerificationKey {
  const parameters = signatureParametersOf(publicKey.algorithm)

  return {
    verify: async (signature, signingInput) => {
      const octets = new TextEncoder().encode(signingInput)
      try {
        return await crypto.subtle.verify(parameters, publicKey, signature, octets)
      } catch {
        // Runtimes differ: a signature of the wrong length is `false` to one and throws in another.
        return false
      }
    },
  }
}
