/// <reference types="node" />
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto'
import { IV_OCTETS, TAG_OCTETS, type SealKey } from './seal-key.js'

// What `aes-gcm-web.ts` does, with Node's own means: at once. WebCrypto sends every call to another
// thread and back, which on the path of each request costs several times the encryption.

const ALGORITHM = 'aes-256-gcm'
const OPTIONS = { authTagLength: TAG_OCTETS } as const

/** HKDF with SHA-256 and an empty salt, RFC 5869: one block is as long as the key. */
export function deriveSealKey(secret: string, info: string): SealKey | Promise<SealKey> {
  const pseudorandom = createHmac('sha256', Buffer.alloc(32)).update(secret).digest()
  const derived = createHmac('sha256', pseudorandom).update(`${info}\u0001`).digest()
  return createSealKey(createSecretKey(derived))
}

function createSealKey(secretKey: KeyObject): SealKey {
  return {
    encrypt: (plain, name) => {
      const iv = randomBytes(IV_OCTETS)
      const cipher = createCipheriv(ALGORITHM, secretKey, iv, OPTIONS).setAAD(Buffer.from(name))
      const octets = [iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat(octets)
    },
    decrypt: (sealed, name) => {
      const iv = sealed.subarray(0, IV_OCTETS)
      const decipher = createDecipheriv(ALGORITHM, secretKey, iv, OPTIONS)
        .setAAD(Buffer.from(name))
        .setAuthTag(sealed.subarray(-TAG_OCTETS))
      const plain = decipher.update(sealed.subarray(IV_OCTETS, -TAG_OCTETS))
      try {
        decipher.final()
        return plain.toString('utf8')
      } catch {
        // Not sealed with this key. An older one may fit; whoever tampers learns nothing.
        return undefined
      }
    },
  }
}
