import {
  memoryRateCounter,
  memorySessionStore,
  storedSessions,
  type RateCounter,
  type RateLimitOptions,
} from '@tmb-kit/backend'
import { redisRateCounter } from '@tmb-kit/backend/redis'
import { testClock } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'
import { deploy, SECRET } from './support/deployment.js'
import { isSignedIn, startLogin } from './support/login.js'
import { hasRedis, startRedis } from '@tmb-kit/testkit/redis-server'
import { createTestBrowser } from './support/test-browser.js'

const FEW = { requests: 3, windowSeconds: 60 }

/** The address is what the test says it is, in a header that stands for a proxy's own. */
const address: RateLimitOptions['address'] = ({ headers }) => headers.get('X-Test-Address') ?? 'one'

describe('rate limits', () => {
  it('SES-25: a session that asks for tokens too often waits, and lives on', async () => {
    const clock = testClock()
    const rateLimits = { counter: memoryRateCounter({ clock }), perSession: { token: FEW } }
    const deployment = await deploy({ rateLimits }, clock)
    const { events, signIn, token } = deployment
    await signIn()
    const answers = [await token(), await token(), await token(), await token()]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    const refused = answers[3]
    expect(refused?.headers.get('Retry-After')).toBe('60')
    expect(refused?.headers.get('Cache-Control')).toBe('no-store')
    expect(refused?.headers.getSetCookie()).toEqual([])
    expect(await refused?.json()).toMatchObject({ error: 'slow_down' })
    expect(events.filter(({ type }) => type === 'rate_limited')).toEqual([
      { type: 'rate_limited', endpoint: 'token', by: 'session', session: expect.any(String) },
    ])

    expect(await isSignedIn(deployment)).toBe(true)
    clock.advance(59)
    expect((await token()).headers.get('Retry-After')).toBe('1')
    clock.advance(1)
    expect((await token()).status).toBe(200)
  })

  it('SES-25: one session that asks too often costs no other one anything', async () => {
    const { app, signIn, token } = await deploy({ rateLimits: { perSession: { token: FEW } } })
    const other = createTestBrowser(app)
    await signIn()
    await signIn({}, other)
    for (let count = 0; count < 4; count += 1) await token()
    expect((await token()).status).toBe(429)
    expect((await token({}, other)).status).toBe(200)
  })

  it('SES-25: sign-ins are limited by the address that the operator names', async () => {
    const deployment = await deploy({ rateLimits: { address, perAddress: { login: FEW } } })
    const { browser, events, jkt, server } = deployment
    for (let count = 0; count < 3; count += 1) await startLogin(deployment)
    const calls = server.forms.length
    const answer = await browser.post('/bff/login', { jkt })
    expect(answer.status).toBe(429)
    expect(answer.headers.get('Retry-After')).toMatch(/^[1-9][0-9]*$/)
    expect(server.forms).toHaveLength(calls)
    expect(events.at(-1)).toEqual({ type: 'rate_limited', endpoint: 'login', by: 'address' })
    const elsewhere = await browser.post('/bff/login', { jkt }, { 'X-Test-Address': 'two' })
    expect(elsewhere.status).toBe(200)
  })

  it('SES-27: a forwarded header alone is no address', async () => {
    const rateLimits = { address, perAddress: { login: FEW } }
    const { browser, jkt } = await deploy({ rateLimits })
    const statuses = []
    for (let count = 0; count < 5; count += 1) {
      const headers = { 'X-Forwarded-For': `192.0.2.${count}`, Forwarded: `for=192.0.2.${count}` }
      statuses.push((await browser.post('/bff/login', { jkt }, headers)).status)
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429])
  })

  it('SES-25: a callback too many shows the page, and its transaction stays unused', async () => {
    const clock = testClock()
    const counter = memoryRateCounter({ clock })
    const rateLimits = { address, counter, perAddress: { callback: FEW } }
    const deployment = await deploy({ rateLimits }, clock)
    const { browser, server } = deployment
    const url = server.authorize(await startLogin(deployment))
    for (let count = 0; count < 3; count += 1) await browser.navigate('/bff/callback?state=x')
    const refused = await browser.navigate(url)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('Content-Type')).toMatch(/^text\/html/)
    expect(refused.headers.get('Retry-After')).toBe('60')
    expect(refused.headers.get('X-Frame-Options')).toBe('DENY')
    clock.advance(60)
    expect((await browser.navigate(url)).status).toBe(303)
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('LO-13: logout tokens of the authorization server are limited too', async () => {
    const sessions = storedSessions({ store: memorySessionStore(), secrets: [SECRET] })
    const rateLimits = { address, perAddress: { backchannelLogout: FEW } }
    const { browser } = await deploy({ sessions, rateLimits })
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const statuses = []
    for (let count = 0; count < 4; count += 1) {
      const answer = await browser.post('/bff/backchannel-logout', 'logout_token=x', headers)
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([400, 400, 400, 429])
  })

  it('SES-25: signing out is never limited', async () => {
    const tight = { requests: 1, windowSeconds: 60 }
    const perAddress = { login: tight, callback: tight, token: tight, backchannelLogout: tight }
    const { browser } = await deploy({
      rateLimits: { address, perAddress, perSession: { token: tight } },
    })
    for (let count = 0; count < 5; count += 1) {
      expect((await browser.post('/bff/logout', {})).status).toBe(200)
      expect((await browser.get('/bff/session')).status).toBe(200)
    }
  })

  it.each([
    ['rejects', async () => Promise.reject(new Error('canary-counter'))],
    ['never answers', async () => new Promise<never>(() => undefined)],
  ] as const)('SES-25: a counter that %s locks nobody out', async (_how, count) => {
    const counter: RateCounter = { count }
    const { browser, events, signIn, token } = await deploy({
      rateLimits: { counter, perSession: { token: FEW } },
    })
    await signIn()
    expect((await token()).status).toBe(200)
    expect(events).toContainEqual({ type: 'rate_counter_failed' })
    expect(JSON.stringify([events, browser.answers])).not.toContain('canary-counter')
  })

  it('SES-25: without the option nothing is limited, and {} limits sessions', async () => {
    const unlimited = await deploy()
    await unlimited.signIn()
    const limited = await deploy({ rateLimits: {} })
    await limited.signIn()
    const lastOf = async ({ token }: typeof limited) => {
      for (let count = 0; count < 120; count += 1) await token()
      return (await token()).status
    }
    expect(await lastOf(unlimited)).toBe(200)
    expect(await lastOf(limited)).toBe(429)
  })

  it.each([
    [{ perAddress: { login: FEW } }, 'needs rateLimits.address'],
    [{ address: 'X-Forwarded-For' }, 'must be a function'],
    [{ counter: {} }, 'must be a counter'],
    [{ perSession: { login: FEW } }, 'unknown option login'],
    [{ perSession: { token: { requests: 0, windowSeconds: 60 } } }, 'requests of a rate limit'],
    [{ perSession: { token: { requests: 1, windowSeconds: 0.5 } } }, 'windowSeconds'],
    [{ limit: 3 }, 'unknown option limit'],
  ])('%j is a mistake that is said at once', async (rateLimits, sentence) => {
    await expect(deploy({ rateLimits: rateLimits as RateLimitOptions })).rejects.toThrow(sentence)
  })
})

describe('memoryRateCounter', () => {
  it('forgets the oldest name rather than grow', async () => {
    const counter = memoryRateCounter({ clock: testClock(), maxEntries: 2 })
    for (const name of ['one', 'two', 'two', 'three']) await counter.count(name, 60)
    expect(await counter.count('two', 60)).toEqual({ count: 3, secondsLeft: 60 })
    expect(await counter.count('one', 60)).toEqual({ count: 1, secondsLeft: 60 })
  })
})

describe.runIf(hasRedis())('redisRateCounter', () => {
  it('SES-25: gives each of many processes a count of its own, and one window to all', async () => {
    const redis = await startRedis()
    try {
      const counters = [1, 2, 3].map(() => redisRateCounter({ redis: redis.connect() }))
      const counting = Array.from({ length: 30 }, async (_, index) =>
        counters[index % 3]?.count('name', 60),
      )
      const counts = (await Promise.all(counting)).map((counted) => counted?.count ?? 0)
      expect(counts.sort((left, right) => left - right)).toEqual(
        Array.from({ length: 30 }, (_, index) => index + 1),
      )
      const connection = redis.connect()
      expect(await connection.keys('*')).toEqual(['tmb:rate:name'])
      expect(await connection.pttl('tmb:rate:name')).toBeGreaterThan(0)
      // Somebody took the end of the window away: it gets a new one, or it would count for ever.
      await connection.persist('tmb:rate:name')
      expect(await counters[0]?.count('name', 60)).toEqual({ count: 31, secondsLeft: 60 })
    } finally {
      await redis.dispose()
    }
  })
})
