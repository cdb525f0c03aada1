import { createHash, createPublicKey, verify } from 'node:crypto'

/** What the model is told of the request. */
export interface ModelRequest {
  readonly method: string
  readonly uri: string
  readonly token: string
  readonly jkt: string
  readonly now: number
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/**
 * RFC 9449 section 4.3 once more, written from the RFC alone, with node:crypto and `new URL` and none
 * of our code: whether an ES256 proof could be good. It may be laxer than the verifier, never stricter.
 */
export function couldBeGood(proof: string, request: ModelRequest): boolean {
  try {
    const [head = '', body = '', tail = ''] = proof.split('.')
    const decode = (segment: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(segment, 'base64url').toString()) as Record<string, unknown>
    const { typ, alg, jwk } = decode(head)
    const { jti, htm, htu, iat, ath } = decode(body)
    const { crv, kty, x, y, d } = jwk as Record<string, string>

    const publicKey = createPublicKey({ key: jwk as Record<string, string>, format: 'jwk' })
    const signature = Buffer.from(tail, 'base64url')
    const signed = Buffer.from(`${head}.${body}`)
    const target = new URL(htu as string)
    const expected = new URL(request.uri)
    return (
      proof.split('.').length === 3 &&
      typ === 'dpop+jwt' &&
      alg === 'ES256' &&
      d === undefined &&
      verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature) &&
      typeof jti === 'string' &&
      htm === request.method &&
      `${target.origin}${target.pathname}` === `${expected.origin}${expected.pathname}` &&
      Math.abs((iat as number) - request.now) <= 60 &&
      ath === sha256(request.token) &&
      sha256(JSON.stringify({ crv, kty, x, y })) === request.jkt
    )
  } catch {
    // Whatever cannot be read is not good.
    return false
  }
}
