import { compactVerify } from 'jose'
import type { JsonObject } from '@tmb-kit/core'
import { createIntrospection } from '../introspection/introspect.js'
import { remoteKeySet, type KeySet } from '../issuer/key-set.js'
import { RefusedError } from '../refusal.js'
import type { VerifierSettings } from '../settings.js'
import {
  assertAccessTokenClaims,
  parseIntrospectedClaims,
  type AccessTokenClaims,
} from './access-token-claims.js'
import { isJwt, parseAccessToken, type ParsedAccessToken } from './parse-access-token.js'
import { createTokenKeys } from './token-keys.js'

/** Verifies access tokens: JWTs by the keys of their issuer, opaque ones by asking it. */
export type TokenVerifier = (accessToken: string) => Promise<AccessTokenClaims>

/**
 * Prepares the verification of access tokens.
 *
 * A JWT, RFC 9068 section 4: type, issuer, claims, and a signature by a key of that very issuer. The
 * claims are looked at before the signature: what is expired needs no cryptography. An opaque token,
 * RFC 7662: the same issuer, audience and times, from the answer of the one issuer that is asked.
 */
export function createTokenVerifier(settings: VerifierSettings): TokenVerifier {
  const keySets = new Map(
    settings.issuers.map(({ issuer, jwks }): readonly [string, KeySet] => [
      issuer,
      jwks === undefined
        ? remoteKeySet({ ...settings, issuer })
        : createTokenKeys(jwks.keys as readonly JsonObject[]),
    ]),
  )
  const verifyOpaque = createOpaqueVerifier(settings)

  return async (accessToken) => {
    if (verifyOpaque !== undefined && !isJwt(accessToken)) return verifyOpaque(accessToken)

    const parsed = parseAccessToken(accessToken)
    const keySet = keySets.get(parsed.claims.iss)
    if (keySet === undefined) throw new RefusedError('token_issuer_refused')

    assertAccessTokenClaims(parsed.claims, settings)
    await assertSignature(accessToken, parsed, keySet)
    return parsed.claims
  }
}

function createOpaqueVerifier(settings: VerifierSettings): TokenVerifier | undefined {
  const [asked] = settings.issuers.filter(({ introspection }) => introspection !== undefined)
  if (asked?.introspection === undefined) return undefined

  const { issuer, introspection } = asked
  const introspect = createIntrospection({ ...settings, issuer, introspection })
  return async (accessToken) => {
    const claims = parseIntrospectedClaims(await introspect(accessToken), issuer)
    if (claims.iss !== issuer) throw new RefusedError('token_issuer_refused')

    assertAccessTokenClaims(claims, settings)
    return claims
  }
}

async function assertSignature(
  accessToken: string,
  { algorithm, kid }: ParsedAccessToken,
  keySet: KeySet,
): Promise<void> {
  const candidates = await keySet.find({ algorithm, kid })
  if (candidates.length === 0) throw new RefusedError('token_key_unknown')

  for (const publicKey of candidates) {
    if (await isSignedWith(publicKey, accessToken, algorithm)) return
  }
  throw new RefusedError('token_signature_invalid')
}

async function isSignedWith(
  publicKey: CryptoKey,
  accessToken: string,
  algorithm: string,
): Promise<boolean> {
  try {
    await compactVerify(accessToken, publicKey, { algorithms: [algorithm] })
    return true
  } catch {
    // Whatever the reason, a JOSEError or a DOMException: not signed with this key.
    return false
  }
}
