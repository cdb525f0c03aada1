import {
  encodeBase64url,
  TLS_EXPORTER_LABEL,
  TLS_EXPORTER_OCTETS,
  verificationKeyOf,
  type VerificationKey,
} from '@tmb-kit/core'
import { importX509 } from 'jose'
import { boundedCache, type BoundedCache } from '../bounded-cache.js'
import { RefusedError } from '../refusal.js'
import type { TokenAlgorithm } from '../token/token-algorithm.js'
import type { RequestConnection } from '../verified-request.js'
import type { SessionProofClaims } from './parse-session-proof.js'

/** A proof that has verified on one connection, with the text that it came as. */
export interface VerifiedSessionProof {
  readonly text: string
  readonly claims: SessionProofClaims
}

/** What is known of one TLS connection. It goes when the connection's object goes. */
export interface ConnectionState {
  /** Of the client certificate: base64url SHA-256 of its DER. */
  readonly thumbprint: string
  /** base64url of the exporter's value; `undefined` where this is no end of a TLS 1.3 session. */
  readonly ekm: string | undefined
  /** The certificate's key, if it is one for this algorithm. */
  keyFor(algorithm: TokenAlgorithm): Promise<VerificationKey | undefined>
  /** One proof for each token, under the token's hash. */
  readonly proofs: BoundedCache<VerifiedSessionProof>
  /** Proofs that are being verified: requests that come at once share one verification. */
  readonly verifying: Map<string, Promise<VerifiedSessionProof>>
}

/** Some 500 octets each. The oldest goes first, and is verified once more when it comes again. */
const MAX_PROOFS = 1000

/** RFC 7518 section 3.3: what a shorter RSA key signs does not count. */
const MIN_RSA_BITS = 2048

/**
 * Looks at a connection: its client certificate and its exporter value.
 *
 * Checks that it is TLS 1.3: in 1.2 a renegotiation changes the value on the same connection, and
 * whether the session has the extended master secret cannot be seen.
 *
 * @throws {RefusedError} `certificate_missing`
 */
export async function readConnection(connection: RequestConnection): Promise<ConnectionState> {
  const { clientCertificate } = connection
  if (clientCertificate === undefined || clientCertificate.length === 0) {
    throw new RefusedError('certificate_missing')
  }

  const der = new Uint8Array(clientCertificate)
  const digest = await crypto.subtle.digest('SHA-256', der)
  const keys = new Map<TokenAlgorithm, Promise<VerificationKey | undefined>>()
  return {
    thumbprint: encodeBase64url(new Uint8Array(digest)),
    ekm: exportValue(connection),
    keyFor: async (algorithm) => {
      const known = keys.get(algorithm) ?? importCertificateKey(der, algorithm)
      keys.set(algorithm, known)
      return known
    },
    proofs: boundedCache(MAX_PROOFS),
    verifying: new Map(),
  }
}

function exportValue(connection: RequestConnection): string | undefined {
  if (connection.exportKeyingMaterial === undefined || connection.tlsVersion !== 'TLSv1.3') {
    return undefined
  }
  try {
    // Of no octets, but given: under TLS 1.2 no context and an empty one are two values.
    const context = new Uint8Array(0)
    const value: unknown = connection.exportKeyingMaterial(
      TLS_EXPORTER_OCTETS,
      TLS_EXPORTER_LABEL,
      context,
    )
    const isValue = value instanceof Uint8Array && value.length === TLS_EXPORTER_OCTETS
    return isValue ? encodeBase64url(value) : undefined
  } catch {
    // The handshake has not ended, or the connection is gone: there is no value to compare with.
    return undefined
  }
}

async function importCertificateKey(
  der: Uint8Array,
  algorithm: TokenAlgorithm,
): Promise<VerificationKey | undefined> {
  const base64 = btoa(Array.from(der, (octet) => String.fromCharCode(octet)).join(''))
  const pem = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----`
  try {
    const publicKey = await importX509(pem, algorithm)
    const { modulusLength = MIN_RSA_BITS } = publicKey.algorithm as Partial<RsaHashedKeyAlgorithm>
    return modulusLength < MIN_RSA_BITS ? undefined : verificationKeyOf(publicKey)
  } catch {
    // A key of another kind, or one that this runtime does not know: it verifies nothing here.
    return undefined
  }
}
