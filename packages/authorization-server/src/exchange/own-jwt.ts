import {
  parseBase64url,
  parseBase64urlText,
  parseJsonObject,
  verificationKeyOf,
  type Clock,
  type JsonObject,
  type VerificationKey,
} from '@tmb-kit/core'

/** Reads a JWT access token that this issuer signed. `undefined`: it is none, or is over. */
export type ReadOwnJwt = (token: string) => Promise<JsonObject | undefined>

export interface OwnJwtOptions {
  readonly issuer: string
  /** The provider's own keys, as they were configured. */
  readonly jwks: readonly JsonObject[]
  readonly clock: Clock
}

const sha = (bits: string): string => `SHA-${bits}`
const CURVES: Readonly<Record<string, string>> = { 256: 'P-256', 384: 'P-384', 512: 'P-521' }

/** Claims such as `authorization_details` nest deeper than what the kit itself sends. */
const MAX_CLAIMS_DEPTH = 16

/**
 * Verifies access tokens of this issuer with its own keys: no metadata, no network.
 *
 * Checks: RFC 9068 section 4: `typ`, a signature by an asymmetric key of the issuer, `iss`, `exp`. Does
 * not check: whether it was revoked, which nobody can know of a JWT. Refuses: encrypted tokens, and
 * tokens that a secret of their resource server signed.
 */
export function createOwnJwtReader({ issuer, jwks, clock }: OwnJwtOptions): ReadOwnJwt {
  const imported = new Map<string, Promise<VerificationKey | undefined>>()
  const keyOf = async (jwk: JsonObject, index: number, alg: string) => {
    const name = `${alg} ${index}`
    const known = imported.get(name) ?? importPublicKey(jwk, alg)
    imported.set(name, known)
    return known
  }

  return async (token) => {
    const [encodedHeader = '', encodedPayload = '', encodedSignature = ''] = token.split('.')
    const header = parseSegment(encodedHeader)
    const signature = parseBase64url(encodedSignature)
    const alg = header?.['alg']
    if (header === undefined || signature === undefined || typeof alg !== 'string') return undefined
    if (header['typ'] !== 'at+jwt' || header['crit'] !== undefined) return undefined

    for (const [index, jwk] of jwks.entries()) {
      if (!fits(jwk, header)) continue
      const verificationKey = await keyOf(jwk, index, alg)
      const signingInput = `${encodedHeader}.${encodedPayload}`
      if (!(await verificationKey?.verify(signature, signingInput))) continue

      const claims = parseSegment(encodedPayload)
      const isValid = claims?.['iss'] === issuer && Number(claims['exp']) > clock()
      return isValid ? claims : undefined
    }
    return undefined
  }
}

function parseSegment(segment: string): JsonObject | undefined {
  const text = parseBase64urlText(segment)
  return text === undefined ? undefined : parseJsonObject(text, { maxDepth: MAX_CLAIMS_DEPTH })
}

function fits(jwk: JsonObject, { alg, kid }: JsonObject): boolean {
  const { use = 'sig', alg: only = alg, kid: name = kid } = jwk
  return use === 'sig' && only === alg && (kid === undefined || name === kid)
}

/** RFC 7518 section 3.1, RFC 8037 section 3.1: what WebCrypto must be told of an algorithm. */
function importParametersOf(
  alg: string,
): EcKeyImportParams | RsaHashedImportParams | Algorithm | undefined {
  if (alg === 'EdDSA' || alg === 'Ed25519') return { name: 'Ed25519' }
  const [, family, bits = ''] = /^(ES|PS|RS)(256|384|512)$/.exec(alg) ?? []
  switch (family) {
    case 'ES':
      return { name: 'ECDSA', namedCurve: CURVES[bits] ?? '' }
    case 'PS':
      return { name: 'RSA-PSS', hash: sha(bits) }
    case 'RS':
      return { name: 'RSASSA-PKCS1-v1_5', hash: sha(bits) }
    case undefined:
    default:
      return undefined
  }
}

async function importPublicKey(
  { kty, crv, x, y, n, e }: JsonObject,
  alg: string,
): Promise<VerificationKey | undefined> {
  const parameters = importParametersOf(alg)
  if (parameters === undefined) return undefined
  try {
    const jwk = Object.fromEntries(
      Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
    )
    return verificationKeyOf(
      await crypto.subtle.importKey('jwk', jwk, parameters, true, ['verify']),
    )
  } catch {
    // A key of another kind than the algorithm: it has not signed this token.
    return undefined
  }
}
