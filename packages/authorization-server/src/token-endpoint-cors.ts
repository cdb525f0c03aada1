import type { OidcMiddleware } from './oidc-provider.js'

/** Who may read answers of the token endpoint in a page of another origin. */
export type TokenEndpointCors = 'off' | 'public-clients'

const HEADERS = ['Allow-Origin', 'Allow-Methods', 'Allow-Headers', 'Expose-Headers', 'Max-Age']

/**
 * Takes back what oidc-provider allows pages of other origins at the token endpoint: it answers every
 * preflight with yes, since a preflight does not say which client will ask.
 *
 * A confidential client's secret is in no page, so no page of another origin has a reason to call.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-2.6
 */
export function limitTokenEndpointCors(allowed: TokenEndpointCors): OidcMiddleware {
  return async function limitTokenEndpointCors(ctx, next) {
    await next()
    const { oidc } = ctx
    const isPreflight = oidc?.route === 'cors.token'
    if (!isPreflight && oidc?.route !== 'token') return
    if (allowed === 'public-clients' && (isPreflight || oidc.client?.clientAuthMethod === 'none')) {
      return
    }
    for (const header of HEADERS) ctx.remove(`Access-Control-${header}`)
  }
}
