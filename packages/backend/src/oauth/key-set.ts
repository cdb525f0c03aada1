import type { Clock, JsonObject } from '@tmb-kit/core'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { AuthorizationServerError } from './authorization-server-error.js'

/** The public keys of the authorization server. */
export interface KeySet {
  /** Finds the key of a JWS header, for jose. */
  readonly findKey: JWTVerifyGetKey
}

export interface KeySetOptions {
  readonly fetchKeys: () => Promise<JsonObject>
  readonly clock: Clock
}

const KEYS_LIFETIME_SECONDS = 600

/** Where the authorization server does not answer, old keys serve on, and it is asked again after this. */
const RENEWAL_PAUSE_SECONDS = 30

/** A flood of tokens with made-up key ids fetches the keys no more often than this. */
const MISS_COOLDOWN_SECONDS = 30

/**
 * Caches the key set: renewed when it got old or a key is missing, replaced whole, kept while the
 * authorization server fails.
 */
export function createKeySet({ fetchKeys, clock }: KeySetOptions): KeySet {
  let known: { readonly find: JWTVerifyGetKey; readonly at: number } | undefined
  let fetching: Promise<JWTVerifyGetKey> | undefined
  let lastMissAt: number | undefined
  let renewedAt = 0

  const load = async (): Promise<JWTVerifyGetKey> => {
    const find = toFinder(await fetchKeys())
    known = { find, at: clock() }
    return find
  }
  const loadOnce = async (): Promise<JWTVerifyGetKey> => {
    fetching ??= load().finally(() => (fetching = undefined))
    return fetching
  }
  const current = async (): Promise<JWTVerifyGetKey> => {
    if (known === undefined) return loadOnce()

    const { find, at } = known
    const now = clock()
    const dueAt = Math.max(at + KEYS_LIFETIME_SECONDS, renewedAt + RENEWAL_PAUSE_SECONDS)
    if (now < dueAt) return find

    renewedAt = now
    return loadOnce().catch(() => find)
  }

  return {
    findKey: async (header, token) => {
      const find = await current()
      try {
        return await find(header, token)
      } catch (error) {
        const now = clock()
        const rested = lastMissAt === undefined || now - lastMissAt >= MISS_COOLDOWN_SECONDS
        if (!(error instanceof errors.JWKSNoMatchingKey) || !rested) throw error

        lastMissAt = now
        return (await loadOnce())(header, token)
      }
    },
  }
}

function toFinder(keys: JsonObject): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(keys as unknown as JSONWebKeySet)
  } catch {
    throw new AuthorizationServerError('response_invalid')
  }
}
