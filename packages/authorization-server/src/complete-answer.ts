import { isJsonObject } from '@tmb-kit/core'
import type { BoundToken } from './bound-models.js'
import type { ConfirmationMethod } from './confirmation.js'
import { withTmbMetadata } from './metadata.js'
import type { OidcMiddleware } from './oidc-provider.js'

/** Adds to oidc-provider's answers what it does not know itself: our metadata, and `tls_exp`. */
export function completeAnswer(options: {
  readonly methods: readonly ConfirmationMethod[]
}): OidcMiddleware {
  return async function completeAnswer(ctx, next) {
    await next()
    const { body, oidc, status } = ctx
    if (oidc === undefined || status !== 200 || !isJsonObject(body)) return

    if (oidc.route === 'discovery') ctx.body = withTmbMetadata(body, options)
    if (oidc.route !== 'introspection' || body['active'] !== true) return

    const token: BoundToken | undefined =
      oidc.entities.AccessToken ?? oidc.entities.ClientCredentials
    if (token?.tls_exp === undefined) return
    ctx.body = { ...body, cnf: { ...(body['cnf'] as object), tls_exp: token.tls_exp } }
  }
}
