import type { JsonObject, ProofKey } from '@tmb-kit/core'
import { boundedCache } from '../bounded-cache.js'
import { parseConfirmation, type Confirmation, type ConfirmationPolicy } from '../confirmation.js'
import { scopesOf, type AccessTokenClaims } from './access-token-claims.js'

/** An access token that was verified, and what was read from it. Frozen: requests share it. */
export interface KnownToken {
  readonly claims: AccessTokenClaims
  readonly scopes: readonly string[]
  readonly cnf: Confirmation | undefined
  /** Whether it still is what it was: by its issuer's key, or by an answer that may still be used. */
  readonly isVouchedFor: () => boolean
  /** The key that made the proofs, once one has verified. */
  readonly proofKey?: ProofKey | undefined
}

/** The access tokens of requests that passed every check, under their hash. */
export interface KnownTokens {
  get(hash: string): KnownToken | undefined
  /** Only for a request that was accepted: nobody else can fill this memory. */
  keep(hash: string, accessToken: string, token: KnownToken): void
}

/** Some 4 kB each: the oldest go first. */
const MAX_TOKENS = 10_000

/** Longer ones are verified anew each time, so that a few large ones do not take all the memory. */
const MAX_TOKEN_LENGTH = 4096
const MAX_HEADER_LENGTH = 1024

export function createKnownTokens(): KnownTokens {
  const tokens = boundedCache<KnownToken>(MAX_TOKENS)

  return {
    get: (hash) => tokens.get(hash),
    keep: (hash, accessToken, token) => {
      if (accessToken.length > MAX_TOKEN_LENGTH) return
      if ((token.proofKey?.encodedHeader.length ?? 0) > MAX_HEADER_LENGTH) return

      tokens.set(hash, token)
    },
  }
}

/**
 * Reads what requests will ask of a verified token.
 *
 * @throws {RefusedError} of {@link parseConfirmation}
 */
export function describeToken(
  { claims, isVouchedFor }: Pick<KnownToken, 'claims' | 'isVouchedFor'>,
  policy: ConfirmationPolicy,
): KnownToken {
  const cnf = parseConfirmation(claims, policy)
  return {
    claims: freezeDeeply(claims),
    scopes: Object.freeze(scopesOf(claims)),
    cnf: cnf && Object.freeze(cnf),
    isVouchedFor,
  }
}

/** What one request's handler changed, the next request would be judged by. */
function freezeDeeply<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value

  for (const member of Object.values(value as JsonObject)) freezeDeeply(member)
  return Object.freeze(value)
}
