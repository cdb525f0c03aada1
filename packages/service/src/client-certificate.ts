import {
  constants,
  createHash,
  createPrivateKey,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto'

/** A client certificate and its key, as a signer of proofs needs them. */
export interface ClientCertificate {
  /** `x5t#S256`: base64url SHA-256 of the DER. */
  readonly thumbprint: string
  readonly algorithm: string
  sign(signingInput: string): Uint8Array
}

const ALGORITHM_OF_CURVE: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

/** RFC 7518 section 3.3: what a shorter RSA key signs does not count. */
const MIN_RSA_BITS = 2048

/** @throws {TypeError} with one sentence that says what is wrong. */
export function loadClientCertificate({
  certificate,
  privateKey,
}: {
  readonly certificate: string
  readonly privateKey: string
}): ClientCertificate {
  const { x509, key } = parse(certificate, privateKey)
  if (!x509.checkPrivateKey(key)) {
    throw new TypeError('privateKey is not the key of certificate')
  }

  const algorithm = algorithmOf(key)
  return {
    thumbprint: createHash('sha256').update(x509.raw).digest('base64url'),
    algorithm,
    sign: (signingInput) => sign(digestOf(algorithm), Buffer.from(signingInput), signing(key)),
  }
}

function parse(certificate: string, privateKey: string) {
  try {
    return { x509: new X509Certificate(certificate), key: createPrivateKey(privateKey) }
  } catch {
    // The parser's own words may hold a piece of the key.
    throw new TypeError('certificate and privateKey must be PEM')
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { namedCurve = '', modulusLength = 0 } = asymmetricKeyDetails ?? {}
  const isRsa = asymmetricKeyType === 'rsa' && modulusLength >= MIN_RSA_BITS
  const algorithm =
    ALGORITHM_OF_CURVE[namedCurve] ??
    (asymmetricKeyType === 'ed25519' ? 'Ed25519' : undefined) ??
    (isRsa ? 'PS256' : undefined)
  if (algorithm !== undefined) return algorithm

  throw new TypeError(
    'privateKey must be P-256, P-384, P-521, Ed25519, or RSA of 2048 bits or more',
  )
}

function digestOf(algorithm: string): string | undefined {
  return algorithm === 'Ed25519' ? undefined : `sha${algorithm.slice(2)}`
}

function signing(key: KeyObject) {
  return {
    key,
    dsaEncoding: 'ieee-p1363' as const,
    ...(key.asymmetricKeyType === 'rsa' && {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  }
}
