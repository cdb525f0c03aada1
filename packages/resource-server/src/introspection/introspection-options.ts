import { isJsonObject, type JsonObject } from '@tmb-kit/core'
import { isSecureUrl } from '../secure-url.js'

/** How this resource server shows the authorization server who is asking. */
export type IntrospectionAuthentication =
  | { readonly method: 'client_secret_basic'; readonly secret: string }
  | {
      readonly method: 'private_key_jwt'
      /** A private JWK, a PKCS #8 PEM text, or a CryptoKey. */
      readonly key: JsonWebKey | JsonObject | string | CryptoKey
    }

/** Tokens that are not JWTs are looked up at the authorization server, RFC 7662. */
export interface IntrospectionOptions {
  /** Default: what the issuer's metadata says. */
  readonly endpoint?: string
  readonly client: { readonly id: string; readonly authentication: IntrospectionAuthentication }
  /** For how long an answer is believed: a revoked token lives that much longer. Default: 10 s. */
  readonly cacheSeconds?: number
}

const MAX_CACHE_SECONDS = 300

/** @throws {TypeError} with one sentence that says what to change. */
export function checkIntrospection(given: unknown): IntrospectionOptions {
  const options = assertMembers('introspection', given, ['endpoint', 'client', 'cacheSeconds'])
  const client = assertMembers('introspection.client', options['client'], ['id', 'authentication'])
  const authentication = assertMembers(
    'introspection.client.authentication',
    client['authentication'],
    ['method', 'secret', 'key'],
  )
  const { endpoint, cacheSeconds = 10 } = options
  if (endpoint !== undefined && !(typeof endpoint === 'string' && isSecureUrl(endpoint))) {
    throw new TypeError('introspection.endpoint must be an https URL, or loopback')
  }
  if (typeof client['id'] !== 'string' || client['id'] === '') {
    throw new TypeError('introspection.client.id must be a text')
  }
  if (!(
    Number.isSafeInteger(cacheSeconds) && isBetween(Number(cacheSeconds), 0, MAX_CACHE_SECONDS)
  )) {
    throw new TypeError('introspection.cacheSeconds must be whole seconds from 0 to 300')
  }
  assertAuthentication(authentication)
  return options as unknown as IntrospectionOptions
}

function assertAuthentication({ method, secret, key }: JsonObject): void {
  if (method === 'client_secret_basic') {
    if (typeof secret === 'string' && secret !== '') return
    throw new TypeError('client_secret_basic needs a secret')
  }
  if (method !== 'private_key_jwt') {
    throw new TypeError('introspection takes client_secret_basic or private_key_jwt')
  }
  const isPem = typeof key === 'string' && key.includes('-----BEGIN PRIVATE KEY-----')
  const isPrivateJwk = isJsonObject(key) && typeof key['d'] === 'string'
  if (!isPem && !isPrivateJwk && !(key instanceof CryptoKey)) {
    throw new TypeError('private_key_jwt needs a key: a private JWK, a PKCS #8 PEM, or a CryptoKey')
  }
}

function assertMembers(name: string, value: unknown, known: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw new TypeError(`${name} must be an object`)
  const unknown = Object.keys(value).find((member) => !known.includes(member))
  if (unknown !== undefined) throw new TypeError(`${unknown} is not an option of ${name}`)
  return value
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most
}
