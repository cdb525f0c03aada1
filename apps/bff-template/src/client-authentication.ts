import { createPrivateKey, type KeyObject } from 'node:crypto'
import { textOf, type Environment, type Reading } from './reading.js'

const MIN_RSA_BITS = 2048

/** How the backend, a confidential client, proves who it is to the authorization server. */
export type ClientAuthentication =
  | { readonly method: 'private_key_jwt'; readonly key: JsonWebKey | string }
  | { readonly method: 'client_secret_basic'; readonly secret: string }

/** `CLIENT_KEY` or `CLIENT_SECRET`, and exactly one of them: a backend without is no client. */
export function readClientAuthentication(env: Environment): Reading<ClientAuthentication> {
  const key = textOf(env, 'CLIENT_KEY')
  const secret = textOf(env, 'CLIENT_SECRET')
  if (key !== undefined && secret !== undefined) {
    return { mistake: 'CLIENT_KEY and CLIENT_SECRET are both set: take one of them away.' }
  }
  if (secret !== undefined) return { value: { method: 'client_secret_basic', secret } }
  if (key !== undefined) return key.startsWith('{') ? readJwk(key) : readPem(key)

  return {
    mistake:
      'CLIENT_KEY is not set: set it to a private key, as a JWK or in PEM, or set CLIENT_SECRET.',
  }
}

function readJwk(text: string): Reading<ClientAuthentication> {
  const jwk = parseJwk(text)
  if (jwk === undefined) return { mistake: 'CLIENT_KEY must be JSON: one private JWK.' }
  if (jwk.kty !== 'oct' && jwk.d === undefined) {
    return { mistake: 'CLIENT_KEY is a public key: set it to the private JWK, the one with d.' }
  }
  return checkKey(privateKeyOf({ key: jwk as Record<string, unknown>, format: 'jwk' }), jwk)
}

function readPem(text: string): Reading<ClientAuthentication> {
  // Many a tool for environment variables knows no line breaks: there they are written as \n.
  const pem = text.replaceAll('\\n', '\n').trim()
  if (!pem.startsWith('-----BEGIN PRIVATE KEY-----')) {
    return {
      mistake: 'CLIENT_KEY must be a private JWK, or PEM that begins with BEGIN PRIVATE KEY.',
    }
  }
  return checkKey(privateKeyOf({ key: pem, format: 'pem' }), pem)
}

function checkKey(
  clientAuthKey: KeyObject | undefined,
  key: JsonWebKey | string,
): Reading<ClientAuthentication> {
  if (clientAuthKey === undefined) {
    return { mistake: 'CLIENT_KEY holds no private key that can be read: make a new one.' }
  }
  const { modulusLength = MIN_RSA_BITS } = clientAuthKey.asymmetricKeyDetails ?? {}
  if (modulusLength < MIN_RSA_BITS) {
    return { mistake: 'CLIENT_KEY is an RSA key of less than 2048 bits: make a new one.' }
  }
  return { value: { method: 'private_key_jwt', key } }
}

function privateKeyOf(input: Parameters<typeof createPrivateKey>[0]): KeyObject | undefined {
  try {
    return createPrivateKey(input)
  } catch {
    // The error of the platform may quote the key. The caller has a sentence of its own.
    return undefined
  }
}

function parseJwk(text: string): JsonWebKey | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    // The error would quote the text, which is secret. The caller has a sentence of its own.
    return undefined
  }
}
