import type { JsonObject } from '@tmb-kit/core'
import { AuthorizationServerError } from './authorization-server-error.js'

/** A token answer of the right shape, RFC 6749 section 5.1. **Not judged**: see `key-binding.ts`. */
export interface TokenAnswer {
  readonly accessToken: string
  readonly tokenType: string
  readonly lifetimeSeconds: number
  /** Absent: as it was asked for. */
  readonly scope: string | undefined
  readonly refreshToken: string | undefined
  readonly idToken: string | undefined
  /** The whole answer. */
  readonly answer: JsonObject
}

/** RFC 6749 leaves `expires_in` out at will; a token that may end any time is soon asked for anew. */
const DEFAULT_LIFETIME_SECONDS = 60

// The grammar of RFC 6749 appendix A.12: what does not fit could not stand in a header.
const TOKEN = /^[\x21-\x7e]+$/

/** @throws {AuthorizationServerError} `response_invalid` */
export function parseTokenAnswer(answer: JsonObject): TokenAnswer {
  const { access_token: accessToken, token_type: tokenType, scope, expires_in: expiresIn } = answer
  const { refresh_token: refreshToken, id_token: idToken } = answer
  const lifetimeSeconds = Math.floor(Number(expiresIn ?? DEFAULT_LIFETIME_SECONDS))
  const valid =
    isToken(accessToken) &&
    isToken(tokenType) &&
    (scope === undefined || typeof scope === 'string') &&
    (refreshToken === undefined || isToken(refreshToken)) &&
    (idToken === undefined || isToken(idToken)) &&
    Number.isSafeInteger(lifetimeSeconds) &&
    lifetimeSeconds > 0
  if (!valid) throw new AuthorizationServerError('response_invalid')

  return { accessToken, tokenType, lifetimeSeconds, scope, refreshToken, idToken, answer }
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value)
}
