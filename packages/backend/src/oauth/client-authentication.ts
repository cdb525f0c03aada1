import { isJsonObject } from '@tmb-kit/core'
import { importJWK, importPKCS8, type JWK } from 'jose'
import { ClientSecretBasic, PrivateKeyJwt, type ClientAuth } from 'oauth4webapi'
import { assertKnownOptions } from '../option-checks.js'
import { AuthorizationServerError } from './authorization-server-error.js'

/** A private JWK, with the name that the authorization server knows it by. */
export type PrivateJwk = JsonWebKey & { readonly kid?: string }

/** How the backend shows the authorization server that it is the client. */
export type ClientAuthentication =
  | {
      /** RFC 7523: an assertion with `aud` = issuer, 60 s of life and a fresh `jti`. */
      readonly method: 'private_key_jwt'
      /** A private JWK, PKCS #8 as PEM, or a private CryptoKey that may sign. */
      readonly key: CryptoKey | PrivateJwk | string
      /** The key's name at the authorization server. Default: the JWK's own `kid`. */
      readonly kid?: string
      /** Default: the JWK's own `alg`, else the one that fits the key; RS256 for RSA. */
      readonly alg?: string
    }
  | {
      readonly method: 'client_secret_basic'
      readonly secret: string
    }

/** What a PEM key may be, the most likely first. Which one it is, importing it tells. */
const PEM_ALGORITHMS = ['ES256', 'ES384', 'ES512', 'Ed25519', 'RS256'] as const

/**
 * Prepares the client's authentication. A key is imported when it is first needed.
 *
 * @throws {TypeError} when there is none, or its shape is wrong.
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-2.5
 */
export function createClientAuthentication(authentication: ClientAuthentication): ClientAuth {
  const value: unknown = authentication
  if (!isJsonObject(value)) {
    throw new TypeError(
      'client.authentication is missing: the backend is a confidential client, give private_key_jwt or client_secret_basic',
    )
  }

  switch (authentication.method) {
    case 'client_secret_basic':
      assertKnownOptions('client.authentication', value, ['method', 'secret'])
      if (typeof value['secret'] !== 'string' || value['secret'] === '') {
        throw new TypeError('client.authentication.secret must be the secret of the client')
      }
      return ClientSecretBasic(value['secret'])

    case 'private_key_jwt': {
      assertKnownOptions('client.authentication', value, ['method', 'key', 'kid', 'alg'])
      assertKeyShape(authentication.key)
      let prepared: Promise<ClientAuth> | undefined
      return async (...request) => {
        prepared ??= importClientAuthKey(authentication).then(PrivateKeyJwt)
        await (
          await prepared
        )(...request)
      }
    }

    default:
      throw new TypeError(
        'client.authentication.method must be private_key_jwt or client_secret_basic',
      )
  }
}

function assertKeyShape(clientAuthKey: unknown): void {
  const fits =
    clientAuthKey instanceof CryptoKey
      ? clientAuthKey.type === 'private' && clientAuthKey.usages.includes('sign')
      : typeof clientAuthKey === 'string'
        ? clientAuthKey.includes('-----BEGIN PRIVATE KEY-----')
        : isJsonObject(clientAuthKey) &&
          typeof clientAuthKey['kty'] === 'string' &&
          typeof clientAuthKey['d'] === 'string'
  if (!fits) {
    throw new TypeError(
      'client.authentication.key must be a private JWK, a PKCS #8 PEM string, or a private CryptoKey that may sign',
    )
  }
}

async function importClientAuthKey(
  authentication: Extract<ClientAuthentication, { readonly method: 'private_key_jwt' }>,
): Promise<{ readonly key: CryptoKey; readonly kid?: string }> {
  const { key: clientAuthKey, alg, kid } = authentication
  if (clientAuthKey instanceof CryptoKey) {
    return { key: clientAuthKey, ...(kid === undefined ? {} : { kid }) }
  }

  const key =
    typeof clientAuthKey === 'string'
      ? await importPem(clientAuthKey, alg === undefined ? PEM_ALGORITHMS : [alg])
      : await importJwk(clientAuthKey, alg)
  const name = kid ?? (typeof clientAuthKey === 'string' ? undefined : clientAuthKey.kid)
  return { key, ...(typeof name === 'string' ? { kid: name } : {}) }
}

async function importPem(pem: string, algorithms: readonly string[]): Promise<CryptoKey> {
  for (const algorithm of algorithms) {
    const key = await importPKCS8(pem, algorithm).catch(() => undefined)
    if (key !== undefined) return key
  }
  throw new AuthorizationServerError('client_key_invalid')
}

async function importJwk(jwk: PrivateJwk, alg: string | undefined): Promise<CryptoKey> {
  const algorithm = alg ?? jwk.alg ?? algorithmOf(jwk)
  // A key that is for one use only would be refused by WebCrypto for no good reason.
  const members = Object.entries(jwk).filter(([name]) => name !== 'key_ops' && name !== 'ext')
  const key = await importJWK(Object.fromEntries(members) as JWK, algorithm).catch(() => undefined)
  if (!(key instanceof CryptoKey)) throw new AuthorizationServerError('client_key_invalid')
  return key
}

function algorithmOf({ kty, crv }: PrivateJwk): string {
  if (kty === 'RSA') return 'RS256'
  if (kty === 'OKP') return 'Ed25519'
  return crv === 'P-384' ? 'ES384' : crv === 'P-521' ? 'ES512' : 'ES256'
}
