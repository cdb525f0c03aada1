/** A JWS algorithm that proofs may be signed with. */
export type ProofAlgorithm = 'ES256' | 'ES384' | 'Ed25519' | 'PS256' | 'RS256'

/** What importing a key and its thumbprint need to know about an algorithm. */
export interface ProofAlgorithmParameters {
  readonly kty: 'EC' | 'OKP' | 'RSA'
  readonly crv?: string
  /** The members that make the public key, beside `kty` and `crv`. */
  readonly publicMembers: readonly ('x' | 'y' | 'n' | 'e')[]
  /** Octets of each coordinate; RSA has bounds of its own. */
  readonly coordinateOctets?: number
  readonly importing: Algorithm | EcKeyImportParams | RsaHashedImportParams
}

const rsa = (name: string) =>
  ({ kty: 'RSA', publicMembers: ['n', 'e'], importing: { name, hash: 'SHA-256' } }) as const

/**
 * RFC 7518 section 3.1 and RFC 9864 section 2.2: asymmetric algorithms only. `EdDSA` is left out,
 * since it does not say the curve.
 */
export const PROOF_ALGORITHMS: Readonly<Record<ProofAlgorithm, ProofAlgorithmParameters>> = {
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    publicMembers: ['x', 'y'],
    coordinateOctets: 32,
    importing: { name: 'ECDSA', namedCurve: 'P-256' },
  },
  ES384: {
    kty: 'EC',
    crv: 'P-384',
    publicMembers: ['x', 'y'],
    coordinateOctets: 48,
    importing: { name: 'ECDSA', namedCurve: 'P-384' },
  },
  Ed25519: {
    kty: 'OKP',
    crv: 'Ed25519',
    publicMembers: ['x'],
    coordinateOctets: 32,
    importing: { name: 'Ed25519' },
  },
  PS256: rsa('RSA-PSS'),
  RS256: rsa('RSASSA-PKCS1-v1_5'),
}

/** Reads the `alg` of a proof, or of a configuration. */
export function parseProofAlgorithm(value: unknown): ProofAlgorithm | undefined {
  return typeof value === 'string' && Object.hasOwn(PROOF_ALGORITHMS, value)
    ? (value as ProofAlgorithm)
    : undefined
}
