import type { JsonObject } from '@tmb-kit/core'
import { isJsonObject } from '@tmb-kit/core'
import { KeyBindingError } from '../errors.js'
import type { ExchangedToken } from './exchanged-token.js'

/** Services in a row that a token can pass through. A longer chain is a loop, or hides who acted. */
const MAX_ACTORS = 4

export interface ActorOptions {
  readonly clientId: string
  readonly issuer: string
  /** Must be the client's own: its authentication stands for the possession of the token's key. */
  readonly actorToken: ExchangedToken | undefined
}

/**
 * RFC 8693 section 4.1: the `act` claim of the token to issue. Who acts is the subject of the actor
 * token, else the client itself; who acted before stays inside.
 *
 * @throws {@link KeyBindingError} `actor_token_invalid`, `actor_not_allowed`, `actor_chain_too_long`
 */
export function actorOf(
  subjectToken: ExchangedToken,
  { clientId, issuer, actorToken }: ActorOptions,
): JsonObject {
  if (actorToken !== undefined && actorToken.clientId !== clientId) {
    throw new KeyBindingError('actor_token_invalid')
  }
  const sub = actorToken?.subject ?? clientId
  assertAllowed(subjectToken.mayAct, { sub, client_id: clientId, iss: issuer })

  const { act } = subjectToken
  if (countActors(act) >= MAX_ACTORS) throw new KeyBindingError('actor_chain_too_long')
  return { sub, ...(act === undefined ? {} : { act }) }
}

/** RFC 8693 section 4.4. A member that we cannot compare allows nobody. */
function assertAllowed(mayAct: JsonObject | undefined, actor: JsonObject): void {
  const members = Object.entries(mayAct ?? {})
  const isAllowed =
    mayAct === undefined ||
    (members.length > 0 && members.every(([name, value]) => actor[name] === value))
  if (!isAllowed) throw new KeyBindingError('actor_not_allowed')
}

function countActors(act: unknown): number {
  return isJsonObject(act) ? 1 + countActors(act['act']) : 0
}
