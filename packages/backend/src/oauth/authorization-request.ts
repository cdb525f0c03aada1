import { calculatePKCECodeChallenge } from 'oauth4webapi'
import type { LoginRequest } from '../login/login-request.js'
import type { Settings } from '../settings.js'
import { AuthorizationServerError } from './authorization-server-error.js'
import { codeBindingParameters, type BindingMode } from './key-binding.js'
import type { AuthorizationServerMetadata } from './metadata.js'
import { toForm, type FormParameters, type OAuthClient } from './oauth-client.js'

/** The secrets of one transaction, and what is asked of the user. */
export interface AuthorizationRequest {
  readonly login: LoginRequest
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  /** Whether the user must sign in, whatever session there is. */
  readonly reauthenticate: boolean
}

/**
 * The parameters of the authorization request. Values of the page's request were parsed before;
 * nothing else of it is in here.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-2.1
 */
export async function authorizationParameters(
  request: AuthorizationRequest,
  { settings, mode }: { readonly settings: Settings; readonly mode: BindingMode },
): Promise<FormParameters> {
  const { login, state, nonce, codeVerifier, reauthenticate } = request
  const maxAgeSeconds = reauthenticate ? 0 : login.maxAgeSeconds
  const prompt = reauthenticate
    ? ['login', ...login.prompt.filter((word) => word !== 'none' && word !== 'login')]
    : login.prompt
  return {
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: settings.redirectUri,
    scope: login.scopes.join(' '),
    resource: login.resources,
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    prompt: prompt.length === 0 ? undefined : prompt.join(' '),
    max_age: maxAgeSeconds?.toString(),
    acr_values: login.acrValues,
    login_hint: login.loginHint,
    ui_locales: login.uiLocales,
    ...codeBindingParameters(mode, login.jkt),
  }
}

/** Where to send the browser: with PAR only a reference goes through it. */
export async function createAuthorizationUrl(
  parameters: FormParameters,
  context: {
    readonly server: AuthorizationServerMetadata
    readonly client: OAuthClient
    readonly settings: Settings
  },
): Promise<{ readonly url: string; readonly isPushed: boolean }> {
  const { server, client, settings } = context
  if (server.pushed_authorization_request_endpoint === undefined) {
    return { url: urlWith(server.authorization_endpoint, parameters), isPushed: false }
  }

  const { request_uri: requestUri } = await client.push(server, parameters)
  if (typeof requestUri !== 'string' || requestUri === '') {
    throw new AuthorizationServerError('response_invalid')
  }
  const reference = { client_id: settings.clientId, request_uri: requestUri }
  return { url: urlWith(server.authorization_endpoint, reference), isPushed: true }
}

export function urlWith(endpoint: string, parameters: FormParameters): string {
  const url = new URL(endpoint)
  for (const [name, value] of toForm(parameters)) url.searchParams.append(name, value)
  return url.href
}
