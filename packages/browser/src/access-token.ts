import type { JsonObject } from '@tmb-kit/core'
import { isDpop } from './challenge.js'
import type { Page } from './page.js'
import { loadProofKey } from './proof-key.js'
import { computeHash, type ProofSigner } from './proof-signer.js'
import type { ResourceServer } from './resource-server.js'
import { TmbError } from './tmb-error.js'

/** An access token, opaque, with the key that it is bound to. Lives in memory only. */
export interface AccessToken {
  readonly value: string
  /** Its hash, for the proofs that go along. */
  readonly ath: string
  readonly signer: ProofSigner
  /** NumericDate, by the backend's clock. */
  readonly expiresAt: number
}

/**
 * A token for one resource server: a living one from memory, or the backend's. However many ask,
 * one request is made.
 *
 * @param refused The token that is not good enough any more; never given back.
 * @throws {@link TmbError} `no_session` - the user has signed out; else as the backend refuses.
 */
export async function getAccessToken(
  page: Page,
  server: ResourceServer,
  refused?: unknown,
): Promise<AccessToken> {
  if (page.isSignedIn === false) throw new TmbError('no_session')

  const { accessTokens } = page
  const cached = accessTokens.get(server)
  const token = await cached
  // While this call waited, the session may have ended, or another call may have begun to ask.
  if (page.accessTokens.get(server) !== cached) return getAccessToken(page, server, refused)

  // One that ends sooner may end on its way.
  const minLifetimeSeconds = 10
  const isLiving = token && token.expiresAt > page.clock() + minLifetimeSeconds
  if (isLiving && token !== refused) return token

  const asked = requestAccessToken(page, server, !!refused)
  accessTokens.set(server, asked)
  asked.catch(() => accessTokens.delete(server))
  return asked
}

/** Asks the backend for a token, and looks whether it is for this browser's key. */
export async function requestAccessToken(
  page: Page,
  { resource, scope }: ResourceServer,
  refresh = false,
): Promise<AccessToken> {
  const { accessTokens } = page
  const signer = await loadProofKey(page)
  const { jkt } = signer
  const answer = await page.call('token', { jkt, resource, scope, refresh })
  if (accessTokens !== page.accessTokens) throw new TmbError('no_session')

  const {
    token_type,
    access_token: value,
    expires_in,
  } = answer as Record<'access_token', string> & JsonObject
  if (!isDpop(token_type)) throw new TmbError('binding_not_applied')
  if (answer['jkt'] !== jkt) throw new TmbError('key_mismatch')

  page.isSignedIn = true
  const expiresAt = page.clock() + Number(expires_in)
  return { value, ath: await computeHash(page, value), signer, expiresAt }
}
