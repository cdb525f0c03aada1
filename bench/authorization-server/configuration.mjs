export const ISSUER = 'https://as.test'
export const RESOURCE = 'https://api.test/'
export const REDIRECT_URI = 'https://app.test/bff/callback'

const DAY = 86_400

/** oidc-provider as our demo runs it: JWT access tokens, ES256. Each server has storage of its own. */
export async function createConfiguration() {
  const { privateKey } = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['sign', 'verify'],
  )
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
  const signingJwk = { kty, crv, x, y, d, alg: 'ES256', use: 'sig', kid: 'signing' }

  return () => ({
    adapter: memoryAdapter(),
    clients: [
      {
        client_id: 'backend',
        client_secret: 'a-secret-of-thirty-two-octets-and-more',
        redirect_uris: [REDIRECT_URI],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
        tmb_allowed: true,
      },
    ],
    extraClientMetadata: { properties: ['tmb_allowed'] },
    clientBasedCORS: () => false,
    cookies: { keys: ['a key of the benchmark'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, audience) => ({
          audience,
          scope: 'orders.read orders.write',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    issueRefreshToken: () => true,
    rotateRefreshToken: false,
    expiresWithSession: () => false,
    pkce: { required: () => false },
    jwks: { keys: [signingJwk] },
    ttl: {
      AccessToken: 300,
      ClientCredentials: 300,
      AuthorizationCode: 60,
      Grant: DAY,
      IdToken: 300,
      RefreshToken: DAY,
      Session: DAY,
      Interaction: 600,
    },
  })
}

/** Keeps copies, as a database does. Of what nobody asks for, the oldest go. */
function memoryAdapter() {
  const stored = new Map()
  return (model) => {
    const nameOf = (id) => `${model}:${id}`
    return {
      upsert: async (id, payload) => {
        if (stored.size > 50_000) stored.delete(stored.keys().next().value)
        stored.set(nameOf(id), JSON.stringify(payload))
      },
      find: async (id) => {
        const text = stored.get(nameOf(id))
        return text === undefined ? undefined : JSON.parse(text)
      },
      consume: async (id) => {
        const payload = JSON.parse(stored.get(nameOf(id)))
        stored.set(nameOf(id), JSON.stringify({ ...payload, consumed: 1 }))
      },
      destroy: async (id) => void stored.delete(nameOf(id)),
      revokeByGrantId: async () => undefined,
    }
  }
}
