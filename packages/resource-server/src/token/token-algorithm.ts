import type { JsonObject } from '@tmb-kit/core'

/** A JWS algorithm that access tokens may be signed with: asymmetric ones only. */
export type TokenAlgorithm = keyof typeof KEY_OF_ALGORITHM

const RSA = { kty: 'RSA', crv: undefined } as const
const ED25519 = { kty: 'OKP', crv: 'Ed25519' } as const

const KEY_OF_ALGORITHM = {
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  Ed25519: ED25519,
  EdDSA: ED25519,
  PS256: RSA,
  PS384: RSA,
  PS512: RSA,
  RS256: RSA,
  RS384: RSA,
  RS512: RSA,
} as const

/** Reads the `alg` of an access token. */
export function parseTokenAlgorithm(value: unknown): TokenAlgorithm | undefined {
  return typeof value === 'string' && Object.hasOwn(KEY_OF_ALGORITHM, value)
    ? (value as TokenAlgorithm)
    : undefined
}

/** Whether a public key of an issuer is one for verifying signatures at all. */
export function isVerificationKey(jwk: JsonObject): boolean {
  const { kty, crv, use = 'sig', key_ops: operations = ['verify'] } = jwk
  const known = Object.values(KEY_OF_ALGORITHM).some(
    (kind) => kind.kty === kty && (kind.crv === undefined || kind.crv === crv),
  )
  return known && use === 'sig' && Array.isArray(operations) && operations.includes('verify')
}

/** RFC 7515 section 6 and RFC 7517 section 4: the key may have made a signature of this header. */
export function fitsHeader(
  jwk: JsonObject,
  { algorithm, kid }: { readonly algorithm: TokenAlgorithm; readonly kid: string | undefined },
): boolean {
  const kind = KEY_OF_ALGORITHM[algorithm]
  if (jwk['kty'] !== kind.kty || (kind.crv !== undefined && jwk['crv'] !== kind.crv)) return false
  if (kid !== undefined && jwk['kid'] !== undefined && jwk['kid'] !== kid) return false

  const { alg = algorithm } = jwk
  return alg === algorithm || (kind === ED25519 && (alg === 'EdDSA' || alg === 'Ed25519'))
}
