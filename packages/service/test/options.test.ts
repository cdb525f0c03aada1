import { createService, http2Transport, type ServiceOptions } from '@tmb-kit/service'
import { createHash, X509Certificate } from 'node:crypto'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createCertificate, type TestCertificate } from './support/certificates.js'
import { startResourceServer } from './support/resource-server.js'

let own: TestCertificate
let other: TestCertificate
const stops: (() => void)[] = []
beforeAll(async () => {
  ;[own, other] = await Promise.all([createCertificate(), createCertificate()])
})
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

const optionsWith = (changes: object): ServiceOptions => ({
  resourceServers: ['https://rs.example'],
  certificate: own.cert,
  privateKey: own.key,
  accessToken: async () => 'token-1',
  ...changes,
})

describe('createService refuses at once', () => {
  it.each<readonly [string, () => object]>([
    ['a resource server without TLS', () => ({ resourceServers: ['http://rs.example'] })],
    ['a resource server that is no URL', () => ({ resourceServers: ['rs.example'] })],
    ['the key of another certificate', () => ({ privateKey: other.key })],
    ['a certificate that is none', () => ({ certificate: 'PEM' })],
    ['a key that is none', () => ({ privateKey: 'PEM' })],
    ['no connection at all', () => ({ maxConnections: 0 })],
    ['a token that is not asked for', () => ({ accessToken: 'token-1' })],
  ])('%s', (_, makeChanges) => {
    expect(() => createService(optionsWith({}))).not.toThrow()
    expect(() => createService(optionsWith(makeChanges()))).toThrow(TypeError)
  })

  it('an RSA key of 1024 bits, without a word of the key', async () => {
    const short = await createCertificate({ keyType: 'rsa', keySize: 1024 })
    const create = () =>
      createService(optionsWith({ certificate: short.cert, privateKey: short.key }))
    expect(create).toThrow(/^privateKey must be P-256/)
  })
})

describe('a service', () => {
  it('sends nothing to a server that is not on its list', async () => {
    const server = await startResourceServer(other)
    stops.push(server.stop)
    const service = createService(optionsWith({ ca: other.cert }))
    await expect(service.fetch(server.origin)).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'resource_server_unknown',
    })
    expect(server.connections()).toBe(0)
  })

  it('sends nothing to a server whose certificate nobody vouches for', async () => {
    const server = await startResourceServer(other)
    stops.push(server.stop)
    const service = createService(optionsWith({ resourceServers: [server.origin] }))
    await expect(service.fetch(server.origin)).rejects.toMatchObject({ code: 'connection_failed' })
    expect(server.seen).toEqual([])
  })

  it('says so where the server chooses no protocol of the transport', async () => {
    const server = createTlsServer({ ...other, minVersion: 'TLSv1.3' })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stops.push(() => server.close())
    const { port } = server.address() as { port: number }
    const origin = `https://localhost:${port}`
    const changes = { resourceServers: [origin], ca: other.cert, transport: http2Transport() }
    await expect(createService(optionsWith(changes)).fetch(origin)).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'protocol_refused',
    })
  })

  it('signs with RSA too', async () => {
    const rsa = await createCertificate({ keyType: 'rsa' })
    const server = await startResourceServer(other)
    stops.push(server.stop)
    const service = createService(
      optionsWith({
        resourceServers: [server.origin],
        ca: other.cert,
        certificate: rsa.cert,
        privateKey: rsa.key,
      }),
    )
    stops.push(service.close)
    expect((await service.fetch(server.origin)).status).toBe(200)
  })

  it('says what a token is to be bound to: the value of tmb', () => {
    const { raw } = new X509Certificate(own.cert)
    expect(createService(optionsWith({})).confirmation).toEqual({
      'x5t#S256': createHash('sha256').update(raw).digest('base64url'),
      tls_exp: 'EXPORTER-oauth-tls-session-bound',
    })
  })
})
