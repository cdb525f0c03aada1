import { X509Certificate, webcrypto } from 'node:crypto'
import { generate } from 'selfsigned'

/** A certificate, as a TLS peer has it, and its key, as somebody who signs proofs needs it. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
  readonly der: Uint8Array
  /** base64url SHA-256 of the DER: `x5t#S256`. */
  readonly thumbprint: string
  readonly privateKey: CryptoKey
}

export interface TestCertificateOptions {
  readonly keyType?: 'ec' | 'rsa'
  readonly curve?: 'P-256' | 'P-384'
  readonly keySize?: number
}

export async function createCertificate(
  name: string,
  { keyType = 'ec', curve = 'P-256', keySize = 2048 }: TestCertificateOptions = {},
): Promise<TestCertificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType,
    ...(keyType === 'ec' ? { curve } : { keySize }),
    algorithm: 'sha256',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  const { raw, fingerprint256 } = new X509Certificate(cert)
  const importing =
    keyType === 'ec'
      ? { name: 'ECDSA', namedCurve: curve }
      : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const pkcs8 = Buffer.from(key.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return {
    cert,
    key,
    der: new Uint8Array(raw),
    thumbprint: Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, importing, false, ['sign']),
  }
}
