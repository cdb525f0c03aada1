import { CONFIRMATION_CLAIM, isJsonObject, type JsonObject } from '@tmb-kit/core'
import { ServiceError } from './service-error.js'
import type { SessionConfirmation } from './session-prover.js'

/** A token that the authorization server has bound as it was asked to. */
export interface ExchangedToken {
  readonly accessToken: string
  /** NumericDate. */
  readonly expiresAt: number
  readonly scope: string | undefined
  readonly cnf: SessionConfirmation
}

const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'

/** What an answer without `expires_in` is taken to mean: RFC 6749 section 5.1 leaves it open. */
const DEFAULT_LIFETIME_SECONDS = 60

/**
 * Reads the answer of a token exchange. Its `cnf` must be what was asked for: a server that does not
 * know `tmb` would have answered with a token that whoever copies it can use.
 *
 * @throws {ServiceError} `exchange_unavailable`, `binding_not_applied`
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2.2.1
 */
export function parseExchangedToken(
  answer: JsonObject,
  { confirmation, now }: { readonly confirmation: SessionConfirmation; readonly now: number },
): ExchangedToken {
  const { access_token: accessToken, token_type: tokenType, issued_token_type: issued } = answer
  const { expires_in: lifetimeSeconds = DEFAULT_LIFETIME_SECONDS, scope } = answer
  const isWhole =
    typeof accessToken === 'string' &&
    accessToken !== '' &&
    issued === ACCESS_TOKEN_TYPE &&
    typeof lifetimeSeconds === 'number' &&
    (scope === undefined || typeof scope === 'string')
  if (!isWhole) throw new ServiceError('exchange_unavailable')

  const cnf = answer[CONFIRMATION_CLAIM]
  const isBearer = typeof tokenType === 'string' && tokenType.toLowerCase() === 'bearer'
  if (!isBearer || !isSame(cnf, confirmation)) throw new ServiceError('binding_not_applied')

  return { accessToken, expiresAt: Math.floor(now) + lifetimeSeconds, scope, cnf: confirmation }
}

function isSame(cnf: unknown, confirmation: SessionConfirmation): boolean {
  return (
    isJsonObject(cnf) &&
    Object.keys(cnf).length === 2 &&
    cnf['x5t#S256'] === confirmation['x5t#S256'] &&
    cnf['tls_exp'] === confirmation.tls_exp
  )
}
