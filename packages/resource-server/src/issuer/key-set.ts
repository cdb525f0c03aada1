import { isJsonObject, type Clock, type JsonObject } from '@tmb-kit/core'
import { RefusedError } from '../refusal.js'
import { createTokenKeys, type TokenKeyHint, type TokenKeys } from '../token/token-keys.js'
import type { VerifierEvent } from '../verifier-event.js'
import { fetchJson, FetchJsonError } from './fetch-json.js'
import { endpointOf, fetchIssuerMetadata } from './issuer-metadata.js'

/** The public keys of one issuer, wherever they come from. */
export type KeySet = TokenKeys

export interface RemoteKeySetOptions {
  readonly issuer: string
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly onEvent: (event: VerifierEvent) => void
}

/** Keys are fetched anew after this long, so that one that the issuer withdrew stops counting. */
const MAX_AGE_SECONDS = 600

/** An unknown key makes us look again, but whoever invents key ids must not make us do so often. */
const LOOK_AGAIN_SECONDS = 30

/** Failures in a row before we let the issuer rest: with keys to go on with, one is enough. */
const PATIENCE = 3
const REST_SECONDS = 5
const REST_WITH_KEYS_SECONDS = 30

/**
 * The keys that an issuer's metadata points to, fetched at first use and kept.
 *
 * They are replaced whole, and survive an issuer that fails. A key that is not among them makes the
 * set be fetched again, at most once in 30 s. Concurrent callers share one fetch.
 *
 * `find` throws {@link RefusedError} `issuer_unavailable` while there never was a set.
 */
export function remoteKeySet({ issuer, fetch, clock, onEvent }: RemoteKeySetOptions): KeySet {
  let keys: TokenKeys | undefined
  let pending: Promise<void> | undefined
  let fetchedAt = 0
  let lookedAgainAt = Number.NEGATIVE_INFINITY
  let failedAt = 0
  let failures = 0

  const load = async (): Promise<void> => {
    try {
      keys = createTokenKeys(await fetchKeys(issuer, fetch))
      fetchedAt = clock()
      failures = 0
      onEvent({ type: 'issuer_keys_fetched', issuer })
    } catch (error) {
      if (!(error instanceof FetchJsonError)) throw error
      failedAt = clock()
      failures += 1
      onEvent({ type: 'issuer_keys_unavailable', issuer })
    }
  }
  const reload = async (): Promise<void> => {
    pending ??= load().finally(() => {
      pending = undefined
    })
    return pending
  }
  const isResting = (): boolean =>
    keys === undefined
      ? failures >= PATIENCE && clock() - failedAt < REST_SECONDS
      : failures > 0 && clock() - failedAt < REST_WITH_KEYS_SECONDS
  const isStale = (): boolean => keys === undefined || clock() - fetchedAt >= MAX_AGE_SECONDS

  const isDueNow = (): boolean => isStale() && !isResting()

  return {
    // While the set is due to be fetched it answers for nothing: whoever asks has to `find` again.
    holds: (publicKey) => !isDueNow() && keys?.holds(publicKey) === true,
    find: async (hint: TokenKeyHint) => {
      const isDue = isDueNow()
      if (isDue) await reload()
      if (keys === undefined) throw new RefusedError('issuer_unavailable')

      const found = await keys.find(hint)
      // What was fetched a moment ago need not be looked at again.
      const mayLookAgain = !isDue && clock() - lookedAgainAt >= LOOK_AGAIN_SECONDS
      if (found.length > 0 || !mayLookAgain) return found

      lookedAgainAt = clock()
      await reload()
      return keys.find(hint)
    },
  }
}

async function fetchKeys(
  issuer: string,
  fetch: typeof globalThis.fetch,
): Promise<readonly JsonObject[]> {
  const metadata = await fetchIssuerMetadata(issuer, { fetch })
  const { keys } = await fetchJson(endpointOf(metadata, 'jwks_uri'), { fetch })
  if (!Array.isArray(keys)) throw new FetchJsonError('not a key set')
  return keys.filter(isJsonObject)
}
