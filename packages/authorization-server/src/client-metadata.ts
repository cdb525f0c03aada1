import type { JsonObject } from '@tmb-kit/core'
import {
  CONFIRMATION_METHODS,
  methodsOf,
  type Confirmation,
  type ConfirmationMethod,
} from './confirmation.js'
import { KeyBindingError } from './errors.js'

/** Client metadata that the plugin adds. */
export const CLIENT_METADATA = [
  'tmb_allowed',
  'tmb_confirmation_methods',
  'tmb_bound_access_tokens',
  'tmb_audience_required',
  'tls_session_bound_access_tokens',
] as const

const FLAGS = [
  'tmb_allowed',
  'tmb_bound_access_tokens',
  'tmb_audience_required',
  'tls_session_bound_access_tokens',
] as const

/** What the plugin looks at in a registered client. */
export interface KeyBindingClient {
  readonly clientId: string
  readonly clientAuthMethod: string
  /** Whether it may use `tmb` at all. Default: false. */
  readonly tmb_allowed?: boolean
  /** The members its `tmb` may have. Default: `["jkt"]`. */
  readonly tmb_confirmation_methods?: readonly ConfirmationMethod[]
  /** Whether it gets bound tokens only: it must send `tmb`. Default: false. */
  readonly tmb_bound_access_tokens?: boolean
  /** Whether its bound tokens must be for one `resource`, named in the request. Default: false. */
  readonly tmb_audience_required?: boolean
  /**
   * Whether all its tokens are bound to the TLS session, too: `tls_exp` joins the `x5t#S256` that each
   * of its requests must bring, by `tmb` or by certificate. Default: false.
   * draft-mw-oauth-tls-session-bound-tokens section 3.2.
   */
  readonly tls_session_bound_access_tokens?: boolean
  /** RFC 9449 section 5.2. */
  readonly dpopBoundAccessTokens?: boolean
  /** RFC 8705 section 3.4. */
  readonly tlsClientCertificateBoundAccessTokens?: boolean
}

const DEFAULT_METHODS: readonly ConfirmationMethod[] = ['jkt']

/**
 * What is wrong with the metadata of a client that registers or was configured.
 *
 * Does not check that the client may have the permission it asks for: where anybody can register,
 * a registration policy must set or take away `tmb_allowed`.
 *
 * @param supported The members that this server can carry.
 * @returns One sentence, or `undefined` when all is well.
 */
export function findMetadataMistake(
  metadata: JsonObject,
  supported: readonly ConfirmationMethod[],
): string | undefined {
  for (const flag of FLAGS) {
    if (!['undefined', 'boolean'].includes(typeof metadata[flag])) {
      return `${flag} must be a boolean`
    }
  }
  if (!isMethodList(metadata['tmb_confirmation_methods'])) {
    return `tmb_confirmation_methods must be a list of some of ${CONFIRMATION_METHODS.join(', ')}`
  }
  // RFC 9449 section 5.2 demands a proof on every token request of such a client, and tmb is there
  // for requests that cannot have one.
  const usesTmb = metadata['tmb_allowed'] === true || metadata['tmb_bound_access_tokens'] === true
  if (usesTmb && metadata['dpop_bound_access_tokens'] === true) {
    return 'dpop_bound_access_tokens excludes tmb_allowed and tmb_bound_access_tokens'
  }
  if (metadata['tmb_bound_access_tokens'] === true && hasFrontChannelTokens(metadata)) {
    return 'response_types must not include "token" when tmb_bound_access_tokens is used'
  }
  if (metadata['tls_session_bound_access_tokens'] === true) {
    return findSessionMistake(metadata, supported)
  }
  return undefined
}

/** A client that could never get a token, or get one by a way that has no certificate. */
function findSessionMistake(
  metadata: JsonObject,
  supported: readonly ConfirmationMethod[],
): string | undefined {
  const flag = 'tls_session_bound_access_tokens'
  if (!supported.includes('tls_exp')) return `${flag} is not supported here`
  if (metadata['dpop_bound_access_tokens'] === true) {
    return `dpop_bound_access_tokens excludes ${flag}`
  }
  if (hasFrontChannelTokens(metadata)) {
    return `response_types must not include "token" when ${flag} is used`
  }
  const methods: unknown = metadata['tmb_confirmation_methods']
  const mayNameCertificate =
    metadata['tmb_allowed'] === true && Array.isArray(methods) && methods.includes('x5t#S256')
  if (mayNameCertificate || metadata['tls_client_certificate_bound_access_tokens'] === true) {
    return undefined
  }
  return `${flag} needs x5t#S256 in tmb_confirmation_methods, or tls_client_certificate_bound_access_tokens`
}

/**
 * Whether every token request of a client must bring `tmb`. A client whose tokens are session-bound and
 * not bound by its certificate has no other way to say which certificate it is.
 */
export function needsTmb(client: KeyBindingClient): boolean {
  if (client.tmb_bound_access_tokens === true) return true
  return (
    client.tls_session_bound_access_tokens === true &&
    client.tlsClientCertificateBoundAccessTokens !== true
  )
}

/**
 * Whether a client may have a token bound so. Who asks must have proved who it is: that the key is
 * the right one rests on that client's word alone.
 *
 * @throws {@link KeyBindingError} `client_not_permitted`, `method_not_permitted`
 */
export function assertPermitted(client: KeyBindingClient, confirmation: Confirmation): void {
  if (client.tmb_allowed !== true || client.clientAuthMethod === 'none') {
    throw new KeyBindingError('client_not_permitted')
  }
  const registered = client.tmb_confirmation_methods ?? DEFAULT_METHODS
  if (!methodsOf(confirmation).every((method) => registered.includes(method))) {
    throw new KeyBindingError('method_not_permitted')
  }
}

function isMethodList(value: unknown): boolean {
  if (value === undefined) return true
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every((method) => CONFIRMATION_METHODS.includes(method as ConfirmationMethod))
}

function hasFrontChannelTokens(metadata: JsonObject): boolean {
  const responseTypes: readonly unknown[] = Array.isArray(metadata['response_types'])
    ? metadata['response_types']
    : []
  return responseTypes.some((type) => typeof type === 'string' && type.split(' ').includes('token'))
}
