import { SignJWT } from 'jose'

export const REDIRECT_URI = 'https://app.test/bff/callback'
export const SECRET = 'a-secret-of-the-client-that-nobody-must-see'

const common = {
  redirect_uris: [REDIRECT_URI],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  response_types: ['code'],
  id_token_signed_response_alg: 'ES256',
  require_auth_time: true,
} as const
const basic = {
  ...common,
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: SECRET,
} as const

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const service = {
  ...basic,
  redirect_uris: [],
  response_types: [],
  grant_types: ['client_credentials', TOKEN_EXCHANGE],
} as const

/** Every client that the tests speak as, by its `client_id`. */
export const CLIENTS = {
  basic: { ...basic, tmb_allowed: true },
  every_method: {
    ...basic,
    tmb_allowed: true,
    tmb_confirmation_methods: ['jkt', 'x5t#S256', 'tls_exp'],
  },
  certificates_only: { ...basic, tmb_allowed: true, tmb_confirmation_methods: ['x5t#S256'] },
  bound_only: { ...basic, tmb_allowed: true, tmb_bound_access_tokens: true },
  unpermitted: basic,
  refused: { ...basic, tmb_allowed: false },
  dpop_only: { ...basic, dpop_bound_access_tokens: true },
  other: {
    ...basic,
    redirect_uris: [],
    response_types: [],
    grant_types: ['urn:test:other'],
    tmb_allowed: true,
  },
  other_bound_only: {
    ...basic,
    redirect_uris: [],
    response_types: [],
    grant_types: ['urn:test:other'],
    tmb_allowed: true,
    tmb_bound_access_tokens: true,
  },
  orders_api: {
    ...service,
    tmb_allowed: true,
    tmb_confirmation_methods: ['jkt', 'x5t#S256', 'tls_exp'],
  },
  rogue: { ...service, tmb_allowed: true },
  exchange_only: service,
  exchange_unlisted: { ...service, tmb_allowed: true },
  exchange_dpop_only: { ...service, dpop_bound_access_tokens: true },
  session_by_tmb: {
    ...basic,
    tmb_allowed: true,
    tmb_confirmation_methods: ['jkt', 'x5t#S256'],
    tls_session_bound_access_tokens: true,
  },
  session_by_certificate: {
    ...basic,
    tls_client_certificate_bound_access_tokens: true,
    tls_session_bound_access_tokens: true,
  },
  exchange_by_certificate: { ...service, tls_client_certificate_bound_access_tokens: true },
  exchange_by_session: {
    ...service,
    tls_client_certificate_bound_access_tokens: true,
    tls_session_bound_access_tokens: true,
  },
  pairwise: { ...basic, subject_type: 'pairwise', tmb_allowed: true },
  audience_required: { ...basic, tmb_allowed: true, tmb_audience_required: true },
  public: { ...common, token_endpoint_auth_method: 'none', tmb_allowed: true },
  jwt: { ...common, token_endpoint_auth_method: 'private_key_jwt', tmb_allowed: true },
  mtls: {
    ...common,
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: 'CN=mtls',
    tls_client_certificate_bound_access_tokens: true,
    tmb_allowed: true,
  },
} as const

export type ClientId = keyof typeof CLIENTS

/** How each client shows who it is. */
export interface ClientAuthentication {
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
}

interface AuthenticateOptions {
  readonly issuer: string
  readonly clientAuthKey: CryptoKeyPair
  /** Of an assertion, beside the usual ones. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

export async function authenticate(
  clientId: ClientId,
  options: AuthenticateOptions,
): Promise<ClientAuthentication> {
  switch (CLIENTS[clientId].token_endpoint_auth_method) {
    case 'none':
      return { headers: {}, parameters: { client_id: clientId } }
    case 'tls_client_auth':
      return { headers: { 'x-test-certificate': 'mtls' }, parameters: { client_id: clientId } }
    case 'private_key_jwt':
      return { headers: {}, parameters: await assertionOf(clientId, options) }
    case 'client_secret_basic':
      return {
        headers: { Authorization: `Basic ${btoa(`${clientId}:${SECRET}`)}` },
        parameters: {},
      }
  }
}

async function assertionOf(
  clientId: string,
  options: AuthenticateOptions,
): Promise<Readonly<Record<string, string>>> {
  const assertion = await new SignJWT({ jti: crypto.randomUUID(), ...options.claims })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(options.issuer)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(options.clientAuthKey.privateKey)
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }
}
