import {
  claimProof,
  computeTokenHash,
  DPOP_HEADER,
  judgeProof,
  parseProof,
  ProofError,
  type TargetUri,
} from '@tmb-kit/core'
import { createAccessTokenError, type Scheme } from './challenge.js'
import { assertClientCertificate } from './client-certificate.js'
import type { Confirmation } from './confirmation.js'
import { parseCredentials, parseScheme } from './credentials.js'
import { createExpectedTarget } from './expected-target.js'
import { guardNonceSource, guardReplayStore } from './guarded-ports.js'
import { createMetadata, hintsOf, type ProtectedResourceMetadata } from './metadata.js'
import { parseProxyHeaders } from './proxy-headers.js'
import { RefusedError } from './refusal.js'
import { findShortfall, parseRequirement, type Requirement } from './requirement.js'
import { checkVerifierOptions, type VerifierSettings } from './settings.js'
import { createKnownTokens, describeToken, type KnownToken } from './token/known-tokens.js'
import { assertAccessTokenClaims } from './token/access-token-claims.js'
import { createTokenVerifier } from './token/verify-access-token.js'
import { assertNoTokenElsewhere } from './token-elsewhere.js'
import {
  createVerifiedRequest,
  type RequestConnection,
  type VerifiableRequest,
  type VerifiedRequest,
} from './verified-request.js'
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
  const challengeSettings = { ...settings, hints: hintsOf(settings) }
  const nonceSource =
    settings.nonceSource === undefined ? undefined : guardNonceSource(settings.nonceSource)
  const claiming = { ...settings, replayStore: guardReplayStore(settings.replayStore) }
  const verifyToken = createTokenVerifier(settings)
  const knownTokens = createKnownTokens()
  const expectedTarget = createExpectedTarget(settings.origins)
  const { maxAgeSeconds, futureSkewSeconds, clock } = settings
  const proofPolicy = { maxAgeSeconds, futureSkewSeconds, clock, nonceSource }
  const currentNonce = async (): Promise<string | undefined> => nonceSource?.current()

  const judge = async (
    request: VerifiableRequest,
    connection: RequestConnection,
  ): Promise<VerifiedRequest> => {
    const { headers, method, url } = request
    const forwarded = settings.trustedProxy(request, connection)
      ? parseProxyHeaders(headers)
      : undefined
    const elsewhere = assertNoTokenElsewhere(request, url)
    if (elsewhere !== undefined) await elsewhere
    const { scheme, accessToken } = parseCredentials(headers.get('authorization'))
    const hash = await computeTokenHash(accessToken)
    const known = knownTokens.get(hash)
    const proof =
      scheme === 'DPoP'
        ? parseProof(headers.get(DPOP_HEADER) ?? '', settings.algorithms, known?.proofKey)
        : undefined
    const token = isStillGood(known, settings)
      ? known
      : describeToken(await verifyToken(accessToken, hash), settings)
    const cnf = assertBinding(scheme, token.cnf, settings)
    const proofKey =
      proof === undefined
        ? undefined
        : await judgeProof(proof, {
            policy: proofPolicy,
            htm: method,
            targetUri: assertTarget(expectedTarget(url, forwarded?.origin)),
            ath: hash,
            known: known?.proofKey,
            jkt: cnf.jkt,
          })
    const thumbprint = cnf['x5t#S256']
    if (thumbprint !== undefined) {
      const certificate = connection.clientCertificate ?? forwarded?.clientCertificate
      await assertClientCertificate(certificate, thumbprint)
    }
    const nonce = nonceSource === undefined ? undefined : await nonceSource.current()
    const jkt = proofKey?.jkt
    if (proof !== undefined && jkt !== undefined) {
      await claimProof({ jkt, claims: proof.claims }, claiming)
    }
    if (token !== known || proofKey !== known.proofKey) {
      knownTokens.keep(hash, accessToken, { ...token, proofKey })
    }

    return createVerifiedRequest(token, cnf, { jkt, nonce })
  }

  return {
    metadata: createMetadata(settings),
    verify: async (request, connection = {}) => {
      try {
        return await judge(request, connection)
      } catch (cause) {
        if (!(cause instanceof RefusedError || cause instanceof ProofError)) throw cause

        const scheme = parseScheme(request.headers.get('authorization'))
        // A nonce source that fails now must not hide why the request was refused.
        const nonce = await currentNonce().catch(() => undefined)
        settings.onEvent({ type: 'request_refused', code: cause.code })
        throw createAccessTokenError(cause.code, { scheme, nonce }, challengeSettings)
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
        const refused = { scheme, nonce, parameters }
        throw createAccessTokenError(shortfall.code, refused, challengeSettings)
      }
    },
  }
}

/** A token that is known is judged anew by what may have changed: the time, and who vouches for it. */
function isStillGood(
  known: KnownToken | undefined,
  settings: VerifierSettings,
): known is KnownToken {
  if (known?.isVouchedFor() !== true) return false

  assertAccessTokenClaims(known.claims, settings)
  return true
}

/** RFC 9449 sections 7.1 and 7.2: `jkt` and the DPoP scheme belong together, in both directions. */
function assertBinding(
  scheme: Scheme,
  cnf: Confirmation | undefined,
  { allowBearer }: VerifierSettings,
): Confirmation {
  if (cnf === undefined) {
    if (scheme === 'DPoP' || !allowBearer) throw new RefusedError('token_unbound')
    return {}
  }
  if ((cnf.jkt !== undefined) !== (scheme === 'DPoP')) {
    throw new RefusedError('token_scheme_mismatch')
  }
  return cnf
}

/** A path that no URI can have, with a broken percent-encoding say, is what no proof can name. */
function assertTarget(target: TargetUri | undefined): TargetUri {
  if (target === undefined) throw new ProofError('proof_htu_mismatch')
  return target
}
