import { createOrigins, type Origins } from '@tmb-kit/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import type { VerifierEvent } from '@tmb-kit/resource-server'
import { createTestIssuer, ISSUER } from './support/test-issuer.js'
import { createTestWorld, outcomeOf, type TestWorld } from './support/test-world.js'

let world: TestWorld
let network: Origins
beforeEach(async () => {
  world = await createTestWorld()
  network = createOrigins({ [ISSUER]: world.issuer.handler })
})

const remote = (options: { readonly onEvent?: (event: VerifierEvent) => void } = {}) =>
  world.verifier({ issuer: ISSUER, fetch: network.fetch, ...options })
describe('META-09: the keys of an issuer', () => {
  it('are found through its metadata, once for many requests at once', async () => {
    const verifier = remote()
    const requests = await Promise.all(Array.from({ length: 20 }, async () => world.request()))
    const outcomes = await Promise.all(
      requests.map(async (request) => outcomeOf(verifier, request)),
    )
    expect(outcomes.every(({ code }) => code === 'accepted')).toBe(true)
    expect(world.issuer.fetched).toEqual({ metadata: 1, keys: 1 })
  })

  it('RFC 8414 3: are found where the AS has a path and no OpenID configuration', async () => {
    const issuer = 'https://as.test/realms/a'
    const handler = ({ url }: Request): Response => {
      const { pathname } = new URL(url)
      if (pathname === '/.well-known/oauth-authorization-server/realms/a') {
        return Response.json({ issuer, jwks_uri: 'https://keys.test/jwks' })
      }
      return new Response('no', { status: 404 })
    }
    const keys = (): Response => Response.json(world.issuer.jwks())
    network = createOrigins({ 'https://as.test': handler, 'https://keys.test': keys })
    const token = { claims: { iss: issuer } }
    const verifier = world.verifier({ issuer, fetch: network.fetch })
    expect(await outcomeOf(verifier, await world.request({ token }))).toMatchObject({
      code: 'accepted',
    })
  })

  it('rotate without a restart', async () => {
    const verifier = remote()
    await verifier.verify(await world.request())
    await world.issuer.rotate()
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({ code: 'accepted' })
    expect(world.issuer.fetched.keys).toBe(2)
  })

  it('are looked for again once in 30 s, however many key ids are invented', async () => {
    const verifier = remote()
    await verifier.verify(await world.request())
    const flood = async (): Promise<void> => {
      for (let index = 0; index < 50; index += 1) {
        const token = { header: { kid: `invented-${index}` } }
        expect(await outcomeOf(verifier, await world.request({ token }))).toMatchObject({
          code: 'token_key_unknown',
          status: 401,
        })
      }
    }
    await flood()
    expect(world.issuer.fetched.keys).toBe(2)
    world.clock.advance(30)
    await flood()
    expect(world.issuer.fetched.keys).toBe(3)
  })

  it('are fetched once for a first token that names an unknown key', async () => {
    const token = { header: { kid: 'invented' } }
    expect(await outcomeOf(remote(), await world.request({ token }))).toMatchObject({
      code: 'token_key_unknown',
    })
    expect(world.issuer.fetched).toEqual({ metadata: 1, keys: 1 })
  })

  it('stop counting within ten minutes of being withdrawn, and are replaced whole', async () => {
    const verifier = remote()
    const old = { claims: { exp: world.clock() + 3600 } }
    const accessToken = await world.issuer.token(old)
    await verifier.verify(await world.request({ accessToken }))
    await world.issuer.rotate()
    world.clock.advance(600)
    expect(await outcomeOf(verifier, await world.request({ accessToken }))).toMatchObject({
      code: 'token_key_unknown',
    })
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({ code: 'accepted' })
  })

  it('survive an issuer that fails, and are not asked for at every request meanwhile', async () => {
    const events: string[] = []
    const verifier = remote({ onEvent: ({ type }) => void events.push(type) })
    await verifier.verify(await world.request())
    let asked = 0
    network.serve(ISSUER, () => {
      asked += 1
      return new Response('down', { status: 500 })
    })
    world.clock.advance(600)
    for (let index = 0; index < 20; index += 1) {
      expect(await outcomeOf(verifier, await world.request())).toMatchObject({ code: 'accepted' })
    }
    expect(asked).toBe(2)
    expect(events).toEqual(['issuer_keys_fetched', 'issuer_keys_unavailable'])
  })

  it('that never could be fetched are 503, and the issuer is left in peace', async () => {
    let asked = 0
    network.serve(ISSUER, () => {
      asked += 1
      return new Response('down', { status: 500 })
    })
    const verifier = remote()
    for (let index = 0; index < 20; index += 1) {
      expect(await outcomeOf(verifier, await world.request())).toEqual({
        code: 'issuer_unavailable',
        status: 503,
        challenge: null,
      })
    }
    expect(asked).toBe(6)
    network.serve(ISSUER, world.issuer.handler)
    world.clock.advance(5)
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({ code: 'accepted' })
  })

  it('are not asked for on behalf of a token that is refused without them', async () => {
    const verifier = remote()
    for (const token of [
      { claims: { iss: 'https://evil.test' } },
      { claims: { exp: 1 } },
      { claims: { aud: 'other' } },
      { header: { alg: 'none' } },
    ]) {
      expect(await outcomeOf(verifier, await world.request({ token }))).toMatchObject({
        status: 401,
      })
    }
    expect(network.requests).toHaveLength(0)
  })

  it.each<readonly [string, (request: Request) => Response]>([
    [
      'metadata of another issuer',
      ({ url }) =>
        url.endsWith('/jwks')
          ? Response.json(world.issuer.jwks())
          : Response.json({ issuer: 'https://evil.test', jwks_uri: `${ISSUER}/jwks` }),
    ],
    ['metadata without keys', () => Response.json({ issuer: ISSUER })],
    ['keys over http', () => Response.json({ issuer: ISSUER, jwks_uri: 'http://as.test/jwks' })],
    ['a redirect', () => Response.redirect('https://evil.test/', 302)],
    ['HTML', () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } })],
    [
      'an endless answer',
      () =>
        new Response('{"a":"'.padEnd(70_000, 'x'), {
          headers: { 'Content-Type': 'application/json' },
        }),
    ],
    ['broken JSON', () => new Response('{', { headers: { 'Content-Type': 'application/json' } })],
    [
      'a member given twice',
      () =>
        new Response(`{"issuer":"${ISSUER}","issuer":"${ISSUER}","jwks_uri":"${ISSUER}/jwks"}`, {
          headers: { 'Content-Type': 'application/json' },
        }),
    ],
    [
      'a key set that is none',
      ({ url }) =>
        url.endsWith('/jwks')
          ? Response.json({ keys: {} })
          : Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` }),
    ],
  ])('are refused from %s', async (_, handler) => {
    network.serve(ISSUER, handler)
    expect(await outcomeOf(remote(), await world.request())).toMatchObject({
      code: 'issuer_unavailable',
      status: 503,
    })
  })

  it('count without those that are not for verifying', async () => {
    const [good] = world.issuer.jwks().keys
    const keys = [
      { ...good, use: 'enc' },
      { ...good, key_ops: ['sign'] },
      { kty: 'oct', k: 'x' },
      'junk',
      null,
    ]
    network.serve(ISSUER, ({ url }) =>
      url.endsWith('/jwks')
        ? Response.json({ keys })
        : Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` }),
    )
    expect(await outcomeOf(remote(), await world.request())).toMatchObject({
      code: 'token_key_unknown',
    })
  })

  it('belong to their issuer: another one’s key signs nothing for it', async () => {
    const other = await createTestIssuer({
      clock: world.clock,
      issuer: 'https://other.test',
      claims: { cnf: { jkt: world.jkt } },
    })
    const verifier = world.verifier({
      issuer: [
        { issuer: ISSUER, jwks: world.issuer.jwks() },
        { issuer: 'https://other.test', jwks: other.jwks() },
      ],
    })
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({ code: 'accepted' })
    const good = await other.token()
    expect(await outcomeOf(verifier, await world.request({ accessToken: good }))).toMatchObject({
      code: 'accepted',
    })
    const crossed = await other.token({ claims: { iss: ISSUER } })
    expect(await outcomeOf(verifier, await world.request({ accessToken: crossed }))).toMatchObject({
      code: 'token_signature_invalid',
    })
  })
})
