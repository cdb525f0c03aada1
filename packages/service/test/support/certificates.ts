import { generate } from 'selfsigned'

/** PEM. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

/** A self-signed certificate for localhost, or for a client: nobody looks at its names. */
export async function createCertificate(
  options: { readonly keyType?: 'ec' | 'rsa'; readonly keySize?: number } = {},
): Promise<TestCertificate> {
  const { keyType = 'ec', keySize = 2048 } = options
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType,
    ...(keyType === 'ec' ? { curve: 'P-256' } : { keySize }),
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
  return { cert, key }
}
