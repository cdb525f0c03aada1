import type { Clock, JsonObject } from '@tmb-kit/core'
import type { CallGate } from './call-gate.js'
import { createGuardedFetch } from './guarded-fetch.js'
import { createKeySet, type KeySet } from './key-set.js'
import type { BindingMode } from './key-binding.js'
import { parseMetadata, type AuthorizationServerMetadata } from './metadata.js'
import { readOAuthAnswer } from './oauth-answer.js'

/** What the backend knows of its authorization server. */
export interface AuthorizationServer {
  /** Fetched when first needed, then kept: an authorization server that fails costs no session. */
  metadata(): Promise<AuthorizationServerMetadata>
  readonly keySet: KeySet
}

export interface AuthorizationServerOptions {
  readonly issuer: string
  readonly mode: BindingMode | undefined
  /** Whether the client authenticates by TLS. */
  readonly usesMutualTls: boolean
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly gate: CallGate
}

const METADATA_LIFETIME_SECONDS = 600

/** An authorization server that fails is asked again no sooner than this. */
const RENEWAL_PAUSE_SECONDS = 30

/**
 * Discovers an authorization server, once for all who ask, and again when the answer got old.
 *
 * Checks: the issuer by exact comparison; see `parseMetadata` for the rest.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3
 */
export function createAuthorizationServer(
  options: AuthorizationServerOptions,
): AuthorizationServer {
  const { issuer, mode, usesMutualTls, clock } = options
  const guardedFetch = createGuardedFetch(options)
  let known: { readonly metadata: AuthorizationServerMetadata; readonly at: number } | undefined
  let attemptedAt = 0
  let fetching: Promise<AuthorizationServerMetadata> | undefined

  const discover = async (): Promise<AuthorizationServerMetadata> => {
    const metadata = parseMetadata(await fetchMetadata(issuer, guardedFetch), {
      issuer,
      mode,
      usesMutualTls,
    })
    known = { metadata, at: clock() }
    return metadata
  }
  const discoverOnce = async (): Promise<AuthorizationServerMetadata> => {
    attemptedAt = clock()
    fetching ??= discover().finally(() => (fetching = undefined))
    return fetching
  }
  const metadata = async (): Promise<AuthorizationServerMetadata> => {
    if (known === undefined) return discoverOnce()
    if (clock() - known.at < METADATA_LIFETIME_SECONDS) return known.metadata

    // Old metadata serves on while it is renewed, or cannot be: an outage must not end sessions.
    if (clock() - attemptedAt >= RENEWAL_PAUSE_SECONDS) void discoverOnce().catch(() => undefined)
    return known.metadata
  }

  return {
    metadata,
    keySet: createKeySet({
      clock,
      fetchKeys: async () => fetchJson((await metadata()).jwks_uri, guardedFetch),
    }),
  }
}

/** OpenID Connect Discovery 1.0 section 4, else RFC 8414 section 3.1. */
async function fetchMetadata(issuer: string, guardedFetch: typeof fetch): Promise<JsonObject> {
  const openIdUrl = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await get(openIdUrl, guardedFetch)
  if (response.status !== 404) return readOAuthAnswer(response)

  const { origin, pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname
  return fetchJson(`${origin}/.well-known/oauth-authorization-server${path}`, guardedFetch)
}

async function fetchJson(url: string, guardedFetch: typeof fetch): Promise<JsonObject> {
  return readOAuthAnswer(await get(url, guardedFetch))
}

async function get(url: string, guardedFetch: typeof fetch): Promise<Response> {
  return guardedFetch(url, { headers: { Accept: 'application/json' } })
}
