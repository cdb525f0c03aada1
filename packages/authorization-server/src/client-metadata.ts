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
] as const

const FLAGS = ['tmb_allowed', 'tmb_bound_access_tokens', 'tmb_audience_required'] as const

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
 * @returns One sentence, or `undefined` when all is well.
 */
export function findMetadataMistake(metadata: JsonObject): string | undefined {
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
  return undefined
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
