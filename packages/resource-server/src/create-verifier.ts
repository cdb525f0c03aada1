import { isPromise, ProofError } from '@tmb-kit/core'
import { createRefuse, type Scheme } from './challenge.js'
import { parseScheme } from './credentials.js'
import { createJudge } from './judge-request.js'
import { createMetadata, hintsOf, type ProtectedResourceMetadata } from './metadata.js'
import { RefusedError } from './refusal.js'
import { findShortfall, parseRequirement, type Requirement } from './requirement.js'
import { checkVerifierOptions } from './settings.js'
import type { RequestConnection, VerifiableRequest, VerifiedRequest } from './verified-request.js'
import type { VerifierOptions } from './verifier-options.js'

/** Judges the requests of one resource server. */
export interface Verifier {
  /**
   * Verifies the access token of a request and the proof that its sender holds the key.
   *
   * Does not check that the token's scope is enough for the route: {@link Verifier.authorize} does.
   *
   * @throws {AccessTokenError} with the answer to send; see its `code` and `toResponse()`.
   */
  verify(request: VerifiableRequest, connection?: RequestConnection): Promise<VerifiedRequest>
  /**
   * Prepares a route's requirement.
   *
   * @returns A check that throws {@link AccessTokenError} `scope_insufficient` (403) or
   *   `authentication_insufficient` (401, RFC 9470) when a verified request falls short.
   * @throws {TypeError} when the requirement itself is malformed.
   */
  authorize(requirement: Requirement): (verified: VerifiedRequest) => void
  /** What this resource server says of itself, from the very options that it is judged by. */
  readonly metadata: ProtectedResourceMetadata
}

/**
 * Creates the verifier of a resource server.
 *
 * Does not check: anything beyond the request itself, such as the user's rights to an order.
 * Checks, in this order, so that nobody without a token and its key can fill a cache or a store:
 * shape, access token (RFC 9068 section 4), binding, proof (RFC 9449 section 4.3), single use.
 * Trusts: the options, and the issuer's keys. What a request says of its own host or scheme is
 * believed only as far as it names one of `origins`.
 *
 * @throws {TypeError} with one sentence that says which option to change.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-7
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const settings = checkVerifierOptions(options)
  const refuse = createRefuse({ ...settings, ...hintsOf(settings) })
  const judge = createJudge(settings)

  return {
    metadata: createMetadata(settings),
    verify: async (request, connection = {}) => {
      try {
        const found = judge.judge(request, connection)
        const judged = isPromise(found) ? await found : found
        const claiming = judge.claim(judged)
        if (claiming !== undefined) await claiming
        return judge.accept(judged)
      } catch (cause) {
        if (!(cause instanceof RefusedError || cause instanceof ProofError)) throw cause

        const scheme = parseScheme(request.headers.get('authorization'))
        const nonce = settings.nonceSource === undefined ? undefined : await judge.nonceToOffer()
        settings.onEvent({ type: 'request_refused', code: cause.code })
        throw refuse(cause.code, { scheme, nonce })
      }
    },
    authorize: (requirement) => {
      const parsed = parseRequirement(requirement)
      return (verified) => {
        const shortfall = findShortfall(verified, parsed, settings.clock)
        if (shortfall === undefined) return

        settings.onEvent({ type: 'request_refused', code: shortfall.code })
        const { jkt, nonce } = verified
        const scheme: Scheme = jkt === undefined ? 'Bearer' : 'DPoP'
        const { parameters } = shortfall
        throw refuse(shortfall.code, { scheme, nonce, parameters })
      }
    },
  }
}
