import { computeJkt } from '@tmb-kit/core'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'

export const ORIGIN = 'https://app.test'
export const ISSUER = 'https://as.test'
const API = 'https://api.test'
export const SECRET = 'a secret of thirty-two bytes or more, for a benchmark'

const PAGE = { 'X-CSRF': '1', 'Sec-Fetch-Site': 'same-origin' }
export const USER = { name: 'Alice Example', email: 'alice.example@mail.example' }

/** What createBackend gets, but for where sessions live, and for how long an access token does. */
export async function backendOptions(sessions, { lifetimeSeconds = 3600 } = {}) {
  return {
    origin: ORIGIN,
    issuer: ISSUER,
    client: {
      id: 'app',
      authentication: { method: 'client_secret_basic', secret: 'a client secret' },
    },
    scope: 'openid offline_access orders.read orders.write',
    resources: { [API]: ['orders.read', 'orders.write'] },
    claims: ['sub', 'name', 'email'],
    keyContinuity: 'off',
    sessions,
    fetch: await createAuthorizationServerFetch(lifetimeSeconds),
  }
}

/** An authorization server in this process: what it costs is no part of any figure. */
async function createAuthorizationServerFetch(lifetimeSeconds) {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' }
  const sign = async (typ, claims) =>
    new SignJWT({ iss: ISSUER, jti: crypto.randomUUID(), ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'key-1', typ })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey)
  const nonces = []

  const token = async (form) => {
    const cnf = JSON.parse(form.get('tmb'))
    const sub = `auth0|${crypto.randomUUID()}`
    const scope = 'openid offline_access orders.read orders.write'
    return {
      token_type: 'DPoP',
      expires_in: lifetimeSeconds,
      scope,
      cnf,
      access_token: await sign('at+jwt', { sub, aud: API, client_id: 'app', scope, cnf }),
      // A JWT of some 700 octets, as several servers make them.
      refresh_token: await sign('rt+jwt', {
        sub,
        aud: ISSUER,
        scope,
        client_id: 'app',
        sid: crypto.randomUUID(),
        typ: 'Refresh',
        cnf,
        grant: crypto.randomUUID(),
      }),
      id_token: await sign('JWT', { sub, aud: 'app', nonce: nonces.pop(), ...USER }),
    }
  }
  const answers = {
    '/.well-known/openid-configuration': () => ({
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/auth`,
      token_endpoint: `${ISSUER}/token`,
      jwks_uri: `${ISSUER}/jwks`,
      pushed_authorization_request_endpoint: `${ISSUER}/par`,
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['ES256'],
      tmb_supported: true,
    }),
    '/jwks': () => ({ keys: [jwk] }),
    '/par': (form) => {
      nonces.push(form.get('nonce'))
      return { request_uri: `urn:state:${form.get('state')}`, expires_in: 60 }
    },
    '/token': token,
  }

  return async (input, init) => {
    const request = new Request(input, init)
    const form = new URLSearchParams(await request.text())
    return Response.json(await answers[new URL(request.url).pathname](form))
  }
}

/**
 * Signs a new user in, as a page and its browser do.
 *
 * @returns what the page sends from now on: to `GET /session`, and to `POST /token`.
 */
export async function signIn(app) {
  const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
  const pair = await crypto.subtle.generateKey(parameters, false, ['sign', 'verify'])
  const jkt = await computeJkt(await crypto.subtle.exportKey('jwk', pair.publicKey))
  const posted = { ...PAGE, Origin: ORIGIN, 'Content-Type': 'application/json' }
  const login = await app.request(`${ORIGIN}/bff/login`, {
    method: 'POST',
    headers: posted,
    body: JSON.stringify({ jkt }),
  })
  const { authorization_url: url } = await login.json()
  const state = new URL(url).searchParams.get('request_uri').split(':').at(-1)
  const callback = await app.request(`${ORIGIN}/bff/callback?code=code&state=${state}`, {
    headers: { Cookie: cookiesOf(login), 'Sec-Fetch-Dest': 'document' },
  })
  const cookie = cookiesOf(callback)
  if (!cookie.includes('__Host-Http-tmb=')) throw new Error('the login did not begin a session')

  return {
    session: { method: 'GET', path: '/bff/session', headers: { ...PAGE, Cookie: cookie } },
    token: {
      method: 'POST',
      path: '/bff/token',
      headers: { ...posted, Cookie: cookie },
      body: JSON.stringify({ jkt }),
    },
  }
}

function cookiesOf(response) {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .filter((pair) => !pair.endsWith('='))
    .join('; ')
}
