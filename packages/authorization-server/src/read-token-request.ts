import { assertSameTmb, claimedTmbOf } from './assertion-claim.js'
import { assertPermitted, needsTmb, type KeyBindingClient } from './client-metadata.js'
import { withSession, type ConfirmationMethod } from './confirmation.js'
import { KeyBindingError } from './errors.js'
import { supportsTmb } from './metadata.js'
import type { OidcContext } from './oidc-provider.js'
import { decodeTmb, readTmbParameter } from './tmb-parameter.js'
import { TokenRequest } from './token-request.js'

export interface ReadTokenRequestOptions {
  readonly grantType: string
  /** Who asks, authenticated. */
  readonly client: KeyBindingClient
  readonly supported: readonly ConfirmationMethod[]
}

/**
 * Reads what a token request asks for, before anything of it is looked up or used.
 *
 * Does not check: the code or refresh token, see {@link TokenRequest}.
 *
 * @throws {@link KeyBindingError} every code but those of a code or a grant.
 */
export function readTokenRequest(
  ctx: OidcContext,
  { grantType, client, supported }: ReadTokenRequestOptions,
): TokenRequest {
  const { oidc } = ctx
  const { clientId, tls_session_bound_access_tokens: sessionBound = false } = client
  const required = needsTmb(client)
  const lacksAudience =
    client.tmb_audience_required === true && oidc?.params?.['resource'] === undefined
  const refreshes = grantType === 'refresh_token'
  const common = { clientId, required, sessionBound, refreshes, lacksAudience }
  const value = readTmbParameter({ form: oidc?.body ?? {}, query: queryOf(ctx) })
  const claimed = claimedTmbOf(oidc?.body ?? {}, client)
  if (value === undefined) {
    if (claimed !== undefined) throw new KeyBindingError('assertion_contradicts_tmb')
    // A refresh without the parameter takes the binding of its grant.
    if (required && !refreshes) throw new KeyBindingError('tmb_required')
    return new TokenRequest({ ...common, asked: undefined })
  }
  if (!supportsTmb(grantType)) throw new KeyBindingError('grant_type_unsupported')

  const asked = decodeTmb(value, { supported })
  if (claimed !== undefined) assertSameTmb(claimed, asked)
  assertPermitted(client, asked)
  if (lacksAudience) throw new KeyBindingError('audience_required')
  return new TokenRequest({ ...common, asked: sessionBound ? withSession(asked) : asked })
}

/** Koa would look for names in a query that is not there. */
function queryOf(ctx: OidcContext): OidcContext['query'] {
  return ctx.req.url?.includes('?') === false ? {} : ctx.query
}
