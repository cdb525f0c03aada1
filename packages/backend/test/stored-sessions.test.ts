import { memorySessionStore, storedSessions, type SessionStore } from '@tmb-kit/backend'
import { sessionStoreContract } from '@tmb-kit/backend/testing'
import { slow, testClock } from '@tmb-kit/testkit'
import { describe, expect, it, vi } from 'vitest'
import { deploy, SECRET, type Deployment } from './support/deployment.js'
import { errorOf, isSignedIn, startLogin, until } from './support/login.js'
import { createTestBrowser, type TestBrowser } from './support/test-browser.js'

const SESSION = '__Host-Http-tmb'
const secrets = [SECRET]

describe('session store contract', () => {
  const stores: readonly (readonly [string, (store: SessionStore) => SessionStore])[] = [
    ['memory', (store) => store],
    ['slow memory', (store) => slow(store)],
  ]
  for (const [kind, wrap] of stores) {
    const cases = sessionStoreContract(async () => {
      const clock = testClock()
      const store = wrap(memorySessionStore({ clock }))
      return { store, now: clock, advance: (seconds) => clock.advance(seconds) }
    })
    it.each(cases)(`${kind}: $name`, async ({ run }) => {
      await expect(run()).resolves.toBeUndefined()
    })
  }

  it('fails a store that lets two replacements win', async () => {
    const cases = sessionStoreContract(async () => {
      const clock = testClock()
      const store = { ...memorySessionStore({ clock }), replace: async () => true }
      return { store, now: clock, advance: (seconds) => clock.advance(seconds) }
    })
    const outcomes = await Promise.allSettled(cases.map(async ({ run }) => run()))
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(2)
  })
})

interface StoredDeployment extends Deployment {
  readonly store: SessionStore
  /** What the next calls of the store do in the place of answering. */
  readonly faults: { current: (() => Promise<never>) | undefined }
  readonly sessions: ReturnType<typeof storedSessions>
}

async function deployStored(wrap = (store: SessionStore) => store): Promise<StoredDeployment> {
  const clock = testClock()
  const inner = wrap(memorySessionStore({ clock }))
  const faults: StoredDeployment['faults'] = { current: undefined }
  const store = new Proxy(inner, {
    get:
      (target, name: keyof SessionStore) =>
      async (...values: never[]) => {
        if (faults.current !== undefined) return faults.current()
        return (target[name] as (...values: never[]) => Promise<unknown>)(...values)
      },
  })
  const sessions = storedSessions({ store, secrets })
  const deployment = await deploy({ sessions }, clock)
  return { ...deployment, store: inner, faults, sessions }
}

const refreshes = ({ server }: Deployment): number =>
  server.formsTo('/token').filter((form) => form.get('grant_type') === 'refresh_token').length

describe('stored sessions', () => {
  it('the whole flow works, and the cookie holds an opaque identifier', async () => {
    const deployment = await deployStored()
    const { browser, signIn, token, clock } = deployment
    expect(errorOf(await signIn())).toBeUndefined()
    const cookie = browser.jar.get(SESSION)!
    expect(cookie).toMatch(/^[\w-]{43}$/)
    expect((await token()).status).toBe(200)
    clock.advance(300)
    const answer = await token()
    expect(answer.status).toBe(200)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(browser.jar.get(SESSION)).toBe(cookie)
    expect(refreshes(deployment)).toBe(1)
    expect((await browser.post('/bff/logout', {})).status).toBe(200)
    expect((await token()).status).toBe(401)
  })

  it('CC-21: the store holds nothing that can be read, and not the cookie', async () => {
    const { browser, signIn, token, store, server, jkt, sessions } = await deployStored()
    await signIn()
    await token({ refresh: true })
    const [id] = await sessions.list({ subject: 'user-1' })
    const row = JSON.stringify(await store.find(id!))
    const hidden = [...server.secrets, browser.jar.get(SESSION)!, 'user-1', 'Alice', jkt, 'sid-1']
    expect(hidden.filter((value) => row.includes(value))).toEqual([])
  })

  it('SES-09: an identifier that somebody chose opens nothing', async () => {
    const deployment = await deployStored()
    await deployment.signIn()
    for (const value of ['', 'x', 'A'.repeat(43), 'A'.repeat(42), `${'A'.repeat(42)}B`]) {
      deployment.browser.jar.set(SESSION, value)
      expect(await isSignedIn(deployment)).toBe(false)
    }
  })

  it.each([1, 2, 3, 4, 5])(
    'CC-15: 50 parallel calls over two processes and a slow store refresh once (run %i)',
    async () => {
      const deployment = await deployStored((store) => slow(store))
      const { signIn, token, clock, restart, app, browser } = deployment
      await signIn()
      clock.advance(300)
      const processes = [app, restart()]
      const tabs: readonly TestBrowser[] = Array.from({ length: 50 }, (_none, index) =>
        createTestBrowser(processes[index % 2]!, new Map(browser.jar)),
      )
      const answers = await Promise.all(tabs.map(async (tab) => token({}, tab)))
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
      const bodies = await Promise.all(
        answers.map(async (answer) => (await answer.json()) as { access_token: string }),
      )
      expect(new Set(bodies.map(({ access_token: issued }) => issued)).size).toBe(1)
      expect(refreshes(deployment)).toBe(1)
      expect((await token({ refresh: true })).status).toBe(200)
    },
  )

  it('CC-15: several scopes over two processes never present one refresh token twice', async () => {
    const deployment = await deployStored((store) => slow(store))
    const { signIn, token, restart, app, browser } = deployment
    await signIn()
    const processes = [app, restart()]
    const scopes = ['orders.read', 'orders.write']
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_none, index) =>
        token(
          { scope: scopes[index % 2] },
          createTestBrowser(processes[Math.floor(index / 2) % 2]!, new Map(browser.jar)),
        ),
      ),
    )
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(refreshes(deployment)).toBe(2)
  })

  it('logout in one process wins over a late refresh in another', async () => {
    const deployment = await deployStored()
    const { signIn, token, restart, browser, server } = deployment
    await signIn()
    let letGo: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    server.behaviour.answer['/token'] = async () => {
      await gate
      return undefined
    }
    server.behaviour.answer['/revoke'] = async () => new Response('', { status: 200 })
    const late = token({ refresh: true }, createTestBrowser(restart(), new Map(browser.jar)))
    await until(() => refreshes(deployment) === 1)
    await browser.post('/bff/logout', {})
    letGo()
    const answer = await late
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: 'no_session' })
    expect(server.formsTo('/revoke')).toHaveLength(3)
    expect(await isSignedIn(deployment)).toBe(false)
  })

  it('a new login ends the session before it, in all processes', async () => {
    const deployment = await deployStored()
    const { signIn, token, restart, browser } = deployment
    await signIn()
    const copy = createTestBrowser(restart(), new Map(browser.jar))
    expect((await token({}, copy)).status).toBe(200)
    await signIn()
    expect((await token({}, copy)).status).toBe(401)
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('CC-16: an ended grant ends the session', async () => {
    const deployment = await deployStored()
    const { signIn, token, server, sessions } = deployment
    await signIn()
    server.endGrants()
    const answer = await token({ refresh: true })
    expect(await answer.json()).toMatchObject({ error: 'login_required' })
    expect(await sessions.list({ subject: 'user-1' })).toEqual([])
  })

  it('CC-11: a refresh that was not bound rotates the refresh token all the same', async () => {
    const deployment = await deployStored()
    const { signIn, token, server } = deployment
    await signIn()
    server.behaviour.tokenAnswer = (answer) => ({ ...answer, token_type: 'Bearer' })
    expect((await token({ refresh: true })).status).toBe(502)
    server.behaviour.tokenAnswer = (answer) => answer
    expect((await token({ refresh: true })).status).toBe(200)
  })

  it('SES-24: idle and absolute limits hold', async () => {
    const deployment = await deployStored()
    const { signIn, token, clock } = deployment
    await signIn()
    for (const hours of [7, 7, 7]) {
      clock.advance(hours * 3600)
      expect((await token()).status).toBe(200)
    }
    clock.advance(3 * 3600)
    expect(await isSignedIn(deployment)).toBe(false)

    await signIn()
    clock.advance(8 * 3600)
    expect((await token()).status).toBe(401)
  })

  it('SES-29: sessions are listed and revoked by user, sid and jkt', async () => {
    const deployment = await deployStored()
    const { signIn, token, sessions, server, app, jkt } = deployment
    const other = createTestBrowser(app)
    await signIn()
    server.behaviour.sub = 'user-2'
    server.behaviour.idTokenClaims = { sid: 'sid-2' }
    await signIn({}, other)
    expect(await sessions.list({ subject: 'user-1' })).toHaveLength(1)
    expect(await sessions.list({ jkt })).toHaveLength(2)
    expect(await sessions.list({ sid: 'nobody' })).toEqual([])
    expect(await sessions.revoke({ sid: 'sid-2' })).toBe(1)
    expect((await token({}, other)).status).toBe(401)
    expect((await token()).status).toBe(200)
    expect(await sessions.revoke({ jkt })).toBe(1)
    expect((await token()).status).toBe(401)
  })

  it('SES-10: sessions are found after the secret was rotated', async () => {
    const { signIn, token, restart, browser, store } = await deployStored()
    await signIn()
    const rotated = storedSessions({
      store,
      secrets: ['the-secret-that-comes-next-of-all', SECRET],
    })
    const next = createTestBrowser(restart({ sessions: rotated }), browser.jar)
    expect((await token({}, next)).status).toBe(200)
    expect(await rotated.list({ subject: 'user-1' })).toHaveLength(1)
  })

  it('a store that is down is 503 everywhere, and signs nobody out', async () => {
    const deployment = await deployStored()
    const { browser, jkt, signIn, faults, server } = deployment
    await signIn()
    const url = await startLogin(deployment)
    faults.current = async () => Promise.reject(new Error('canary-in-a-driver-error'))
    const answers = [
      await browser.get('/bff/session'),
      await browser.post('/bff/token', { jkt }),
      await browser.post('/bff/login', { jkt }),
      await browser.post('/bff/logout', {}),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(503)
      expect(answer.headers.get('Retry-After')).toBe('5')
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(await answer.text()).not.toContain('canary')
    }
    expect(errorOf(await browser.navigate(server.authorize(url)))).toBe('as_unavailable')
    expect(deployment.events).toContainEqual({ type: 'session_store_failed' })
    expect(JSON.stringify(deployment.events)).not.toContain('canary-in')
    faults.current = undefined
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('a store that hangs is 503 after 5 s', async () => {
    const deployment = await deployStored()
    const { browser, signIn, faults } = deployment
    await signIn()
    let asked = false
    faults.current = async () => {
      asked = true
      return new Promise(() => undefined)
    }
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const waiting = browser.get('/bff/session')
      await until(() => asked)
      await vi.advanceTimersByTimeAsync(5_000)
      expect((await waiting).status).toBe(503)
    } finally {
      vi.useRealTimers()
    }
  })

  it('a store that stumbles at the write loses no refresh token', async () => {
    const deployment = await deployStored((store) => {
      let stumbles = 2
      return {
        ...store,
        replace: async (row) => {
          stumbles -= 1
          if (stumbles >= 0) throw new Error('connection reset')
          return store.replace(row)
        },
      }
    })
    const { signIn, token } = deployment
    await signIn()
    expect((await token({ refresh: true })).status).toBe(200)
    expect((await token({ refresh: true })).status).toBe(200)
  })

  const mistakes: readonly (readonly [string, unknown, RegExp])[] = [
    ['no store', { secrets }, /store/],
    ['no secrets', { store: memorySessionStore() }, /secrets/],
    ['a short secret', { store: memorySessionStore(), secrets: ['x'] }, /32 bytes/],
    ['an unknown option', { store: memorySessionStore(), secrets, ttl: 5 }, /unknown option ttl/],
  ]
  it.each(mistakes)('refuses %s', (_name, mistaken, said) => {
    expect(() => storedSessions({ store: memorySessionStore(), secrets })).not.toThrow()
    expect(() => storedSessions(mistaken as never)).toThrow(said)
  })
})
