import type { OidcContext, OidcProvider } from '@tmb-kit/authorization-server'

type Request = NonNullable<OidcContext['oidc']> & { readonly provider: OidcProvider }

/**
 * Grants what is asked for: the demo's application is the operator's own, there is no consent page.
 *
 * A new grant for every sign-in, since whoever ends one of them must not end the others with it.
 */
export async function grantWhatIsAsked({ oidc }: { readonly oidc: Request }): Promise<unknown> {
  const { client, entities, provider, resourceServers } = oidc
  const { Grant } = provider
  const grant = new Grant({
    accountId: entities.Account?.accountId ?? '',
    clientId: client?.clientId ?? '',
  })
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '))
  grant.addOIDCClaims([...oidc.requestParamClaims])
  for (const [resource, { scopes }] of Object.entries(resourceServers)) {
    const asked = [...scopes].filter((scope) => oidc.requestParamScopes.has(scope))
    grant.addResourceScope(resource, asked.join(' '))
  }
  await grant.save()
  return grant
}

/**
 * RFC 9068 section 2.2.1: when and how the user signed in, in every access token, so that the API can
 * ask for a fresher sign-in (RFC 9470).
 */
export function authenticationClaims({ oidc }: OidcContext): Readonly<Record<string, unknown>> {
  const source = oidc?.entities.RefreshToken ?? oidc?.entities.AuthorizationCode
  return { auth_time: source?.authTime, acr: source?.acr, amr: source?.amr }
}
