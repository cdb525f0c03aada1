import { KeyBindingError } from '../errors.js'
import type { ExchangePolicy } from './exchange-policy.js'
import type { ExchangedToken } from './exchanged-token.js'
import { isHolder, type Possession } from './possession.js'

/** Why a client may exchange a token: it is for it, the client proved its key, or it is its own. */
export type Entitlement = 'audience' | 'possession' | 'own_token'

export interface EntitlementOptions {
  readonly clientId: string
  readonly policy: ExchangePolicy
  readonly possession: Possession
}

/**
 * No laundering: whoever copied a bound token must not get another for it, bound to a key of his.
 *
 * A bound token is exchanged by a resource server that it is for, which has verified its presenter, or
 * by whoever proves all its keys here. That it was issued to the client counts for an unbound token
 * only: with deferred binding the client of a token is not the holder of its key.
 *
 * @throws {@link KeyBindingError} `subject_token_of_another`
 */
export function entitlementOf(
  { audiences, clientId: owner, cnf }: ExchangedToken,
  { clientId, policy, possession }: EntitlementOptions,
): Entitlement {
  if (audiences.some((audience) => policy.audiences.includes(audience))) return 'audience'
  if (cnf !== undefined && isHolder(cnf, possession)) return 'possession'
  if (cnf === undefined && owner === clientId) return 'own_token'
  throw new KeyBindingError('subject_token_of_another')
}
