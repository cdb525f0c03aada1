import { hmacNonceSource, type VerifierOptions } from '@tmb-kit/resource-server'
import { cors, protect, verifiedOf } from '@tmb-kit/resource-server/node'
import express from 'express'
import fastify from 'fastify'
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { API } from './support/test-issuer.js'
import { createTestWorld, type RequestChanges, type TestWorld } from './support/test-world.js'

const PAGE = 'https://app.test'
const SECRET = 'a secret of thirty-two bytes or more'

let world: TestWorld
let stop: () => Promise<void>
beforeEach(async () => {
  world = await createTestWorld()
})
afterEach(async () => {
  await stop()
})

/** Starts a server of one framework with the same routes, and says where it listens. */
type Start = (options?: Partial<VerifierOptions>) => Promise<string>

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const startPlain: Start = async (options) => {
  const verifier = world.verifier(options)
  const allow = cors({ origins: [PAGE] })
  const guards = {
    '/orders': protect(verifier, { scope: 'orders.read' }),
    '/write': protect(verifier, { scope: 'orders.write' }),
  }
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      if ((await allow(request, response)) === undefined) return
      const path = (request.url ?? '').split('?')[0] === '/write' ? '/write' : '/orders'
      const verified = await guards[path](request, response)
      if (verified === undefined) return
      expect(verifiedOf(request)).toBe(verified)
      response.end(JSON.stringify({ sub: verified.claims.sub }))
    }
    answer().catch(() => {
      response.statusCode = 500
      response.end()
    })
  })
  return listen(server)
}

const startExpress: Start = async (options) => {
  const verifier = world.verifier(options)
  const app = express()
  app.disable('x-powered-by')
  app.use(cors({ origins: [PAGE] }))
  app.use(express.urlencoded({ extended: false }))
  const router = express.Router()
  const respond: express.RequestHandler = (request, response) => {
    response.json({ sub: verifiedOf(request).claims.sub })
  }
  router.all('/', protect(verifier, { scope: 'orders.read' }), respond)
  app.use('/orders', router)
  app.all('/write', protect(verifier, { scope: 'orders.write' }), respond)
  app.get('/open', respond)
  return listen(createServer(app))
}

const startFastify: Start = async (options) => {
  const verifier = world.verifier(options)
  const app = fastify()
  app.addHook('onRequest', cors({ origins: [PAGE] }))
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_: unknown, body: string | Buffer) =>
      Object.fromEntries(new URLSearchParams(String(body))),
  )
  const method = ['GET', 'POST', 'PUT']
  // Once the body is parsed, so that a token in a form is seen.
  app.route({
    method,
    url: '/orders',
    preHandler: protect(verifier, { scope: 'orders.read' }),
    handler: async (request) => ({ sub: verifiedOf(request).claims.sub }),
  })
  app.route({
    method,
    url: '/write',
    onRequest: protect(verifier, { scope: 'orders.write' }),
    handler: async () => ({}),
  })
  app.get('/open', async (request) => ({ sub: verifiedOf(request).claims.sub }))
  await app.ready()
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  stop = async () => app.close()
  return address
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** With node:http, since fetch would not send what an attacker sends. */
const send = async (
  address: string,
  options: {
    readonly method?: string
    readonly path?: string
    readonly headers?: Readonly<Record<string, string | readonly string[]>>
    readonly body?: string
  },
): Promise<Answer> => {
  const { hostname, port } = new URL(address)
  const { method = 'GET', path = '/orders', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { hostname, port, method, path, headers: headers as Record<string, string> },
      (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => (text += chunk))
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const headersOf = async (changes: RequestChanges = {}): Promise<Record<string, string>> => {
  const request = await world.request(changes)
  return {
    Authorization: request.headers.get('Authorization') ?? '',
    DPoP: request.headers.get('DPoP') ?? '',
  }
}

describe.each([
  ['node:http', startPlain],
  ['Express 5', startExpress],
  ['Fastify 5', startFastify],
] as const)('protect with %s', (framework, start) => {
  it('lets a good request through, behind whatever Host, and hands over the outcome', async () => {
    const address = await start()
    const answer = await send(address, { headers: await headersOf(), path: '/orders?page=2' })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({ sub: 'alice' })
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('refuses without credentials, with the challenge', async () => {
    const answer = await send(await start(), {})
    expect(answer).toMatchObject({ status: 401, body: '' })
    expect(answer.headers['www-authenticate']).toBe('DPoP algs="ES256"')
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('RS-DPOP-28: refuses too small a scope with 403', async () => {
    const headers = await headersOf({ url: `${API}/write` })
    const answer = await send(await start(), { path: '/write', headers })
    expect(answer.status).toBe(403)
    expect(answer.headers['www-authenticate']).toContain('scope="orders.write"')
    expect(JSON.parse(answer.body)).toHaveProperty('error', 'insufficient_scope')
  })

  it('RS-DPOP-02, -24: sees a second header, which Node itself would drop', async () => {
    const address = await start()
    const { Authorization = '', DPoP = '' } = await headersOf()
    const twice = await send(address, {
      headers: { Authorization: [Authorization, Authorization], DPoP },
    })
    expect(twice.status).toBe(400)
    expect(twice.headers['www-authenticate']).toContain('DPoP error="invalid_request"')

    const proofs = await send(address, { headers: { Authorization, DPoP: [DPoP, DPoP] } })
    expect(proofs.status).toBe(401)
    expect(proofs.headers['www-authenticate']).toContain('invalid_dpop_proof')
  })

  it('RS-DPOP-09: takes the method that was sent', async () => {
    const address = await start()
    const headers = await headersOf({ htm: 'GET' })
    expect((await send(address, { method: 'POST', headers })).status).toBe(401)
    const right = await headersOf({ htm: 'POST', method: 'POST' })
    expect((await send(address, { method: 'POST', headers: right })).status).toBe(200)
  })

  it('RS-DPOP-13: believes neither Host nor an absolute request line', async () => {
    const address = await start()
    const headers = {
      ...(await headersOf({ htu: 'https://evil-rs.test/orders' })),
      Host: 'evil-rs.test',
    }
    expect((await send(address, { headers })).status).toBe(401)
    const absolute = 'http://evil-rs.test/orders'
    expect((await send(address, { headers, path: absolute })).status).not.toBe(200)
  })

  it('a path of two slashes and a Host that is none make no 5xx', async () => {
    const address = await start()
    const headers = await headersOf()
    const { status } = await send(address, { headers, path: '//evil.test/orders' })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    const odd = { ...headers, Host: 'a b' }
    expect((await send(address, { headers: odd })).status).toBeLessThan(500)
  })

  it('RS-DPOP-24: refuses a token in the query', async () => {
    const answer = await send(await start(), {
      headers: await headersOf(),
      path: '/orders?access_token=x',
    })
    expect(answer.status).toBe(400)
  })

  if (framework !== 'node:http') {
    it('RS-DPOP-24: refuses a token in a form that was parsed', async () => {
      const headers = {
        ...(await headersOf({ method: 'POST' })),
        'Content-Type': 'application/x-www-form-urlencoded',
      }
      const answer = await send(await start(), { method: 'POST', headers, body: 'access_token=x' })
      expect(answer.status).toBe(400)
    })

    it('RS-DPOP-32: a route that was left open cannot read an outcome', async () => {
      expect((await send(await start(), { path: '/open' })).status).toBe(500)
    })
  }

  it('RS-DPOP-19: asks for a nonce, and offers the next one on success', async () => {
    const nonceSource = hmacNonceSource({ secrets: [SECRET], clock: world.clock })
    const address = await start({ nonceSource })
    const refused = await send(address, { headers: await headersOf() })
    expect(refused.status).toBe(401)
    const nonce = refused.headers['dpop-nonce']
    const good = await send(address, { headers: await headersOf({ proof: { claims: { nonce } } }) })
    expect(good.status).toBe(200)
    expect(good.headers['dpop-nonce']).toBe(nonce)
  })

  it('RS-DPOP-30: answers preflights, and lets pages read a 401', async () => {
    const address = await start()
    const preflight = await send(address, {
      method: 'OPTIONS',
      headers: { Origin: PAGE, 'Access-Control-Request-Method': 'GET' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers['access-control-allow-origin']).toBe(PAGE)
    expect(preflight.headers['access-control-allow-headers']).toBe(
      'Authorization, DPoP, Content-Type',
    )

    const refused = await send(address, { headers: { Origin: PAGE } })
    expect(refused.status).toBe(401)
    expect(refused.headers['access-control-allow-origin']).toBe(PAGE)
    expect(refused.headers['access-control-expose-headers']).toBe('DPoP-Nonce, WWW-Authenticate')

    const evil = await send(address, { headers: { Origin: 'https://evil.test' } })
    expect(evil.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('a store that is down is 503, and a fault of ours is no refusal', async () => {
    const replayStore = { claim: async () => Promise.reject(new Error('down')) }
    expect((await send(await start({ replayStore }), { headers: await headersOf() })).status).toBe(
      503,
    )
    await stop()
    const trustedProxy = (): boolean => {
      throw new Error('a mistake of ours')
    }
    expect((await send(await start({ trustedProxy }), { headers: await headersOf() })).status).toBe(
      500,
    )
  })
})

describe('protect with node:http2', () => {
  it('reads the pseudo-headers', async () => {
    const guard = protect(world.verifier(), { scope: 'orders.read' })
    const server = createHttp2Server((request, response) => {
      void guard(request as never, response as never).then((verified) => {
        if (verified !== undefined) response.end(verified.claims.sub)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    stop = async () => {
      session.destroy()
      await new Promise((resolve) => server.close(resolve))
    }
    const stream = session.request({ ':path': '/orders', ...(await headersOf()) })
    let text = ''
    for await (const chunk of stream) text += String(chunk)
    expect(text).toBe('alice')
  })
})
