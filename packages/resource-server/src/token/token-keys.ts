import { importJWK, type JWK } from 'jose'
import { verificationKeyOf, type JsonObject, type VerificationKey } from '@tmb-kit/core'
import { fitsHeader, isVerificationKey, type TokenAlgorithm } from './token-algorithm.js'

/** What a token's header says about the key that signed it. */
export interface TokenKeyHint {
  readonly algorithm: TokenAlgorithm
  readonly kid: string | undefined
}

/** The public keys of one issuer at one moment. Replaced whole, never changed. */
export interface TokenKeys {
  /** The keys that may have signed, at most a few; a key that cannot be imported is none. */
  find(hint: TokenKeyHint): Promise<readonly VerificationKey[]>
  /** Whether a key that was found is one of the issuer's now, as far as is known without asking. */
  holds(publicKey: VerificationKey): boolean
}

/** Keys tried for one token: a set in which more would fit is trying to make us work. */
const MAX_CANDIDATES = 4

/** RFC 7518 sections 3.3 and 3.5: what a shorter RSA key signs does not count. */
const MIN_RSA_BITS = 2048

/** Prepares a key set. Symmetric keys and keys for encryption are left out. */
export function createTokenKeys(jwks: readonly JsonObject[]): TokenKeys {
  const usable = jwks.filter(isVerificationKey)
  const imported = new Map<string, Promise<VerificationKey | undefined>>()
  const ready = new Map<string, VerificationKey | undefined>()
  const held = new Set<VerificationKey>()

  const load = async (name: string, jwk: JsonObject, algorithm: TokenAlgorithm): Promise<void> => {
    const importing = imported.get(name) ?? importPublicKey(jwk, algorithm)
    imported.set(name, importing)
    const publicKey = await importing
    ready.set(name, publicKey)
    if (publicKey !== undefined) held.add(publicKey)
  }

  return {
    find: async (hint) => {
      const found: VerificationKey[] = []
      const candidates = usable.filter((jwk) => fitsHeader(jwk, hint)).slice(0, MAX_CANDIDATES)
      for (const jwk of candidates) {
        const name = `${hint.algorithm} ${usable.indexOf(jwk)}`
        if (!ready.has(name)) await load(name, jwk, hint.algorithm)
        const publicKey = ready.get(name)
        if (publicKey !== undefined) found.push(publicKey)
      }
      return found
    },
    holds: (publicKey) => held.has(publicKey),
  }
}

async function importPublicKey(
  jwk: JsonObject,
  algorithm: TokenAlgorithm,
): Promise<VerificationKey | undefined> {
  try {
    const publicKey = await importJWK(jwk as JWK, algorithm)
    if (publicKey instanceof Uint8Array) return undefined

    return isTooShort(publicKey) ? { verify: () => false } : verificationKeyOf(publicKey)
  } catch {
    // A broken key of the issuer verifies nothing; its other keys may be good.
    return undefined
  }
}

function isTooShort({ algorithm }: CryptoKey): boolean {
  const { modulusLength = MIN_RSA_BITS } = algorithm as Partial<RsaHashedKeyAlgorithm>
  return modulusLength < MIN_RSA_BITS
}
