import { importJWK, type JWK } from 'jose'
import type { JsonObject } from '@tmb-kit/core'
import { fitsHeader, isVerificationKey, type TokenAlgorithm } from './token-algorithm.js'

/** What a token's header says about the key that signed it. */
export interface TokenKeyHint {
  readonly algorithm: TokenAlgorithm
  readonly kid: string | undefined
}

/** The public keys of one issuer at one moment. Replaced whole, never changed. */
export interface TokenKeys {
  /** The keys that may have signed, at most a few; a key that cannot be imported is none. */
  find(hint: TokenKeyHint): Promise<readonly CryptoKey[]>
}

/** Keys tried for one token: a set in which more would fit is trying to make us work. */
const MAX_CANDIDATES = 4

/** Prepares a key set. Symmetric keys and keys for encryption are left out. */
export function createTokenKeys(jwks: readonly JsonObject[]): TokenKeys {
  const usable = jwks.filter(isVerificationKey)
  const imported = new Map<string, Promise<CryptoKey | undefined>>()

  return {
    find: async (hint) => {
      const candidates = usable.filter((jwk) => fitsHeader(jwk, hint)).slice(0, MAX_CANDIDATES)
      const keys = candidates.map(async (jwk) => {
        const name = `${hint.algorithm} ${usable.indexOf(jwk)}`
        const known = imported.get(name) ?? importPublicKey(jwk, hint.algorithm)
        imported.set(name, known)
        return known
      })
      return (await Promise.all(keys)).filter((publicKey) => publicKey !== undefined)
    },
  }
}

async function importPublicKey(
  jwk: JsonObject,
  algorithm: TokenAlgorithm,
): Promise<CryptoKey | undefined> {
  try {
    const publicKey = await importJWK(jwk as JWK, algorithm)
    return publicKey instanceof Uint8Array ? undefined : publicKey
  } catch {
    // A broken key of the issuer verifies nothing; its other keys may be good.
    return undefined
  }
}
