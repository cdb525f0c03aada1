import { DPOP_SCHEME } from '@tmb-kit/core'
import type { Scheme } from './challenge.js'
import { RefusedError } from './refusal.js'

/** An access token and the scheme it came under. Nothing about the token is known yet. */
export interface Credentials {
  readonly scheme: Scheme
  readonly accessToken: string
  /** The `Authorization` value under which a token that is bound to a key usually comes. */
  readonly field: string
}

/** RFC 9110 section 11.2, token68: a comma is not among its characters. */
const TOKEN68 = /^[A-Za-z0-9._~+/-]+=*$/

/** Two values of one field arrive joined by a comma. */
const OUR_SCHEME_AMONG_SEVERAL = /(?:^|,)[ \t]*(?:dpop|bearer)(?:[ \t]|,|$)/i

const MAX_TOKEN_LENGTH = 16_384
const SCHEMES: Readonly<Record<string, Scheme>> = { dpop: 'DPoP', bearer: 'Bearer' }

/** The scheme of an `Authorization` value, if it is one of ours. */
export function parseScheme(authorization: string | null): Scheme | undefined {
  if (authorization?.startsWith(`${DPOP_SCHEME} `) === true) return DPOP_SCHEME

  const word = authorization?.split(/[ \t]/, 1)[0]?.toLowerCase() ?? ''
  return Object.hasOwn(SCHEMES, word) ? SCHEMES[word] : undefined
}

/**
 * Reads the one access token of a request.
 *
 * @throws {RefusedError} `credentials_missing`, `credentials_repeated`, `token_malformed`
 */
export function parseCredentials(authorization: string | null): Credentials {
  if (authorization === null) throw new RefusedError('credentials_missing')
  if (authorization.includes(',') && OUR_SCHEME_AMONG_SEVERAL.test(authorization)) {
    throw new RefusedError('credentials_repeated')
  }

  const scheme = parseScheme(authorization)
  if (scheme === undefined) throw new RefusedError('credentials_missing')

  const accessToken = authorization.slice(scheme.length).trim()
  if (accessToken.length > MAX_TOKEN_LENGTH || !TOKEN68.test(accessToken)) {
    throw new RefusedError('token_malformed')
  }
  // Where it came so, the very string: the memory of tokens has hashed that one already.
  const isUsual = scheme === DPOP_SCHEME && authorization.startsWith(`${DPOP_SCHEME} `)
  const isWhole = isUsual && authorization.length === DPOP_SCHEME.length + 1 + accessToken.length
  return { scheme, accessToken, field: isWhole ? authorization : `${DPOP_SCHEME} ${accessToken}` }
}
