import { cors, protect } from '@tmb-kit/resource-server/hono'
import {
  hmacNonceSource,
  type VerifiedRequest,
  type VerifierOptions,
} from '@tmb-kit/resource-server'
import { Hono } from 'hono'
import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { API } from './support/test-issuer.js'
import { createTestWorld, type TestWorld } from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

const PAGE = 'https://app.test'
const SECRET = 'a secret of thirty-two bytes or more'

const appOf = (options: Partial<VerifierOptions> = {}) => {
  const verifier = world.verifier(options)
  return new Hono()
    .use(cors({ origins: [PAGE] }))
    .get('/orders', protect(verifier, { scope: 'orders.read' }), (c) =>
      c.json({ sub: c.var.verified.claims.sub }),
    )
    .post('/orders', protect(verifier, { scope: 'orders.write' }), (c) => c.json({}))
    .get('/vault', protect(verifier, { acrValues: 'gold silver', maxAgeSeconds: 300 }), (c) =>
      c.json({}),
    )
    .get('/cached', protect(verifier), (c) => {
      c.header('Cache-Control', 'private, max-age=60')
      return c.json({})
    })
    .get('/broken', protect(verifier), () => {
      throw new Error('a handler fails')
    })
}

describe('protect', () => {
  it('RS-DPOP-32: hands the handler a typed outcome', async () => {
    const response = await appOf().request(await world.request())
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ sub: 'alice' })
    expect(response.headers.get('Cache-Control')).toBe('no-store')

    new Hono().get('/', protect(world.verifier()), (c) => {
      expectTypeOf(c.get('verified')).toEqualTypeOf<VerifiedRequest>()
      expectTypeOf(c.var.verified.scopes).toEqualTypeOf<readonly string[]>()
      return c.text('')
    })
  })

  it('without credentials the handler does not run', async () => {
    const response = await appOf().request(`${API}/orders`)
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe('DPoP algs="ES256"')
  })

  it('RS-DPOP-28: too small a scope is 403, and names what is needed', async () => {
    const response = await appOf().request(await world.request({ method: 'POST' }))
    expect(response.status).toBe(403)
    expect(response.headers.get('WWW-Authenticate')).toBe(
      'DPoP error="insufficient_scope", error_description="the scope is too small", scope="orders.write", algs="ES256"',
    )
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })

  it('RS-DPOP-28: a scope that only begins alike is not enough', async () => {
    const token = { claims: { scope: 'orders.writer orders.read.all' } }
    const response = await appOf().request(await world.request({ method: 'POST', token }))
    expect(response.status).toBe(403)
  })

  it('RS-DPOP-09: HEAD is answered with a HEAD proof, and not with one for GET', async () => {
    const app = appOf()
    expect((await app.request(await world.request({ method: 'HEAD' }))).status).toBe(200)
    expect((await app.request(await world.request({ method: 'HEAD', htm: 'GET' }))).status).toBe(
      401,
    )
  })

  it('RS-DPOP-19, -21: the next nonce comes with a success, which must not be cached', async () => {
    const nonceSource = hmacNonceSource({ secrets: [SECRET], clock: world.clock })
    const nonce = await nonceSource.current()
    const request = await world.request({ url: `${API}/cached`, proof: { claims: { nonce } } })
    const response = await appOf({ nonceSource }).request(request)
    expect(response.status).toBe(200)
    expect(response.headers.get('DPoP-Nonce')).toBe(nonce)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })

  it('RS-DPOP-21: without a nonce the handler may let its answer be cached', async () => {
    const response = await appOf().request(await world.request({ url: `${API}/cached` }))
    expect(response.headers.get('Cache-Control')).toBe('private, max-age=60')
  })

  it('RS-DPOP-19: the nonce comes with a handler’s failure too', async () => {
    const nonceSource = hmacNonceSource({ secrets: [SECRET], clock: world.clock })
    const nonce = await nonceSource.current()
    const request = await world.request({ url: `${API}/broken`, proof: { claims: { nonce } } })
    const app = appOf({ nonceSource })
    app.onError((_, c) => c.text('sorry', 500))
    const response = await app.request(request)
    expect(response.status).toBe(500)
    expect(response.headers.get('DPoP-Nonce')).toBe(nonce)
  })

  it('a fault that is none of the request’s is not turned into a refusal', async () => {
    const app = new Hono().get(
      '/orders',
      protect(world.verifier(), {
        connection: () => {
          throw new Error('a mistake of ours')
        },
      }),
      (c) => c.text(''),
    )
    app.onError((error, c) => c.text(error.message, 500))
    const response = await app.request(await world.request())
    expect(await response.text()).toBe('a mistake of ours')
  })
})

describe('step-up', () => {
  const vault = async (claims: Readonly<Record<string, unknown>>): Promise<Response> =>
    appOf().request(await world.request({ url: `${API}/vault`, token: { claims } }))

  it('RS-DPOP-29: a recent authentication in a good context is enough', async () => {
    for (const acr of ['gold', 'silver']) {
      expect((await vault({ acr, auth_time: world.clock() - 300 })).status).toBe(200)
    }
  })

  it.each([
    ['an old authentication', { acr: 'gold', auth_time: 1_800_000_000 - 301 }],
    ['an authentication of the future', { acr: 'gold', auth_time: 1_800_000_000 + 11 }],
    ['no auth_time', { acr: 'gold' }],
    ['another context', { acr: 'bronze', auth_time: 1_800_000_000 }],
    ['no context', { auth_time: 1_800_000_000 }],
  ])('RS-DPOP-29: %s is answered with what is needed', async (_, claims) => {
    const response = await vault(claims)
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe(
      'DPoP error="insufficient_user_authentication", error_description="a stronger or more recent authentication is required", acr_values="gold silver", max_age="300", algs="ES256"',
    )
  })

  it('RS-DPOP-29: the scheme that was used is the one that is answered', async () => {
    const verifier = world.verifier({ allowBearer: true })
    const app = new Hono().get('/vault', protect(verifier, { maxAgeSeconds: 0 }), (c) => c.text(''))
    const token = { claims: { cnf: undefined } }
    const response = await app.request(
      await world.request({ url: `${API}/vault`, scheme: 'Bearer', token }),
    )
    expect(response.headers.get('WWW-Authenticate')).toMatch(
      /^Bearer error="insufficient_user_authentication", .*max_age="0", DPoP algs="ES256"$/,
    )
  })
})

describe('cors', () => {
  const preflight = async (origin: string): Promise<Response> =>
    appOf().request(`${API}/orders`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization,dpop',
      },
    })

  it('RS-DPOP-30: a preflight is answered without authentication', async () => {
    const { status, headers } = await preflight(PAGE)
    expect(status).toBe(204)
    expect(headers.get('Access-Control-Allow-Origin')).toBe(PAGE)
    expect(headers.get('Access-Control-Allow-Headers')).toBe('Authorization, DPoP, Content-Type')
    expect(headers.get('Access-Control-Allow-Methods')).toContain('POST')
    expect(headers.has('Access-Control-Allow-Credentials')).toBe(false)
  })

  it.each([
    'https://evil.test',
    'https://app.test.evil.test',
    'http://app.test',
    'null',
    'https://app.test/',
  ])('RS-DPOP-30: %s is not allowed, and never reflected', async (origin) => {
    const { headers } = await preflight(origin)
    expect(headers.has('Access-Control-Allow-Origin')).toBe(false)
    expect(headers.get('Vary')).toContain('Origin')
  })

  it('RS-DPOP-30: challenge and nonce of a 401 can be read, and those of a 200', async () => {
    const nonceSource = hmacNonceSource({ secrets: [SECRET], clock: world.clock })
    const app = appOf({ nonceSource })
    const nonce = await nonceSource.current()
    const headers = { Origin: PAGE }
    for (const [request, status] of [
      [await world.request({ headers }), 401],
      [await world.request({ headers, proof: { claims: { nonce } } }), 200],
    ] as const) {
      const response = await app.request(request)
      expect(response.status).toBe(status)
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe(PAGE)
      expect(response.headers.get('Access-Control-Expose-Headers')).toBe(
        'DPoP-Nonce, WWW-Authenticate',
      )
      expect(response.headers.get('DPoP-Nonce')).toBe(nonce)
      expect(response.headers.get('Vary')).toBe('Origin')
    }
  })

  it('RS-DPOP-30: an OPTIONS request that is no preflight is not let through', async () => {
    const response = await appOf().request(`${API}/orders`, {
      method: 'OPTIONS',
      headers: { Origin: PAGE },
    })
    expect(response.status).toBe(404)
  })

  it.each(['*', 'https://app.test/', 'app.test', 'https://*.app.test', 'HTTPS://app.test', ''])(
    'RS-DPOP-30: %j is not an origin to allow',
    (origin) => {
      expect(() => cors({ origins: [origin] })).toThrow(TypeError)
    },
  )
})
