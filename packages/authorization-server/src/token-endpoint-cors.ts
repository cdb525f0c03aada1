import type { OidcContext } from './oidc-provider.js'

/** Who may read answers of the token endpoint in a page of another origin. */
export type TokenEndpointCors = 'off' | 'public-clients'

export const TOKEN_ENDPOINT_CORS: readonly TokenEndpointCors[] = ['off', 'public-clients']

// What oidc-provider sets: the first two in every answer, the others in one to a preflight.
const ANSWER_HEADERS = ['Access-Control-Allow-Origin', 'Access-Control-Expose-Headers']
const PREFLIGHT_HEADERS = [
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Headers',
  'Access-Control-Max-Age',
]

/**
 * Takes back what oidc-provider allows pages of other origins at the token endpoint: it answers every
 * preflight with yes, since a preflight does not say which client will ask.
 *
 * A confidential client's secret is in no page, so no page of another origin has a reason to call.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-2.6
 */
export function limitTokenEndpointCors(
  { oidc, res }: OidcContext,
  allowed: TokenEndpointCors,
): void {
  const isPreflight = oidc?.route === 'cors.token'
  if (!isPreflight && oidc?.route !== 'token') return
  if (allowed === 'public-clients' && (isPreflight || oidc.client?.clientAuthMethod === 'none')) {
    return
  }
  for (const header of isPreflight ? PREFLIGHT_HEADERS : ANSWER_HEADERS) res.removeHeader(header)
}
