import {
  DPOP_HEADER,
  DPOP_NONCE_HEADER,
  DPOP_SCHEME,
  equalInConstantTime,
  ProofError,
  ReplayStoreFullError,
  USE_DPOP_NONCE,
  verifyProof,
  type Jkt,
  type ProofAlgorithm,
} from '@tmb-kit/core'
import type { Context } from 'hono'
import { noteHeader } from '../answer-json.js'
import type { BackendContext } from '../backend-context.js'
import { RefusalError } from '../errors.js'

/** What the browser package makes. */
const ALGORITHMS: readonly ProofAlgorithm[] = ['ES256', 'Ed25519']

/**
 * With `proofOfPossession: 'required'`: verifies the proof that the page made for the backend itself.
 *
 * Does not check whose key it is: compare with {@link assertSameKey}.
 * Checks: RFC 9449 section 4.3 with the configured origin, a nonce of ours, single use in this
 * process, and no `ath`, since there is no access token.
 *
 * @param path The endpoint below the base path.
 * @returns the key's thumbprint; `undefined` when no proof is demanded.
 * @throws {RefusalError} `use_dpop_nonce`, `invalid_dpop_proof`, `as_unavailable`
 */
export function verifyOwnProof(
  c: Context,
  path: string,
  context: BackendContext,
): Promise<Jkt> | undefined {
  return context.settings.proofOfPossession === 'off' ? undefined : verify(c, path, context)
}

async function verify(
  c: Context,
  path: string,
  { settings, sessions, replayStore }: BackendContext,
): Promise<Jkt> {
  const { nonceSource } = sessions
  noteHeader(c)
  c.header(DPOP_NONCE_HEADER, await nonceSource.current())
  try {
    const { jkt, claims } = await verifyProof(c.req.header(DPOP_HEADER) ?? '', {
      htm: c.req.raw.method,
      htu: `${settings.origin}${settings.basePath}${path}`,
      algorithms: ALGORITHMS,
      nonceSource,
      replayStore,
      clock: settings.clock,
    })
    if (claims.ath !== undefined) throw new ProofError('proof_ath_mismatch')
    return jkt
  } catch (error) {
    throw toRefusal(error)
  }
}

/** @throws {RefusalError} `key_mismatch` */
export function assertSameKey(proven: Jkt | undefined, jkt: Jkt): void {
  if (proven !== undefined && !equalInConstantTime(proven, jkt)) {
    throw new RefusalError('key_mismatch')
  }
}

function toRefusal(error: unknown): unknown {
  if (error instanceof ReplayStoreFullError) {
    return new RefusalError('as_unavailable', { headers: { 'Retry-After': '5' } })
  }
  if (!(error instanceof ProofError)) return error

  const wantsNonce = error.code === 'proof_nonce_refused'
  const code = wantsNonce ? USE_DPOP_NONCE : 'invalid_dpop_proof'
  const challenge = `${DPOP_SCHEME} error="${code}", algs="${ALGORITHMS.join(' ')}"`
  return new RefusalError(code, { headers: { 'WWW-Authenticate': challenge } })
}
