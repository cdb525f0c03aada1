import type { DemoSettings } from './settings.js'

const CLIENT_ID = 'demo-backend'

/** RFC 8693: the API, which exchanges tokens that came to it for tokens of the inventory. */
export const API_CLIENT_ID = 'demo-api'

/** The API as a client, where there is an inventory behind it. */
export function apiClientMetadata({
  inventory,
}: DemoSettings): readonly Readonly<Record<string, unknown>>[] {
  if (inventory === undefined) return []

  return [
    {
      client_id: API_CLIENT_ID,
      client_name: 'Demo API',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: inventory.clientJwks,
      redirect_uris: [],
      response_types: [],
      grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
      tmb_allowed: true,
      tmb_confirmation_methods: ['x5t#S256', 'tls_exp'],
    },
  ]
}

/** The client of the pages: the backend, which shows who it is with a key of its own. */
export function clientMetadata({
  applicationOrigin,
  clientJwks,
  mode,
}: DemoSettings): Readonly<Record<string, unknown>> {
  return {
    client_id: CLIENT_ID,
    client_name: 'Demo application',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: clientJwks,
    redirect_uris: [`${applicationOrigin}/bff/callback`],
    post_logout_redirect_uris: [`${applicationOrigin}/`],
    backchannel_logout_uri: `${applicationOrigin}/bff/backchannel-logout`,
    backchannel_logout_session_required: true,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    // The backend looks at auth_time when a browser comes with a key that it did not know.
    require_auth_time: true,
    ...(mode === 'tmb' ? { tmb_allowed: true, tmb_confirmation_methods: ['jkt'] } : {}),
  }
}
