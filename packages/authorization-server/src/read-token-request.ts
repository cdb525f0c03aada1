import { assertPermitted, type KeyBindingClient } from './client-metadata.js'
import type { ConfirmationMethod } from './confirmation.js'
import { KeyBindingError } from './errors.js'
import { supportsTmb } from './metadata.js'
import type { OidcContext } from './oidc-provider.js'
import { decodeTmb, readTmbParameter } from './tmb-parameter.js'
import { TokenRequest } from './token-request.js'

export interface ReadTokenRequestOptions {
  readonly grantType: string
  /** Who asks, authenticated. */
  readonly client: KeyBindingClient
  readonly supported: readonly ConfirmationMethod[]
}

/**
 * Reads what a token request asks for, before anything of it is looked up or used.
 *
 * Does not check: the code or refresh token, see {@link TokenRequest}.
 *
 * @throws {@link KeyBindingError} every code but those of a code or a grant.
 */
export function readTokenRequest(
  { query, oidc }: OidcContext,
  { grantType, client, supported }: ReadTokenRequestOptions,
): TokenRequest {
  const { clientId, tmb_bound_access_tokens: required = false } = client
  const refreshes = grantType === 'refresh_token'
  const value = readTmbParameter({ form: oidc?.body ?? {}, query })
  if (value === undefined) {
    // A refresh without the parameter takes the binding of its grant.
    if (required && !refreshes) throw new KeyBindingError('tmb_required')
    return new TokenRequest({ clientId, asked: undefined, required, refreshes })
  }
  if (!supportsTmb(grantType)) throw new KeyBindingError('grant_type_unsupported')

  const asked = decodeTmb(value, { supported })
  assertPermitted(client, asked)
  return new TokenRequest({ clientId, asked, required, refreshes })
}
