import {
  equalInConstantTime,
  parseJkt,
  SESSION_BINDING_PROOF_HEADER,
  type ReplayStore,
  type TargetUri,
} from '@tmb-kit/core'
import { assertClientCertificate } from '../client-certificate.js'
import { RefusedError } from '../refusal.js'
import type { VerifierEvent } from '../verifier-event.js'
import type { RequestConnection, VerifiableRequest } from '../verified-request.js'
import {
  readConnection,
  type ConnectionState,
  type VerifiedSessionProof,
} from './connection-state.js'
import { parseSessionProof, type SessionProofClaims } from './parse-session-proof.js'
import {
  assertBindingClaims,
  assertRequestClaims,
  type SessionProofPolicy,
} from './session-proof-checks.js'

/** A request with a token that is bound to a TLS session. */
export interface SessionBoundRequest {
  readonly request: Pick<VerifiableRequest, 'method' | 'headers'>
  readonly connection: RequestConnection
  /** The hash of the access token. */
  readonly ath: string
  /** The certificate that the token is bound to. */
  readonly thumbprint: string
  readonly targetUri: () => TargetUri | undefined
  /** A proxy ended the TLS session of the client. With the certificate that it tells of, if any. */
  readonly proxied?: { readonly clientCertificate: Uint8Array | undefined } | undefined
}

export interface SessionBindingSettings extends SessionProofPolicy {
  readonly replayStore: ReplayStore
  readonly onEvent: (event: VerifierEvent) => void
}

/** @throws {RefusedError} with the code of the first check that refuses. */
export type SessionBinding = (bound: SessionBoundRequest) => Promise<void>

/**
 * Prepares the verification of session-binding proofs: one signature for each connection, token and
 * proof, and a look-up for every request after that.
 *
 * Does not check the access token, which is to be verified anew for every request.
 * Checks: the certificate of the connection, then the proof: its header, signature, exporter value,
 * token, age when it is first shown, and what it says of the request each time.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-mw-oauth-tls-session-bound-tokens-06#section-3.3.2
 */
export function createSessionBinding(settings: SessionBindingSettings): SessionBinding {
  const connections = new WeakMap<object, Promise<ConnectionState>>()

  return async (bound) => {
    const { connection, request, thumbprint, proxied } = bound
    const text = request.headers.get(SESSION_BINDING_PROOF_HEADER) ?? ''
    if (proxied !== undefined) {
      await assertClientCertificate(proxied.clientCertificate, thumbprint)
      throw new RefusedError(text === '' ? 'session_proof_missing' : 'session_unavailable')
    }

    const state = await lookUp(connections, connection)
    if (!equalInConstantTime(state.thumbprint, thumbprint)) {
      throw new RefusedError('certificate_mismatch')
    }
    if (text === '') throw new RefusedError('session_proof_missing')

    const known = state.proofs.get(bound.ath)
    const { claims } =
      known?.text === text ? known : await verifyOnce(text, bound.ath, state, settings)
    assertRequestClaims(claims, { htm: request.method, targetUri: bound.targetUri }, settings)
    if (claims.jti !== undefined) await claimJti(claims.jti, claims.iat, state, settings)
  }
}

/** A connection is looked at once, unless there was nothing yet to be seen. */
async function lookUp(
  connections: WeakMap<object, Promise<ConnectionState>>,
  connection: RequestConnection,
): Promise<ConnectionState> {
  const identity = connection.identity ?? connection
  const known = connections.get(identity)
  if (known !== undefined) return known

  const reading = readConnection(connection)
  connections.set(identity, reading)
  const forget = (): void => void connections.delete(identity)
  reading.then((state) => {
    if (state.ekm === undefined) forget()
  }, forget)
  return reading
}

async function verifyOnce(
  text: string,
  ath: string,
  state: ConnectionState,
  settings: SessionBindingSettings,
): Promise<VerifiedSessionProof> {
  const name = `${ath} ${text}`
  const underWay = state.verifying.get(name)
  if (underWay !== undefined) return underWay

  const verifying = verify(text, ath, state, settings)
  state.verifying.set(name, verifying)
  try {
    return await verifying
  } finally {
    state.verifying.delete(name)
  }
}

async function verify(
  text: string,
  ath: string,
  state: ConnectionState,
  settings: SessionBindingSettings,
): Promise<VerifiedSessionProof> {
  const proof = parseSessionProof(text)
  const { ekm, thumbprint } = state
  if (ekm === undefined) throw new RefusedError('session_unavailable')
  if (!equalInConstantTime(proof.thumbprint, thumbprint)) {
    throw new RefusedError('session_proof_certificate_mismatch')
  }
  const certificateKey = await state.keyFor(proof.algorithm)
  if (certificateKey === undefined) throw new RefusedError('session_proof_algorithm_refused')
  if (!(await certificateKey.verify(proof.signature, proof.signingInput))) {
    throw new RefusedError('session_proof_signature_invalid')
  }
  assertBindingClaims(proof.claims, { ekm, ath }, settings)
  settings.onEvent({ type: 'session_proof_verified' })
  const verified = { text, claims: proof.claims }
  if (isReusable(proof.claims)) state.proofs.set(ath, verified)
  return verified
}

/** With a `jti` a proof serves once, and its age counts each time it is shown. */
function isReusable({ jti }: SessionProofClaims): boolean {
  return jti === undefined
}

async function claimJti(
  jti: string,
  iat: number,
  { thumbprint }: ConnectionState,
  { replayStore, maxAgeSeconds, futureSkewSeconds }: SessionBindingSettings,
): Promise<void> {
  // A certificate's thumbprint has the form of a key's, and no two of them are alike.
  const signer = parseJkt(thumbprint)
  const expiresAt = iat + maxAgeSeconds + futureSkewSeconds
  if (signer === undefined || !(await replayStore.claim(signer, jti, expiresAt))) {
    throw new RefusedError('session_proof_replayed')
  }
}
