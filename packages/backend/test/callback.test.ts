import { describe, expect, it } from 'vitest'
import { deploy, SECRET } from './support/deployment.js'
import { ISSUER } from './support/fake-authorization-server.js'
import { errorOf, isSignedIn, startLogin, turns } from './support/login.js'
import { createTestBrowser } from './support/test-browser.js'

const isPage = async (answer: Response): Promise<boolean> => {
  const text = await answer.text()
  return (
    answer.headers.get('Content-Type')?.startsWith('text/html') === true &&
    text.includes('href="https://app.test/"')
  )
}

describe('GET /callback', () => {
  it('CC-04: a state of another browser is refused, and no code is sent', async () => {
    const deployment = await deploy()
    const { app, server } = deployment
    const back = server.authorize(await startLogin(deployment))
    const victim = createTestBrowser(app)
    const answer = await victim.navigate(back)
    expect(answer.status).toBe(400)
    expect(await isPage(answer)).toBe(true)
    expect(server.formsTo('/token')).toEqual([])
    expect((await deployment.browser.navigate(back)).status).toBe(303)
  })

  it('CC-04, SES-22: a callback counts once, for copies of its cookie too', async () => {
    const deployment = await deploy()
    const { browser, app, server } = deployment
    const back = server.authorize(await startLogin(deployment))
    const copy = new Map(browser.jar)
    expect((await browser.navigate(back)).status).toBe(303)
    expect((await browser.navigate(back)).status).toBe(400)
    expect((await createTestBrowser(app, copy).navigate(back)).status).toBe(400)
    expect(server.formsTo('/token')).toHaveLength(1)
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('SES-22: of two callbacks at the same time one wins', async () => {
    const deployment = await deploy()
    const { app, browser, server } = deployment
    const back = server.authorize(await startLogin(deployment))
    const copies = [1, 2].map(() => createTestBrowser(app, new Map(browser.jar)))
    const answers = await Promise.all(copies.map(async (copy) => copy.navigate(back)))
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 400])
    expect(server.formsTo('/token')).toHaveLength(1)
  })

  it('SES-22: nor do two win that were both found before either was used', async () => {
    const deployment = await deploy()
    const { browser, restart, server } = deployment
    const back = server.authorize(await startLogin(deployment), { iss: undefined })
    server.behaviour.metadata = { authorization_response_iss_parameter_supported: false }
    let letGo: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    server.behaviour.answer['/.well-known/openid-configuration'] = async () => {
      await gate
      return undefined
    }
    // A process that has no metadata yet: both callbacks wait for it, past the look-up.
    const app = restart()
    const copies = [1, 2].map(() => createTestBrowser(app, new Map(browser.jar)))
    const answers = copies.map(async (copy) => copy.navigate(back))
    await turns(500)
    letGo()
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([303, 400])
    expect(server.formsTo('/token')).toHaveLength(1)
  })

  it('SES-07: a transaction lives for ten minutes', async () => {
    for (const [seconds, status] of [
      [599, 303],
      [600, 400],
    ] as const) {
      const deployment = await deploy()
      const back = deployment.server.authorize(await startLogin(deployment))
      deployment.clock.advance(seconds)
      expect((await deployment.browser.navigate(back)).status).toBe(status)
    }
  })

  const strange: readonly (readonly [string, Record<string, string | undefined>])[] = [
    ['no state', { state: undefined }],
    ['an empty state', { state: '' }],
    ['another state', { state: 'x.y' }],
  ]
  it.each(strange)('CC-04: %s is refused, and the session stays', async (_name, changes) => {
    const deployment = await deploy()
    const { browser, server, signIn } = deployment
    await signIn()
    const url = await startLogin(deployment)
    const answer = await browser.navigate(server.authorize(url, changes))
    expect(answer.status).toBe(400)
    expect(await isPage(answer)).toBe(true)
    expect(await isSignedIn(deployment)).toBe(true)
    expect((await browser.navigate(server.authorize(url))).status).toBe(303)
  })

  it.each(['state', 'iss', 'code', 'error'])(
    'CC-05: two values of %s are refused',
    async (name) => {
      const deployment = await deploy()
      const { browser, server } = deployment
      const back = server.authorize(await startLogin(deployment))
      const twice = new URL(back)
      for (const value of ['x', 'x']) twice.searchParams.append(name, value)
      expect((await browser.navigate(twice)).status).toBe(400)
      expect(server.formsTo('/token')).toEqual([])
      expect((await browser.navigate(back)).status).toBe(303)
    },
  )

  const issuers: readonly (readonly [string, Record<string, string | undefined>])[] = [
    ['another iss', { iss: 'https://evil.test' }],
    ['an iss with a last slash', { iss: `${ISSUER}/` }],
    ['an iss in capitals', { iss: 'https://AS.test' }],
    ['an empty iss', { iss: '' }],
    ['no iss although it was promised', { iss: undefined }],
    ['another iss on an error', { iss: 'https://evil.test', error: 'access_denied' }],
  ]
  it.each(issuers)('CC-05: %s is refused and uses nothing up', async (_name, changes) => {
    const deployment = await deploy()
    const { browser, server } = deployment
    const url = await startLogin(deployment)
    const answer = await browser.navigate(server.authorize(url, changes))
    expect(answer.status).toBe(400)
    expect(server.formsTo('/token')).toEqual([])
    expect((await browser.navigate(server.authorize(url))).status).toBe(303)
  })

  it('CC-05: an authorization server that does not promise iss may leave it out', async () => {
    const deployment = await deploy()
    const { browser, server } = deployment
    server.behaviour.metadata = { authorization_response_iss_parameter_supported: undefined }
    const url = await startLogin(deployment)
    expect((await browser.navigate(server.authorize(url, { iss: 'x' }))).status).toBe(400)
    const answer = await browser.navigate(server.authorize(url, { iss: undefined }))
    expect(errorOf(answer)).toBeUndefined()
  })

  it('CC-06: a transaction that was begun with another issuer is refused', async () => {
    const deployment = await deploy()
    const { browser, restart, server, origins } = deployment
    const back = server.authorize(await startLogin(deployment), { iss: 'https://as2.test' })
    origins.serve('https://as2.test', server.handler)
    const other = createTestBrowser(restart({ issuer: 'https://as2.test' }), browser.jar)
    expect((await other.navigate(back)).status).toBe(400)
    expect(server.formsTo('/token')).toEqual([])
  })

  it.each(['iframe', 'image', 'empty', 'script', 'object'])(
    'SES-23: a callback for %s is refused and uses nothing up',
    async (destination) => {
      const deployment = await deploy()
      const { browser, server } = deployment
      const back = server.authorize(await startLogin(deployment))
      expect((await browser.navigate(back, { 'Sec-Fetch-Dest': destination })).status).toBe(403)
      expect(server.formsTo('/token')).toEqual([])
      expect((await browser.navigate(back, { 'Sec-Fetch-Dest': undefined })).status).toBe(303)
    },
  )

  const errors: readonly (readonly [string, string])[] = [
    ['access_denied', 'access_denied'],
    ['login_required', 'login_required'],
    ['interaction_required', 'interaction_required'],
    ['consent_required', 'consent_required'],
    ['temporarily_unavailable', 'temporarily_unavailable'],
    ['server_error', 'as_error'],
    ['invalid_request', 'as_error'],
    ['<script>alert(1)</script>', 'as_error'],
    ['toString', 'as_error'],
  ]
  it.each(errors)('CC-26: the error %s reaches the page as %s', async (sent, seen) => {
    const deployment = await deploy()
    const { browser, server } = deployment
    const url = await startLogin(deployment, { return_to: '/orders?a=1#x' })
    const changes = { error: sent, error_description: '<script>', code: undefined }
    const answer = await browser.navigate(server.authorize(url, changes))
    expect(answer.status).toBe(303)
    expect(answer.headers.get('Location')).toBe(`/orders?a=1&error=${seen}#x`)
    expect(await isSignedIn(deployment)).toBe(false)
    expect((await browser.navigate(server.authorize(url))).status).toBe(400)
  })

  it('CC-26: neither a code nor an error is an error of the authorization server', async () => {
    const deployment = await deploy()
    const back = deployment.server.authorize(await startLogin(deployment), { code: undefined })
    expect(errorOf(await deployment.browser.navigate(back))).toBe('as_error')
  })

  it('CC-03: a code of another transaction is refused by its verifier', async () => {
    const deployment = await deploy()
    const { browser, server } = deployment
    const first = server.authorize(await startLogin(deployment))
    const second = server.authorize(await startLogin(deployment))
    first.searchParams.set('code', second.searchParams.get('code')!)
    expect(errorOf(await browser.navigate(first))).toBe('as_error')
    expect(await isSignedIn(deployment)).toBe(false)
  })

  it('several tabs can sign in at once', async () => {
    const deployment = await deploy()
    const { browser, server } = deployment
    const urls: string[] = []
    while (urls.length < 5) urls.push(await startLogin(deployment))
    for (const url of urls) {
      expect(errorOf(await browser.navigate(server.authorize(url)))).toBeUndefined()
    }
  })

  it('a sixth open login pushes out the oldest', async () => {
    const deployment = await deploy()
    const { browser, server, clock } = deployment
    const urls: string[] = []
    while (urls.length < 6) {
      urls.push(await startLogin(deployment))
      clock.advance(1)
    }
    const names = [...browser.jar.keys()].filter((name) =>
      name.startsWith('__Host-Http-tmb-login-'),
    )
    expect(names).toHaveLength(5)
    const statuses = []
    for (const url of urls) {
      statuses.push((await browser.navigate(server.authorize(url))).status)
    }
    expect(statuses).toEqual([400, 303, 303, 303, 303, 303])
  })

  it('a new login ends the session that the browser had, for copies of its cookie too', async () => {
    const deployment = await deploy()
    const { app, browser, signIn, token, server } = deployment
    await signIn()
    const copy = createTestBrowser(app, new Map(browser.jar))
    expect((await token({}, copy)).status).toBe(200)
    await signIn()
    expect(await isSignedIn(deployment)).toBe(true)
    expect((await token({}, copy)).status).toBe(401)
    // Some servers keep one grant for both: revoking the old token would end the new session.
    expect(server.revoked).toEqual([])
  })

  it('SES-09: a planted session cookie is replaced at login', async () => {
    const deployment = await deploy()
    const { browser, signIn } = deployment
    await signIn()
    const planted = browser.jar.get('__Host-Http-tmb')!
    const victim = createTestBrowser(deployment.app, new Map([['__Host-Http-tmb', planted]]))
    await signIn({}, victim)
    expect(victim.jar.get('__Host-Http-tmb')).not.toBe(planted)
    expect((await deployment.token({}, browser)).status).toBe(401)
  })

  it('a secret that only opens still opens transactions', async () => {
    const deployment = await deploy()
    const { browser, restart, server, options } = deployment
    const back = server.authorize(await startLogin(deployment))
    const { cookieSessions } = await import('@tmb-kit/backend')
    const rotated = cookieSessions({ secrets: [`new-${SECRET}`, SECRET] })
    expect(options.sessions).not.toBe(rotated)
    const next = createTestBrowser(restart({ sessions: rotated }), browser.jar)
    expect((await next.navigate(back)).status).toBe(303)
  })
})
