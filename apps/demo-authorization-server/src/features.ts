import type { OidcConfiguration, OidcContext } from '@tmb-kit/authorization-server'
import { InvalidTarget } from './oidc-provider.js'
import { signedOutPage, signOutPage } from './plain-pages.js'
import type { DemoSettings } from './settings.js'

const API_SCOPE = 'orders.read orders.write'

interface Client {
  readonly clientId: string
}

/** What of oidc-provider is on, and how. */
export function createFeatures(
  settings: DemoSettings,
  { nonceSecret }: { readonly nonceSecret: Buffer },
): NonNullable<OidcConfiguration['features']> {
  const { apiResource, inventory, accessTokenSeconds, demandNonces } = settings
  const ownTokens = (_ctx: OidcContext, client: Client, token: Client): boolean =>
    client.clientId === token.clientId

  return {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: { enabled: true },
    dPoP: {
      enabled: true,
      ...(demandNonces ? { nonceSecret, requireNonce: () => true } : {}),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => apiResource,
      getResourceServerInfo: (_ctx: OidcContext, resource: string) => {
        if (resource === inventory?.resource) {
          return resourceServer(resource, { scope: 'stock.read', accessTokenSeconds })
        }
        if (resource !== apiResource) throw new InvalidTarget()
        return resourceServer(resource, { scope: API_SCOPE, accessTokenSeconds })
      },
    },
    introspection: { enabled: true, allowedPolicy: ownTokens },
    revocation: { enabled: true, allowedPolicy: ownTokens },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx: OidcContext, form: string) => {
        ctx.body = signOutPage({ ...settings, form })
      },
      postLogoutSuccessSource: (ctx: OidcContext) => {
        ctx.type = 'html'
        ctx.body = signedOutPage(settings)
      },
    },
    // Every token is for the API, so none could be used there.
    userinfo: { enabled: false },
  }
}

function resourceServer(
  audience: string,
  { scope, accessTokenSeconds }: { readonly scope: string; readonly accessTokenSeconds: number },
): unknown {
  const jwt = { sign: { alg: 'ES256' } }
  return { audience, scope, accessTokenFormat: 'jwt', accessTokenTTL: accessTokenSeconds, jwt }
}
