import type { JsonObject } from '@tmb-kit/core'

/** A token answer of the right shape, RFC 6749 section 5.1. **Not judged**: see `key-binding.ts`. */
export interface TokenAnswer {
  readonly accessToken: string
  /** Empty when the answer has none. */
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

/** @returns `undefined` for nonsense, which may hold tokens nevertheless: see {@link tokensOf}. */
export function parseTokenAnswer(answer: JsonObject): TokenAnswer | undefined {
  const { token_type: tokenType, scope, expires_in: expiresIn, id_token: idToken } = answer
  const { accessToken, refreshToken } = tokensOf(answer)
  const lifetimeSeconds = Math.floor(Number(expiresIn ?? DEFAULT_LIFETIME_SECONDS))
  const valid =
    accessToken !== undefined &&
    (answer['refresh_token'] === undefined || refreshToken !== undefined) &&
    (scope === undefined || typeof scope === 'string') &&
    (idToken === undefined || typeof idToken === 'string') &&
    Number.isSafeInteger(lifetimeSeconds) &&
    lifetimeSeconds > 0
  if (!valid) return undefined

  return {
    accessToken,
    tokenType: typeof tokenType === 'string' ? tokenType : '',
    lifetimeSeconds,
    scope,
    refreshToken,
    idToken,
    answer,
  }
}

/** The tokens of an answer, whatever else is wrong with it: they want to be revoked, or kept. */
export function tokensOf(answer: JsonObject): {
  readonly accessToken: string | undefined
  readonly refreshToken: string | undefined
} {
  const { access_token: accessToken, refresh_token: refreshToken } = answer
  return {
    accessToken: isToken(accessToken) ? accessToken : undefined,
    refreshToken: isToken(refreshToken) ? refreshToken : undefined,
  }
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value)
}
