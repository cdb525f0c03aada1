import type { Clock, JsonObject } from '@tmb-kit/core'
import { boundedCache } from '../bounded-cache.js'
import { fetchJson, FetchJsonError } from '../issuer/fetch-json.js'
import { endpointOf, fetchIssuerMetadata } from '../issuer/issuer-metadata.js'
import { RefusedError } from '../refusal.js'
import { createClientAuthentication } from './client-authentication.js'
import type { IntrospectionOptions } from './introspection-options.js'

export interface IntrospectOptions {
  readonly issuer: string
  readonly introspection: IntrospectionOptions
  readonly fetch: typeof fetch
  readonly clock: Clock
}

/** What the authorization server said of a token that is active. */
export interface Answer {
  readonly body: JsonObject
  /** NumericDate after which the authorization server is asked again. */
  readonly until: number
}

/** Answers kept, under the hash of their token. */
const MAX_ANSWERS = 10_000

/** Questions at once. Whoever invents tokens must not make us drown the authorization server. */
const MAX_CONCURRENT = 64

/**
 * Prepares the lookup of opaque tokens.
 *
 * The answer of a good token is kept for `cacheSeconds`, and never beyond the token's own end. Does
 * not check what is in it: the caller does, as with a JWT.
 *
 * @returns A lookup, by the token and its hash, that throws {@link RefusedError}: `token_inactive`, or `issuer_unavailable` when
 *   the authorization server cannot say.
 * @see https://www.rfc-editor.org/rfc/rfc7662#section-2
 */
export function createIntrospection(
  options: IntrospectOptions,
): (accessToken: string, hash: string) => Promise<Answer> {
  const { introspection, clock } = options
  const { cacheSeconds = 10 } = introspection
  const authenticate = createClientAuthentication(introspection.client, options)
  const findEndpoint = createEndpointFinder(options)
  const answers = boundedCache<Answer>(MAX_ANSWERS)
  const pending = new Map<string, Promise<JsonObject>>()

  const ask = async (accessToken: string): Promise<JsonObject> => {
    const { headers, parameters } = await authenticate()
    const body = new URLSearchParams({
      token: accessToken,
      token_type_hint: 'access_token',
      ...parameters,
    })
    const init = { method: 'POST', headers, body }
    return fetchJson(await findEndpoint(), { fetch: options.fetch, init })
  }
  const askOnce = async (hash: string, accessToken: string): Promise<JsonObject> => {
    const asked = pending.get(hash)
    if (asked !== undefined) return asked
    if (pending.size >= MAX_CONCURRENT) throw new RefusedError('issuer_unavailable')

    const asking = ask(accessToken).finally(() => pending.delete(hash))
    pending.set(hash, asking)
    return asking
  }

  return async (accessToken, hash) => {
    const known = answers.get(hash)
    if (known !== undefined && known.until > clock()) return known

    const body = await askOnce(hash, accessToken).catch(toRefusal)
    if (body['active'] !== true) {
      answers.delete(hash)
      throw new RefusedError('token_inactive')
    }
    const answer = { body, until: clock() + cacheSeconds }
    if (cacheSeconds > 0) answers.set(hash, answer)
    return answer
  }
}

function createEndpointFinder({ issuer, introspection, fetch }: IntrospectOptions) {
  let found = introspection.endpoint
  return async (): Promise<string> => {
    found ??= endpointOf(await fetchIssuerMetadata(issuer, { fetch }), 'introspection_endpoint')
    return found
  }
}

function toRefusal(cause: unknown): never {
  if (cause instanceof FetchJsonError) throw new RefusedError('issuer_unavailable', { cause })
  throw cause
}
