import { checkAuthorizationServer, type ClientAuthentication } from '@tmb-kit/backend'
import { X509Certificate } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { deploy, type Deployment } from './support/deployment.js'
import { CLIENT_ID, ISSUER } from './support/fake-authorization-server.js'
import { errorOf, isSignedIn } from './support/login.js'
import {
  createTestCertificate,
  startMutualTlsServer,
  type MutualTlsServer,
} from './support/mutual-tls-server.js'

const client = await createTestCertificate('app-backend')
const stranger = await createTestCertificate('somebody-else')
const { fingerprint256 } = new X509Certificate(client.certificate)
const servers: MutualTlsServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map(async (server) => server.stop()))
})

/** A deployment whose authorization server has its back channel on a real TLS server. */
async function deployWithTls(
  how: (url: string) => Record<string, unknown>,
  presented = client,
): Promise<Deployment & { readonly tls: MutualTlsServer }> {
  const known: { deployment?: Deployment } = {}
  const tls = await startMutualTlsServer(
    async (request) => {
      const { pathname } = new URL(request.url)
      const { method, headers } = request
      const body = method === 'POST' ? { body: await request.text() } : {}
      const { handler } = known.deployment!.server
      return handler(new Request(`${ISSUER}${pathname}`, { method, headers, ...body }))
    },
    { knows: client.certificate },
  )
  servers.push(tls)
  const authentication: ClientAuthentication = {
    method: 'tls_client_auth',
    ...presented,
    ca: tls.certificate,
  }
  const deployment = await deploy({ client: { id: CLIENT_ID, authentication } })
  known.deployment = deployment
  deployment.server.behaviour.metadata = how(tls.url)
  return { ...deployment, tls }
}

const ALIASES = (url: string) => ({
  mtls_endpoint_aliases: {
    token_endpoint: `${url}/token`,
    pushed_authorization_request_endpoint: `${url}/par`,
    revocation_endpoint: `${url}/revoke`,
    // Means nothing to this client.
    userinfo_endpoint: 5,
  },
})

describe('tls_client_auth', () => {
  it('CC-02, CC-23, META-10: a whole flow goes to the aliases, with the certificate', async () => {
    const deployment = await deployWithTls(ALIASES)
    const { server, origins, signIn, token, browser, tls, options } = deployment
    expect(await checkAuthorizationServer(options)).toBe('tmb')
    expect(errorOf(await signIn())).toBeUndefined()
    expect((await token({ refresh: true })).status).toBe(200)
    await browser.post('/bff/logout', {})

    expect(server.forms.map(({ path }) => path)).toEqual(['/par', '/token', '/token', '/revoke'])
    expect(tls.presented).toEqual(Array(4).fill(fingerprint256))
    expect(tls.connections()).toBe(1)
    for (const { form, headers } of server.forms) {
      expect(form.get('client_id')).toBe(CLIENT_ID)
      expect(form.has('client_secret') || form.has('client_assertion')).toBe(false)
      expect(headers.has('Authorization')).toBe(false)
    }
    // Discovery and keys need no certificate, and go where they always went.
    const plain = origins.requests.map(({ url }) => new URL(url).pathname)
    expect(new Set(plain)).toEqual(new Set(['/.well-known/openid-configuration', '/jwks']))
  })

  it('CC-23: without aliases the endpoints themselves see the certificate', async () => {
    const { signIn, token, tls } = await deployWithTls((url) => ({
      token_endpoint: `${url}/token`,
      pushed_authorization_request_endpoint: `${url}/par`,
      revocation_endpoint: `${url}/revoke`,
    }))
    expect(errorOf(await signIn())).toBeUndefined()
    expect((await token({ refresh: true })).status).toBe(200)
    expect(tls.presented).toEqual(Array(3).fill(fingerprint256))
  })

  it('CC-23: a client without a certificate does not look at the aliases', async () => {
    const deployment = await deploy()
    deployment.server.behaviour.metadata = ALIASES('https://nobody.test')
    expect(errorOf(await deployment.signIn())).toBeUndefined()
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('a certificate that the server does not know gets nowhere', async () => {
    const { browser, jkt, server } = await deployWithTls(ALIASES, stranger)
    expect((await browser.post('/bff/login', { jkt })).status).toBe(503)
    expect(server.forms).toEqual([])
  })

  it('a server that nobody vouches for gets nothing', async () => {
    const { restart, tls, jkt, server, browser } = await deployWithTls(ALIASES)
    const authentication = { method: 'tls_client_auth', ...client } as const
    const app = restart({ client: { id: CLIENT_ID, authentication } })
    const answer = await app.request('/bff/login', {
      method: 'POST',
      headers: {
        'X-CSRF': '1',
        'Sec-Fetch-Site': 'same-origin',
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ jkt }),
    })
    expect(answer.status).toBe(503)
    expect(tls.presented).toEqual([])
    expect(server.forms).toEqual([])
    expect((await browser.post('/bff/login', { jkt })).status).toBe(200)
  })

  const mistaken: readonly (readonly [string, Record<string, unknown>])[] = [
    ['http', { mtls_endpoint_aliases: { token_endpoint: 'http://localhost:1/token' } }],
    ['a number', { mtls_endpoint_aliases: { token_endpoint: 5 } }],
    ['nothing but http', { token_endpoint: 'http://localhost:1/token' }],
  ]
  it.each(mistaken)('META-10: %s for a token endpoint is no metadata', async (_name, metadata) => {
    const { options } = await deployWithTls(() => metadata)
    await expect(checkAuthorizationServer(options)).rejects.toMatchObject({
      code: 'metadata_invalid',
    })
  })

  it('CC-22: neither a redirect nor an encoding is followed', async () => {
    const deployment = await deployWithTls(ALIASES)
    const { server, signIn, token } = deployment
    await signIn()
    server.behaviour.answer['/token'] = async () =>
      new Response('', { status: 307, headers: { Location: 'https://evil.test/' } })
    expect((await token({ refresh: true })).status).toBe(502)
    server.behaviour.answer['/token'] = async () =>
      new Response('\u001f\u008b', {
        headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      })
    expect((await token({ refresh: true })).status).toBe(502)
    server.behaviour.answer['/token'] = async () => Response.json({ x: 'y'.repeat(70_000) })
    expect((await token({ refresh: true })).status).toBe(502)
    server.behaviour.answer = {}
    expect((await token({ refresh: true })).status).toBe(200)
  })

  it('elsewhere than on Node a fetch presents the certificate, and it alone is given secrets', async () => {
    const asked: string[] = []
    const deployment = await deploy()
    const authentication: ClientAuthentication = {
      method: 'tls_client_auth',
      fetch: async (input, init) => {
        const request = new Request(input, init)
        asked.push(new URL(request.url).pathname)
        return deployment.origins.fetch(request)
      },
    }
    const other = deployment.restart({ client: { id: CLIENT_ID, authentication } })
    const login = await other.request('/bff/login', {
      method: 'POST',
      headers: {
        'X-CSRF': '1',
        'Sec-Fetch-Site': 'same-origin',
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ jkt: deployment.jkt }),
    })
    expect(login.status).toBe(200)
    expect(asked).toEqual(['/par'])
  })

  it('HO-01, CC-23: the token endpoint that a page signs for is the one that is called', async () => {
    const { server, browser, tls } = await deployWithTls(ALIASES)
    server.behaviour.metadata = {
      ...server.behaviour.metadata,
      tmb_supported: undefined,
      dpop_signing_alg_values_supported: ['ES256'],
    }
    const session = await (await browser.get('/bff/session')).json()
    expect(session).toMatchObject({ mode: 'handoff', token_endpoint: `${tls.url}/token` })
  })
})
