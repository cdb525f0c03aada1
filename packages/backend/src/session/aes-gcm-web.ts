import { IV_OCTETS, TAG_OCTETS, type SealKey } from './seal-key.js'

// The portable half: whatever has WebCrypto. `aes-gcm-node.ts` is the same for Node, and faster.

/** HKDF with SHA-256 and an empty salt, RFC 5869. */
export async function deriveSealKey(secret: string, info: string): Promise<SealKey> {
  const encoder = new TextEncoder()
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, [
    'deriveKey',
  ])
  const derived = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info: encoder.encode(info) },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
  return createSealKey(derived)
}

function createSealKey(derived: CryptoKey): SealKey {
  return {
    encrypt: async (plain, name) => {
      const iv = crypto.getRandomValues(new Uint8Array(IV_OCTETS))
      const octets = new TextEncoder().encode(plain)
      const encrypted = new Uint8Array(
        await crypto.subtle.encrypt(parametersOf(iv, name), derived, octets),
      )
      const sealed = new Uint8Array(IV_OCTETS + encrypted.length)
      sealed.set(iv)
      sealed.set(encrypted, IV_OCTETS)
      return sealed
    },
    decrypt: async (sealed, name) => {
      const parameters = parametersOf(sealed.subarray(0, IV_OCTETS), name)
      try {
        const encrypted = sealed.subarray(IV_OCTETS)
        return new TextDecoder().decode(await crypto.subtle.decrypt(parameters, derived, encrypted))
      } catch {
        // Not sealed with this key. An older one may fit; whoever tampers learns nothing.
        return undefined
      }
    },
  }
}

function parametersOf(iv: Uint8Array<ArrayBuffer>, name: string): AesGcmParams {
  const additionalData = new TextEncoder().encode(name)
  return { name: 'AES-GCM', iv, additionalData, tagLength: TAG_OCTETS * 8 }
}
