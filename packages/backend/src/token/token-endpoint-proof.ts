import {
  ProofError,
  verifyProof,
  type DpopProofClaims,
  type Jkt,
  type VerifiedProof,
} from '@tmb-kit/core'
import type { BackendContext } from '../backend-context.js'
import { RefusalError } from '../errors.js'

const MAX_AGE_SECONDS = 60
const FUTURE_SKEW_SECONDS = 10
const NO_LIMIT_SECONDS = 2 ** 40

/** How long an identifier is remembered: as long as a nonce that vouches for it. */
const REPLAY_MEMORY_SECONDS = 600

/** What the page needs to make a proof for the token endpoint. */
export async function proofDemand({
  server,
  dpopNonces,
}: BackendContext): Promise<Readonly<Record<string, unknown>>> {
  const { token_endpoint, proofAlgorithms } = await server.metadata()
  return { token_endpoint, algs: proofAlgorithms, as_nonce: dpopNonces.current() }
}

/**
 * Checks a proof that the page handed off, before the authorization server sees it.
 *
 * Does not check its nonce: that is the authorization server's.
 * Checks: RFC 9449 section 4.3 with `htm` POST and `htu` the token endpoint; `iat` 60 s past to 10 s
 * ahead, waived when the proof carries a nonce of the authorization server; no `ath`; the pinned
 * key; first use.
 *
 * @throws {RefusalError} `token_endpoint_proof_required`, `key_mismatch`,
 *   `invalid_token_endpoint_proof`, `as_unavailable`
 */
export async function assertTokenEndpointProof(
  proof: string | undefined,
  jkt: Jkt,
  context: BackendContext,
): Promise<string> {
  const { settings, replayStore } = context
  if (proof === undefined) {
    const members = await proofDemand(context)
    throw new RefusalError('token_endpoint_proof_required', { members })
  }

  const { claims } = await verify(proof, jkt, context)
  if (claims.ath !== undefined || !isTimely(claims, context)) {
    throw new RefusalError('invalid_token_endpoint_proof')
  }

  const expiresAt = settings.clock() + REPLAY_MEMORY_SECONDS
  const isFirst = await replayStore.claim(jkt, claims.jti, expiresAt).catch((): never => {
    throw new RefusalError('as_unavailable', { headers: { 'Retry-After': '5' } })
  })
  if (!isFirst) throw new RefusalError('invalid_token_endpoint_proof')
  return proof
}

async function verify(
  proof: string,
  jkt: Jkt,
  { settings, server }: BackendContext,
): Promise<VerifiedProof> {
  const { token_endpoint: htu, proofAlgorithms: algorithms } = await server.metadata()
  try {
    return await verifyProof(proof, {
      htm: 'POST',
      htu,
      jkt,
      algorithms,
      clock: settings.clock,
      // Judged below, since it does not always count.
      maxAgeSeconds: NO_LIMIT_SECONDS,
      futureSkewSeconds: NO_LIMIT_SECONDS,
    })
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    const isOtherKey = error.code === 'proof_key_mismatch'
    throw new RefusalError(isOtherKey ? 'key_mismatch' : 'invalid_token_endpoint_proof')
  }
}

/** A nonce of the authorization server says better than the page's clock when a proof was made. */
function isTimely(
  { iat, nonce }: DpopProofClaims,
  { settings, dpopNonces }: BackendContext,
): boolean {
  if (nonce !== undefined && dpopNonces.isKnown(nonce)) return true

  const age = settings.clock() - iat
  return age <= MAX_AGE_SECONDS && age >= -FUTURE_SKEW_SECONDS
}
