import { encodeBase64url, encodeBase64urlText } from '@tmb-kit/core'

/** Any JSON, or text that is to stand in the segment as it is. */
export type Segment = string | Readonly<Record<string, unknown>>

const SIGNING: Readonly<Record<string, AlgorithmIdentifier | EcdsaParams | RsaPssParams>> = {
  ECDSA: { name: 'ECDSA', hash: 'SHA-256' },
  Ed25519: { name: 'Ed25519' },
  'RSA-PSS': { name: 'RSA-PSS', saltLength: 32 },
  'RSASSA-PKCS1-v1_5': { name: 'RSASSA-PKCS1-v1_5' },
}

/** Signs whatever it is given: for tokens and proofs that no honest library would make. */
export async function signRawJws(
  header: Segment,
  payload: Segment,
  privateKey: CryptoKey,
): Promise<string> {
  const signingInput = `${encodeSegment(header)}.${encodeSegment(payload)}`
  const signing =
    privateKey.algorithm.name === 'ECDSA' ? ecdsaOf(privateKey) : SIGNING[privateKey.algorithm.name]
  if (signing === undefined) throw new TypeError('no such signature algorithm')

  const octets = new TextEncoder().encode(signingInput)
  const signature = await crypto.subtle.sign(signing, privateKey, octets)
  return `${signingInput}.${encodeBase64url(new Uint8Array(signature))}`
}

function ecdsaOf(privateKey: CryptoKey): EcdsaParams {
  const { namedCurve } = privateKey.algorithm as EcKeyAlgorithm
  return { name: 'ECDSA', hash: namedCurve === 'P-384' ? 'SHA-384' : 'SHA-256' }
}

function encodeSegment(segment: Segment): string {
  return encodeBase64urlText(typeof segment === 'string' ? segment : JSON.stringify(segment))
}
