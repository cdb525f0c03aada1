import { isJsonObject, type JsonObject } from '@tmb-kit/core'

/** A subject or actor token that was found to be one of this issuer, still valid. */
export interface ExchangedToken {
  /** Whom it was issued to. */
  readonly clientId: string
  /** Whom it is about: a user, or the client itself. */
  readonly subject: string
  /** Whether that is a user. */
  readonly isUser: boolean
  readonly audiences: readonly string[]
  readonly scopes: readonly string[]
  /** As it stands in the token: a member that nobody knows still counts. */
  readonly cnf: JsonObject | undefined
  /** NumericDate. */
  readonly exp: number
  /** RFC 8693 section 4.1: who has acted for the subject so far. */
  readonly act: JsonObject | undefined
  /** RFC 8693 section 4.4: who may act for the subject. */
  readonly mayAct: JsonObject | undefined
}

/** What the claims of a token say, once the token itself is verified. */
export function exchangedTokenOf(claims: JsonObject): ExchangedToken | undefined {
  const { sub, client_id: clientId, aud, exp, scope, cnf, act, may_act: mayAct } = claims
  if (typeof sub !== 'string' || typeof clientId !== 'string' || typeof exp !== 'number') {
    return undefined
  }
  // Of the wrong type they could not restrict anything, so they must not be taken for absent.
  if (![cnf, act, mayAct].every((member) => member === undefined || isJsonObject(member))) {
    return undefined
  }
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return {
    clientId,
    subject: sub,
    isUser: sub !== clientId,
    audiences: audiences.filter((audience) => typeof audience === 'string'),
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    cnf: cnf as JsonObject | undefined,
    exp,
    act: act as JsonObject | undefined,
    mayAct: mayAct as JsonObject | undefined,
  }
}
