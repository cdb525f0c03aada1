import {
  computeTokenHash,
  encodeBase64url,
  encodeBase64urlText,
  parseTargetUri,
  SESSION_BINDING_PROOF_TYPE,
  systemClock,
  TLS_EXPORTER_LABEL,
  TLS_EXPORTER_OCTETS,
  type Clock,
} from '@tmb-kit/core'
import type { TLSSocket } from 'node:tls'
import { loadClientCertificate } from './client-certificate.js'
import { ServiceError } from './service-error.js'
import type { ServiceEvent } from './service-event.js'

/** What an authorization server is to bind a token to: the value of `tmb`, and of `cnf`. */
export interface SessionConfirmation {
  readonly 'x5t#S256': string
  readonly tls_exp: string
}

/** The request that a proof is for, where each has its own. */
export interface ProvenRequest {
  readonly htm: string
  readonly htu: string
}

export interface SessionProverOptions {
  /** PEM: the client certificate of the connections, first its own, then what leads to its root. */
  readonly certificate: string
  /** PEM: its private key, for P-256, P-384, P-521, Ed25519 or RSA. */
  readonly privateKey: string
  readonly clock?: Clock
  readonly onEvent?: (event: ServiceEvent) => void
}

/** Signs session-binding proofs with the key of one client certificate. */
export interface SessionProver {
  readonly confirmation: SessionConfirmation
  /**
   * The proof for a token on a connection: signed once, and the same for all requests after that.
   *
   * @param request With one, the proof is for this request alone, and is signed for it.
   * @throws {ServiceError} `session_unavailable`
   */
  prove(socket: TLSSocket, accessToken: string, request?: ProvenRequest): Promise<string>
  /** Signs anew the next time, since the resource server does not take the proof that there is. */
  forget(socket: TLSSocket, accessToken: string): void
}

/** One for each token in use on a connection; the oldest goes first, and is signed again if needed. */
const MAX_PROOFS = 1000

/**
 * Prepares the proofs of one client certificate.
 *
 * Does not check whom a connection leads to: that is for whoever opened it.
 *
 * @throws {TypeError} when certificate and key are none, do not belong together, or sign no JWS.
 * @see https://datatracker.ietf.org/doc/html/draft-mw-oauth-tls-session-bound-tokens-06#section-2.3
 */
export function createSessionProver(options: SessionProverOptions): SessionProver {
  const { clock = systemClock, onEvent = () => undefined } = options
  const { thumbprint, algorithm, sign } = loadClientCertificate(options)
  const connections = new WeakMap<TLSSocket, Map<string, Promise<string>>>()
  const header = encodeBase64urlText(
    JSON.stringify({ typ: SESSION_BINDING_PROOF_TYPE, alg: algorithm, 'x5t#S256': thumbprint }),
  )

  const createProof = async (
    socket: TLSSocket,
    accessToken: string,
    request?: ProvenRequest,
  ): Promise<string> => {
    const ekm = exportValue(socket)
    const ath = await computeTokenHash(accessToken)
    const claims = { ath, ekm, iat: Math.floor(clock()), ...describeRequest(request) }
    const signingInput = `${header}.${encodeBase64urlText(JSON.stringify(claims))}`
    onEvent({ type: 'proof_signed' })
    return `${signingInput}.${encodeBase64url(sign(signingInput))}`
  }

  return {
    confirmation: { 'x5t#S256': thumbprint, tls_exp: TLS_EXPORTER_LABEL },
    prove: async (socket, accessToken, request) => {
      if (request !== undefined) return createProof(socket, accessToken, request)

      const proofs = connections.get(socket) ?? new Map<string, Promise<string>>()
      connections.set(socket, proofs)
      const known = proofs.get(accessToken)
      if (known !== undefined) return known

      const proof = createProof(socket, accessToken)
      remember(proofs, accessToken, proof)
      // A proof that could not be made is not one to keep.
      proof.catch(() => proofs.delete(accessToken))
      return proof
    },
    forget: (socket, accessToken) => void connections.get(socket)?.delete(accessToken),
  }
}

function remember(
  proofs: Map<string, Promise<string>>,
  accessToken: string,
  proof: Promise<string>,
): void {
  proofs.set(accessToken, proof)
  const [oldest] = proofs.keys()
  if (proofs.size > MAX_PROOFS && oldest !== undefined) proofs.delete(oldest)
}

/** Draft section 2.2. Of no octets, but given: under TLS 1.2 no context and an empty one are two values. */
function exportValue(socket: TLSSocket): string {
  if (socket.getProtocol() !== 'TLSv1.3') throw new ServiceError('session_unavailable')
  try {
    const context = Buffer.alloc(0)
    return encodeBase64url(
      socket.exportKeyingMaterial(TLS_EXPORTER_OCTETS, TLS_EXPORTER_LABEL, context),
    )
  } catch (cause) {
    throw new ServiceError('session_unavailable', { cause })
  }
}

/** Draft section 2.3.2.2. `htu` is the whole URI, as in DPoP. */
function describeRequest(request: ProvenRequest | undefined) {
  if (request === undefined) return {}

  const htu = parseTargetUri(request.htu)
  if (htu === undefined) throw new TypeError('htu must be an absolute http or https URI')
  return { jti: encodeBase64url(crypto.getRandomValues(new Uint8Array(16))), htm: request.htm, htu }
}
