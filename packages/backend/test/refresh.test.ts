import { cookieSessions } from '@tmb-kit/backend'
import { describe, expect, it, vi } from 'vitest'
import { API, deploy, SECRET, type Deployment } from './support/deployment.js'
import { isSignedIn, until } from './support/login.js'
import { createTestBrowser, type TestBrowser } from './support/test-browser.js'
import { watchSessions } from './support/watched-sessions.js'

/** Holds the token endpoint's answers back until they are let go. */
function holdTokenEndpoint({ server }: Deployment, answer?: Response) {
  let letGo: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    letGo = resolve
  })
  server.behaviour.answer['/token'] = async () => {
    await gate
    return answer?.clone()
  }
  return { letGo: () => letGo() }
}

const refreshes = ({ server }: Deployment): number =>
  server.formsTo('/token').filter((form) => form.get('grant_type') === 'refresh_token').length

/** Tabs of one browser that all hold the same cookies as now. */
const tabs = ({ app, browser }: Deployment, count: number): readonly TestBrowser[] =>
  Array.from({ length: count }, () => createTestBrowser(app, new Map(browser.jar)))

describe('refresh', () => {
  it('CC-15: 50 parallel calls after expiry make one refresh, and all get the same', async () => {
    const deployment = await deploy()
    const { signIn, token, clock } = deployment
    await signIn()
    clock.advance(300)
    const parallel = tabs(deployment, 50)
    const { letGo } = holdTokenEndpoint(deployment)
    const calls = parallel.map(async (tab) => token({}, tab))
    letGo()
    const answers = await Promise.all(calls)
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
    const bodies = await Promise.all(answers.map(async (answer): Promise<unknown> => answer.json()))
    expect(
      new Set(bodies.map((body) => (body as { access_token: string }).access_token)).size,
    ).toBe(1)
    expect(new Set(parallel.map(({ jar }) => jar.get('__Host-Http-tmb'))).size).toBe(1)
    expect(refreshes(deployment)).toBe(1)

    // Whichever tab's cookie the browser kept, the session goes on.
    expect((await token({ refresh: true }, parallel[17])).status).toBe(200)
  })

  it('CC-15: a rotated refresh token outlives its token, where the answer never reached the page', async () => {
    const deployment = await deploy()
    const { signIn, token, clock, app, browser } = deployment
    await signIn()
    const stale = createTestBrowser(app, new Map(browser.jar))
    expect((await token({ refresh: true })).status).toBe(200)

    // The page has the old cookie still: its refresh token was used up an hour ago.
    clock.advance(3600)
    expect((await token({}, stale)).status).toBe(200)
  })

  it('CC-15: 50 parallel forced refreshes are one as well', async () => {
    const deployment = await deploy()
    await deployment.signIn()
    const { letGo } = holdTokenEndpoint(deployment)
    const calls = tabs(deployment, 50).map(async (tab) => deployment.token({ refresh: true }, tab))
    letGo()
    expect((await Promise.all(calls)).every(({ status }) => status === 200)).toBe(true)
    expect(refreshes(deployment)).toBe(1)
  })

  it('CC-15: parallel calls for several scopes never present one refresh token twice', async () => {
    const deployment = await deploy()
    const { signIn, token, server } = deployment
    await signIn()
    const scopes = ['orders.read', 'orders.write', 'orders.read orders.write']
    const calls = tabs(deployment, 12).map(async (tab, index) =>
      token({ scope: scopes[index % 3], refresh: true }, tab),
    )
    expect((await Promise.all(calls)).every(({ status }) => status === 200)).toBe(true)
    expect(refreshes(deployment)).toBe(3)
    const sent = server.formsTo('/token').map((form) => form.get('refresh_token'))
    expect(new Set(sent).size).toBe(sent.length)
  })

  it('CC-15: a tab that kept the cookie from before the rotation gets the newer one', async () => {
    const deployment = await deploy()
    const { signIn, token } = deployment
    await signIn()
    const [old] = tabs(deployment, 1)
    await token({ refresh: true })
    await token({ refresh: true })
    expect((await token({}, old)).status).toBe(200)
    expect(old!.jar.get('__Host-Http-tmb')).toBe(deployment.browser.jar.get('__Host-Http-tmb'))
    expect((await token({ refresh: true }, old)).status).toBe(200)
  })

  it('CC-15: a restarted process goes on with what the cookie holds', async () => {
    const deployment = await deploy()
    const { signIn, token, restart, browser } = deployment
    await signIn()
    await token({ refresh: true })
    const next = createTestBrowser(restart(), browser.jar)
    expect((await token({}, next)).status).toBe(200)
    expect((await token({ refresh: true }, next)).status).toBe(200)
  })

  it('a caller that goes away aborts nothing', async () => {
    const deployment = await deploy()
    const { signIn, token, browser, jkt, app } = deployment
    await signIn()
    const { letGo } = holdTokenEndpoint(deployment)
    const leaving = new AbortController()
    const request = new Request('https://app.test/bff/token', {
      method: 'POST',
      signal: leaving.signal,
      headers: {
        'X-CSRF': '1',
        Origin: 'https://app.test',
        'Content-Type': 'application/json',
        Cookie: `__Host-Http-tmb=${browser.jar.get('__Host-Http-tmb')!}`,
      },
      body: JSON.stringify({ jkt, refresh: true }),
    })
    const gone = app.request(request)
    await until(() => refreshes(deployment) === 1)
    leaving.abort()
    letGo()
    await gone
    const answer = await token()
    expect(answer.status).toBe(200)
    expect(refreshes(deployment)).toBe(1)
  })

  it('an answer past the deadline is kept for the session: 503 first, then the token', async () => {
    const deployment = await deploy()
    const { signIn, token, browser } = deployment
    await signIn()
    const { letGo } = holdTokenEndpoint(deployment)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const waiting = token({ refresh: true })
      await until(() => refreshes(deployment) === 1)
      await vi.advanceTimersByTimeAsync(10_000)
      const answer = await waiting
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({ error: 'as_unavailable' })
      expect(answer.headers.get('Retry-After')).toBe('5')
    } finally {
      vi.useRealTimers()
    }
    letGo()
    deployment.server.behaviour.answer = {}
    const before = browser.jar.get('__Host-Http-tmb')
    await vi.waitFor(async () => {
      await token()
      expect(browser.jar.get('__Host-Http-tmb')).not.toBe(before)
    })
    expect(refreshes(deployment)).toBe(1)
    expect((await token({ refresh: true })).status).toBe(200)
  })

  it('logout wins over a refresh that is under way, and takes its tokens back', async () => {
    const deployment = await deploy()
    const { signIn, token, browser, server } = deployment
    await signIn()
    const [copy] = tabs(deployment, 1)
    const { letGo } = holdTokenEndpoint(deployment)
    // This server forgets to end the grant, so the late answer is a good one.
    server.behaviour.answer['/revoke'] = async () => new Response('', { status: 200 })
    const late = token({ refresh: true }, copy)
    await until(() => refreshes(deployment) === 1)
    expect((await browser.post('/bff/logout', {})).status).toBe(200)
    expect(server.formsTo('/revoke')).toHaveLength(1)
    letGo()
    const answer = await late
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: 'no_session' })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect((await token({}, copy)).status).toBe(401)
    expect(await isSignedIn(deployment)).toBe(false)
    const hints = server.formsTo('/revoke').map((form) => form.get('token_type_hint'))
    expect(hints.sort()).toEqual(['access_token', 'refresh_token', 'refresh_token'])
  })

  it('a late answer of an old session does not touch the new one', async () => {
    const deployment = await deploy()
    const { signIn, token, browser } = deployment
    await signIn()
    const [copy] = tabs(deployment, 1)
    const { letGo } = holdTokenEndpoint(deployment)
    const late = token({ refresh: true }, copy)
    await until(() => refreshes(deployment) === 1)
    await browser.post('/bff/logout', {})
    deployment.server.behaviour.answer = {}
    await signIn()
    const cookie = browser.jar.get('__Host-Http-tmb')
    letGo()
    expect((await late).headers.getSetCookie()).toEqual([])
    expect(browser.jar.get('__Host-Http-tmb')).toBe(cookie)
    expect((await token()).status).toBe(200)
  })

  it('a failed refresh fails its callers, and the next one starts anew', async () => {
    const { sessions, refreshCalls } = watchSessions(cookieSessions({ secrets: [SECRET] }))
    const deployment = await deploy({ sessions })
    const { signIn, token, server } = deployment
    await signIn()
    const { letGo } = holdTokenEndpoint(deployment, new Response('', { status: 503 }))
    const calls = tabs(deployment, 5).map(async (tab) => token({ refresh: true }, tab))
    // Who comes after the failure would rightly start anew, so all five must have come before.
    await until(() => refreshCalls() === 5 && refreshes(deployment) === 1)
    letGo()
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(5).fill(503))
    expect(refreshes(deployment)).toBe(1)
    server.behaviour.answer = {}
    expect((await token({ refresh: true })).status).toBe(200)
  })

  it('a server that does not rotate refresh tokens is asked with the same one', async () => {
    const deployment = await deploy()
    const { signIn, token, server } = deployment
    server.behaviour.rotates = false
    await signIn()
    expect((await token({ refresh: true })).status).toBe(200)
    expect((await token({ refresh: true })).status).toBe(200)
    const [, first, second] = server.formsTo('/token').map((form) => form.get('refresh_token'))
    expect(second).toBe(first)
    expect(server.formsTo('/token')[1]?.get('resource')).toBe(API)
  })
})
