import { describe, expect, it, vi } from 'vitest'
import { deploy } from './support/deployment.js'
import { CLIENT_ID, ISSUER } from './support/fake-authorization-server.js'
import { isSignedIn, until } from './support/login.js'
import { createTestBrowser, ORIGIN } from './support/test-browser.js'

describe('POST /logout', () => {
  it('LO-01, CC-25: ends the session here, and takes the refresh token back', async () => {
    const deployment = await deploy()
    const { browser, server, signIn, token, events } = deployment
    await signIn()
    await token({ refresh: true })
    const latest = [...server.secrets].filter((value) => value.includes('refresh-token')).at(-1)
    const answer = await browser.post('/bff/logout', {})
    expect(answer.status).toBe(200)
    expect(server.revoked).toEqual([latest])
    expect(server.formsTo('/revoke')[0]?.get('token_type_hint')).toBe('refresh_token')
    expect(browser.jar.has('__Host-Http-tmb')).toBe(false)
    expect(browser.jar.has('__Host-Http-tmb-key')).toBe(true)
    expect(await isSignedIn(deployment)).toBe(false)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'session_ended', reason: 'logout' }),
    )
  })

  it('LO-03: says where to end the session at the authorization server', async () => {
    const { browser, signIn } = await deploy()
    await signIn()
    const urlOf = async (): Promise<URL> => {
      const answer = await browser.post('/bff/logout', {})
      return new URL(((await answer.json()) as { end_session_url: string }).end_session_url)
    }
    const url = await urlOf()
    expect(url.origin + url.pathname).toBe(`${ISSUER}/logout`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: CLIENT_ID,
      post_logout_redirect_uri: `${ORIGIN}/`,
      state: expect.stringMatching(/^[\w-]{43}$/) as string,
    })
    // The same without a session, so that nobody learns whether there was one.
    const again = await urlOf()
    expect([...again.searchParams.keys()]).toEqual([...url.searchParams.keys()])
    expect(again.searchParams.get('state')).not.toBe(url.searchParams.get('state'))
  })

  it('LO-03: without an end-session endpoint there is no such URL', async () => {
    const { browser, server } = await deploy()
    server.behaviour.metadata = { end_session_endpoint: undefined }
    expect(await (await browser.post('/bff/logout', {})).json()).toEqual({ end_session_url: null })
  })

  it('the session is dead for copies of its cookie, and their tokens are forgotten', async () => {
    const deployment = await deploy()
    const { app, browser, signIn, token } = deployment
    await signIn()
    const copy = createTestBrowser(app, new Map(browser.jar))
    expect((await token({}, copy)).status).toBe(200)
    await browser.post('/bff/logout', {})
    expect((await token({}, copy)).status).toBe(401)
    expect(await isSignedIn({ browser: copy })).toBe(false)
  })

  const failures: readonly (readonly [string, () => Promise<Response>])[] = [
    ['500', async () => new Response('', { status: 500 })],
    ['503', async () => new Response('', { status: 503 })],
    ['400', async () => Response.json({ error: 'unsupported_token_type' }, { status: 400 })],
    ['a redirect', async () => Response.redirect('https://evil.test', 307)],
    ['nothing', async () => Promise.reject(new TypeError('fetch failed'))],
  ]
  it.each(failures)(
    'CC-25, LO-01: a revocation that is answered %s stops nobody',
    async (_n, fail) => {
      const deployment = await deploy()
      const { browser, server, signIn, events } = deployment
      await signIn()
      server.behaviour.answer['/revoke'] = fail
      const answer = await browser.post('/bff/logout', {})
      expect(answer.status).toBe(200)
      expect(await isSignedIn(deployment)).toBe(false)
      expect(events).toContainEqual({ type: 'revocation_failed' })
    },
  )

  it('LO-01: an authorization server that hangs is waited for up to 3 s', async () => {
    const deployment = await deploy()
    const { browser, server, signIn } = deployment
    await signIn()
    server.behaviour.answer['/revoke'] = async () => new Promise(() => undefined)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let answered = false
      const leaving = browser.post('/bff/logout', {}).then((answer) => {
        answered = true
        return answer
      })
      await until(() => server.formsTo('/revoke').length === 1)
      await vi.advanceTimersByTimeAsync(2_999)
      expect(answered).toBe(false)
      await vi.advanceTimersByTimeAsync(1)
      expect((await leaving).status).toBe(200)
    } finally {
      vi.useRealTimers()
    }
    expect(await isSignedIn(deployment)).toBe(false)
  })

  it('LO-01: with an authorization server that nobody could reach yet it is the same', async () => {
    const { browser, server } = await deploy()
    server.behaviour.answer['/.well-known/openid-configuration'] = async () =>
      new Response('', { status: 500 })
    const answer = await browser.post('/bff/logout', {})
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ end_session_url: null })
  })

  it('without a revocation endpoint there is nothing to call', async () => {
    const { browser, server, signIn } = await deploy()
    server.behaviour.metadata = { revocation_endpoint: undefined }
    await signIn()
    expect((await browser.post('/bff/logout', {})).status).toBe(200)
    expect(server.formsTo('/revoke')).toEqual([])
  })
})

describe('POST /backchannel-logout', () => {
  it('LO-04: with sessions in cookies it is not supported, whoever asks', async () => {
    const { browser, signIn } = await deploy()
    await signIn()
    const answer = await browser.send(
      new Request(`${ORIGIN}/bff/backchannel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: 'x' }),
      }),
    )
    expect(answer.status).toBe(501)
    expect(await answer.json()).toMatchObject({ error: 'not_supported' })
    expect(await isSignedIn({ browser })).toBe(true)
  })
})
