import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBrowser, type Browser } from './support/browser.js'
import { APPLICATION, startDemo, type Demo } from './support/demo.js'

let demo: Demo

beforeAll(async () => {
  demo = await startDemo()
})
afterAll(async () => demo.close())

const signedIn = async (server = demo): Promise<Browser> => {
  const browser = createBrowser(server.issuer)
  const { url } = await server.authorize()
  const page = await browser.submit(await browser.open(url), { login: 'alice', password: 'demo' })
  expect(page.url.origin).toBe(APPLICATION)
  return browser
}

const endSessionUrl = (server = demo): string => {
  const back = { post_logout_redirect_uri: `${APPLICATION}/`, state: 'bye' }
  const query = new URLSearchParams({ client_id: 'demo-backend', ...back })
  return `${server.issuer}/session/end?${query}`
}

describe('every answer', () => {
  it.each([
    ['the index', '/'],
    ['a sign-in that is unknown', '/interaction/x'],
    ['an error page of oidc-provider', '/auth?client_id=x'],
    ['the sign-out page without a session', '/session/end'],
    ['the page after a sign-out', '/session/end/success'],
    ['an unknown address', '/nothing'],
    ['the metadata', '/.well-known/openid-configuration'],
    ['the keys', '/jwks'],
    ['an endpoint asked by the wrong method', '/token'],
  ])('may not be framed: %s', async (_what, path) => {
    const { headers } = await createBrowser(demo.issuer).open(`${demo.issuer}${path}`)
    const policy = headers.get('Content-Security-Policy') ?? ''
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("base-uri 'none'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('X-Frame-Options')).toBe('DENY')
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
  })

  it('lets a form end at the application, where the redirects after it go', async () => {
    const { url } = await demo.authorize()
    const { headers } = await createBrowser(demo.issuer).open(url)
    expect(headers.get('Content-Security-Policy')).toContain(`form-action 'self' ${APPLICATION};`)
    expect(headers.get('Cache-Control')).toBe('no-store')
  })

  it.each(['/token', '/request', '/token/introspection', '/token/revocation'])(
    'AS-23: tells no page of another origin anything: %s',
    async (path) => {
      for (const method of ['OPTIONS', 'POST']) {
        const headers = { Origin: APPLICATION, 'Access-Control-Request-Method': 'POST' }
        const response = await fetch(`${demo.issuer}${path}`, { method, headers })
        const names = [...response.headers.keys()]
        expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([])
      }
    },
  )

  it('has the configured address in it, whatever the request says', async () => {
    const url = new URL(`${demo.issuer}/.well-known/openid-configuration`)
    const headers = { 'X-Forwarded-Host': 'evil.test', 'X-Forwarded-Proto': 'https' }
    const metadata = (await (await fetch(url, { headers })).json()) as Record<string, unknown>
    expect(metadata['token_endpoint']).toBe(`${demo.issuer}/token`)
  })

  it('refuses a request line that names an address of its own', async () => {
    const { hostname, port } = new URL(demo.issuer)
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      socket.once('error', reject).once('data', (data) => resolve(data.toString()))
      socket.write(
        'GET http://evil.test/jwks HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n',
      )
    })
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('signing out', () => {
  it('ends the session without a question, and goes back to the application', async () => {
    const browser = await signedIn()
    const page = await browser.open(endSessionUrl())
    expect(page.text).toContain('document.forms[0].submit()')
    expect(page.headers.get('Content-Security-Policy')).toMatch(/script-src 'sha256-/)

    const { url } = await browser.submit(page, {})
    expect(url.href).toBe(`${APPLICATION}/?state=bye`)
    const { url: authorizationUrl } = await demo.authorize()
    expect((await browser.open(authorizationUrl)).text).toContain('name="password"')
  })

  it('goes back without a session, too', async () => {
    const browser = createBrowser(demo.issuer)
    const page = await browser.open(endSessionUrl())
    expect((await browser.submit(page, {})).url.href).toBe(`${APPLICATION}/?state=bye`)
  })

  it('goes to no address that is not registered', async () => {
    const browser = await signedIn()
    const query = new URLSearchParams({
      client_id: 'demo-backend',
      post_logout_redirect_uri: 'https://evil.test/',
    })
    const page = await browser.open(`${demo.issuer}/session/end?${query}`)
    expect(page.status).toBe(400)
  })

  it('tells the backend, and takes no harm of a 501', async () => {
    const calls: string[] = []
    const backend = createServer((request, response) => {
      calls.push(`${request.method ?? ''} ${request.url ?? ''}`)
      response.writeHead(501).end()
    })
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
    const applicationOrigin = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
    const own = await startDemo({ applicationOrigin })
    const browser = createBrowser(own.issuer)
    const redirect = { redirect_uri: `${applicationOrigin}/bff/callback` }
    const { url } = await own.authorize(redirect)
    await browser.submit(await browser.open(url), { login: 'alice', password: 'demo' })
    const query = new URLSearchParams({
      client_id: 'demo-backend',
      post_logout_redirect_uri: `${applicationOrigin}/`,
    })
    const page = await browser.open(`${own.issuer}/session/end?${query}`)
    const { url: end } = await browser.submit(page, {})
    await own.close()
    backend.closeAllConnections()
    backend.close()

    expect(calls).toEqual(['POST /bff/backchannel-logout'])
    expect(end.href).toBe(`${applicationOrigin}/`)
  })
})
