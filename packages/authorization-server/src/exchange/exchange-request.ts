import { KeyBindingError } from '../errors.js'
import { ACCESS_TOKEN_TYPE, JWT_TYPE, type IssuedTokenType } from './token-types.js'

/** The parameters of RFC 8693 section 2.1 that this server knows. `tmb` is read elsewhere. */
export const EXCHANGE_PARAMETERS: readonly string[] = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'resource',
  'audience',
  'scope',
]

/** These may be repeated on the wire: then they are refused as a target, not as a parameter. */
export const REPEATABLE_EXCHANGE_PARAMETERS: readonly string[] = ['resource', 'audience']

/** An exchange request of the right shape. Nothing of it is verified. */
export interface ExchangeRequest {
  readonly subjectToken: string
  readonly actorToken: string | undefined
  readonly resource: string
  /** `undefined`: all that the policy and the subject token allow. */
  readonly scopes: readonly string[] | undefined
  readonly issuedTokenType: IssuedTokenType
}

/**
 * Reads the parameters of a token exchange.
 *
 * `audience`, a logical name, is not supported: the target is named by `resource`, an address.
 *
 * @throws {@link KeyBindingError} `subject_token_missing`, `subject_token_type_unsupported`,
 *   `actor_token_type_invalid`, `requested_token_type_unsupported`, `target_missing`
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2.1
 */
export function parseExchangeRequest(
  parameters: Readonly<Record<string, unknown>>,
): ExchangeRequest {
  const { subject_token: subjectToken, actor_token: actorToken, resource, scope } = parameters
  const { subject_token_type: subjectTokenType, actor_token_type: actorTokenType } = parameters
  const { requested_token_type: issuedTokenType = ACCESS_TOKEN_TYPE } = parameters
  if (typeof subjectToken !== 'string' || subjectTokenType === undefined) {
    throw new KeyBindingError('subject_token_missing')
  }
  if (subjectTokenType !== ACCESS_TOKEN_TYPE) {
    throw new KeyBindingError('subject_token_type_unsupported')
  }
  // RFC 8693 section 2.1: the type comes with the actor token, and never alone.
  if (actorTokenType !== (actorToken === undefined ? undefined : ACCESS_TOKEN_TYPE)) {
    throw new KeyBindingError('actor_token_type_invalid')
  }
  if (issuedTokenType !== ACCESS_TOKEN_TYPE && issuedTokenType !== JWT_TYPE) {
    throw new KeyBindingError('requested_token_type_unsupported')
  }
  if (typeof resource !== 'string' || parameters['audience'] !== undefined) {
    throw new KeyBindingError('target_missing')
  }
  return {
    subjectToken,
    actorToken: typeof actorToken === 'string' ? actorToken : undefined,
    resource,
    scopes: typeof scope === 'string' ? scope.split(' ') : undefined,
    issuedTokenType,
  }
}
