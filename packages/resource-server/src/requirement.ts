import type { Clock } from '@tmb-kit/core'
import type { AccessTokenClaims } from './token/access-token-claims.js'
import type { ChallengeParameter } from './challenge.js'
import type { RefusalCode } from './refusal.js'

/** What a route asks for beyond a good token. */
export interface Requirement {
  /** Scopes that must all have been granted, separated by spaces. */
  readonly scope?: string
  /** Authentication contexts of which the user's must be one, best first. */
  readonly acrValues?: string | readonly string[]
  /** How long ago the user may have authenticated. */
  readonly maxAgeSeconds?: number
}

/** A requirement whose parts have been checked. */
export interface ParsedRequirement {
  readonly scopes: readonly string[]
  readonly acrValues: readonly string[]
  readonly maxAgeSeconds: number | undefined
}

/** How a request falls short of a requirement, in the words of a challenge. */
export interface Shortfall {
  readonly code: RefusalCode
  readonly parameters: readonly ChallengeParameter[]
}

/** RFC 6749 section 3.3: no quote and no back slash, so that a list can stand in a challenge. */
const WORD = /^[!#-[\]-~]+$/

/** An authentication may lie this far ahead, for clocks that differ. */
const FUTURE_SKEW_SECONDS = 10

/** @throws {TypeError} with the sentence that says what is wrong with the requirement. */
export function parseRequirement(requirement: Requirement): ParsedRequirement {
  const { scope, acrValues, maxAgeSeconds } = requirement
  const unknown = Object.keys(requirement).find(
    (name) => !['scope', 'acrValues', 'maxAgeSeconds'].includes(name),
  )
  if (unknown !== undefined) throw new TypeError(`${unknown} is not a requirement`)
  // A list would be read as words all the same, and hide that two of them were meant as one.
  if (scope !== undefined && typeof scope !== 'string') {
    throw new TypeError('scope must be one string, its words separated by single spaces')
  }
  if (maxAgeSeconds !== undefined && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 0)) {
    throw new TypeError('maxAgeSeconds must be a whole number of seconds, 0 or more')
  }
  return {
    scopes: parseWords('scope', scope),
    acrValues: parseWords('acrValues', acrValues),
    maxAgeSeconds,
  }
}

function parseWords(name: string, value: string | readonly string[] | undefined) {
  if (value === undefined) return []

  const words = typeof value === 'string' ? value.split(' ') : [...value]
  if (words.length === 0 || !words.every((word) => WORD.test(word))) {
    throw new TypeError(`${name} must be words separated by single spaces`)
  }
  return words
}

/**
 * Compares a verified token with what a route asks for.
 *
 * @returns `undefined` when it is enough.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-3
 */
export function findShortfall(
  { claims, scopes }: { readonly claims: AccessTokenClaims; readonly scopes: readonly string[] },
  requirement: ParsedRequirement,
  clock: Clock,
): Shortfall | undefined {
  if (!requirement.scopes.every((scope) => scopes.includes(scope))) {
    return {
      code: 'scope_insufficient',
      parameters: [['scope', requirement.scopes.join(' ')]],
    }
  }
  if (isAuthenticationEnough(claims, requirement, clock())) return undefined

  const { acrValues, maxAgeSeconds } = requirement
  const parameters: ChallengeParameter[] = []
  if (acrValues.length > 0) parameters.push(['acr_values', acrValues.join(' ')])
  if (maxAgeSeconds !== undefined) parameters.push(['max_age', `${maxAgeSeconds}`])
  return { code: 'authentication_insufficient', parameters }
}

function isAuthenticationEnough(
  { acr, auth_time: authTime }: AccessTokenClaims,
  { acrValues, maxAgeSeconds }: ParsedRequirement,
  now: number,
): boolean {
  if (acrValues.length > 0 && (acr === undefined || !acrValues.includes(acr))) return false
  if (maxAgeSeconds === undefined) return true

  return (
    authTime !== undefined &&
    authTime >= now - maxAgeSeconds &&
    authTime <= now + FUTURE_SKEW_SECONDS
  )
}
