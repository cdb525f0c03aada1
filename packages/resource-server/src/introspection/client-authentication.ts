import { encodeBase64url, type Clock, type JsonObject } from '@tmb-kit/core'
import { importJWK, importPKCS8, SignJWT, type JWK } from 'jose'
import type { IntrospectionOptions } from './introspection-options.js'

/** What a request adds to show who is asking. */
export interface ClientAuthentication {
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
}

interface AssertionKey {
  readonly alg: string
  readonly kid: string | undefined
  readonly clientAuthKey: CryptoKey
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ASSERTION_LIFETIME_SECONDS = 60
const PEM_ALGORITHMS = ['ES256', 'Ed25519', 'ES384', 'RS256'] as const

const CURVES: Readonly<Record<string, string>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'Ed25519',
}

/**
 * Prepares the authentication of this resource server at its authorization server.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function createClientAuthentication(
  { id, authentication }: IntrospectionOptions['client'],
  { issuer, clock }: { readonly issuer: string; readonly clock: Clock },
): () => Promise<ClientAuthentication> {
  if (authentication.method === 'client_secret_basic') {
    const pair = [id, authentication.secret].map(formEncode).join(':')
    const basic = { headers: { Authorization: `Basic ${btoa(pair)}` }, parameters: {} }
    return async () => basic
  }

  let imported: Promise<AssertionKey> | undefined
  return async () => {
    imported ??= importAssertionKey(authentication.key)
    const { alg, kid, clientAuthKey } = await imported
    const now = clock()
    const assertion = await new SignJWT({ jti: randomIdentifier() })
      .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
      .setIssuer(id)
      .setSubject(id)
      .setAudience(issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + ASSERTION_LIFETIME_SECONDS)
      .sign(clientAuthKey)
    return {
      headers: {},
      parameters: {
        client_id: id,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: assertion,
      },
    }
  }
}

async function importAssertionKey(
  key: JsonWebKey | JsonObject | string | CryptoKey,
): Promise<AssertionKey> {
  if (typeof key === 'string') return importPem(key)
  if (key instanceof CryptoKey) {
    return { alg: algorithmOf(key.algorithm), kid: undefined, clientAuthKey: key }
  }

  const jwk = key as JWK
  const alg = jwk.alg ?? CURVES[jwk.crv ?? ''] ?? 'RS256'
  const clientAuthKey = await importJWK(jwk, alg)
  if (clientAuthKey instanceof Uint8Array) throw new TypeError('a symmetric key signs no assertion')
  return { alg, kid: jwk.kid, clientAuthKey }
}

async function importPem(pem: string): Promise<AssertionKey> {
  for (const alg of PEM_ALGORITHMS) {
    try {
      return { alg, kid: undefined, clientAuthKey: await importPKCS8(pem, alg) }
    } catch {
      // PEM does not say its algorithm: the one that fits is the one that can be imported.
    }
  }
  throw new TypeError('the PEM holds no key that can sign an assertion')
}

function algorithmOf(algorithm: KeyAlgorithm): string {
  const { namedCurve } = algorithm as EcKeyAlgorithm
  if (algorithm.name === 'RSA-PSS') return 'PS256'
  return CURVES[algorithm.name === 'ECDSA' ? namedCurve : algorithm.name] ?? 'RS256'
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

function randomIdentifier(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))
}
