import { isJsonObject } from '@tmb-kit/core'
import { importJWK, importPKCS8, type JWK } from 'jose'
import { AuthorizationServerError } from './authorization-server-error.js'

/** A private JWK, with the name that the authorization server knows it by. */
export type PrivateJwk = JsonWebKey & { readonly kid?: string }

/** A key that signs client assertions. */
export interface ClientAuthKey {
  /** A private JWK, PKCS #8 as PEM, or a private CryptoKey that may sign. */
  readonly key: CryptoKey | PrivateJwk | string
  /** The key's name at the authorization server. Default: the JWK's own `kid`. */
  readonly kid?: string
  /** Default: the JWK's own `alg`, else the one that fits the key; RS256 for RSA. */
  readonly alg?: string
}

/** What oauth4webapi signs with. */
export interface ImportedClientAuthKey {
  readonly key: CryptoKey
  readonly kid?: string
}

/** What a PEM key may be, the most likely first. Which one it is, importing it tells. */
const PEM_ALGORITHMS = ['ES256', 'ES384', 'ES512', 'Ed25519', 'RS256'] as const

/** @throws {TypeError} for what can never be imported. */
export function assertKeyShape(clientAuthKey: unknown): void {
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

/** @throws {AuthorizationServerError} `client_key_invalid` */
export async function importClientAuthKey(
  clientAuthKey: ClientAuthKey,
): Promise<ImportedClientAuthKey> {
  const { key: given, alg, kid } = clientAuthKey
  if (given instanceof CryptoKey) return { key: given, ...(kid === undefined ? {} : { kid }) }

  const key =
    typeof given === 'string'
      ? await importPem(given, alg === undefined ? PEM_ALGORITHMS : [alg])
      : await importJwk(given, alg)
  const name = kid ?? (typeof given === 'string' ? undefined : given.kid)
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
