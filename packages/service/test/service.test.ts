import {
  createService,
  http2Transport,
  httpsTransport,
  type Service,
  type ServiceEvent,
  type ServiceOptions,
  type Transport,
} from '@tmb-kit/service'
import { undiciTransport } from '@tmb-kit/service/undici'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCertificate, type TestCertificate } from './support/certificates.js'
import {
  startResourceServer,
  type SeenRequest,
  type TestResourceServer,
  type Verdict,
} from './support/resource-server.js'

let ours: TestCertificate
let own: TestCertificate
let events: ServiceEvent[]
let stops: (() => void)[]
beforeAll(async () => {
  ;[ours, own] = await Promise.all([createCertificate(), createCertificate()])
})
beforeEach(() => {
  events = []
  stops = []
})
afterEach(() => {
  for (const stop of stops.reverse()) stop()
})

const signatures = (): number => events.filter(({ type }) => type === 'proof_signed').length
const start = async (judge?: (request: SeenRequest) => Verdict): Promise<TestResourceServer> => {
  const server = await startResourceServer(ours, judge)
  stops.push(server.stop)
  return server
}
const serve = (
  server: TestResourceServer,
  transport: Transport,
  options: Partial<ServiceOptions> = {},
): Service => {
  const service = createService({
    resourceServers: [server.origin],
    certificate: own.cert,
    privateKey: own.key,
    ca: ours.cert,
    accessToken: async () => 'token-1',
    transport,
    // One, so that no second one is opened while an answer's last words are under way.
    maxConnections: 1,
    onEvent: (event) => events.push(event),
    ...options,
  })
  stops.push(service.close)
  return service
}
const textOf = async (response: Promise<Response>): Promise<string> => (await response).text()

const TRANSPORTS: readonly (readonly [string, string, () => Transport])[] = [
  ['node:https', '1.1', httpsTransport],
  ['node:http2', '2.0', http2Transport],
  ['undici over HTTP/1.1', '1.1', undiciTransport],
  ['undici over HTTP/2', '2.0', () => undiciTransport({ http2: true })],
]

describe.each(TRANSPORTS)('%s', (_, httpVersion, transport) => {
  it('EKM-27: a hundred requests on a connection that is kept cost one signature', async () => {
    const server = await start()
    const service = serve(server, transport())
    for (let count = 0; count < 100; count += 1) {
      const response = await service.fetch(`${server.origin}/stock?page=${count}`)
      expect(response.status).toBe(200)
      expect(await response.text()).toBe('good')
    }
    expect(server.connections()).toBe(1)
    expect(signatures()).toBe(1)
    expect(server.seen[99]).toMatchObject({ method: 'GET', path: '/stock?page=99', httpVersion })
    const proofs = new Set(server.seen.map(({ headers }) => headers['session-binding-proof']))
    expect(proofs.size).toBe(1)
  })

  it('EKM-09: a request carries one bearer token and one proof, whatever the caller set', async () => {
    const server = await start()
    const headers = {
      Authorization: 'Bearer stolen',
      'Session-Binding-Proof': 'a.b.c',
      Host: 'evil.example',
      'X-Own': 'kept',
    }
    const body = JSON.stringify({ amount: 1 })
    const response = await serve(server, transport()).fetch(`${server.origin}/orders`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body,
    })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('good')
    const [seen] = server.seen
    expect(seen).toMatchObject({ method: 'POST', path: '/orders', body })
    expect(seen?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'x-own': 'kept',
      'content-type': 'application/json',
    })
    expect(Object.keys(seen?.claims ?? {})).toEqual(['ath', 'ekm', 'iat'])
  })

  it('EKM-27: requests at once sign once for each connection', async () => {
    const server = await start()
    const service = serve(server, transport(), { maxConnections: 4 })
    const requests = Array.from({ length: 20 }, async () => textOf(service.fetch(server.origin)))
    expect(new Set(await Promise.all(requests))).toEqual(new Set(['good']))
    expect(server.connections()).toBeLessThanOrEqual(4)
    expect(signatures()).toBe(server.connections())
  })

  it('EKM-27: a new token needs a new proof, and no new connection', async () => {
    const server = await start()
    let accessToken = 'token-1'
    const service = serve(server, transport(), { accessToken: async () => accessToken })
    await textOf(service.fetch(server.origin))
    accessToken = 'token-2'
    await textOf(service.fetch(server.origin))
    accessToken = 'token-1'
    await textOf(service.fetch(server.origin))
    expect(server.connections()).toBe(1)
    expect(signatures()).toBe(2)
  })

  it('EKM-27: a new connection needs a new proof', async () => {
    const server = await start()
    const service = serve(server, transport())
    expect(await textOf(service.fetch(server.origin))).toBe('good')
    server.dropConnections()
    expect(await textOf(service.fetch(server.origin))).toBe('good')
    expect(server.connections()).toBe(2)
    expect(signatures()).toBe(2)
    const [first, second] = server.seen
    expect(first?.claims['ekm']).not.toBe(second?.claims['ekm'])
  })

  it.each(['use_session_binding', 'invalid_proof'])(
    'EKM-28: after %s it signs once more on this connection, and the request is good',
    async (error) => {
      const refused = new Set<number>()
      const server = await start(({ connection }) => {
        if (refused.has(connection)) return {}
        refused.add(connection)
        return { error }
      })
      expect(await textOf(serve(server, transport()).fetch(server.origin))).toBe('good')
      expect(server.connections()).toBe(1)
      expect(signatures()).toBe(2)
      expect(events).toContainEqual({ type: 'proof_refused' })
    },
  )

  it('EKM-28: refused twice, the answer is the caller’s', async () => {
    const server = await start(() => ({ error: 'invalid_proof' }))
    const response = await serve(server, transport()).fetch(server.origin)
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ error: 'refused' })
    expect(server.seen.length).toBe(2)
  })

  it('MTLS-07: a token that is refused is asked for anew, once', async () => {
    const server = await start(({ headers }) =>
      headers.authorization === 'Bearer token-1' ? { error: 'invalid_token' } : {},
    )
    const asked: boolean[] = []
    const service = serve(server, transport(), {
      accessToken: async ({ renew }) => {
        asked.push(renew)
        return renew ? 'token-2' : 'token-1'
      },
    })
    expect(await textOf(service.fetch(server.origin))).toBe('good')
    expect(asked).toEqual([false, true])
    expect(events).toContainEqual({ type: 'access_token_refused' })
  })

  it('MTLS-07: a token that is refused again is refused', async () => {
    const server = await start(() => ({ error: 'invalid_token' }))
    const response = await serve(server, transport()).fetch(server.origin)
    expect(response.status).toBe(401)
    await response.text()
    expect(server.seen.length).toBe(2)
  })

  it('EKM-20: with claims for each request, each is signed for itself', async () => {
    const server = await start()
    const service = serve(server, transport(), { perRequestClaims: true })
    await textOf(service.fetch(`${server.origin}/a?b=c`))
    await textOf(service.fetch(`${server.origin}/a`, { method: 'POST', body: 'x' }))
    expect(signatures()).toBe(2)
    const [first, second] = server.seen.map(({ claims }) => claims)
    expect(first).toMatchObject({ htm: 'GET', htu: `${server.origin}/a` })
    expect(second).toMatchObject({ htm: 'POST', htu: `${server.origin}/a` })
    expect(first?.['jti']).not.toBe(second?.['jti'])
  })

  it('answers without a body, and redirects, are handed on as they are', async () => {
    const server = await start(({ path }) => ({ status: path === '/none' ? 204 : 302, body: '' }))
    const service = serve(server, transport())
    expect((await service.fetch(`${server.origin}/none`)).status).toBe(204)
    expect((await service.fetch(`${server.origin}/moved`)).status).toBe(302)
    expect(server.seen.length).toBe(2)
    expect(server.connections()).toBe(1)
  })

  it('EKM-06: a server that speaks no TLS 1.3 gets nothing', async () => {
    const { createServer } = await import('node:https')
    const requests: string[] = []
    const server = createServer({ ...ours, maxVersion: 'TLSv1.2' }, ({ url }, response) => {
      requests.push(url ?? '')
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stops.push(() => server.close())
    const { port } = server.address() as { port: number }
    const service = createService({
      resourceServers: [`https://localhost:${port}`],
      certificate: own.cert,
      privateKey: own.key,
      ca: ours.cert,
      accessToken: async () => 'token-1',
      transport: transport(),
    })
    await expect(service.fetch(`https://localhost:${port}/`)).rejects.toMatchObject({
      code: 'connection_failed',
    })
    expect(requests).toEqual([])
  })

  it('an abort stays an abort', async () => {
    const server = await start()
    const service = serve(server, transport())
    const controller = new AbortController()
    controller.abort()
    const aborted = service.fetch(server.origin, { signal: controller.signal })
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    expect(server.seen).toEqual([])
  })
})
