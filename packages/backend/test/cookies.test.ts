import { cookieSessions } from '@tmb-kit/backend'
import { describe, expect, it } from 'vitest'
import { deploy, SECRET } from './support/deployment.js'
import { errorOf, isSignedIn, startLogin } from './support/login.js'
import { beRealistic, REALISTIC_CLAIMS } from './support/realistic-user.js'
import { createTestBrowser, ORIGIN } from './support/test-browser.js'

const SESSION = '__Host-Http-tmb'
const KEY = '__Host-Http-tmb-key'

interface SetCookie {
  readonly name: string
  readonly value: string
  readonly attributes: readonly string[]
}

const cookiesOf = (answer: Response): readonly SetCookie[] =>
  answer.headers.getSetCookie().map((text) => {
    const [pair = '', ...attributes] = text.split('; ')
    const [name = '', value = ''] = pair.split('=')
    return { name, value, attributes: attributes.sort() }
  })

describe('cookies', () => {
  it('SES-01, SES-02, SES-03, SES-04, SES-05, SES-06, SES-07: each has the attributes of the table', async () => {
    const deployment = await deploy()
    const { browser, jkt, server } = deployment
    const login = await browser.post('/bff/login', { jkt })
    const { authorization_url: url } = (await login.clone().json()) as { authorization_url: string }
    const callback = await browser.navigate(server.authorize(url))
    const logout = await browser.post('/bff/logout', {})

    const common = ['HttpOnly', 'Path=/', 'Secure']
    const [transaction] = cookiesOf(login)
    expect(transaction?.name).toMatch(/^__Host-Http-tmb-login-[\w-]{16,}$/)
    expect(transaction?.attributes).toEqual([...common, 'Max-Age=600', 'SameSite=Lax'].sort())

    const set = cookiesOf(callback)
    expect(set.map(({ name }) => name)).toEqual([transaction?.name, SESSION, KEY])
    expect(set[0]?.attributes).toEqual([...common, 'Max-Age=0', 'SameSite=Lax'].sort())
    expect(set[1]?.attributes).toEqual([...common, 'Max-Age=28800', 'SameSite=Strict'].sort())
    expect(set[2]?.attributes).toEqual([...common, 'Max-Age=34560000', 'SameSite=Strict'].sort())
    expect(cookiesOf(logout)).toEqual([
      { name: SESSION, value: '', attributes: [...common, 'Max-Age=0', 'SameSite=Strict'].sort() },
    ])
  })

  it('SES-07: a transaction has a random name of its own', async () => {
    const deployment = await deploy()
    await startLogin(deployment)
    await startLogin(deployment)
    expect(deployment.browser.jar.size).toBe(2)
  })

  it.each([SESSION, KEY, '__Host-Http-tmb-login-x', '__Host-Http-tmb-code'])(
    'two cookies of the name %s are refused, before either is read',
    async (name) => {
      const deployment = await deploy()
      const { browser, jkt, signIn } = deployment
      await signIn()
      const own = [...browser.jar].map(([jarName, value]) => `${jarName}=${value}`).join('; ')
      for (const twice of [`${own}; ${name}=x; ${name}=x`, `${own}; ${name}=x, ${name}=y`]) {
        const Cookie = twice
        const answers = [
          await browser.get('/bff/session', { Cookie }),
          await browser.post('/bff/login', { jkt }, { Cookie }),
          await browser.post('/bff/token', { jkt }, { Cookie }),
          await browser.post('/bff/logout', {}, { Cookie }),
        ]
        for (const answer of answers) {
          expect(answer.status).toBe(400)
          expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
        }
        expect((await browser.navigate('/bff/callback?state=x.y', { Cookie })).status).toBe(400)
      }
      expect(await isSignedIn(deployment)).toBe(true)
    },
  )

  it("other people's cookies may be repeated, or look strange", async () => {
    const { browser, signIn } = await deploy()
    await signIn()
    const own = `${SESSION}=${browser.jar.get(SESSION)!}`
    for (const others of ['a=1; a=2', 'a', '=b', 'a="b, c"', 'x__Host-Http-tmb=1', ';;']) {
      const answer = await browser.get('/bff/session', { Cookie: `${others}; ${own}; ${others}` })
      expect(await answer.json()).toMatchObject({ active: true })
    }
  })

  it('SES-10: any change of any character makes it no cookie at all', async () => {
    const deployment = await deploy()
    const { browser, signIn, token } = deployment
    await signIn()
    const value = browser.jar.get(SESSION)!
    const step = Math.ceil(value.length / 40)
    for (let index = 0; index < value.length; index += step) {
      const other = value[index] === 'A' ? 'B' : 'A'
      browser.jar.set(SESSION, `${value.slice(0, index)}${other}${value.slice(index + 1)}`)
      expect((await token()).status).toBe(401)
    }
    for (const changed of [
      '',
      'x',
      `${value}A`,
      value.slice(1),
      `${value}=`,
      `"${value}"`,
      '%41',
    ]) {
      browser.jar.set(SESSION, changed)
      expect((await token()).status).toBe(401)
      expect(await isSignedIn(deployment)).toBe(false)
    }
    browser.jar.set(SESSION, value)
    expect((await token()).status).toBe(200)
  })

  it('SES-10: a sealed value opens under its own name only', async () => {
    const deployment = await deploy()
    const { browser, signIn, token, server } = deployment
    await signIn()
    const url = await startLogin(deployment)
    const [name, transaction] = [...browser.jar].find(([jarName]) => jarName.includes('-login-'))!
    const session = browser.jar.get(SESSION)!

    browser.jar.set(SESSION, transaction)
    expect((await token()).status).toBe(401)
    browser.jar.set(SESSION, session)
    browser.jar.delete(name)
    browser.jar.set('__Host-Http-tmb-login-other', transaction)
    expect((await browser.navigate(server.authorize(url))).status).toBe(400)
  })

  it('SES-10: an old secret opens until it is retired; a new one seals', async () => {
    const deployment = await deploy()
    const { browser, signIn, restart, token } = deployment
    await signIn()
    const next = 'the-secret-that-comes-after-the-first'
    const rotated = restart({ sessions: cookieSessions({ secrets: [next, SECRET] }) })
    const inRotated = createTestBrowser(rotated, browser.jar)
    expect((await token({ refresh: true }, inRotated)).status).toBe(200)

    const retired = restart({ sessions: cookieSessions({ secrets: [next] }) })
    expect((await token({}, createTestBrowser(retired, browser.jar))).status).toBe(200)
    expect((await token({ refresh: true })).status).toBe(401)
  })

  it('a session that does not fit into a cookie fails the login clearly', async () => {
    const deployment = await deploy()
    const { browser, server, signIn, events } = deployment
    server.behaviour.idTokenClaims = { name: 'x'.repeat(4000) }
    expect(errorOf(await signIn())).toBe('as_error')
    expect(browser.jar.has(SESSION)).toBe(false)
    expect(server.revoked).toHaveLength(2)
    expect(events).toContainEqual({
      type: 'session_too_large',
      octets: expect.any(Number) as number,
    })
    server.behaviour.idTokenClaims = {}
    expect(errorOf(await signIn())).toBeUndefined()
  })

  it('CC-21: the cookie of a realistic user stays under 2.5 kB, and loses nothing', async () => {
    const deployment = await deploy({ claims: REALISTIC_CLAIMS })
    const { browser, server, signIn, token, restart } = deployment
    const issued = beRealistic(deployment)
    expect(errorOf(await signIn())).toBeUndefined()
    const octets = SESSION.length + 1 + browser.jar.get(SESSION)!.length
    process.stdout.write(`the session cookie of a realistic user: ${octets} octets\n`)
    expect(octets).toBeLessThan(2500)

    // A process that has the cookie and nothing else.
    await token({ refresh: true }, createTestBrowser(restart(), browser.jar))
    expect(server.formsTo('/token').at(-1)?.get('refresh_token')).toBe(issued[0])
  })

  it('CC-21: nor does that of a refresh token of 1.1 kB that only looks like a JWT', async () => {
    const deployment = await deploy()
    const { browser, server, signIn, token } = deployment
    const refreshToken = `${'a'.repeat(100)}.${'b'.repeat(900)}.${'c'.repeat(86)}`
    server.behaviour.tokenAnswer = (answer) => ({ ...answer, refresh_token: refreshToken })
    expect(errorOf(await signIn())).toBeUndefined()
    expect(browser.jar.get(SESSION)!.length).toBeLessThan(2500)
    await token({ refresh: true })
    expect(server.formsTo('/token').at(-1)?.get('refresh_token')).toBe(refreshToken)
  })

  it('SES-24: a session ends when it was idle for too long', async () => {
    const sessions = cookieSessions({ secrets: [SECRET], idleSeconds: 1000 })
    const deployment = await deploy({ sessions })
    const { signIn, token, clock } = deployment
    await signIn()
    clock.advance(999)
    expect(await isSignedIn(deployment)).toBe(true)
    expect((await token()).status).toBe(200)
    clock.advance(999)
    expect(await isSignedIn(deployment)).toBe(true)
    clock.advance(1)
    expect(await isSignedIn(deployment)).toBe(false)
    expect((await token()).status).toBe(401)
  })

  it('SES-24: a use past half of the idle time counts, though its token was remembered', async () => {
    const sessions = cookieSessions({ secrets: [SECRET], idleSeconds: 200 })
    const deployment = await deploy({ sessions })
    const { signIn, token, clock, server } = deployment
    await signIn()
    clock.advance(100)
    expect((await token()).status).toBe(200)
    expect(server.formsTo('/token')).toHaveLength(1)
    clock.advance(1)
    expect((await token()).status).toBe(200)
    expect(server.formsTo('/token')).toHaveLength(2)
    clock.advance(199)
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('SES-24: a session ends at its absolute limit, however busy it was', async () => {
    const sessions = cookieSessions({ secrets: [SECRET], absoluteSeconds: 1000 })
    const deployment = await deploy({ sessions })
    const { signIn, token, clock, browser } = deployment
    await signIn()
    for (let past = 0; past < 900; past += 300) {
      clock.advance(300)
      expect((await token({ refresh: true })).status).toBe(200)
    }
    const answer = (await (await browser.get('/bff/session')).json()) as { expires_at: number }
    expect(answer.expires_at).toBe(clock() + 100)
    clock.advance(100)
    expect((await token()).status).toBe(401)
  })

  it('SES-08: the callback needs no Strict cookie', async () => {
    const deployment = await deploy()
    const { app, browser, server, signIn } = deployment
    await signIn()
    const url = await startLogin(deployment)
    const lax = new Map([...browser.jar].filter(([name]) => name.includes('-login-')))
    const answer = await createTestBrowser(app, lax).navigate(server.authorize(url))
    expect(errorOf(answer)).toBeUndefined()
  })

  it('SES-28: the session endpoint says these members and no other', async () => {
    const deployment = await deploy()
    await deployment.signIn()
    const answer = (await (await deployment.browser.get('/bff/session')).json()) as object
    expect(Object.keys(answer).sort()).toEqual(
      ['active', 'claims', 'expires_at', 'jkt', 'mode', 'scope'].sort(),
    )
    expect(ORIGIN).toBe('https://app.test')
  })
})
