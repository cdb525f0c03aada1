import { encodeBase64url, encodeBase64urlText, type Clock } from '@tmb-kit/core'

/** How this service shows the authorization server who it is. */
export type ClientAuthentication =
  | {
      readonly method: 'private_key_jwt'
      /** A private key for ES256 or Ed25519. Not the certificate's: one key for each purpose. */
      readonly key: CryptoKey
      readonly keyId?: string
    }
  | { readonly method: 'client_secret_basic'; readonly secret: string }

/** What a token request takes along. */
export interface ClientCredentials {
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
}

/** RFC 7523 section 2.2. */
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ASSERTION_SECONDS = 60

/** @throws {TypeError} when the key signs neither ES256 nor Ed25519. */
export async function authenticateClient(
  { id, authentication }: { readonly id: string; readonly authentication: ClientAuthentication },
  { issuer, clock }: { readonly issuer: string; readonly clock: Clock },
): Promise<ClientCredentials> {
  if (authentication.method === 'client_secret_basic') {
    // RFC 6749 section 2.3.1: form-encoded first.
    const [name = '', secret = ''] = [id, authentication.secret].map((text) =>
      new URLSearchParams([['', text]]).toString().slice(1),
    )
    const headers = {
      authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
    }
    return { headers, parameters: {} }
  }

  const { key, keyId } = authentication
  const { alg, signing } = signingOf(key)
  const iat = Math.floor(clock())
  const header = { alg, ...(keyId !== undefined && { kid: keyId }) }
  const jti = encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))
  const claims = { iss: id, sub: id, aud: issuer, jti, iat, exp: iat + ASSERTION_SECONDS }
  const input = [header, claims].map((part) => encodeBase64urlText(JSON.stringify(part))).join('.')
  const signature = await crypto.subtle.sign(signing, key, new TextEncoder().encode(input))
  const assertion = `${input}.${encodeBase64url(new Uint8Array(signature))}`
  const parameters = {
    client_id: id,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
  }
  return { headers: {}, parameters }
}

function signingOf({ algorithm }: CryptoKey) {
  const { name, namedCurve } = algorithm as Partial<EcKeyAlgorithm>
  if (name === 'ECDSA' && namedCurve === 'P-256') {
    return { alg: 'ES256', signing: { name, hash: 'SHA-256' } }
  }
  if (name === 'Ed25519') return { alg: name, signing: { name } }
  throw new TypeError('client.authentication.key must be a private key for ES256 or Ed25519')
}
