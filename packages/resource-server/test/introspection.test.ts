import type { IntrospectionOptions } from '@tmb-kit/resource-server'
import { createOrigins, type Origins } from '@tmb-kit/testkit'
import { decodeJwt, exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { API, ISSUER } from './support/test-issuer.js'
import {
  createTestWorld,
  outcomeOf,
  type RequestChanges,
  type TestWorld,
} from './support/test-world.js'

const OPAQUE = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO'
const CLIENT: IntrospectionOptions['client'] = {
  id: 'api:orders',
  authentication: { method: 'client_secret_basic', secret: 's3cret/+' },
}

let world: TestWorld
let network: Origins
let asked: { readonly headers: Headers; readonly form: URLSearchParams }[]
let answer: Readonly<Record<string, unknown>>

beforeEach(async () => {
  world = await createTestWorld()
  asked = []
  answer = {
    active: true,
    sub: 'alice',
    client_id: 'demo-backend',
    aud: API,
    scope: 'orders.read',
    exp: world.clock() + 300,
    token_type: 'DPoP',
    cnf: { jkt: world.jkt },
  }
  network = createOrigins({
    [ISSUER]: async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/introspect') {
        asked.push({ headers: request.headers, form: new URLSearchParams(await request.text()) })
        return Response.json(answer)
      }
      return pathname === '/.well-known/openid-configuration'
        ? Response.json({
            issuer: ISSUER,
            jwks_uri: `${ISSUER}/jwks`,
            introspection_endpoint: `${ISSUER}/introspect`,
          })
        : world.issuer.handler(request)
    },
  })
})

const opaqueVerifier = (introspection: Partial<IntrospectionOptions> = {}) =>
  world.verifier({
    issuer: ISSUER,
    fetch: network.fetch,
    introspection: { client: CLIENT, ...introspection },
  })
const present = async (changes: RequestChanges = {}) =>
  world.request({ accessToken: OPAQUE, ...changes })

function createGate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

describe('RS-DPOP-27: an opaque token', () => {
  it('is looked up where the metadata says, with authentication', async () => {
    const verified = await opaqueVerifier().verify(await present())
    expect(verified).toMatchObject({
      claims: { iss: ISSUER, sub: 'alice' },
      scopes: ['orders.read'],
      jkt: world.jkt,
    })
    const [{ headers, form }] = asked as [(typeof asked)[number]]
    expect(form.get('token')).toBe(OPAQUE)
    expect(form.get('token_type_hint')).toBe('access_token')
    // RFC 6749 2.3.1: identifier and secret are form-encoded before they are joined.
    expect(headers.get('Authorization')).toBe(`Basic ${btoa('api%3Aorders:s3cret%2F%2B')}`)
  })

  it('is looked up with an assertion signed by our key, however the key is given', async () => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(pair.privateKey)), kid: 'api-key' }
    for (const key of [jwk, await exportPKCS8(pair.privateKey), pair.privateKey]) {
      const client = { id: 'api', authentication: { method: 'private_key_jwt' as const, key } }
      await opaqueVerifier({ client }).verify(await present())
      const form = asked.at(-1)?.form
      expect(form?.get('client_assertion_type')).toBe(
        'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      )
      const { payload } = await jwtVerify(form?.get('client_assertion') ?? '', pair.publicKey, {
        issuer: 'api',
        subject: 'api',
        audience: ISSUER,
        currentDate: new Date(world.clock() * 1000),
      })
      expect((payload.exp ?? 0) - world.clock()).toBe(60)
    }
    const identifiers = asked.map(({ form }) => decodeJwt(form.get('client_assertion') ?? '').jti)
    expect(new Set(identifiers).size).toBe(3)
  })

  it('of a client that acts for itself has the client as its subject', async () => {
    answer = { ...answer, sub: undefined }
    const verified = await opaqueVerifier().verify(await present())
    expect(verified.claims.sub).toBe('demo-backend')
  })

  it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    ['is not active', { active: false }, 'token_inactive'],
    ['is active in a string', { active: 'true' }, 'token_inactive'],
    ['is active in a number', { active: 1 }, 'token_inactive'],
    ['says nothing of active', { active: undefined }, 'token_inactive'],
    ['is for another audience', { aud: 'https://other.test' }, 'token_audience_refused'],
    ['is for nobody', { aud: undefined }, 'token_claims_invalid'],
    ['is of another issuer', { iss: 'https://evil.test' }, 'token_issuer_refused'],
    ['has expired', { exp: 1 }, 'token_expired'],
    ['never ends', { exp: undefined }, 'token_claims_invalid'],
    ['begins later', { nbf: 1_800_000_061 }, 'token_not_yet_valid'],
    ['has a scope that is a list', { scope: ['orders.read'] }, 'token_claims_invalid'],
    ['is not bound', { cnf: undefined }, 'token_unbound'],
    ['has an empty cnf', { cnf: {} }, 'confirmation_unknown'],
    ['is bound to another key', { cnf: { jkt: 'A'.repeat(43) } }, 'proof_key_mismatch'],
  ])('that %s is refused', async (_, change, code) => {
    expect(await outcomeOf(opaqueVerifier(), await present())).toMatchObject({ code: 'accepted' })
    answer = { ...answer, ...change }
    const outcome = await outcomeOf(opaqueVerifier(), await present())
    expect(outcome).toMatchObject({ code, status: 401 })
    expect(outcome.challenge).toContain('error="invalid_token"')
  })

  it('is looked up once while the answer is fresh, and a revoked one is refused after that', async () => {
    const verifier = opaqueVerifier({ cacheSeconds: 30 })
    for (let index = 0; index < 10; index += 1) await verifier.verify(await present())
    expect(asked).toHaveLength(1)

    answer = { active: false }
    world.clock.advance(29)
    expect(await outcomeOf(verifier, await present())).toMatchObject({ code: 'accepted' })
    world.clock.advance(1)
    expect(await outcomeOf(verifier, await present())).toMatchObject({ code: 'token_inactive' })
  })

  it('is refused at its end, cached or not', async () => {
    answer = { ...answer, exp: world.clock() + 5 }
    const verifier = opaqueVerifier({ cacheSeconds: 30 })
    await verifier.verify(await present())
    world.clock.advance(5)
    expect(await outcomeOf(verifier, await present())).toMatchObject({ code: 'token_expired' })
  })

  it('is looked up each time where nothing may be cached, and once for many at a time', async () => {
    const verifier = opaqueVerifier({ cacheSeconds: 0 })
    await verifier.verify(await present())
    await verifier.verify(await present())
    expect(asked).toHaveLength(2)

    const gate = createGate()
    let looked = 0
    network.serve('https://lookup.test', async () => {
      looked += 1
      await gate.opened
      return Response.json(answer)
    })
    const held = opaqueVerifier({ endpoint: 'https://lookup.test/introspect', cacheSeconds: 0 })
    const requests = await Promise.all(Array.from({ length: 20 }, async () => present()))
    const verified = requests.map(async (request) => held.verify(request))
    // Longer work than the hash that each of the twenty begins with.
    for (let index = 0; index < 5; index += 1) await world.verifier().verify(await world.request())
    gate.open()
    await Promise.all(verified)
    expect(looked).toBe(1)
  })

  it('is 503 when the authorization server cannot say, and good again when it can', async () => {
    const verifier = opaqueVerifier({ endpoint: 'https://lookup.test/introspect' })
    for (const response of [
      () => new Response('down', { status: 503 }),
      () => Response.json({ error: 'invalid_client' }, { status: 401 }),
      () => new Response('active', { status: 200 }),
    ]) {
      network.serve('https://lookup.test', response)
      expect(await outcomeOf(verifier, await present())).toMatchObject({
        code: 'issuer_unavailable',
        status: 503,
      })
    }
    network.serve('https://lookup.test', () => Response.json(answer))
    expect(await outcomeOf(verifier, await present())).toMatchObject({ code: 'accepted' })
  })

  it('is looked up for no more than 64 requests at a time', async () => {
    const gate = createGate()
    network.serve('https://lookup.test', async () => {
      await gate.opened
      return Response.json(answer)
    })
    const verifier = opaqueVerifier({ endpoint: 'https://lookup.test/introspect' })
    const requests = await Promise.all(
      Array.from({ length: 70 }, async (_, index) =>
        world.request({ accessToken: `invented-${index}` }),
      ),
    )
    let refused = 0
    const outcomes = requests.map(async (request) => {
      const outcome = await outcomeOf(verifier, request)
      if (outcome.code === 'issuer_unavailable') refused += 1
      if (refused === 6) gate.open()
      return outcome.code
    })
    const codes = await Promise.all(outcomes)
    expect(codes.filter((code) => code === 'accepted')).toHaveLength(64)
    expect(codes.filter((code) => code === 'issuer_unavailable')).toHaveLength(6)
  })

  it('that looks like a JWT is judged as one, and never looked up', async () => {
    expect(await outcomeOf(opaqueVerifier(), await world.request())).toMatchObject({
      code: 'accepted',
    })
    const token = { header: { typ: 'JWT' } }
    expect(await outcomeOf(opaqueVerifier(), await world.request({ token }))).toMatchObject({
      code: 'token_type_invalid',
    })
    expect(asked).toHaveLength(0)
  })

  it('is refused where nothing says how to look it up', async () => {
    expect(await outcomeOf(world.verifier(), await present())).toMatchObject({
      code: 'token_malformed',
      status: 401,
    })
  })
})

describe('the options of introspection', () => {
  it.each<readonly [string, unknown]>([
    ['no client', {}],
    ['an endpoint over http', { client: CLIENT, endpoint: 'http://as.test/introspect' }],
    ['an unknown option', { client: CLIENT, cache: 1 }],
    ['a cache of ten minutes', { client: CLIENT, cacheSeconds: 600 }],
    ['no authentication', { client: { id: 'api' } }],
    ['no secret', { client: { id: 'api', authentication: { method: 'client_secret_basic' } } }],
    [
      'a secret in the form',
      { client: { id: 'api', authentication: { method: 'client_secret_post', secret: 's' } } },
    ],
    [
      'a public key',
      { client: { id: 'api', authentication: { method: 'private_key_jwt', key: { kty: 'EC' } } } },
    ],
    [
      'a public PEM',
      {
        client: {
          id: 'api',
          authentication: { method: 'private_key_jwt', key: '-----BEGIN PUBLIC KEY-----' },
        },
      },
    ],
  ])('are refused with %s', (_, introspection) => {
    const options = { issuer: ISSUER, introspection: introspection as IntrospectionOptions }
    expect(() => world.verifier(options)).toThrow(TypeError)
  })

  it('name one issuer at most, so that a token is shown to no other', () => {
    const introspection = { client: CLIENT }
    const issuer = [
      { issuer: ISSUER, introspection },
      { issuer: 'https://other.test', introspection },
    ]
    expect(() => world.verifier({ issuer })).toThrow(/one issuer at most/)
  })
})
