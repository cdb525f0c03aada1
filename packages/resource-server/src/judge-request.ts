import {
  computeSha256,
  DPOP_HEADER,
  isPromise,
  judgeProof,
  parseProof,
  proofExpiry,
  ProofError,
  type ParsedProof,
  type ProofKey,
  type Soon,
  type TargetUri,
} from '@tmb-kit/core'
import type { Scheme } from './challenge.js'
import { assertClientCertificate } from './client-certificate.js'
import type { Confirmation } from './confirmation.js'
import { parseCredentials } from './credentials.js'
import { createExpectedTarget } from './expected-target.js'
import { guardNonceSource, guardReplayStore } from './guarded-ports.js'
import { parseProxyHeaders } from './proxy-headers.js'
import { RefusedError } from './refusal.js'
import type { VerifierSettings } from './settings.js'
import { createSessionBinding } from './tls-session/session-binding.js'
import { assertAccessTokenTimes } from './token/access-token-claims.js'
import {
  createKnownTokens,
  describeToken,
  type KnownToken,
  type PresentedToken,
} from './token/known-tokens.js'
import { createTokenVerifier } from './token/verify-access-token.js'
import { assertNoTokenElsewhere } from './token-elsewhere.js'
import {
  createVerifiedRequest,
  type RequestConnection,
  type VerifiableRequest,
  type VerifiedRequest,
} from './verified-request.js'

/** A request that passed every check but one: its proof has not been used up yet. */
export interface JudgedRequest {
  readonly presented: PresentedToken
  readonly token: KnownToken
  readonly cnf: Confirmation
  readonly proof: ParsedProof | undefined
  readonly proofKey: ProofKey | undefined
  readonly nonce: string | undefined
}

/** Judges requests in the terms of this package: its errors have no answer yet. */
export interface RequestJudge {
  /**
   * Checks everything but single use; at once, where token and key are known and nothing outside of
   * this process has to be asked.
   *
   * @throws {RefusedError} and {@link ProofError} with the code of the first check that refuses; or
   *   rejects with them.
   */
  judge(request: VerifiableRequest, connection: RequestConnection): Soon<JudgedRequest>
  /** Uses the proof up. The last check, so that nobody without the key can fill the store. */
  claim(judged: JudgedRequest): Promise<void> | undefined
  /** Remembers what a request showed that passed every check, and gives what its handler may know. */
  accept(judged: JudgedRequest): VerifiedRequest
  /** The nonce to offer with a refusal. */
  nonceToOffer(): Promise<string | undefined>
}

/** What the checks of one request hand on. */
interface RequestCase {
  readonly request: VerifiableRequest
  readonly connection: RequestConnection
  readonly presented: PresentedToken
  readonly proof: ParsedProof | undefined
}

/** Prepares all the checks of a request. They come in the order in which they stand here. */
export function createJudge(settings: VerifierSettings): RequestJudge {
  const { algorithms, maxAgeSeconds, futureSkewSeconds, clock } = settings
  const nonceSource = settings.nonceSource && guardNonceSource(settings.nonceSource)
  const replayStore = guardReplayStore(settings.replayStore)
  const verifyToken = createTokenVerifier(settings)
  const knownTokens = createKnownTokens()
  const expectedTarget = createExpectedTarget(settings.origins)
  const sessionBinding = createSessionBinding({ ...settings, replayStore })
  const policy = { maxAgeSeconds, futureSkewSeconds, clock, nonceSource }
  // What a proxy of ours says of the request; asked only where it can make a difference.
  const proxyHeadersOf = ({ request, connection }: RequestCase) =>
    settings.trustedProxy(request, connection)
      ? parseProxyHeaders(request.headers, settings)
      : undefined
  const targetOf = (requestCase: RequestCase): TargetUri | undefined =>
    expectedTarget(requestCase.request.url, proxyHeadersOf(requestCase)?.origin)

  const readUnknownToken = async (authorization: string | null): Promise<PresentedToken> => {
    const credentials = parseCredentials(authorization)
    const { scheme, accessToken, field } = credentials
    const hashing = computeSha256(accessToken)
    const hash = typeof hashing === 'string' ? hashing : await hashing
    return { scheme, accessToken, field, hash, known: knownTokens.find(field, hash) }
  }

  const judgePresented = (
    request: VerifiableRequest,
    connection: RequestConnection,
    presented: PresentedToken,
  ): Soon<JudgedRequest> => {
    const { scheme, accessToken, hash, known } = presented
    const proof =
      scheme === 'DPoP'
        ? parseProof(request.headers.get(DPOP_HEADER) ?? '', algorithms, known?.proofKey)
        : undefined
    const requestCase = { request, connection, presented, proof }
    if (isStillGood(known, settings)) return judgeBinding(requestCase, known)

    return (async () => {
      const verified = await verifyToken(accessToken, hash)
      return judgeBinding(requestCase, describeToken(verified, settings))
    })()
  }

  const judgeBinding = (requestCase: RequestCase, token: KnownToken): Soon<JudgedRequest> => {
    const { presented, proof, request } = requestCase
    const cnf = assertBinding(presented.scheme, token.cnf, settings)
    if (proof === undefined) return judgeConnection(requestCase, token, cnf, undefined)

    const proofKey = judgeProof(proof, {
      policy,
      htm: request.method,
      targetUri: assertTarget(targetOf(requestCase)),
      ath: presented.hash,
      known: presented.known?.proofKey,
      jkt: cnf.jkt,
    })
    if (!isPromise(proofKey)) {
      return judgeConnection(requestCase, token, cnf, proofKey)
    }
    return (async () => judgeConnection(requestCase, token, cnf, await proofKey))()
  }

  const judgeConnection = (
    requestCase: RequestCase,
    token: KnownToken,
    cnf: Confirmation,
    proofKey: ProofKey | undefined,
  ): Soon<JudgedRequest> => {
    const { presented, proof } = requestCase
    const judged = { presented, token, cnf, proof, proofKey, nonce: undefined }
    const thumbprint = cnf['x5t#S256']
    if (thumbprint === undefined && nonceSource === undefined) return judged

    return (async () => {
      if (thumbprint !== undefined) await assertConnection(requestCase, cnf, thumbprint)
      return nonceSource === undefined ? judged : { ...judged, nonce: await nonceSource.current() }
    })()
  }

  const assertConnection = async (
    requestCase: RequestCase,
    cnf: Confirmation,
    thumbprint: string,
  ): Promise<void> => {
    const { request, connection, presented } = requestCase
    const proxied = proxyHeadersOf(requestCase)
    if (cnf.tls_exp === undefined) {
      // Where a proxy ends the client's connection, the certificate of ours is the proxy's.
      await assertClientCertificate((proxied ?? connection).clientCertificate, thumbprint)
      return
    }

    const targetUri = (): TargetUri | undefined => targetOf(requestCase)
    const ath = presented.hash
    await sessionBinding({ request, connection, ath, thumbprint, targetUri, proxied })
  }

  return {
    judge: (request, connection): Soon<JudgedRequest> => {
      const elsewhere = assertNoTokenElsewhere(request)
      const authorization = request.headers.get('authorization')
      const presented = knownTokens.get(authorization ?? '')
      if (presented !== undefined && elsewhere === undefined) {
        return judgePresented(request, connection, presented)
      }
      return (async () => {
        await elsewhere
        return judgePresented(request, connection, await readUnknownToken(authorization))
      })()
    },
    claim: ({ proof, proofKey }): Promise<void> | undefined => {
      if (proof === undefined || proofKey === undefined) return undefined

      const { claims } = proof
      const isNew = replayStore.claimSoon(proofKey.jkt, claims.jti, proofExpiry(claims, policy))
      if (typeof isNew !== 'boolean') return isNew.then(assertNew)

      assertNew(isNew)
      return undefined
    },
    accept: ({ presented, token, cnf, proofKey, nonce }) => {
      if (token !== presented.known || proofKey !== presented.known.proofKey) {
        knownTokens.keep(presented, { ...token, proofKey })
      }
      return createVerifiedRequest(token, cnf, { jkt: proofKey?.jkt, nonce })
    },
    nonceToOffer: async () => {
      // A nonce source that fails now must not hide why the request was refused.
      return nonceSource?.current().catch(() => undefined)
    },
  }
}

function assertNew(isNew: boolean): void {
  if (!isNew) throw new ProofError('proof_replayed')
}

/** A token that is known is judged anew by what may have changed: the time, and who vouches for it. */
function isStillGood(
  known: KnownToken | undefined,
  settings: VerifierSettings,
): known is KnownToken {
  if (known?.isVouchedFor() !== true) return false

  assertAccessTokenTimes(known.claims, settings)
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
