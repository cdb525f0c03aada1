import {
  memorySessionStore,
  storedSessions,
  type BackendOptions,
  type SessionStore,
} from '@tmb-kit/backend'
import { redisSessionNews } from '@tmb-kit/backend/redis'
import { createProofFactory, generateProofKey, jktOf, testClock } from '@tmb-kit/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deploy, SECRET, type Deployment } from './support/deployment.js'
import { hasRedis, startRedis } from '@tmb-kit/testkit/redis-server'
import { createTestBrowser, ORIGIN } from './support/test-browser.js'

/** What an `EventSource` of the application's own page sends. */
const EVENT_SOURCE = { 'Sec-Fetch-Site': 'same-origin', Accept: 'text/event-stream' }

/** Reads a stream to its end, and what it has said so far. */
interface Listener {
  readonly answer: Response
  readonly said: () => string
  readonly ended: Promise<string>
  readonly leave: () => Promise<void>
}

async function listen({ app, browser }: Pick<Deployment, 'app' | 'browser'>): Promise<Listener> {
  const cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { ...EVENT_SOURCE, Cookie: cookies }
  const answer = await app.request(`${ORIGIN}/bff/events`, { headers })
  const reader = answer.body?.getReader()
  const decoder = new TextDecoder()
  let said = ''
  const read = async (): Promise<string> => {
    for (;;) {
      const { done = true, value } = (await reader?.read()) ?? {}
      if (done) return said
      said += decoder.decode(value)
    }
  }
  const ended = read()
  return { answer, said: () => said, ended, leave: async () => reader?.cancel() }
}

function stored(store: SessionStore = memorySessionStore()) {
  return storedSessions({ store, secrets: [SECRET] })
}

/** Counts what the store is asked for. */
function watched() {
  const store = memorySessionStore()
  let finds = 0
  return {
    finds: () => finds,
    store: {
      ...store,
      find: async (id: string) => {
        finds += 1
        return store.find(id)
      },
    },
  }
}

async function signedIn(changes: Partial<BackendOptions> = {}, clock = testClock()) {
  const deployment = await deploy({ sessions: stored(), ...changes }, clock)
  await deployment.signIn()
  return deployment
}

const TOLD = 'retry: 5000\n\ndata: check\n\n'

describe('live sessions', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => vi.useRealTimers())

  it('LO-11: an open page is told at once that another tab has signed out', async () => {
    const deployment = await signedIn()
    const { answer, ended, said } = await listen(deployment)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('Content-Type')).toBe('text/event-stream')
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    expect(answer.headers.get('X-Frame-Options')).toBe('DENY')
    expect(said()).not.toContain('check')
    await deployment.browser.post('/bff/logout', {})
    expect(await ended).toBe(TOLD)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    ['sign-out', async ({ browser }: Deployment) => browser.post('/bff/logout', {})],
    ['a new sign-in', async ({ signIn }: Deployment) => signIn()],
    [
      'the end of the grant',
      async ({ server, token }: Deployment) => {
        server.endGrants()
        return token({ refresh: true })
      },
    ],
  ])('LO-11: with cookie sessions too: %s', async (_what, end) => {
    const deployment = await deploy()
    await deployment.signIn()
    const { ended } = await listen(deployment)
    await end(deployment)
    expect(await ended).toBe(TOLD)
  })

  it('LO-06, LO-11: back-channel logout tells every page of its sessions, and no other', async () => {
    const deployment = await signedIn()
    const { app, clock, server, signIn } = deployment
    const page = await listen(deployment)
    server.behaviour.idTokenClaims = { sid: 'sid-2' }
    const other = createTestBrowser(app)
    await signIn({}, other)
    const otherPage = await listen({ app, browser: other })
    const claims = {
      iss: 'https://as.test',
      aud: 'app-backend',
      sid: 'sid-1',
      iat: clock(),
      exp: clock() + 60,
      jti: 'logout-1',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    }
    const logoutToken = await server.sign({ typ: 'logout+jwt' }, claims)
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = `logout_token=${logoutToken}`
    const answer = await deployment.browser.post('/bff/backchannel-logout', body, headers)
    expect(answer.status).toBe(200)
    expect(await page.ended).toBe(TOLD)
    expect(otherPage.said()).not.toContain('check')
    await otherPage.leave()
  })

  it('SES-29: a session that is revoked by its user tells its page at once, and the audit', async () => {
    const sessions = stored()
    const deployment = await signedIn({ sessions })
    const { ended } = await listen(deployment)
    expect(await sessions.revoke({ subject: 'user-1' })).toBe(1)
    expect(await ended).toBe(TOLD)
    expect(deployment.events.at(-1)).toMatchObject({ type: 'session_ended', reason: 'revoked' })
  })

  it('LO-11: another process is found out by asking the store, once for all pages', async () => {
    const { store, finds } = watched()
    const deployment = await signedIn({ sessions: stored(store) })
    const pages = await Promise.all([1, 2, 3].map(async () => listen(deployment)))
    const before = finds()
    await vi.advanceTimersByTimeAsync(10_000)
    await vi.waitFor(() => expect(finds()).toBe(before + 1))
    expect(pages.map(({ said }) => said()).join('')).not.toContain('check')

    await stored(store).revoke({ subject: 'user-1' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await Promise.all(pages.map(async ({ ended }) => ended))).toEqual([TOLD, TOLD, TOLD])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a store that is down tells nobody that a session has ended', async () => {
    const store = memorySessionStore()
    let isDown = false
    const sessions = stored({
      ...store,
      find: async (id) => (isDown ? Promise.reject(new Error('down')) : store.find(id)),
    })
    const deployment = await signedIn({ sessions })
    const { ended, said } = await listen(deployment)
    isDown = true
    await vi.advanceTimersByTimeAsync(20_000)
    expect(said()).not.toContain('check')
    isDown = false
    await stored(store).revoke({ subject: 'user-1' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await ended).toContain(TOLD.slice(-13))
  })

  it('SES-24: a session that is over by the clock is told, in a cookie as well', async () => {
    const clock = testClock()
    const deployment = await deploy({}, clock)
    await deployment.signIn()
    const { ended } = await listen(deployment)
    clock.advance(8 * 3600)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await ended).toBe(TOLD)
  })

  it('keeps a silent stream alive, and stops its timers when the last page is gone', async () => {
    const deployment = await signedIn()
    const page = await listen(deployment)
    await vi.advanceTimersByTimeAsync(50_000)
    await vi.waitFor(() => expect(page.said()).toBe('retry: 5000\n\n:\n\n:\n\n'))
    expect(vi.getTimerCount()).toBe(2)
    await page.leave()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('closes a stream that nobody reads', async () => {
    const { app, browser } = await signedIn()
    const cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...EVENT_SOURCE, Cookie: cookies }
    await app.request(`${ORIGIN}/bff/events`, { headers })
    await vi.advanceTimersByTimeAsync(25_000 * 20)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a session has a bounded number of streams, and so has the process', async () => {
    const deployment = await signedIn({ live: { maxStreamsOfSession: 2, maxStreams: 3 } })
    const { app, signIn } = deployment
    const oldest = await listen(deployment)
    const others = [await listen(deployment), await listen(deployment)]
    expect(await oldest.ended).toBe('retry: 5000\n\n')
    const second = createTestBrowser(app)
    await signIn({}, second)
    const third = await listen({ app, browser: second })
    const refused = await listen({ app, browser: second })
    expect(third.answer.status).toBe(200)
    expect(refused.answer.status).toBe(429)
    expect(refused.answer.headers.get('Retry-After')).toBe('60')
    await third.leave()
    expect((await listen({ app, browser: second })).answer.status).toBe(200)
    for (const page of others) await page.leave()
  })

  it('a shutdown closes every stream without saying that the session ended', async () => {
    const stop = new AbortController()
    const deployment = await signedIn({ live: { signal: stop.signal } })
    const pages = [await listen(deployment), await listen(deployment)]
    stop.abort()
    expect(await Promise.all(pages.map(async ({ ended }) => ended))).toEqual([
      'retry: 5000\n\n',
      'retry: 5000\n\n',
    ])
    expect((await listen(deployment)).answer.status).toBe(429)
    expect(vi.getTimerCount()).toBe(0)
  })

  const FROM: readonly (readonly [string, Record<string, string | undefined>, number])[] = [
    ['an EventSource of the page', { ...EVENT_SOURCE, 'X-CSRF': undefined }, 200],
    ['a fetch of the page', {}, 200],
    ['another site', { ...EVENT_SOURCE, 'X-CSRF': undefined, 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a sibling', { ...EVENT_SOURCE, 'X-CSRF': undefined, 'Sec-Fetch-Site': 'same-site' }, 403],
    ['a navigation', { ...EVENT_SOURCE, 'X-CSRF': undefined, 'Sec-Fetch-Site': 'none' }, 403],
    ['who says nothing', { 'X-CSRF': undefined, 'Sec-Fetch-Site': undefined }, 403],
    ['another origin', { ...EVENT_SOURCE, Origin: 'https://elsewhere.example' }, 403],
  ]
  it.each(FROM)('SES-12: a stream for %s', async (_who, headers, status) => {
    const { app, browser } = await signedIn()
    const cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const given = { 'X-CSRF': '1', 'Sec-Fetch-Site': 'same-origin', Cookie: cookies, ...headers }
    const sent = Object.entries<string | undefined>(given).flatMap(([name, value]) =>
      value === undefined ? [] : ([[name, value]] as [string, string][]),
    )
    const answer = await app.request(`${ORIGIN}/bff/events`, { headers: sent })
    expect(answer.status).toBe(status)
    await answer.body?.cancel()
  })

  it('there is no stream without a session, and none for a POST', async () => {
    const { browser } = await deploy()
    expect((await browser.get('/bff/events')).status).toBe(401)
    expect((await browser.post('/bff/events', {})).headers.get('Allow')).toBe('GET')
  })

  it('SES-18: with proofOfPossession a stolen cookie gets no stream either', async () => {
    const deployment = await signedIn()
    const strict = deployment.restart({ proofOfPossession: 'required' })
    const browser = createTestBrowser(strict, deployment.browser.jar)
    const refused = await browser.get('/bff/events')
    expect(refused.status).toBe(401)
    const nonce = refused.headers.get('DPoP-Nonce') ?? ''
    const proofKey = await generateProofKey()
    const target = { proofKey, htm: 'GET', htu: `${ORIGIN}/bff/events`, clock: deployment.clock }
    const DPoP = await (await createProofFactory(target)).with({ claims: { nonce } })
    expect(await jktOf(proofKey)).not.toBe(deployment.jkt)
    expect((await browser.get('/bff/events', { DPoP })).status).toBe(409)
  })

  it.each([
    [{ pollSeconds: 0 }, 'live.pollSeconds'],
    [{ heartbeatSeconds: 1.5 }, 'live.heartbeatSeconds'],
    [{ maxStreams: 0 }, 'live.maxStreams'],
    [{ poll: 1 }, 'unknown option poll'],
  ])('%j is a mistake that is said at once', async (live, sentence) => {
    await expect(deploy({ live: live as BackendOptions['live'] & object })).rejects.toThrow(
      sentence,
    )
  })
})

describe.runIf(hasRedis())('redisSessionNews', () => {
  it('LO-11: a sign-out in one process is told by all the others, without asking', async () => {
    const redis = await startRedis()
    try {
      const store = memorySessionStore()
      const live = () => ({
        news: redisSessionNews({ redis: redis.connect(), subscriber: redis.connect() }),
        pollSeconds: 3600,
      })
      const deployment = await signedIn({ sessions: stored(store), live: live() })
      const there = deployment.restart({ sessions: stored(store), live: live() })
      const { browser } = deployment
      const page = await listen({ app: there, browser })
      const connection = redis.connect()
      // Until both have subscribed, news would be lost, as it may be.
      await vi.waitFor(
        async () =>
          expect(await connection.pubsub('NUMSUB', 'tmb:session-ended')).toEqual([
            'tmb:session-ended',
            2,
          ]),
        { timeout: 20_000 },
      )
      await browser.post('/bff/logout', {})
      expect(await page.ended).toBe(TOLD)
    } finally {
      await redis.dispose()
    }
  })
})
