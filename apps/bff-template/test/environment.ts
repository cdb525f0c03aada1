import type { Environment } from '../src/reading.js'

/** A client key made for these tests alone. */
export async function generateClientKey(): Promise<JsonWebKey> {
  const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
  return crypto.subtle.exportKey('jwk', privateKey)
}

/** An environment without a mistake, and whatever a test changes in it. */
export function environmentWith(clientKey: JsonWebKey, changes: Environment = {}): Environment {
  return {
    ISSUER: 'https://as.example',
    CLIENT_ID: 'the-backend',
    CLIENT_KEY: JSON.stringify(clientKey),
    RESOURCES: '{"https://api.example/": ["orders.read", "orders.write"]}',
    SESSION_SECRETS: 'a-secret-of-the-tests-with-more-than-32-bytes',
    ...changes,
  }
}
