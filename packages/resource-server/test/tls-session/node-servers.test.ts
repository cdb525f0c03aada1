import type { VerifierEvent, VerifierOptions } from '@tmb-kit/resource-server'
import { protect as protectHono } from '@tmb-kit/resource-server/hono'
import { protect } from '@tmb-kit/resource-server/node'
import { sessionBindingServerOptions, tlsSessionOf } from '@tmb-kit/resource-server/tls-session'
import { Hono } from 'hono'
import { spawn, spawnSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect as connectHttp2, createSecureServer, type Http2ServerRequest } from 'node:http2'
import { Agent, createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCertificate, type TestCertificate } from '../support/certificates.js'
import { LABEL, writeSessionProof } from '../support/session-proof.js'
import { createTestWorld, type TestWorld } from '../support/test-world.js'

let ours: TestCertificate
let service: TestCertificate
let stranger: TestCertificate
let world: TestWorld
let verifications: number
let stops: (() => void)[]
beforeAll(async () => {
  ;[ours, service, stranger] = await Promise.all([
    createCertificate('localhost'),
    createCertificate('service'),
    createCertificate('stranger'),
  ])
})
beforeEach(async () => {
  world = await createTestWorld()
  verifications = 0
  stops = []
})
afterEach(() => {
  for (const stop of stops.reverse()) stop()
})

const options: Partial<VerifierOptions> = {
  onEvent: ({ type }: VerifierEvent) => {
    if (type === 'session_proof_verified') verifications += 1
  },
}
const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => server.close())
  return (server.address() as AddressInfo).port
}
const answer = async (request: IncomingMessage | Http2ServerRequest, response: ServerResponse) => {
  const verified = await guard(request, response)
  if (verified !== undefined) response.end(JSON.stringify(verified.cnf))
}
let guard: ReturnType<typeof protect>

const startHttps = async (watch?: (socket: TLSSocket) => void): Promise<number> => {
  guard = protect(world.verifier(options))
  const tls = { key: ours.key, cert: ours.cert, ...sessionBindingServerOptions() }
  const server = createServer(tls, (request, response) => void answer(request, response))
  if (watch !== undefined) server.on('secureConnection', watch)
  return listen(server)
}

/** A TLS connection of the client, opened before any request. */
const open = async (port: number, changes: ConnectionOptions = {}): Promise<TLSSocket> => {
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    ca: ours.cert,
    cert: service.cert,
    key: service.key,
    ...changes,
  })
  stops.push(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}
const exportOf = (socket: TLSSocket): Buffer =>
  socket.exportKeyingMaterial(32, LABEL, Buffer.alloc(0))

interface Answer {
  readonly status: number
  readonly challenge: string
  readonly body: string
}

const AGENTS = new WeakMap<TLSSocket, Agent>()
const agentOf = (socket: TLSSocket): Agent => {
  const agent = AGENTS.get(socket) ?? new Agent({ keepAlive: true, maxSockets: 1 })
  agent.createConnection = () => socket
  AGENTS.set(socket, agent)
  return agent
}

/** One request on a connection that is open already. */
const send = async (
  socket: TLSSocket,
  headers: Readonly<Record<string, string | string[]>>,
): Promise<Answer> => {
  const agent = agentOf(socket)
  const request = httpsRequest({ host: '127.0.0.1', path: '/orders', agent, headers })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk)
  const challenge = response.headers['www-authenticate'] ?? ''
  return { status: response.statusCode ?? 0, challenge, body }
}

const bound = async (certificate = service, more: object = {}): Promise<string> =>
  world.issuer.token({
    claims: { cnf: { 'x5t#S256': certificate.thumbprint, tls_exp: LABEL, ...more } },
  })
const headersFor = async (socket: TLSSocket, accessToken: string, certificate = service) => ({
  Authorization: `Bearer ${accessToken}`,
  'Session-Binding-Proof': await writeSessionProof(certificate, {
    accessToken,
    ekm: exportOf(socket),
    iat: world.clock(),
  }),
})

const hasOpenssl = (): boolean => {
  const found = spawnSync('openssl', ['version']).status === 0
  if (!found) process.stdout.write('a test with OpenSSL does not run: no openssl on the PATH\n')
  return found
}

describe('node:https', () => {
  it('EKM-01 EKM-15: both ends export one value, and a hundred requests cost one verification', async () => {
    const socket = await open(await startHttps())
    const headers = await headersFor(socket, await bound())
    for (let count = 0; count < 100; count += 1) {
      expect(await send(socket, headers)).toMatchObject({ status: 200 })
    }
    expect(verifications).toBe(1)
  })

  it('EKM-12: the same token and proof on a second connection of the same client are refused', async () => {
    const port = await startHttps()
    const [first, second] = [await open(port), await open(port)]
    const accessToken = await bound()
    const headers = await headersFor(first, accessToken)
    expect(await send(first, headers)).toMatchObject({ status: 200 })

    const refused = await send(second, headers)
    expect(refused.status).toBe(401)
    expect(refused.challenge).toMatch(/^Bearer error="invalid_proof", error_description="[^"]*ekm/)
    expect(await send(second, await headersFor(second, accessToken))).toMatchObject({ status: 200 })
    expect(await send(first, headers)).toMatchObject({ status: 200 })
  })

  it('EKM-12: nor does a resumed session carry the value over', async () => {
    const port = await startHttps()
    const first = await open(port)
    const session = once(first, 'session')
    const accessToken = await bound()
    const headers = await headersFor(first, accessToken)
    expect(await send(first, headers)).toMatchObject({ status: 200 })
    const [ticket] = (await session) as [Buffer]

    const resumed = await open(port, { session: ticket })
    expect(resumed.isSessionReused()).toBe(true)
    expect(await send(resumed, headers)).toMatchObject({ status: 401 })
    expect(await send(resumed, await headersFor(resumed, accessToken))).toMatchObject({
      status: 200,
    })
  })

  it('EKM-13: another client with a certificate of its own is refused, with token and proof in hand', async () => {
    const port = await startHttps()
    const [first, foreign] = [
      await open(port),
      await open(port, { cert: stranger.cert, key: stranger.key }),
    ]
    const accessToken = await bound()
    const stolen = await headersFor(first, accessToken)
    const own = await headersFor(foreign, accessToken, stranger)
    for (const headers of [stolen, own]) {
      const refused = await send(foreign, headers)
      expect(refused).toMatchObject({ status: 401 })
      expect(refused.challenge).toMatch(/^Bearer error="invalid_token"/)
    }
    expect(await send(first, stolen)).toMatchObject({ status: 200 })
  })

  it('EKM-25: what a header says of a session or a certificate is not looked at', async () => {
    const port = await startHttps()
    const [first, second] = [await open(port), await open(port)]
    const none = await open(port, { cert: undefined, key: undefined })
    const headers = await headersFor(first, await bound())
    const ekm = exportOf(first).toString('base64url')
    const told = {
      ...headers,
      'X-EKM': ekm,
      EKM: ekm,
      'TLS-Exporter': ekm,
      'Client-Cert': `:${Buffer.from(service.der).toString('base64')}:`,
    }
    expect((await send(second, told)).challenge).toMatch(/^Bearer error="invalid_proof"/)
    expect((await send(none, told)).challenge).toMatch(/^Bearer error="invalid_token"/)
    expect(await send(first, told)).toMatchObject({ status: 200 })
  })

  it('EKM-09: two proofs, the good one first, are refused', async () => {
    const socket = await open(await startHttps())
    const headers = await headersFor(socket, await bound())
    const proof = headers['Session-Binding-Proof']
    const refused = await send(socket, { ...headers, 'Session-Binding-Proof': [proof, proof] })
    expect(refused.challenge).toMatch(/^Bearer error="invalid_proof"/)
    expect(await send(socket, headers)).toMatchObject({ status: 200 })
  })

  it('EKM-06: with the options of this kit a handshake of TLS 1.2 fails', async () => {
    const port = await startHttps()
    const trying = open(port, { maxVersion: 'TLSv1.2' })
    await expect(trying).rejects.toThrow(/protocol version/i)
  })

  it('EKM-06 EKM-04: a server that takes TLS 1.2 all the same accepts no session-bound token on it', async () => {
    guard = protect(world.verifier(options))
    const tls = {
      key: ours.key,
      cert: ours.cert,
      ...sessionBindingServerOptions(),
      minVersion: 'TLSv1.2' as const,
    }
    const port = await listen(
      createServer(tls, (request, response) => void answer(request, response)),
    )
    const accessToken = await bound()
    const old = await open(port, { maxVersion: 'TLSv1.2' })
    expect(old.getProtocol()).toBe('TLSv1.2')
    const headers = await headersFor(old, accessToken)
    expect((await send(old, headers)).challenge).toMatch(/^Bearer error="invalid_proof"/)

    const socket = await open(port)
    expect(await send(socket, await headersFor(socket, accessToken))).toMatchObject({ status: 200 })
  })

  it('CNF-01 CNF-07: of two members only one proven is refused, and the challenge names the methods', async () => {
    const port = await startHttps()
    const both = await bound(service, { jkt: world.jkt })
    const socket = await open(port)
    const session = await headersFor(socket, both)
    const url = 'https://api.test/orders'
    const dpopOf = async () => {
      const request = await world.request({ url, accessToken: both })
      return request.headers.get('DPoP') ?? ''
    }
    const Authorization = `DPoP ${both}`

    const onlySession = await send(socket, { ...session, Authorization })
    expect(onlySession.challenge).toMatch(/^DPoP error="invalid_dpop_proof"/)
    const onlyDpop = await send(socket, { Authorization, DPoP: await dpopOf() })
    expect(onlyDpop.challenge).toMatch(
      /^DPoP error="use_session_binding", .*supported_cnf_methods="dpop mtls tls_exp"$/,
    )
    const all = await send(socket, { ...session, Authorization, DPoP: await dpopOf() })
    expect(all).toMatchObject({ status: 200 })
    expect(JSON.parse(all.body)).toEqual({
      jkt: world.jkt,
      'x5t#S256': service.thumbprint,
      tls_exp: LABEL,
    })
  })

  it('MTLS-03: without a client certificate Node says {}, and the answer is invalid_token', async () => {
    const socket = await open(await startHttps(), { cert: undefined, key: undefined })
    const cnf = { 'x5t#S256': service.thumbprint }
    const Authorization = `Bearer ${await world.issuer.token({ claims: { cnf } })}`
    expect((await send(socket, { Authorization })).challenge).toMatch(
      /^Bearer error="invalid_token"/,
    )
  })

  it('MTLS-01: Node is asked for the certificate of a connection once, and never for another’s', async () => {
    let asked = 0
    const port = await startHttps((socket) => {
      const { getPeerCertificate } = socket
      socket.getPeerCertificate = ((...detailed: []) => {
        asked += 1
        return getPeerCertificate.apply(socket, detailed)
      }) as typeof getPeerCertificate
    })
    const cnf = { 'x5t#S256': service.thumbprint }
    const Authorization = `Bearer ${await world.issuer.token({ claims: { cnf } })}`
    const socket = await open(port)
    for (let count = 0; count < 3; count += 1) {
      expect(await send(socket, { Authorization })).toMatchObject({ status: 200 })
    }
    expect(asked).toBe(1)
    const foreign = await open(port, { cert: stranger.cert, key: stranger.key })
    expect(await send(foreign, { Authorization })).toMatchObject({ status: 401 })
    expect(await send(socket, { Authorization })).toMatchObject({ status: 200 })
    expect(asked).toBe(2)
  })

  it('MTLS-04: a self-signed certificate is as good as any, if its thumbprint is the right one', async () => {
    const socket = await open(await startHttps())
    const cnf = { 'x5t#S256': service.thumbprint }
    const Authorization = `Bearer ${await world.issuer.token({ claims: { cnf } })}`
    expect(await send(socket, { Authorization })).toMatchObject({ status: 200 })
  })
})

describe.skipIf(!hasOpenssl())('another implementation of TLS', () => {
  it('EKM-01 EKM-02: OpenSSL exports the same value, and a KeyUpdate changes it at neither end', async () => {
    const values: string[] = []
    const tls = { key: ours.key, cert: ours.cert, ...sessionBindingServerOptions() }
    const ends: TLSSocket[] = []
    const server = createServer(tls, (_, response) => {
      values.push(...ends.map((end) => exportOf(end).toString('hex').toUpperCase()))
      response.end('seen')
    })
    const port = await listen(server)
    server.on('secureConnection', (end) => ends.push(end))
    const exporting = ['-keymatexport', LABEL, '-keymatexportlen', '32']
    const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...exporting])
    stops.push(() => void client.kill())
    const output: string[] = []
    const heard = new EventEmitter()
    for (const stream of [client.stdout, client.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output.push(text)
        heard.emit('more')
      })
    }
    const outputHas = async (text: string, times: number): Promise<void> => {
      while (output.join('').split(text).length <= times) await once(heard, 'more')
    }
    const ask = (): boolean => client.stdin.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')

    await outputHas('Keying material: ', 1)
    ask()
    await outputHas('seen', 1)
    // In s_client: new keys for what is sent, and a demand that the other end do the same.
    client.stdin.write('K\n')
    await outputHas('KEYUPDATE', 1)
    ask()
    await outputHas('seen', 2)

    const [, exported] = /Keying material: ([0-9A-F]{64})/.exec(output.join('')) ?? []
    expect(values).toEqual([exported, exported])
  })
})

describe('node:http2', () => {
  const startHttp2 = async (): Promise<number> => {
    guard = protect(world.verifier(options))
    const tls = { key: ours.key, cert: ours.cert, ...sessionBindingServerOptions() }
    const server = createSecureServer(tls, (request, response) => {
      void answer(request, response as unknown as ServerResponse)
    })
    return listen(server)
  }
  const connect = async (port: number) => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      ca: ours.cert,
      cert: service.cert,
      key: service.key,
    })
    stops.push(() => session.destroy())
    await once(session, 'connect')
    const get = async (headers: Readonly<Record<string, string>>): Promise<number> => {
      const stream = session.request({ ':path': '/orders', ...headers })
      stream.end()
      const [answered] = (await once(stream, 'response')) as [{ ':status': number }]
      stream.resume()
      return answered[':status']
    }
    return { socket: session.socket as TLSSocket, get }
  }

  it('EKM-05 EKM-15: all streams of a connection are that connection, at once or one by one', async () => {
    const { socket, get } = await connect(await startHttp2())
    const headers = await headersFor(socket, await bound())
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => get(headers)))
    statuses.push(await get(headers))
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(verifications).toBe(1)
  })

  it('EKM-12: a second connection is another one', async () => {
    const port = await startHttp2()
    const [first, second] = [await connect(port), await connect(port)]
    const headers = await headersFor(first.socket, await bound())
    expect(await first.get(headers)).toBe(200)
    expect(await second.get(headers)).toBe(401)
    expect(await first.get(headers)).toBe(200)
  })
})

describe('Hono on Node', () => {
  it('EKM-12: finds the connection through tlsSessionOf', async () => {
    const app = new Hono<{ Bindings: { incoming: IncomingMessage } }>()
    const verifier = world.verifier(options)
    const connection = (c: { readonly env: unknown }) =>
      tlsSessionOf((c.env as { incoming: IncomingMessage }).incoming)
    app.get('/orders', protectHono(verifier, { connection }), (c) => c.text('good'))
    const tls = { key: ours.key, cert: ours.cert, ...sessionBindingServerOptions() }
    const port = await listen(
      createServer(tls, (incoming, response) => {
        const headers = Object.entries(incoming.headers) as [string, string][]
        void Promise.resolve(
          app.fetch(new Request('https://api.test/orders', { headers }), { incoming }),
        ).then(async (answered) => {
          response.writeHead(answered.status, Object.fromEntries(answered.headers))
          response.end(await answered.text())
        })
      }),
    )
    const [first, second] = [await open(port), await open(port)]
    const headers = await headersFor(first, await bound())
    expect(await send(first, headers)).toMatchObject({ status: 200 })
    expect(await send(first, headers)).toMatchObject({ status: 200 })
    expect(await send(second, headers)).toMatchObject({ status: 401 })
    expect(verifications).toBe(1)
  })
})
