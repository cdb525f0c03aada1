import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deploy, type Deployment } from './support/deployment.js'
import { errorOf, isSignedIn } from './support/login.js'

const JSON_TYPE = { 'Content-Type': 'application/json' }
const answer = (body: BodyInit, headers: HeadersInit = JSON_TYPE, status = 200) =>
  new Response(body, { status, headers })

/** What a token endpoint can say, and what the page gets to know: never more than one of two words. */
const ANSWERS: readonly (readonly [string, () => Response, 502 | 503])[] = [
  ['HTML', () => answer('<html>', { 'Content-Type': 'text/html' }), 502],
  ['JSON as HTML', () => answer('{}', { 'Content-Type': 'text/html' }), 502],
  ['JSON without a type', () => answer(new TextEncoder().encode('{}'), {}), 502],
  ['an empty body', () => answer(''), 502],
  ['204', () => new Response(null, { status: 204 }), 502],
  ['206', () => answer('{"access_token":"x","token_type":"DPoP"}', JSON_TYPE, 206), 502],
  ['half a JSON', () => answer('{"access_token":"x"'), 502],
  ['two JSON texts', () => answer('{}{}'), 502],
  ['text behind the JSON', () => answer('{"access_token":"x","token_type":"DPoP"} x'), 502],
  ['a byte order mark', () => answer('\ufeff{'), 502],
  ['octets that are no UTF-8', () => answer(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])), 502],
  ['null', () => answer('null'), 502],
  ['a list', () => answer('[]'), 502],
  ['a text', () => answer('"access_token"'), 502],
  ['a number', () => answer('1e999'), 502],
  [
    'a member twice',
    () => answer('{"access_token":"x","token_type":"Bearer","token_type":"DPoP"}'),
    502,
  ],
  ['a __proto__', () => answer('{"__proto__":{"access_token":"x","token_type":"DPoP"}}'), 502],
  ['17 levels', () => answer(`{"a":${'['.repeat(17)}${']'.repeat(17)}}`), 502],
  ['10 000 levels', () => answer(`{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`), 502],
  ['64 KiB and one', () => answer(`{"a":"${'x'.repeat(64 * 1024)}"}`), 502],
  ['a lifetime of text', () => bound({ expires_in: 'soon' }), 502],
  ['a lifetime of nothing', () => bound({ expires_in: 0 }), 502],
  ['a negative lifetime', () => bound({ expires_in: -1 }), 502],
  ['an endless lifetime', () => bound({ expires_in: 1e300 }), 502],
  ['a scope that is a list', () => bound({ scope: ['orders.read'] }), 502],
  ['a refresh token that is a number', () => bound({ refresh_token: 5 }), 502],
  ['an error with 200', () => answer('{"error":"invalid_grant"}'), 502],
  ['an error with 302', () => answer('{"error":"invalid_grant"}', JSON_TYPE, 302), 502],
  ['a redirect', () => Response.redirect('https://evil.test/', 308), 502],
  ['401 without a word', () => answer('', {}, 401), 502],
  ['an unknown error', () => answer('{"error":"out_of_order"}', JSON_TYPE, 400), 502],
  ['an error of 1 kB', () => answer(`{"error":"${'e'.repeat(1024)}"}`, JSON_TYPE, 400), 502],
  ['429', () => answer('{"error":"slow_down"}', JSON_TYPE, 429), 503],
  ['500 with an invalid_grant', () => answer('{"error":"invalid_grant"}', JSON_TYPE, 500), 503],
  ['502 of a proxy', () => answer('<html>', { 'Content-Type': 'text/html' }, 502), 503],
  ['504', () => answer('', {}, 504), 503],
]

function bound(changes: Record<string, unknown>): Response {
  return Response.json({ access_token: 'x', token_type: 'DPoP', ...changes })
}

const WORDS = { 502: 'as_error', 503: 'as_unavailable' } as const

async function expectRefusal(deployment: Deployment, status: 502 | 503): Promise<void> {
  const refused = await deployment.token({ refresh: true })
  expect(refused.status).toBe(status)
  expect(await refused.json()).toMatchObject({ error: WORDS[status] })
  expect(refused.headers.has('Retry-After')).toBe(status === 503)
  expect(await isSignedIn(deployment)).toBe(true)
}

describe('an authorization server that answers a refresh with', () => {
  it.each(ANSWERS)(
    'CC-22, CC-26: %s costs nobody a session',
    async (_name, createAnswer, status) => {
      const deployment = await deploy()
      const { server, signIn, token } = deployment
      await signIn()
      expect((await token({ refresh: true })).status).toBe(200)
      server.behaviour.answer['/token'] = async () => createAnswer()
      await expectRefusal(deployment, status)
      server.behaviour.answer = {}
      expect((await token({ refresh: true })).status).toBe(200)
    },
  )

  it.each(ANSWERS)('CC-22, CC-26: %s instead of a code’s token', async (_name, create, status) => {
    const deployment = await deploy()
    const { server, signIn, token } = deployment
    await signIn()
    server.behaviour.answer['/token'] = async () => create()
    expect(errorOf(await signIn())).toBe(WORDS[status])
    server.behaviour.answer = {}
    // The session that there was goes on.
    expect((await token({ refresh: true })).status).toBe(200)
  })

  it.each(ANSWERS)(
    'CC-22, CC-26: %s instead of a request_uri',
    async (_name, createAnswer, status) => {
      const deployment = await deploy()
      const { server, browser, jkt } = deployment
      server.behaviour.answer['/par'] = async () => createAnswer()
      const login = await browser.post('/bff/login', { jkt })
      expect(login.status).toBe(status)
      expect(await login.json()).toMatchObject({ error: WORDS[status] })
      expect(login.headers.getSetCookie()).toEqual([])
      server.behaviour.answer = {}
      expect((await browser.post('/bff/login', { jkt })).status).toBe(200)
    },
  )
})

describe('over a real connection', () => {
  const faults: Record<string, (response: ServerResponse) => void> = {
    '64 MiB that are small on the way': (response) => {
      response.writeHead(200, { ...JSON_TYPE, 'Content-Encoding': 'gzip' })
      response.end(gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20)))
    },
    'an encoding that it is not in': (response) => {
      response.writeHead(200, { ...JSON_TYPE, 'Content-Encoding': 'gzip' })
      response.end('{"access_token":"x"}')
    },
    'less than it promised': (response) => {
      response.writeHead(200, { ...JSON_TYPE, 'Content-Length': '1000' })
      response.write('{"access_token":"x"')
      response.socket?.end()
    },
    'a reset': (response) => response.socket?.resetAndDestroy(),
    'something that is no HTTP': (response) => response.socket?.end('SSH-2.0-OpenSSH\r\n'),
    'a header without an end': (response) => {
      response.socket?.write(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`)
      response.socket?.end()
    },
    'a redirect to itself': (response) => {
      response.writeHead(307, { Location: '/token' })
      response.end()
    },
  }
  let called = 0
  let fault: (response: ServerResponse) => void = () => undefined
  const server = createServer((request, response) => {
    called += 1
    request.resume().once('end', () => fault(response))
  })
  let url = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  it.each(Object.keys(faults))('CC-22: %s costs nobody a session', async (name) => {
    const { origins, ...deployment } = await deploy()
    const { signIn, restart, browser } = deployment
    await signIn()
    fault = faults[name]!
    called = 0
    // The token endpoint alone is elsewhere.
    deployment.server.behaviour.metadata = { token_endpoint: `${url}/token` }
    const app = restart({
      fetch: async (input, init) =>
        new Request(input).url.startsWith(url) ? fetch(input, init) : origins.fetch(input, init),
    })
    const body = JSON.stringify({ jkt: deployment.jkt, refresh: true })
    const cookie = [...browser.jar].map(([key, value]) => `${key}=${value}`).join('; ')
    const answered = await app.request('/bff/token', {
      method: 'POST',
      headers: {
        'X-CSRF': '1',
        'Sec-Fetch-Site': 'same-origin',
        'Content-Type': 'application/json',
        Cookie: cookie,
      },
      body,
    })
    expect([502, 503]).toContain(answered.status)
    expect(called).toBe(1)
    expect(answered.headers.getSetCookie()).toEqual([])
    expect(await isSignedIn(deployment)).toBe(true)
  })
})
