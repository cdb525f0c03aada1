import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KeyBindingProvider, type OidcContext } from '@tmb-kit/authorization-server'

/** One that ignores `tmb`, but says in its metadata that it does not. */
export type Behaviour = 'binds' | 'claims-to-bind'

export interface LoopbackAuthorizationServer {
  readonly issuer: string
  close(): Promise<void>
}

export interface AuthorizationServerOptions {
  readonly behaviour: Behaviour
  readonly clientJwk: Readonly<Record<string, unknown>>
  readonly applicationOrigin: string
  readonly resource: string
}

interface Callback {
  (request: unknown, response: unknown): Promise<void>
}

/** A real oidc-provider on loopback, where alice signs in without being asked. */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<LoopbackAuthorizationServer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = await createProvider(issuer, options)
  provider.use(async (ctx: OidcContext, next: () => Promise<unknown>) => {
    if (ctx.path !== '/interaction') return next()
    ctx.respond = false
    return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: 'alice' } })
  })
  const callback = provider.callback() as Callback
  server.on('request', (request, response) => void callback(request, response))

  return {
    issuer,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function createProvider(
  issuer: string,
  options: AuthorizationServerOptions,
): Promise<KeyBindingProvider> {
  const configuration = await configurationOf(options)
  if (options.behaviour === 'binds') return new KeyBindingProvider(issuer, configuration)

  // @ts-expect-error oidc-provider ships no types.
  const { Provider } = (await import('oidc-provider')) as {
    Provider: new (issuer: string, configuration: unknown) => KeyBindingProvider
  }
  return new Provider(issuer, {
    ...configuration,
    discovery: {
      tmb_supported: true,
      tmb_grant_types_supported: ['authorization_code', 'refresh_token'],
    },
  })
}

async function configurationOf({
  clientJwk,
  applicationOrigin,
  resource,
  behaviour,
}: AuthorizationServerOptions) {
  return {
    clients: [
      {
        client_id: 'backend',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [clientJwk] },
        redirect_uris: [`${applicationOrigin}/bff/callback`],
        post_logout_redirect_uris: [`${applicationOrigin}/`],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
        require_auth_time: true,
        ...(behaviour === 'binds' ? { tmb_allowed: true } : {}),
      },
    ],
    clientAuthMethods: ['private_key_jwt'],
    cookies: { keys: ['a key of the tests, nothing secret'] },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: () => true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          audience: resource,
          scope: 'orders.read orders.write',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId }),
    }),
    issueRefreshToken: () => true,
    expiresWithSession: () => false,
    interactions: { url: () => '/interaction' },
    jwks: { keys: [await generateSigningJwk()] },
    loadExistingGrant: grantEverything,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: 300,
      RefreshToken: 86_400,
      IdToken: 300,
      Grant: 86_400,
      Interaction: 300,
      Session: 86_400,
    },
  }
}

interface AuthorizationContext extends OidcContext {
  readonly oidc: NonNullable<OidcContext['oidc']> & {
    readonly provider: KeyBindingProvider
    readonly client: { readonly clientId: string }
    readonly entities: { readonly Account: { readonly accountId: string } }
  }
}

async function grantEverything({ oidc }: AuthorizationContext): Promise<unknown> {
  const { accountId } = oidc.entities.Account
  const grant = new oidc.provider.Grant({ accountId, clientId: oidc.client.clientId })
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '))
  for (const [resource, { scopes }] of Object.entries(oidc.resourceServers)) {
    grant.addResourceScope(resource, [...scopes].join(' '))
  }
  await grant.save()
  return grant
}

async function generateSigningJwk(): Promise<unknown> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
  return { kty, crv, x, y, d, alg: 'ES256', use: 'sig', kid: 'signing' }
}
