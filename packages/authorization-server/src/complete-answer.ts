import { isJsonObject, type JsonObject } from '@tmb-kit/core'
import type { BoundToken } from './bound-models.js'
import type { ConfirmationMethod } from './confirmation.js'
import { KEY_BINDING_REFUSALS } from './errors.js'
import type { KeyBindingEventSink } from './events.js'
import { TOKEN_EXCHANGE } from './exchange/token-types.js'
import { withTmbMetadata } from './metadata.js'
import type { OidcContext, OidcMiddleware } from './oidc-provider.js'
import { limitTokenEndpointCors, type TokenEndpointCors } from './token-endpoint-cors.js'

export interface CompleteAnswerOptions {
  readonly methods: readonly ConfirmationMethod[]
  readonly emit: KeyBindingEventSink
  readonly tokenEndpointCors: TokenEndpointCors
}

/** Puts into oidc-provider's answers what it does not know itself. */
export function completeAnswer(options: CompleteAnswerOptions): OidcMiddleware {
  return async function completeAnswer(ctx, next) {
    await next()
    const { oidc } = ctx
    if (oidc === undefined) return

    limitTokenEndpointCors(ctx, options.tokenEndpointCors)
    // Most requests end here: nothing of their answer is looked at.
    const { status } = ctx
    if (oidc.route === 'token' && status === 200) return

    const { body } = ctx
    if (!isJsonObject(body)) return
    if (oidc.route === 'token') {
      if (status === 400) refuseExchange(ctx, body, options)
      return
    }
    if (status !== 200) return

    if (oidc.route === 'discovery') ctx.body = withTmbMetadata(body, options)
    if (oidc.route !== 'introspection' || body['active'] !== true) return

    const token: BoundToken | undefined =
      oidc.entities.AccessToken ?? oidc.entities.ClientCredentials
    if (token?.tls_exp === undefined) return
    ctx.body = { ...body, cnf: { ...(body['cnf'] as object), tls_exp: token.tls_exp } }
  }
}

/** oidc-provider says `invalid_request` where RFC 6749 section 5.2 has a word of its own. */
function refuseExchange(ctx: OidcContext, body: JsonObject, { emit }: CompleteAnswerOptions): void {
  const { client, params } = ctx.oidc ?? {}
  const isRefused =
    client !== undefined &&
    body['error'] === 'invalid_request' &&
    params?.['grant_type'] === TOKEN_EXCHANGE &&
    !client.grantTypeAllowed(TOKEN_EXCHANGE)
  if (!isRefused) return

  const code = 'exchange_not_permitted'
  const { error, message } = KEY_BINDING_REFUSALS[code]
  ctx.body = { error, error_description: message }
  emit({
    type: 'token_request_refused',
    clientId: client.clientId,
    grantType: TOKEN_EXCHANGE,
    code,
  })
}
