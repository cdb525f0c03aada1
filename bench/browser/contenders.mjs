import { createTmb } from '@tmb-kit/browser'
import * as dpop from 'dpop'
import { SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import { DPoPState, IndexedDbDPoPStore, User, UserManager } from 'oidc-client-ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' }

/** As long as a token usually is. */
const TOKEN = `eyJ${'x'.repeat(900)}`

/** What makes proofs: each a function that makes one, for the same request and token. */
export async function createProofMakers(url) {
  const keyPair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify'])
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keyPair.publicKey)
  const tmb = createTmb({ resourceServers: [location.origin] })
  await tmb.authorize({ method: 'GET', url })

  const input = new TextEncoder().encode('x'.repeat(560))
  const handle = oauth.DPoP({ client_id: 'page' }, keyPair)
  return {
    'raw subtle.sign': async () => crypto.subtle.sign(SIGNING, keyPair.privateKey, input),
    '@tmb-kit/browser': async () => tmb.authorize({ method: 'GET', url }),
    oauth4webapi: async () => handle.addProof(new URL(url), new Headers(), 'GET', TOKEN),
    jose: async () => {
      const claims = { jti: crypto.randomUUID(), htm: 'GET', htu: url, ath: await hash(TOKEN) }
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: { kty, crv, x, y } })
        .setIssuedAt()
        .sign(keyPair.privateKey)
    },
    dpop: async () => dpop.generateProof(keyPair, url, 'GET', undefined, TOKEN),
    'oidc-client-ts': await createOidcClientTs(keyPair, url),
  }
}

async function createOidcClientTs(keyPair, url) {
  const store = new IndexedDbDPoPStore()
  await store.set('page', new DPoPState(keyPair))
  const manager = new UserManager({
    authority: location.origin,
    client_id: 'page',
    redirect_uri: location.href,
    dpop: { store },
  })
  const profile = { sub: 'x', iss: 'x', aud: 'x', exp: 0, iat: 0 }
  const user = new User({ access_token: TOKEN, token_type: 'DPoP', profile })
  return async () => manager.dpopProof(url, user, 'GET')
}

async function hash(text) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** What calls an API: with two headers that stay, and with two that are made for each request. */
export async function createFetchers(url) {
  const tmb = createTmb({ resourceServers: [location.origin] })
  const { authorization, dpop: proof } = await tmb.authorize({ method: 'GET', url })
  const headers = { Authorization: authorization, DPoP: proof }
  return {
    'fetch with fixed headers': async () => (await fetch(url, { headers })).text(),
    'tmb.fetch': async () => (await tmb.fetch(url)).text(),
  }
}
