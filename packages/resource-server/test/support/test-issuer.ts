import { signRawJws, type TestClock } from '@tmb-kit/testkit'

export const ISSUER = 'https://as.test'
export const API = 'https://api.test'

/** Members to change in a valid token; `undefined` takes one out. */
export interface TokenChanges {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly rawHeader?: string
  readonly rawClaims?: string
  readonly signWith?: CryptoKey
}

/** An authorization server, as far as a resource server sees it. */
export interface TestIssuer {
  readonly jwks: () => { readonly keys: readonly JsonWebKey[] }
  /** Answers metadata and keys; counts how often each was asked for. */
  readonly handler: (request: Request) => Response
  readonly fetched: { metadata: number; keys: number }
  token(changes?: TokenChanges): Promise<string>
  /** Signs with a new key from now on, and forgets the old one. */
  rotate(): Promise<void>
}

interface SigningKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JsonWebKey
}

export async function createTestIssuer(options: {
  readonly clock: TestClock
  readonly issuer?: string
  readonly claims?: Readonly<Record<string, unknown>>
}): Promise<TestIssuer> {
  const { clock, issuer = ISSUER, claims } = options
  let signingKey = await generateSigningKey('key-1')
  let rotations = 1
  let count = 0
  const fetched = { metadata: 0, keys: 0 }

  return {
    fetched,
    jwks: () => ({ keys: [signingKey.publicJwk] }),
    handler: ({ url }) => {
      const { pathname } = new URL(url)
      if (pathname === '/jwks') {
        fetched.keys += 1
        return Response.json({ keys: [signingKey.publicJwk] })
      }
      if (pathname !== '/.well-known/openid-configuration') {
        return Response.json({ error: 'not_found' }, { status: 404 })
      }

      fetched.metadata += 1
      return Response.json({ issuer, jwks_uri: `${issuer}/jwks` })
    },
    token: async (changes = {}) => {
      count += 1
      const header = changes.rawHeader ?? {
        typ: 'at+jwt',
        alg: 'ES256',
        kid: signingKey.kid,
        ...changes.header,
      }
      const payload = changes.rawClaims ?? {
        iss: issuer,
        sub: 'alice',
        aud: API,
        exp: clock() + 300,
        iat: clock(),
        jti: `token-${count}`,
        client_id: 'demo-backend',
        scope: 'orders.read',
        ...claims,
        ...changes.claims,
      }
      return signRawJws(header, payload, changes.signWith ?? signingKey.privateKey)
    },
    rotate: async () => {
      rotations += 1
      signingKey = await generateSigningKey(`key-${rotations}`)
    },
  }
}

async function generateSigningKey(kid: string): Promise<SigningKey> {
  const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
  const pair = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const publicJwk = { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' } as JsonWebKey
  return { kid, privateKey: pair.privateKey, publicJwk }
}
