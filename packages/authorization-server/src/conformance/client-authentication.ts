import { encodeBase64url, encodeBase64urlText } from '@tmb-kit/core'
import type { TestClient } from './settings.js'

/** What a client adds to a request, to show who it is. */
export interface ClientAuthentication {
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const LIFETIME_SECONDS = 60

/** RFC 6749 section 2.3.1, RFC 7523 section 2.2. */
export async function authenticateClient(
  { clientId, credential }: TestClient,
  { issuer }: { readonly issuer: string },
): Promise<ClientAuthentication> {
  switch (credential.method) {
    case 'client_secret_basic': {
      const text = [clientId, credential.secret].map(encodeURIComponent).join(':')
      return { headers: { Authorization: `Basic ${btoa(text)}` }, parameters: {} }
    }
    case 'client_secret_post':
      return {
        headers: {},
        parameters: { client_id: clientId, client_secret: credential.secret },
      }
    case 'private_key_jwt':
      return {
        headers: {},
        parameters: {
          client_id: clientId,
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: await signAssertion(credential.privateJwk, { clientId, issuer }),
        },
      }
  }
}

/** The same client, failing to show that. */
export function withWrongCredential(client: TestClient): TestClient {
  const { credential } = client
  return credential.method === 'private_key_jwt'
    ? { ...client, credential: { method: 'client_secret_post', secret: 'wrong' } }
    : { ...client, credential: { ...credential, secret: `${credential.secret}-wrong` } }
}

async function signAssertion(
  { kty, crv, x, y, d, kid }: JsonWebKey & { readonly kid?: string },
  { clientId, issuer }: { readonly clientId: string; readonly issuer: string },
): Promise<string> {
  const isEcdsa = crv === 'P-256'
  const algorithm = isEcdsa ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'Ed25519' }
  const jwk = { kty, crv, x, d, ...(y === undefined ? {} : { y }) } as JsonWebKey
  const clientAuthKey = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign'])

  const iat = Math.floor(Date.now() / 1000)
  const header = { alg: isEcdsa ? 'ES256' : 'Ed25519', ...(kid === undefined ? {} : { kid }) }
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: issuer,
    jti: crypto.randomUUID(),
    iat,
    exp: iat + LIFETIME_SECONDS,
  }
  const signed = [header, claims].map((part) => encodeBase64urlText(JSON.stringify(part))).join('.')
  const signing = isEcdsa ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'Ed25519' }
  const octets = new TextEncoder().encode(signed)
  const signature = new Uint8Array(await crypto.subtle.sign(signing, clientAuthKey, octets))
  return `${signed}.${encodeBase64url(signature)}`
}
