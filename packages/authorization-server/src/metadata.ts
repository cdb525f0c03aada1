import {
  TMB_CONFIRMATION_METHODS_SUPPORTED,
  TMB_GRANT_TYPES_SUPPORTED,
  TMB_SUPPORTED,
  type JsonObject,
} from '@tmb-kit/core'
import type { ConfirmationMethod } from './confirmation.js'
import { TOKEN_EXCHANGE } from './exchange/token-types.js'

/** The grants on which `tmb` has a meaning. */
const GRANT_TYPES: readonly string[] = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  TOKEN_EXCHANGE,
]

/** Whether `tmb` has a meaning on a grant. */
export function supportsTmb(grantType: string): boolean {
  return GRANT_TYPES.includes(grantType)
}

/**
 * The metadata by which a client learns that it may ask: without it, it would have to try, and an
 * authorization server that ignores the parameter answers with a bearer token.
 *
 * @param metadata What the authorization server says of itself otherwise.
 */
export function withTmbMetadata(
  metadata: JsonObject,
  { methods }: { readonly methods: readonly ConfirmationMethod[] },
): JsonObject {
  const grantTypes: unknown = metadata['grant_types_supported']
  return {
    ...metadata,
    [TMB_SUPPORTED]: true,
    [TMB_CONFIRMATION_METHODS_SUPPORTED]: methods,
    [TMB_GRANT_TYPES_SUPPORTED]: Array.isArray(grantTypes)
      ? grantTypes.filter((grantType) => GRANT_TYPES.includes(grantType as string))
      : GRANT_TYPES,
  }
}
