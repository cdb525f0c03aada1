import { X509Certificate } from 'node:crypto'
import type {
  KeyBindingProvider,
  OidcConfiguration,
  OidcContext,
  OidcProvider,
} from '@tmb-kit/authorization-server'
import { exportJWK } from 'jose'
import { memoryAdapter } from './memory-adapter.js'

/** A resource whose tokens are JWTs, one whose tokens are opaque. */
export const JWT_RESOURCE = 'https://jwt.test/'
export const OPAQUE_RESOURCE = 'https://opaque.test/'

/** A service behind the first, with scopes of its own. */
export const STOCK_RESOURCE = 'https://stock.test/'

/** A certificate for the client that authenticates by TLS. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBejCCASCgAwIBAgIBATAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFla20tdmVjdG9yLWNsaWVudDAeFw0yNjExMjEy
MzA3NDdaFw00NjExMTYyMzA3NDdaMBwxGjAYBgNVBAMMEWVrbS12ZWN0b3ItY2xpZW50MFkwEwYHKoZIzj0CAQYIKoZI
zj0DAQcDQgAErXgsJBJac1GOpoTbdtm4k3SwLQFd0xpaRcQPQCJTvXBCuCELNsAiCHpup4ztJFRWrrrolhUe8BOImjz1
g8IVeqNTMFEwHQYDVR0OBBYEFATouiv6JRAoSeSWm853vklW6KSmMB8GA1UdIwQYMBaAFATouiv6JRAoSeSWm853vklW
6KSmMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAIJ/jkOHNQqdzAzg/VdHH5VSUKM5PbNUa7X42KRO
P9W6AiB3gLjvLvnLFK1iTOBGLCJcx57uHaeSkuPy/JI6Yvl8lA==
-----END CERTIFICATE-----`

/** RFC 8705 section 3.1, of that certificate: requirements.md 2.13. */
export const CERTIFICATE_THUMBPRINT = 'KACUS5vHKA3qQgDaQelsp6g9J78itU6hy-oXRR0TMlo'

const resourceServer = (resource: string): unknown => ({
  audience: resource,
  scope: resource === STOCK_RESOURCE ? 'stock.read stock.write' : 'orders.read orders.write',
  accessTokenFormat: resource === OPAQUE_RESOURCE ? 'opaque' : 'jwt',
  accessTokenTTL: 300,
  ...(resource === OPAQUE_RESOURCE ? {} : { jwt: { sign: { alg: 'ES256' } } }),
})

/** oidc-provider as most would run it, quiet, with everything on that a binding can reach. */
export async function testConfiguration(
  clients: OidcConfiguration['clients'],
): Promise<OidcConfiguration> {
  const ttl = { AccessToken: 300, ClientCredentials: 300, RefreshToken: 3600, IdToken: 300 }
  return {
    adapter: memoryAdapter(),
    ...(clients === undefined ? {} : { clients }),
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt', 'tls_client_auth', 'none'],
    clientBasedCORS: () => false,
    cookies: { keys: ['a key of the tests, nothing secret'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7) },
      registration: { enabled: true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        certificateBoundAccessTokens: true,
        getCertificate: ({ req }: OidcContext) =>
          req.headers['x-test-certificate'] === undefined
            ? undefined
            : new X509Certificate(CERTIFICATE),
        certificateAuthorized: () => true,
        certificateSubjectMatches: () => true,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx: OidcContext, resource: string) => resourceServer(resource),
      },
    },
    findAccount: (_ctx: OidcContext, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId }),
    }),
    issueRefreshToken: () => true,
    expiresWithSession: () => false,
    rotateRefreshToken: true,
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_ctx: OidcContext, accountId: string) => `pseudonym-of-${accountId}`,
    jwks: { keys: [await signingJwk()] },
    loadExistingGrant,
    pkce: { required: () => true },
    ttl: { ...ttl, Grant: 3600, Interaction: 300, Session: 3600 },
    interactions: { url: () => '/interaction' },
    renderError: (ctx: OidcContext, out: unknown) => {
      ctx.body = out
    },
  }
}

/** Signs alice in without asking her. */
export function autoSubmitInteractions(provider: OidcProvider): void {
  provider.use(async (ctx, next) => {
    if (ctx.path !== '/interaction') return next()
    ctx.respond = false
    return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: 'alice' } })
  })
}

interface AuthorizationContext extends OidcContext {
  readonly oidc: NonNullable<OidcContext['oidc']> & {
    readonly provider: KeyBindingProvider
    readonly client: { readonly clientId: string }
    readonly entities: { readonly Account: { readonly accountId: string } }
  }
}

async function loadExistingGrant({ oidc }: AuthorizationContext): Promise<unknown> {
  const { accountId } = oidc.entities.Account
  const grant = new oidc.provider.Grant({ accountId, clientId: oidc.client.clientId })
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '))
  for (const [resource, { scopes }] of Object.entries(oidc.resourceServers)) {
    grant.addResourceScope(resource, [...scopes].join(' '))
  }
  await grant.save()
  return grant
}

async function signingJwk(): Promise<Readonly<Record<string, unknown>>> {
  const { privateKey } = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['sign', 'verify'],
  )
  return { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'signing' }
}
