import { memorySessionStore, storedSessions, type SessionStore } from '@tmb-kit/backend'
import type { JsonObject } from '@tmb-kit/core'
import { describe, expect, it, vi } from 'vitest'
import { deploy, SECRET, type Deployment } from './support/deployment.js'
import { CLIENT_ID, ISSUER } from './support/fake-authorization-server.js'
import { isSignedIn } from './support/login.js'
import { createTestBrowser, ORIGIN } from './support/test-browser.js'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const now = 1_800_000_000
let count = 0

interface LogoutDeployment extends Deployment {
  readonly logOut: (claims?: JsonObject, header?: JsonObject) => Promise<Response>
  readonly post: (body: BodyInit, type?: string) => Promise<Response>
  readonly fault: { current: boolean }
  readonly store: SessionStore
}

async function deployStored(): Promise<LogoutDeployment> {
  const fault = { current: false }
  const store = new Proxy(memorySessionStore({ clock: () => now }), {
    get:
      (target, name: keyof SessionStore) =>
      async (...values: never[]) => {
        if (fault.current) throw new Error('down')
        return (target[name] as (...values: never[]) => Promise<unknown>)(...values)
      },
  })
  const deployment = await deploy({ sessions: storedSessions({ store, secrets: [SECRET] }) })
  const { server, browser } = deployment
  const post: LogoutDeployment['post'] = async (body, type) =>
    browser.send(
      new Request(`${ORIGIN}/bff/backchannel-logout`, {
        method: 'POST',
        body,
        headers: type === undefined ? {} : { 'Content-Type': type },
      }),
    )
  const sign = async (claims: JsonObject = {}, header: JsonObject = {}): Promise<string> => {
    count += 1
    return server.sign(
      { typ: 'logout+jwt', ...header },
      {
        iss: ISSUER,
        aud: CLIENT_ID,
        iat: now,
        exp: now + 120,
        jti: `jti-${count}`,
        sub: 'user-1',
        sid: 'sid-1',
        events: { [EVENT]: {} },
        ...claims,
      },
    )
  }
  return {
    ...deployment,
    store,
    post,
    fault,
    logOut: async (claims, header) =>
      post(new URLSearchParams({ logout_token: await sign(claims, header) })),
  }
}

const CHANGES: readonly (readonly [string, JsonObject, JsonObject?])[] = [
  ['another iss', { iss: 'https://evil.test' }],
  ['another aud', { aud: 'other' }],
  ['no iat', { iat: undefined }],
  ['an iat of six minutes ago', { iat: now - 360 }],
  ['an iat ahead', { iat: now + 60 }],
  ['no exp', { exp: undefined }],
  ['an exp in the past', { exp: now - 60 }],
  ['no jti', { jti: undefined }],
  ['an empty jti', { jti: '' }],
  ['a jti that is a number', { jti: 5 }],
  ['no events', { events: undefined }],
  ['other events', { events: { x: {} } }],
  ['events that are a list', { events: [EVENT] }],
  ['an event that is no object', { events: { [EVENT]: true } }],
  ['neither sub nor sid', { sub: undefined, sid: undefined }],
  ['a sub that is a number', { sub: 5 }],
  ['an empty sid', { sid: '' }],
  ['a nonce', { nonce: 'x' }],
  ['alg none', {}, { alg: 'none' }],
  ['alg HS256', {}, { alg: 'HS256' }],
  ['another typ', {}, { typ: 'JWT' }],
  ['no typ', {}, { typ: undefined }],
  ['an unknown kid', {}, { kid: 'x' }],
  ['a critical header', {}, { crit: ['x'], x: 1 }],
]

const REFUSED = CHANGES.map(([name, claims, header = {}]) => ({ name, claims, header }))

describe('POST /backchannel-logout', () => {
  it('LO-04, LO-06, LO-09: ends the sessions of a sid, and needs neither cookie nor header', async () => {
    const deployment = await deployStored()
    const { signIn, server, app, logOut, events } = deployment
    const other = createTestBrowser(app)
    await signIn()
    server.behaviour.idTokenClaims = { sid: 'sid-2' }
    await signIn({}, other)
    deployment.browser.jar.delete('none')
    const answer = await logOut()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    expect(await isSignedIn(deployment)).toBe(false)
    expect(await isSignedIn({ browser: other })).toBe(true)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'session_ended', reason: 'backchannel_logout' }),
    )
  })

  it('LO-06: without a sid it ends all sessions of the user, and of nobody else', async () => {
    const deployment = await deployStored()
    const { signIn, server, app, logOut } = deployment
    const [second, stranger] = [createTestBrowser(app), createTestBrowser(app)]
    await signIn()
    await signIn({}, second)
    server.behaviour.sub = 'user-2'
    await signIn({}, stranger)
    expect((await logOut({ sid: undefined })).status).toBe(200)
    expect(await isSignedIn(deployment)).toBe(false)
    expect(await isSignedIn({ browser: second })).toBe(false)
    expect(await isSignedIn({ browser: stranger })).toBe(true)
  })

  it.each(REFUSED)('LO-05: a logout token with $name is refused', async ({ claims, header }) => {
    const deployment = await deployStored()
    await deployment.signIn()
    const answer = await deployment.logOut(claims, header)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
    expect(await isSignedIn(deployment)).toBe(true)
    expect((await deployment.logOut()).status).toBe(200)
    expect(await isSignedIn(deployment)).toBe(false)
  })

  it('LO-05: an ID token is no logout token', async () => {
    const deployment = await deployStored()
    const { server, signIn, post } = deployment
    await signIn()
    const idToken = [...server.secrets].find((value) => value.split('.').length === 3)!
    expect((await post(new URLSearchParams({ logout_token: idToken }))).status).toBe(400)
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('LO-08: nothing of the session is left in the store, its refresh token neither', async () => {
    const { signIn, logOut, store } = await deployStored()
    await signIn()
    const label = 'findByLabel' as const
    const seen = vi.spyOn(store, label)
    expect((await logOut()).status).toBe(200)
    const [asked = ''] = seen.mock.calls[0] ?? []
    expect(await store.findByLabel(asked)).toEqual([])
  })

  it('LO-11: the page learns it with its next call', async () => {
    const { signIn, logOut, token, browser, server } = await deployStored()
    await signIn()
    expect((await token()).status).toBe(200)
    expect((await logOut()).status).toBe(200)
    const before = server.formsTo('/token').length
    for (const body of [{}, { refresh: true }]) {
      const answer = await token(body)
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ error: 'no_session' })
    }
    expect(await (await browser.get('/bff/session')).json()).toEqual({ active: false, mode: 'tmb' })
    expect(server.formsTo('/token')).toHaveLength(before)
  })

  it('LO-12: the sid of the ID token is the one that ends the session', async () => {
    const deployment = await deployStored()
    deployment.server.behaviour.idTokenClaims = { sid: 'sid-of-this-login' }
    await deployment.signIn()
    expect((await deployment.logOut({ sub: undefined, sid: 'sid-1' })).status).toBe(200)
    expect(await isSignedIn(deployment)).toBe(true)
    const sid = 'sid-of-this-login'
    expect((await deployment.logOut({ sub: undefined, sid })).status).toBe(200)
    expect(await isSignedIn(deployment)).toBe(false)
  })

  it('LO-05, T-34: a logout token from the future is refused as a clock that is wrong', async () => {
    const { signIn, logOut, events } = await deployStored()
    await signIn()
    const skew = { type: 'authorization_server_failed', code: 'clock_skew' }
    expect((await logOut({ iat: now - 360 })).status).toBe(400)
    expect(events).not.toContainEqual(expect.objectContaining(skew))
    expect((await logOut({ iat: now + 11 })).status).toBe(400)
    expect(events).toContainEqual(expect.objectContaining(skew))
    expect((await logOut({ iat: now + 10 })).status).toBe(200)
  })

  it('LO-07: a logout token counts once', async () => {
    const deployment = await deployStored()
    const { signIn, logOut } = deployment
    await signIn()
    expect((await logOut({ jti: 'one' })).status).toBe(200)
    await signIn()
    expect((await logOut({ jti: 'one' })).status).toBe(400)
    expect(await isSignedIn(deployment)).toBe(true)
    expect((await logOut({ jti: 'two' })).status).toBe(200)
  })

  it('a store that is down is 503, and burns nothing', async () => {
    const deployment = await deployStored()
    const { signIn, logOut, fault } = deployment
    await signIn()
    fault.current = true
    expect((await logOut({ jti: 'same' })).status).toBe(503)
    fault.current = false
    expect(await isSignedIn(deployment)).toBe(true)
    expect((await logOut({ jti: 'same' })).status).toBe(200)
    expect(await isSignedIn(deployment)).toBe(false)
  })

  it('keys that cannot be fetched are 503', async () => {
    const { server, logOut } = await deployStored()
    server.behaviour.answer['/jwks'] = async () => new Response('', { status: 500 })
    expect((await logOut()).status).toBe(503)
    server.behaviour.answer = {}
    expect((await logOut()).status).toBe(200)
  })

  it('LO-13: the keys come from the issuer, whatever the token says', async () => {
    const { logOut, origins } = await deployStored()
    await logOut({}, { jku: 'https://probe.test/jwks', x5u: 'https://probe.test' })
    expect(origins.requests.every(({ url }) => url.startsWith(ISSUER))).toBe(true)
  })

  it('LO-04, LO-13: another body is refused', async () => {
    const { post } = await deployStored()
    const two = new URLSearchParams([
      ['logout_token', 'x'],
      ['logout_token', 'x'],
    ])
    expect((await post('{"logout_token":"x"}', 'application/json')).status).toBe(400)
    expect((await post(new URLSearchParams())).status).toBe(400)
    expect((await post(two)).status).toBe(400)
    expect((await post(new URLSearchParams({ logout_token: 'x' }))).status).toBe(400)
    const huge = new URLSearchParams({ logout_token: 'x'.repeat(17_000) })
    expect((await post(huge)).status).toBe(413)
  })
})
