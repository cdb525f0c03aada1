/// <reference types="node" />
import { isAscii, isUtf8 } from 'node:buffer'
import { constants, createPublicKey, hash, KeyObject, verify } from 'node:crypto'
import { signatureParametersOf } from './signature-parameters.js'
import type { VerificationKey } from './verification-key.js'

// What `platform-web.ts` does, with Node's own means: at once, so that a small hash does not cost a
// journey to another thread and back. The types allow for the half that answers later.

/** SEC 1 section 2.3.3: both coordinates follow, each as long as the curve's field. */
const UNCOMPRESSED_POINT = 4

/** The octets of base64url that is known to be canonical. */
export function decodeBase64url(value: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(value, 'base64url'))
}

/** The UTF-8 text of base64url that is known to be canonical; `undefined` where it is no UTF-8. */
export function decodeBase64urlText(value: string): string | undefined {
  const octets = Buffer.from(value, 'base64url')
  if (isAscii(octets)) return octets.toString('latin1')
  return isUtf8(octets) ? octets.toString('utf8') : undefined
}

/** base64url of the SHA-256 of a text's UTF-8 octets. */
export function hashText(text: string): string | Promise<string> {
  return hash('sha256', text, 'base64url')
}

/** Imports a public key. Throws, or rejects with, what the runtime has for where there is no such key. */
export function importVerificationKey(
  jwk: JsonWebKey,
  algorithm: Algorithm,
): VerificationKey | Promise<VerificationKey> {
  if (jwk.kty === 'EC') return importPoint(jwk, algorithm)
  return createVerificationKey(createPublicKey({ key: { ...jwk }, format: 'jwk' }), algorithm)
}

/**
 * Imports a point, which is checked to be on its curve. That is all there is to check where a curve has
 * no other subgroup, SEC 1 section 3.2.2.1; of a JWK, node:crypto multiplies the point by the curve's
 * order besides, which costs as much as verifying a signature.
 */
async function importPoint(
  { x = '', y = '' }: JsonWebKey,
  algorithm: Algorithm,
): Promise<VerificationKey> {
  if (x.length !== y.length) throw new TypeError('the coordinates must be of one length')

  const octetsOfCoordinate = Math.floor((x.length * 3) / 4)
  const point = Buffer.alloc(1 + 2 * octetsOfCoordinate)
  point[0] = UNCOMPRESSED_POINT
  point.write(x, 1, 'base64url')
  point.write(y, 1 + octetsOfCoordinate, 'base64url')
  const publicKey = await crypto.subtle.importKey('raw', point, algorithm, true, ['verify'])
  return createVerificationKey(KeyObject.from(publicKey), algorithm)
}

/** Makes use of a public key that has been imported already. */
export function verificationKeyOf(publicKey: CryptoKey): VerificationKey {
  return createVerificationKey(KeyObject.from(publicKey), publicKey.algorithm)
}

function createVerificationKey(publicKey: KeyObject, algorithm: Algorithm): VerificationKey {
  const { name, hash: hashName, saltLength } = signatureParametersOf(algorithm)
  const digest = hashName?.replace('-', '')
  const verifying = {
    key: publicKey,
    ...(name === 'ECDSA' && { dsaEncoding: 'ieee-p1363' as const }),
    ...(saltLength !== undefined && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
  }

  return {
    verify: (signature, signingInput) => {
      try {
        return verify(digest, Buffer.from(signingInput, 'latin1'), verifying, signature)
      } catch {
        // A signature of an impossible form. It is not this key's, whatever else it is.
        return false
      }
    },
  }
}
