import { deriveSealKey } from '#aes-gcm'
import { encodeBase64url, isJsonObject, parseBase64url, type JsonObject } from '@tmb-kit/core'
import { createBoundedMap } from '../bounded-map.js'
import { IV_OCTETS, TAG_OCTETS, type SealKey } from './seal-key.js'

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

/**
 * AES-256-GCM with one key per secret and purpose, derived with HKDF once.
 *
 * A JWE would say in a header what both ends know already: on the path of every request, making and
 * parsing it costs several times the encryption. So a sealed value is base64url of the 96-bit
 * random IV and the ciphertext, and the cookie's name is the additional data. One key seals far
 * fewer than the 2^32 values that random IVs are good for: sessions times refreshes.
 *
 * Does not say that a value is still good: what has ended opens as before.
 *
 * @param options.remembers How many opened values are kept in memory. Default: none.
 * @param secrets Strings of 32 bytes or more, the newest first: it seals, the others only open.
 * @throws {TypeError} when there is no secret, or one is too short.
 */
export function createSealer(
  secrets: readonly string[],
  options: { readonly remembers?: number } = {},
): Sealer {
  assertSecrets(secrets)
  // What opened once opens again: the secrets stay, and a value that was altered is another one.
  const opened = createBoundedMap<SealContext & { readonly value: JsonObject }>(
    options.remembers ?? 0,
  )
  const sealKeys = new Map<string, SealKey>()
  const sealKeyOf = async (secret: string, purpose: SealPurpose): Promise<SealKey> => {
    const name = `${purpose} ${secret}`
    const known = sealKeys.get(name)
    if (known !== undefined) return known

    const derived = await deriveSealKey(secret, `tmb-kit seal 1 ${purpose}`)
    sealKeys.set(name, derived)
    return derived
  }

  return {
    seal: async (value, { purpose, name }) => {
      const sealKey = await sealKeyOf(secrets[0] ?? '', purpose)
      return encodeBase64url(await sealKey.encrypt(JSON.stringify(value), name))
    },

    open: async (sealed, { purpose, name }) => {
      const remembered = opened.get(sealed, 0)
      if (remembered?.purpose === purpose && remembered.name === name) return remembered.value

      const octets = parseBase64url(sealed)
      if (octets === undefined || octets.length <= IV_OCTETS + TAG_OCTETS) return undefined

      for (const secret of secrets) {
        const sealKey = await sealKeyOf(secret, purpose)
        const plain = await sealKey.decrypt(octets, name)
        const value: unknown = plain === undefined ? undefined : JSON.parse(plain)
        if (isJsonObject(value)) {
          opened.set(sealed, { purpose, name, value }, Infinity)
          return value
        }
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
