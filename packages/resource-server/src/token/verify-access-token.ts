import type { JsonObject, VerificationKey } from '@tmb-kit/core'
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

/** A token that was verified a moment ago. */
export interface VerifiedToken {
  readonly claims: AccessTokenClaims
  /**
   * Whether the verdict still stands, but for the claims: the key that signed is still one of this
   * issuer's, or the answer of introspection may still be used.
   */
  readonly isVouchedFor: () => boolean
}

/** Verifies access tokens: JWTs by the keys of their issuer, opaque ones by asking it. */
export type TokenVerifier = (accessToken: string, hash: string) => Promise<VerifiedToken>

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

  return async (accessToken, hash) => {
    if (verifyOpaque !== undefined && !isJwt(accessToken)) return verifyOpaque(accessToken, hash)

    const parsed = parseAccessToken(accessToken)
    const keySet = keySets.get(parsed.claims.iss)
    if (keySet === undefined) throw new RefusedError('token_issuer_refused')

    assertAccessTokenClaims(parsed.claims, settings)
    const publicKey = await findSigner(parsed, keySet)
    return { claims: parsed.claims, isVouchedFor: () => keySet.holds(publicKey) }
  }
}

function createOpaqueVerifier(settings: VerifierSettings): TokenVerifier | undefined {
  const [asked] = settings.issuers.filter(({ introspection }) => introspection !== undefined)
  if (asked?.introspection === undefined) return undefined

  const { issuer, introspection } = asked
  const introspect = createIntrospection({ ...settings, issuer, introspection })
  return async (accessToken, hash) => {
    const { body, until } = await introspect(accessToken, hash)
    const claims = parseIntrospectedClaims(body, issuer)
    if (claims.iss !== issuer) throw new RefusedError('token_issuer_refused')

    assertAccessTokenClaims(claims, settings)
    return { claims, isVouchedFor: () => until > settings.clock() }
  }
}

/** The key of the issuer that has signed. */
async function findSigner(
  { algorithm, kid, signingInput, signature }: ParsedAccessToken,
  keySet: KeySet,
): Promise<VerificationKey> {
  const candidates = await keySet.find({ algorithm, kid })
  if (candidates.length === 0) throw new RefusedError('token_key_unknown')

  for (const publicKey of candidates) {
    const isSigned = publicKey.verify(signature, signingInput)
    // Nothing is waited for that is here already: a turn costs more than what it would wait for.
    if (typeof isSigned === 'boolean' ? isSigned : await isSigned) return publicKey
  }
  throw new RefusedError('token_signature_invalid')
}
