import { createTmb } from '@tmb-kit/browser'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  API,
  challenge,
  claimsOf,
  createWorld,
  OTHER_API,
  reply,
  type World,
} from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

const bodyOf = async (request: Request): Promise<unknown> => request.json()

describe('the access token', () => {
  it('BR-16: is asked for once, and kept in memory until it ends', async () => {
    const { tmb } = await world.signIn()
    for (let call = 0; call < 3; call += 1) await tmb.fetch(`${API}/orders`)
    expect(world.requestsTo('/bff/token')).toHaveLength(1)
    world.clock.advance(291)
    await tmb.fetch(`${API}/orders`)
    expect(world.requestsTo('/bff/token')).toHaveLength(2)
    expect(world.requests.at(-1)!.headers.get('Authorization')).toBe('DPoP token-2')
  })

  it('is used up to ten seconds before its end', async () => {
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/orders`)
    world.clock.advance(289)
    await tmb.fetch(`${API}/orders`)
    expect(world.requestsTo('/bff/token')).toHaveLength(1)
    world.clock.advance(1)
    await tmb.fetch(`${API}/orders`)
    expect(world.requestsTo('/bff/token')).toHaveLength(2)
  })

  it('ends by the backend’s clock, also where this machine’s runs five minutes ahead', async () => {
    const { tmb } = await world.signIn({ clock: () => world.clock() + 300 })
    await tmb.fetch(`${API}/orders`)
    await tmb.fetch(`${API}/orders`)
    expect(world.requestsTo('/bff/token')).toHaveLength(1)
    world.clock.advance(300)
    await tmb.fetch(`${API}/orders`)
    expect(world.requestsTo('/bff/token')).toHaveLength(2)
  })

  it('BR-17: is opaque: any text works', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/bff/token', async (request) => {
      const { jkt } = (await request.json()) as { jkt: string }
      return reply({ access_token: '~opaque/+.=', token_type: 'dpop', expires_in: 300, jkt })
    })
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(world.requests.at(-1)!.headers.get('Authorization')).toBe('DPoP ~opaque/+.=')
  })

  it('the one resource server needs no name, each of several has its own token', async () => {
    const one = await world.signIn()
    await one.tmb.fetch(`${API}/orders`)
    expect(await bodyOf(world.requestsTo('/bff/token')[0]!)).not.toHaveProperty('resource')

    const { tmb } = await world.signIn({ resourceServers: [API, `${OTHER_API}/`] })
    await tmb.fetch(`${API}/orders`)
    await tmb.fetch(`${OTHER_API}/orders`)
    await tmb.fetch(`${API}/orders`)
    const [, first, second, ...others] = world.requestsTo('/bff/token')
    expect(others).toHaveLength(0)
    expect(await bodyOf(first!)).toMatchObject({ resource: API })
    expect(await bodyOf(second!)).toMatchObject({ resource: `${OTHER_API}/` })
  })

  it('an entry says its resource and its scope, and goes by its origin', async () => {
    const { tmb } = await world.signIn({
      resourceServers: [
        { origin: API, resource: 'urn:orders', scope: 'orders.read' },
        { origin: `${OTHER_API}/`, resource: 'urn:stock' },
      ],
    })
    await tmb.fetch(`${API}/orders`)
    await tmb.fetch(`${OTHER_API}/stock`)
    const [first, second] = await Promise.all(world.requestsTo('/bff/token').map(bodyOf))
    expect(first).toMatchObject({ resource: 'urn:orders', scope: 'orders.read' })
    expect(second).toMatchObject({ resource: 'urn:stock' })
    expect(second).not.toHaveProperty('scope')
    await expect(tmb.fetch('https://third.test/')).rejects.toMatchObject({
      code: 'origin_not_allowed',
    })
    const origin = 'http://api.test'
    expect(() => createTmb({ resourceServers: [{ origin, resource: 'x' }] })).toThrow(TypeError)
  })
})

describe('a token that is not bound to this key', () => {
  const WRONG: readonly (readonly [string, object, string])[] = [
    ['BR-14: a bearer token', { token_type: 'Bearer' }, 'binding_not_applied'],
    ['BR-14: a token without a type', { token_type: undefined }, 'binding_not_applied'],
    ['BR-14: a type of another kind', { token_type: ['DPoP', 'x'] }, 'binding_not_applied'],
    ['BR-15: another key', { jkt: 'A'.repeat(43) }, 'key_mismatch'],
    ['BR-15: no key', { jkt: undefined }, 'key_mismatch'],
  ]
  it.each(WRONG)('%s: is never used, and the caller told', async (_, change, code) => {
    const { tmb } = await world.signIn()
    let isWrong = true
    world.intercept('/bff/token', async (request) => {
      const { jkt } = (await request.json()) as { jkt: string }
      const good = { access_token: 'canary', token_type: 'DPoP', expires_in: 300, jkt }
      return reply(isWrong ? { ...good, ...change } : good)
    })
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code })
    expect(world.requestsTo('/orders')).toHaveLength(0)
    isWrong = false
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
  })
})

describe('a token that the API refuses', () => {
  it('BR-20: is replaced once, and the call repeated once with a new proof', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/orders', (request) =>
      request.headers.get('Authorization') === 'DPoP token-1'
        ? challenge('error="invalid_token"')
        : undefined,
    )
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    const [first, second] = world.requestsTo('/bff/token')
    expect(await bodyOf(first!)).toMatchObject({ refresh: false })
    expect(await bodyOf(second!)).toMatchObject({ refresh: true })
    const [before, after] = await Promise.all(world.requestsTo('/orders').map(claimsOf))
    expect(after!.jti).not.toBe(before!.jti)
    expect(after!.ath).not.toBe(before!.ath)
  })

  it('BR-20: fifty parallel calls with an expired token make one call to /bff/token', async () => {
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/warm`)
    world.clock.advance(301)
    const calls = Array.from({ length: 50 }, async (_, n) => tmb.fetch(`${API}/orders/${n}`))
    for (const response of await Promise.all(calls)) expect(response.status).toBe(200)
    expect(world.requestsTo('/bff/token')).toHaveLength(2)
  })

  it('BR-20: fifty parallel calls with a token that the API refuses share one refresh', async () => {
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/warm`)
    world.intercept('/orders', (request) =>
      request.headers.get('Authorization') === 'DPoP token-1'
        ? challenge('error="invalid_token"')
        : undefined,
    )
    const calls = Array.from({ length: 50 }, async () => tmb.fetch(`${API}/orders`))
    for (const response of await Promise.all(calls)) expect(response.status).toBe(200)
    expect(world.requestsTo('/bff/token')).toHaveLength(2)
    expect(world.requestsTo('/orders')).toHaveLength(100)
  })

  it('BR-20: a second refusal is handed to the caller', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/orders', () => challenge('error="invalid_token"'))
    const response = await tmb.fetch(`${API}/orders`)
    expect(response.status).toBe(401)
    expect(world.requestsTo('/orders')).toHaveLength(2)
  })

  it('a refusal of another kind, or of another scheme, is handed over at once', async () => {
    const { tmb } = await world.signIn()
    for (const field of ['DPoP algs="ES256"', 'Bearer error="invalid_token"', 'Basic realm="x"']) {
      world.intercept('/orders', () =>
        reply({}, 401, field === '' ? {} : { 'WWW-Authenticate': field }),
      )
      expect((await tmb.fetch(`${API}/orders`)).status).toBe(401)
    }
    world.intercept('/orders', () => reply({ kept: true }, 403))
    expect(await (await tmb.fetch(`${API}/orders`)).json()).toEqual({ kept: true })
    expect(world.requestsTo('/bff/token')).toHaveLength(1)
  })

  it('a refresh that fails is everybody’s failure, and the next call asks anew', async () => {
    const { tmb } = await world.signIn()
    let isDown = true
    world.intercept('/bff/token', () =>
      isDown ? reply({ error: 'as_unavailable' }, 503) : undefined,
    )
    const calls = Array.from({ length: 5 }, async () => tmb.fetch(`${API}/orders`))
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ reason: { code: 'as_unavailable' } })
    }
    expect(world.requestsTo('/bff/token')).toHaveLength(1)
    isDown = false
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
  })
})

describe('the hash of the token', () => {
  it('BR-09: is made once for each token, however many proofs hold it', async () => {
    const digest = vi.spyOn(crypto.subtle, 'digest')
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/orders`)
    const before = digest.mock.calls.length
    for (let call = 0; call < 5; call += 1) await tmb.fetch(`${API}/orders`)
    expect(digest.mock.calls.length).toBe(before)
    await tmb.renew()
    await tmb.fetch(`${API}/orders`)
    expect(digest.mock.calls.length).toBe(before + 1)
    const [old, new_] = await Promise.all(world.requestsTo('/orders').slice(-2).map(claimsOf))
    expect(new_!.ath).not.toBe(old!.ath)
    vi.restoreAllMocks()
  })
})

describe('renew', () => {
  it('has the authorization server asked, whether there is a token or not', async () => {
    const { tmb } = await world.signIn()
    await tmb.renew()
    await tmb.renew()
    for (const request of world.requestsTo('/bff/token')) {
      expect(await bodyOf(request)).toMatchObject({ refresh: true })
    }
    await tmb.fetch(`${API}/orders`)
    expect(world.requests.at(-1)!.headers.get('Authorization')).toBe('DPoP token-2')
  })
})

describe('many calls', () => {
  it('over expiries and changing nonces: none fails', async () => {
    const { tmb } = await world.signIn()
    let nonce = 0
    world.intercept('/orders', async (request) => {
      if (nonce % 7 === 0) nonce += 1
      const claims = await claimsOf(request)
      return claims.nonce === `n${nonce}`
        ? undefined
        : challenge('error="use_dpop_nonce"', { 'DPoP-Nonce': `n${nonce}` })
    })
    for (let call = 0; call < 300; call += 1) {
      world.clock.advance(7)
      if (call % 10 === 0) nonce += 1
      expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    }
    expect(world.requestsTo('/bff/token').length).toBeLessThan(10)
  })
})
