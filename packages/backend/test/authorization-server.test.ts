import { checkAuthorizationServer, type AuthorizationServerErrorCode } from '@tmb-kit/backend'
import { describe, expect, it, vi } from 'vitest'
import { deploy, type Deployment } from './support/deployment.js'
import { ISSUER } from './support/fake-authorization-server.js'
import { errorOf, isSignedIn, startLogin, until } from './support/login.js'

const DISCOVERY = '/.well-known/openid-configuration'

const MISTAKES: readonly (readonly [
  string,
  Record<string, unknown>,
  AuthorizationServerErrorCode,
])[] = [
  ['CC-22: another issuer', { issuer: 'https://evil.test' }, 'issuer_mismatch'],
  ['CC-22: an issuer with a last slash', { issuer: `${ISSUER}/` }, 'issuer_mismatch'],
  ['CC-22: an issuer in capitals', { issuer: 'https://AS.test' }, 'issuer_mismatch'],
  ['CC-22: no issuer', { issuer: undefined }, 'issuer_mismatch'],
  ['CC-03, META-08: no PKCE', { code_challenge_methods_supported: undefined }, 'pkce_unsupported'],
  ['CC-03: only plain', { code_challenge_methods_supported: ['plain'] }, 'pkce_unsupported'],
  ['CC-03: S256 as text', { code_challenge_methods_supported: 'S256' }, 'pkce_unsupported'],
  ['CC-13: no binding', { tmb_supported: undefined }, 'binding_unsupported'],
  ['no token endpoint', { token_endpoint: undefined }, 'metadata_invalid'],
  ['no authorization endpoint', { authorization_endpoint: undefined }, 'metadata_invalid'],
  ['no keys', { jwks_uri: undefined }, 'metadata_invalid'],
  ['an http endpoint', { token_endpoint: 'http://as.test/token' }, 'metadata_invalid'],
  ['an endpoint that is a script', { authorization_endpoint: 'javascript:x' }, 'metadata_invalid'],
  ['an endpoint with a user', { jwks_uri: 'https://u:p@as.test/jwks' }, 'metadata_invalid'],
  ['an endpoint that is a number', { revocation_endpoint: 5 }, 'metadata_invalid'],
]

const answers: readonly (readonly [
  string,
  () => Promise<Response>,
  AuthorizationServerErrorCode,
])[] = [
  ['500', async () => new Response('', { status: 500 }), 'unavailable'],
  ['429', async () => new Response('', { status: 429 }), 'unavailable'],
  ['403', async () => new Response('no', { status: 403 }), 'response_invalid'],
  ['nothing', async () => Promise.reject(new TypeError('fetch failed')), 'unavailable'],
  ['HTML', async () => new Response('<html>'), 'response_invalid'],
  ['JSON as text', async () => new Response('{}'), 'response_invalid'],
  ['a list', async () => Response.json([]), 'response_invalid'],
  [
    'broken JSON',
    async () => new Response('{', { headers: { 'Content-Type': 'application/json' } }),
    'response_invalid',
  ],
  [
    'a repeated member',
    async () =>
      new Response(`{"issuer":"${ISSUER}","issuer":"x"}`, {
        headers: { 'Content-Type': 'application/json' },
      }),
    'response_invalid',
  ],
  [
    'a redirect',
    async () => Response.redirect('https://evil.test/.well-known', 307),
    'response_invalid',
  ],
  [
    'more than 64 KiB',
    async () => Response.json({ issuer: ISSUER, padding: 'x'.repeat(64 * 1024) }),
    'response_invalid',
  ],
]

async function checked({ options }: Deployment): Promise<string | undefined> {
  return checkAuthorizationServer(options).then(
    () => undefined,
    (error: unknown) => (error as { code: string }).code,
  )
}

describe('metadata', () => {
  it.each(MISTAKES)('%s stops the start, and is 502 at login', async (_name, change, code) => {
    const deployment = await deploy()
    const { server, browser, jkt } = deployment
    expect(await checked(deployment)).toBeUndefined()
    server.behaviour.metadata = change
    expect(await checked(deployment)).toBe(code)

    const answer = await browser.post('/bff/login', { jkt })
    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({ error: 'as_error' })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(server.forms).toEqual([])

    server.behaviour.metadata = {}
    await startLogin(deployment)
  })

  it.each(answers)('CC-22: %s in its place is no metadata', async (_name, answer, code) => {
    const deployment = await deploy()
    const { server, browser, jkt } = deployment
    server.behaviour.answer[DISCOVERY] = answer
    expect(await checked(deployment)).toBe(code)
    const login = await browser.post('/bff/login', { jkt })
    expect(login.status).toBe(code === 'unavailable' ? 503 : 502)
    server.behaviour.answer = {}
    await startLogin(deployment)
  })

  it('each sentence says what is wrong, and nothing of the answer', async () => {
    const { server, options } = await deploy()
    server.behaviour.metadata = { issuer: 'https://canary.test' }
    const error = await checkAuthorizationServer(options).catch((failure: unknown) => failure)
    expect(String(error)).toMatch(/set issuer/)
    expect(String(error)).not.toContain('canary')
  })

  it('an unreachable issuer at start is one sentence', async () => {
    const { options } = await deploy()
    const elsewhere = { ...options, issuer: 'https://nobody.test' }
    await expect(checkAuthorizationServer(elsewhere)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('RFC 8414 section 3.1: metadata of OAuth alone is found where a path goes last', async () => {
    const deployment = await deploy()
    const { origins, restart, server } = deployment
    const issuer = 'https://as2.test/tenant'
    const asked: string[] = []
    origins.serve('https://as2.test', async (request) => {
      const { pathname } = new URL(request.url)
      asked.push(pathname)
      if (pathname !== '/.well-known/oauth-authorization-server/tenant') {
        return new Response('', { status: 404 })
      }
      return server.handler(new Request(`${ISSUER}${DISCOVERY}`))
    })
    server.behaviour.metadata = { issuer }
    expect(restart({ issuer })).toBeDefined()
    await checkAuthorizationServer({ ...deployment.options, issuer })
    expect(asked).toEqual([
      '/tenant/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/tenant',
    ])
  })

  it('META-09: it is fetched once, then again when it got old; an outage does no harm', async () => {
    const deployment = await deploy()
    const { origins, clock, server, token, signIn } = deployment
    const fetches = () => origins.requests.filter(({ url }) => url.endsWith(DISCOVERY)).length
    await Promise.all([startLogin(deployment), startLogin(deployment)])
    await signIn()
    expect(fetches()).toBe(1)
    clock.advance(600)
    await startLogin(deployment)
    await until(() => fetches() === 2)
    clock.advance(600)
    server.behaviour.answer[DISCOVERY] = async () => new Promise(() => undefined)
    expect((await token({ refresh: true })).status).toBe(200)
    expect((await token({ refresh: true })).status).toBe(200)
    expect(fetches()).toBe(3)
  })
})

describe('calls to the authorization server', () => {
  it('CC-22: none follows a redirect', async () => {
    const { origins, server, signIn, token, browser } = await deploy()
    await signIn()
    await token({ refresh: true })
    await browser.post('/bff/logout', {})
    expect(server.forms.map(({ path }) => path)).toEqual(['/par', '/token', '/token', '/revoke'])
    expect(new Set(origins.requests.map(({ redirect }) => redirect))).toEqual(new Set(['error']))
  })

  it.each(['/par', '/token', '/jwks'])(
    'CC-22: a redirect of %s is 502 or as_error',
    async (path) => {
      const deployment = await deploy()
      const { server, browser, jkt, origins } = deployment
      const evil: Request[] = []
      origins.serve('https://evil.test', (request) => {
        evil.push(request)
        return Response.json({})
      })
      server.behaviour.answer[path] = async () => Response.redirect('https://evil.test/', 307)
      const login = await browser.post('/bff/login', { jkt })
      if (path === '/par') expect(login.status).toBe(502)
      else {
        const { authorization_url: url } = (await login.json()) as { authorization_url: string }
        expect(errorOf(await browser.navigate(server.authorize(url)))).toBe('as_error')
      }
      expect(evil).toEqual([])
    },
  )

  it('CC-22: an answer that never comes is 503 after 10 s, and the session lives on', async () => {
    const deployment = await deploy()
    const { server, browser, jkt } = deployment
    server.behaviour.answer['/par'] = async () => new Promise(() => undefined)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const login = browser.post('/bff/login', { jkt })
      await until(() => server.formsTo('/par').length === 1)
      await vi.advanceTimersByTimeAsync(10_000)
      expect((await login).status).toBe(503)
    } finally {
      vi.useRealTimers()
    }
  })

  it('CC-22: the deadline holds for a body that drips', async () => {
    const deployment = await deploy()
    const { server, browser, jkt } = deployment
    let isDripping = false
    server.behaviour.answer['/par'] = async () => {
      isDripping = true
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(1)),
      })
      return new Response(body, { status: 201, headers: { 'Content-Type': 'application/json' } })
    }
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const login = browser.post('/bff/login', { jkt })
      await until(() => isDripping)
      await vi.advanceTimersByTimeAsync(10_000)
      expect((await login).status).toBe(503)
    } finally {
      vi.useRealTimers()
    }
  })

  it('CC-22: a body without an end is cut off at 64 KiB', async () => {
    const deployment = await deploy()
    const { server, signIn, token } = deployment
    await signIn()
    let sent = 0
    server.behaviour.answer['/token'] = async () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            sent += 1024
            controller.enqueue(new Uint8Array(1024).fill(0x20))
          },
        }),
        { headers: { 'Content-Type': 'application/json' } },
      )
    expect((await token({ refresh: true })).status).toBe(502)
    expect(sent).toBeLessThan(80 * 1024)
    expect(await isSignedIn(deployment)).toBe(true)
  })

  const pars: readonly (readonly [string, Response, number])[] = [
    ['no request_uri', Response.json({ expires_in: 60 }, { status: 201 }), 502],
    ['a request_uri that is a number', Response.json({ request_uri: 5 }, { status: 201 }), 502],
    ['an error', Response.json({ error: 'invalid_client' }, { status: 401 }), 502],
    ['a challenge', new Response('', { status: 401, headers: { 'WWW-Authenticate': 'x' } }), 502],
    ['503', new Response('', { status: 503 }), 503],
  ]
  it.each(pars)('a pushed request that is answered with %s', async (_name, answer, status) => {
    const { server, browser, jkt } = await deploy()
    server.behaviour.answer['/par'] = async () => answer.clone()
    const login = await browser.post('/bff/login', { jkt })
    expect(login.status).toBe(status)
    expect(login.headers.getSetCookie()).toEqual([])
  })

  it.each([
    ['503', 'as_unavailable'],
    ['500', 'as_unavailable'],
    ['400', 'as_error'],
  ])('a code exchange that is answered %s sends the user back with %s', async (status, error) => {
    const deployment = await deploy()
    deployment.server.behaviour.answer['/token'] = async () =>
      Response.json({ error: 'invalid_grant' }, { status: Number(status) })
    expect(errorOf(await deployment.signIn())).toBe(error)
    expect(await isSignedIn(deployment)).toBe(false)
  })

  it('a failed login leaves the session that there was', async () => {
    const deployment = await deploy()
    const { server, signIn, token } = deployment
    await signIn()
    server.behaviour.answer['/token'] = async () => new Response('', { status: 500 })
    expect(errorOf(await signIn())).toBe('as_unavailable')
    server.behaviour.answer = {}
    expect(await isSignedIn(deployment)).toBe(true)
    expect((await token({ refresh: true })).status).toBe(200)
  })
})
