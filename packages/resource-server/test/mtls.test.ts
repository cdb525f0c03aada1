import type { VerifierOptions } from '@tmb-kit/resource-server'
import { protect } from '@tmb-kit/resource-server/node'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https'
import { request as httpRequest } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCertificate, type TestCertificate } from './support/certificates.js'
import { hasNginx, startNginx } from './support/nginx.js'
import { LABEL } from './support/session-proof.js'
import { API, ISSUER } from './support/test-issuer.js'
import { createTestWorld, outcomeOf, type TestWorld } from './support/test-world.js'

let ours: TestCertificate
let service: TestCertificate
let stranger: TestCertificate
let world: TestWorld
let stops: (() => void | Promise<void>)[]
beforeAll(async () => {
  ;[ours, service, stranger] = await Promise.all([
    createCertificate('localhost'),
    createCertificate('service'),
    createCertificate('stranger'),
  ])
})
beforeEach(async () => {
  world = await createTestWorld()
  stops = []
})
afterEach(async () => {
  for (const stop of stops.reverse()) await stop()
})

const escapePem = ({ cert }: TestCertificate): string =>
  encodeURIComponent(cert.replaceAll('\r', ''))
const rfc9440 = ({ der }: TestCertificate): string => `:${Buffer.from(der).toString('base64')}:`
const bound = async (cnf: object = { 'x5t#S256': service.thumbprint }): Promise<string> =>
  world.issuer.token({ claims: { cnf } })
const judge = async (
  headers: Readonly<Record<string, string>>,
  options: Partial<VerifierOptions>,
  connection: Parameters<typeof outcomeOf>[2] = {},
) => {
  const request = await world.request({ scheme: 'Bearer', accessToken: await bound(), headers })
  return outcomeOf(world.verifier(options), request, connection)
}

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => void server.close())
  return (server.address() as AddressInfo).port
}

const answered = async (request: ReturnType<typeof httpRequest>) => {
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  const challenge = response.headers['www-authenticate'] ?? ''
  return { status: response.statusCode, challenge }
}

describe('MTLS-02: the same with introspection', () => {
  it('MTLS-02: an opaque token is bound to the certificate that its issuer names', async () => {
    const verifier = world.verifier({
      issuer: ISSUER,
      introspection: {
        client: { id: 'rs', authentication: { method: 'client_secret_basic', secret: 'secret' } },
      },
      fetch: async (url: string | URL | Request) =>
        Response.json(
          new Request(url).url.includes('.well-known')
            ? {
                issuer: ISSUER,
                jwks_uri: `${ISSUER}/jwks`,
                introspection_endpoint: `${ISSUER}/introspect`,
              }
            : {
                active: true,
                aud: API,
                client_id: 'service',
                exp: world.clock() + 60,
                cnf: { 'x5t#S256': service.thumbprint },
              },
        ),
    })
    const present = async (clientCertificate?: Uint8Array) => {
      const headers = { Authorization: 'Bearer opaque-token' }
      return outcomeOf(verifier, new Request(`${API}/orders`, { headers }), { clientCertificate })
    }
    expect(await present(service.der)).toMatchObject({ code: 'accepted' })
    expect(await present(stranger.der)).toMatchObject({ code: 'certificate_mismatch', status: 401 })
    expect(await present()).toMatchObject({ code: 'certificate_missing', status: 401 })
    expect(await present(service.der)).toMatchObject({ code: 'accepted' })
  })
})

describe('MTLS-03: no certificate', () => {
  it('MTLS-03: invalid_token by default', async () => {
    const { code, challenge } = await judge({}, {})
    expect(code).toBe('certificate_missing')
    expect(challenge).toMatch(/^Bearer error="invalid_token"/)
  })

  it('MTLS-03: invalid_mtls_certificate with experimentalErrors, for absence only', async () => {
    const options = { experimentalErrors: true }
    expect((await judge({}, options)).challenge).toMatch(/^Bearer error="invalid_mtls_certificate"/)
    const mismatch = await judge({}, options, { clientCertificate: stranger.der })
    expect(mismatch.challenge).toMatch(/^Bearer error="invalid_token"/)
    const good = await judge({}, options, { clientCertificate: service.der })
    expect(good).toMatchObject({ code: 'accepted' })
  })
})

describe('MTLS-05: a certificate in a header of a configured proxy', () => {
  const PROXY = '10.0.0.1'
  const trustedProxy: NonNullable<VerifierOptions['trustedProxy']> = (_, { remoteAddress }) =>
    remoteAddress === PROXY
  const fromProxy = { remoteAddress: PROXY }
  const certificateHeader = 'X-SSL-Client-Cert'

  it('MTLS-05: nginx’s form, in the header that is configured', async () => {
    const options = { trustedProxy, certificateHeader }
    const good = { 'X-SSL-Client-Cert': escapePem(service) }
    expect(await judge(good, options, fromProxy)).toMatchObject({ code: 'accepted' })
    const foreign = { 'X-SSL-Client-Cert': escapePem(stranger) }
    expect(await judge(foreign, options, fromProxy)).toMatchObject({ code: 'certificate_mismatch' })
    const elsewhere = { 'Client-Cert': rfc9440(service) }
    expect(await judge(elsewhere, options, fromProxy)).toMatchObject({
      code: 'certificate_missing',
    })
  })

  it('MTLS-05: both forms in Client-Cert, when no other header is configured', async () => {
    for (const value of [escapePem(service), rfc9440(service)]) {
      const outcome = await judge({ 'Client-Cert': value }, { trustedProxy }, fromProxy)
      expect(outcome).toMatchObject({ code: 'accepted' })
    }
  })

  it('MTLS-05: from anybody else, and where no proxy is configured, it is not looked at', async () => {
    const headers = { 'Client-Cert': rfc9440(service), 'X-SSL-Client-Cert': escapePem(service) }
    for (const options of [{}, { certificateHeader }, { trustedProxy, certificateHeader }]) {
      const outcome = await judge(headers, options, { remoteAddress: '203.0.113.9' })
      expect(outcome).toMatchObject({ code: 'certificate_missing', status: 401 })
    }
  })

  it('MTLS-05: the proxy’s own certificate is not the client’s', async () => {
    const connection = { ...fromProxy, clientCertificate: service.der }
    expect(await judge({}, { trustedProxy }, connection)).toMatchObject({
      code: 'certificate_missing',
    })
  })

  it.each([
    ['PEM that is not escaped', () => service.cert.replaceAll(/\s+/g, ' ')],
    ['two certificates', () => `${escapePem(service)}${escapePem(stranger)}`],
    ['two values', () => `${escapePem(service)}, ${escapePem(service)}`],
    ['another escape', () => escapePem(service).replace('%0A', '%09')],
    ['half a certificate', () => escapePem(service).slice(0, -40)],
    ['nothing', () => ''],
  ])('MTLS-05: %s is no certificate', async (_, write) => {
    const headers = { 'X-SSL-Client-Cert': write() }
    expect(await judge(headers, { trustedProxy, certificateHeader }, fromProxy)).toMatchObject({
      code: 'certificate_missing',
    })
  })

  it('EKM-25: tls_exp cannot be enforced behind a proxy: an error at construction', () => {
    const enforce = ['jkt', 'x5t#S256', 'tls_exp'] as const
    expect(() => world.verifier({ trustedProxy, enforce })).toThrow(TypeError)
    expect(() => world.verifier({ enforce })).not.toThrow()
    expect(() => world.verifier({ trustedProxy })).not.toThrow()
  })

  it.each([7, '', 'Client Cert', 'Client-Cert:'])('MTLS-05: %j is no name of a header', (name) => {
    const options = { certificateHeader: name } as Partial<VerifierOptions>
    expect(() => world.verifier(options)).toThrow(TypeError)
  })
})

describe('MTLS-06: the listener for services is another one', () => {
  it('MTLS-06: one verifier serves both, and only the one asks for a certificate', async () => {
    const guard = protect(world.verifier())
    const tls = { cert: ours.cert, key: ours.key }
    const isServed = async (options: object): Promise<boolean> => {
      const server = createHttpsServer({ ...tls, ...options }, (request, response) => {
        void guard(request, response).then((verified) => {
          if (verified !== undefined) response.end()
        })
      })
      const { cert, key } = service
      const request = httpsRequest({
        host: '127.0.0.1',
        port: await listen(server),
        ca: ours.cert,
        cert,
        key,
        headers: { Authorization: `Bearer ${await bound()}` },
      })
      return (await answered(request)).status === 200
    }
    expect(await isServed({ requestCert: true, rejectUnauthorized: false })).toBe(true)
    expect(await isServed({})).toBe(false)
  })
})

describe.skipIf(!hasNginx())('MTLS-05: behind a real nginx', () => {
  /** The proxy's own way to this machine, so that the two ways can be told apart. */
  const PROXY = '127.0.0.2'
  const trustedProxy: NonNullable<VerifierOptions['trustedProxy']> = (_, { remoteAddress }) =>
    remoteAddress === PROXY

  const start = async () => {
    const verifier = world.verifier({ trustedProxy, certificateHeader: 'X-SSL-Client-Cert' })
    const guard = protect(verifier)
    const api = createServer((request, response) => {
      void guard(request, response).then((verified) => {
        if (verified !== undefined) response.end(JSON.stringify(verified.cnf))
      })
    })
    const apiPort = await listen(api)
    const nginx = await startNginx(
      { 'server.crt': ours.cert, 'server.key': ours.key },
      (port) => `
    listen 127.0.0.1:${port} ssl;
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    ssl_verify_client optional_no_ca;
    location / {
      proxy_bind ${PROXY};
      proxy_pass http://127.0.0.1:${apiPort};
      proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
    }`,
    )
    stops.push(nginx.stop)
    return { apiPort, nginxPort: nginx.port }
  }
  const through = async (
    port: number,
    headers: Readonly<Record<string, string>>,
    certificate?: TestCertificate,
  ) => {
    const { cert, key } = certificate ?? {}
    const options = { host: '127.0.0.1', port, path: '/orders', ca: ours.cert, headers }
    return answered(httpsRequest({ ...options, agent: false, cert, key }))
  }

  it('MTLS-05: the certificate of the client counts, and a forged header does not', async () => {
    const { apiPort, nginxPort } = await start()
    const Authorization = `Bearer ${await bound()}`
    const forged = { Authorization, 'X-SSL-Client-Cert': escapePem(service) }
    expect(await through(nginxPort, { Authorization }, service)).toMatchObject({ status: 200 })

    const none = await through(nginxPort, { Authorization })
    const foreign = await through(nginxPort, { Authorization }, stranger)
    const forgedThrough = await through(nginxPort, forged)
    const forgedByForeign = await through(nginxPort, forged, stranger)
    const direct = await answered(
      httpRequest({ host: '127.0.0.1', port: apiPort, path: '/orders', headers: forged }),
    )
    for (const refused of [none, foreign, forgedThrough, forgedByForeign, direct]) {
      expect(refused.status).toBe(401)
      expect(refused.challenge).toMatch(/^Bearer error="invalid_token"/)
    }
    expect(await through(nginxPort, { Authorization }, service)).toMatchObject({ status: 200 })
  })

  it('EKM-25: behind it no proof of a TLS session can be verified, whatever headers say', async () => {
    const { nginxPort } = await start()
    const cnf = { 'x5t#S256': service.thumbprint, tls_exp: LABEL }
    const Authorization = `Bearer ${await bound(cnf)}`
    const headers = { Authorization, 'Session-Binding-Proof': 'e30.e30.AAAA', 'X-EKM': 'AAAA' }
    const refused = await through(nginxPort, headers, service)
    expect(refused.status).toBe(401)
    expect(refused.challenge).toMatch(/^Bearer error="invalid_proof"/)
  })
})

describe('CNF-08: what is told of several keys', () => {
  it('CNF-08: the README says that two keys in one cnf stretch RFC 7800', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme).toMatch(/RFC 7800 section 3\.1/)
  })
})
