import type { JsonObject } from '@tmb-kit/core'
import { isSecureUrl } from '../secure-url.js'
import { fetchJson, FetchJsonError } from './fetch-json.js'

/** The two places where an issuer may publish its metadata, the more usual one first. */
function wellKnownUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    // OpenID Connect Discovery 1.0 section 4 appends, RFC 8414 section 3 inserts.
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}

/**
 * Fetches the metadata of an issuer.
 *
 * Checks that it is about this issuer, character by character.
 *
 * @throws {FetchJsonError}
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3.3
 */
export async function fetchIssuerMetadata(
  issuer: string,
  options: { readonly fetch: typeof fetch },
): Promise<JsonObject> {
  let failure = new FetchJsonError('no metadata')
  for (const url of wellKnownUrls(issuer)) {
    try {
      const metadata = await fetchJson(url, options)
      if (metadata['issuer'] !== issuer) throw new FetchJsonError('metadata of another issuer')
      return metadata
    } catch (error) {
      if (!(error instanceof FetchJsonError)) throw error
      failure = error
    }
  }
  throw failure
}

/** An endpoint that metadata names: https, or loopback. */
export function endpointOf(metadata: JsonObject, name: string): string {
  const url = metadata[name]
  if (typeof url !== 'string' || !isSecureUrl(url)) {
    throw new FetchJsonError(`metadata without a usable ${name}`)
  }
  return url
}
