import type { JsonObject, ProofKey } from '@tmb-kit/core'
import { boundedCache } from '../bounded-cache.js'
import type { Credentials } from '../credentials.js'
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

/** A token as a request presents it, with what is known of it. */
export interface PresentedToken extends Credentials {
  /** What a proof must hold as `ath`. */
  readonly hash: string
  /** What an earlier request found out about this very token. Absent on first sight. */
  readonly known: KnownToken | undefined
}

/** The access tokens of requests that passed every check. */
export interface KnownTokens {
  /** The token of an `Authorization` value that was accepted before, character by character. */
  get(authorization: string): PresentedToken | undefined
  /** The same for credentials that were read from a value that is not known. */
  find(field: string, hash: string): KnownToken | undefined
  /** Only for a request that was accepted: nobody else can fill this memory. */
  keep(presented: PresentedToken, token: KnownToken): void
}

/** Some 4 kB each: the oldest go first. */
const MAX_TOKENS = 10_000

/** Longer ones are verified anew each time, so that a few large ones do not take all the memory. */
const MAX_TOKEN_LENGTH = 4096
const MAX_HEADER_LENGTH = 1024

/**
 * Creates the memory of accepted tokens.
 *
 * A token that came under DPoP is found by the field that it came in, so that a request of a known
 * client needs no hash at all: where WebCrypto makes them, one costs a third of a verification. It is
 * of no use without its key. A Bearer token is found by its hash, so that it is not kept itself.
 */
export function createKnownTokens(maxTokens = MAX_TOKENS): KnownTokens {
  const tokensOfFields = boundedCache<PresentedToken>(maxTokens)
  const tokensOfHashes = boundedCache<KnownToken>(maxTokens)

  return {
    get: (authorization) => tokensOfFields.get(authorization),
    // Under either scheme: what is known of a token does not depend on how it comes this time.
    find: (field, hash) => tokensOfFields.get(field)?.known ?? tokensOfHashes.get(hash),
    keep: ({ scheme, accessToken, field, hash }, known) => {
      if (accessToken.length > MAX_TOKEN_LENGTH) return
      if ((known.proofKey?.encodedHeader.length ?? 0) > MAX_HEADER_LENGTH) return

      if (scheme === 'Bearer') tokensOfHashes.set(hash, known)
      else tokensOfFields.set(field, { scheme, accessToken, field, hash, known })
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
