import { encodeBase64url, parseBase64url, parseJsonObject, type JsonObject } from '@tmb-kit/core'

/** What a sealed value is for. Each purpose has keys of its own. */
export type SealPurpose = 'code' | 'key' | 'login' | 'session'

export interface SealContext {
  readonly purpose: SealPurpose
  /** The cookie's name: a value opens under no other. */
  readonly name: string
}

/** Encrypts and authenticates what the browser keeps for us. */
export interface Sealer {
  seal(value: JsonObject, context: SealContext): Promise<string>
  /** @returns `undefined` for whatever was not sealed by us, for this purpose and under this name. */
  open(sealed: string, context: SealContext): Promise<JsonObject | undefined>
}

const MIN_SECRET_OCTETS = 32
const IV_OCTETS = 12

/**
 * AES-256-GCM through WebCrypto, with one key per secret and purpose, derived with HKDF.
 *
 * A JWE would say in a header what both ends know already: on the path of every request, making and
 * parsing it costs several times the encryption. So a sealed value is base64url of the 96-bit
 * random IV and the ciphertext, and the cookie's name is the additional data. One key seals far
 * fewer than the 2^32 values that random IVs are good for: sessions times refreshes.
 *
 * @param secrets Strings of 32 bytes or more, the newest first: it seals, the others only open.
 * @throws {TypeError} when there is no secret, or one is too short.
 */
export function createSealer(secrets: readonly string[]): Sealer {
  assertSecrets(secrets)
  const sealKeys = new Map<string, Promise<CryptoKey>>()
  const sealKeyOf = async (secret: string, purpose: SealPurpose): Promise<CryptoKey> => {
    const name = `${purpose} ${secret}`
    const sealKey = sealKeys.get(name) ?? deriveSealKey(secret, purpose)
    sealKeys.set(name, sealKey)
    return sealKey
  }

  return {
    seal: async (value, { purpose, name }) => {
      const sealKey = await sealKeyOf(secrets[0] ?? '', purpose)
      const iv = crypto.getRandomValues(new Uint8Array(IV_OCTETS))
      const plain = new TextEncoder().encode(JSON.stringify(value))
      const sealed = new Uint8Array(
        await crypto.subtle.encrypt(parametersOf(iv, name), sealKey, plain),
      )
      const octets = new Uint8Array(IV_OCTETS + sealed.length)
      octets.set(iv)
      octets.set(sealed, IV_OCTETS)
      return encodeBase64url(octets)
    },

    open: async (sealed, { purpose, name }) => {
      const octets = parseBase64url(sealed)
      if (octets === undefined || octets.length <= IV_OCTETS) return undefined

      const parameters = parametersOf(octets.subarray(0, IV_OCTETS), name)
      for (const secret of secrets) {
        const sealKey = await sealKeyOf(secret, purpose)
        const plain = await decrypt(parameters, sealKey, octets.subarray(IV_OCTETS))
        if (plain !== undefined) return parseJsonObject(new TextDecoder().decode(plain))
      }
      return undefined
    },
  }
}

function assertSecrets(secrets: unknown): void {
  if (!Array.isArray(secrets) || secrets.length === 0) {
    throw new TypeError('secrets must be an array with at least one secret, the newest first')
  }
  for (const secret of secrets as readonly unknown[]) {
    if (typeof secret !== 'string' || new TextEncoder().encode(secret).length < MIN_SECRET_OCTETS) {
      throw new TypeError(`secrets must each be a string of ${MIN_SECRET_OCTETS} bytes or more`)
    }
  }
}

function parametersOf(iv: Uint8Array<ArrayBuffer>, name: string): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(name) }
}

async function decrypt(
  parameters: AesGcmParams,
  sealKey: CryptoKey,
  ciphertext: Uint8Array<ArrayBuffer>,
): Promise<ArrayBuffer | undefined> {
  try {
    return await crypto.subtle.decrypt(parameters, sealKey, ciphertext)
  } catch {
    // Not sealed with this key. An older one may fit; whoever tampers learns nothing.
    return undefined
  }
}

async function deriveSealKey(secret: string, purpose: SealPurpose): Promise<CryptoKey> {
  const encoder = new TextEncoder()
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, [
    'deriveKey',
  ])
  const info = encoder.encode(`tmb-kit seal 1 ${purpose}`)
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}
