import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'

/** The unit: one raw synchronous ES256 verification of what a proof's signature covers. */
export function createFloor() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { format: 'jwk' },
  })
  const verifying = {
    key: createPublicKey({ key: publicKey, format: 'jwk' }),
    dsaEncoding: 'ieee-p1363',
  }
  const octets = Buffer.alloc(420, 'a')
  const signature = sign('sha256', octets, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return {
    name: 'one raw ES256 verification',
    inputs: async (count) => Array.from({ length: count }),
    run: () => {
      if (!verify('sha256', octets, verifying, signature)) throw new Error('must verify')
    },
  }
}
