import type { OidcConfiguration, OidcContext } from '@tmb-kit/authorization-server'
import { apiClientMetadata, clientMetadata } from './client-metadata.js'
import { createFeatures } from './features.js'
import { authenticationClaims, grantWhatIsAsked } from './grant.js'
import { interactionUrl, PASSWORD_ACR } from './interactions.js'
import { memoryAdapter } from './memory-adapter.js'
import { errorPage } from './plain-pages.js'
import type { DemoSettings } from './settings.js'
import { findUser } from './users.js'

/** What must be new at each start, and must not be guessed. */
export interface DemoSecrets {
  /** A private ES256 key. */
  readonly signingJwk: Readonly<Record<string, unknown>>
  readonly cookieKey: string
  /** 32 octets. */
  readonly nonceSecret: Buffer
}

const MINUTE = 60
const DAY = 24 * 60 * MINUTE

/** oidc-provider's configuration for the demo: one client, one resource, two users. */
export function createConfiguration(
  settings: DemoSettings,
  { signingJwk, cookieKey, nonceSecret }: DemoSecrets,
): OidcConfiguration {
  return {
    adapter: memoryAdapter(),
    clients: [clientMetadata(settings), ...apiClientMetadata(settings)],
    clientAuthMethods: ['private_key_jwt'],
    clientBasedCORS: () => false,
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys: [signingJwk] },
    cookies: { keys: [cookieKey] },
    responseTypes: ['code'],
    acrValues: [PASSWORD_ACR],
    claims: { openid: ['sub', 'name'], acr: null, auth_time: null, iss: null, sid: null },
    features: createFeatures(settings, { nonceSecret }),
    findAccount,
    extraTokenClaims: authenticationClaims,
    loadExistingGrant: grantWhatIsAsked,
    // oidc-provider strips offline_access where nobody was asked to consent, and here nobody is.
    issueRefreshToken: () => true,
    expiresWithSession: () => false,
    pkce: { required: () => true },
    interactions: { url: (_ctx: OidcContext, asked: Asked) => interactionUrl(asked) },
    renderError: (ctx: OidcContext, { error }: { readonly error: string }) => {
      ctx.type = 'html'
      ctx.body = errorPage({ ...settings, error })
    },
    fetch: fetchFromLoopback,
    ttl: {
      AccessToken: settings.accessTokenSeconds,
      AuthorizationCode: MINUTE,
      Grant: 14 * DAY,
      IdToken: 5 * MINUTE,
      Interaction: 10 * MINUTE,
      RefreshToken: 14 * DAY,
      Session: DAY,
    },
  }
}

type Asked = Parameters<typeof interactionUrl>[0]

function findAccount(_ctx: OidcContext, accountId: string): unknown {
  const user = findUser(accountId)
  return user && { accountId, claims: () => ({ sub: user.login, name: user.name }) }
}

/**
 * oidc-provider keeps its calls away from loopback by a dispatcher of its own, since clients can
 * choose addresses. Here there is one client, its addresses are configuration, and it is on loopback.
 */
async function fetchFromLoopback(
  url: string,
  options: RequestInit & { readonly dispatcher?: unknown },
): Promise<Response> {
  return fetch(url, { ...options, dispatcher: undefined } as RequestInit)
}
