import { storedSessions, type SessionStore } from '@tmb-kit/backend'
import { redisSessionStore } from '@tmb-kit/backend/redis'
import { sessionStoreContract } from '@tmb-kit/backend/testing'
import { slow, testClock } from '@tmb-kit/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deploy, SECRET } from './support/deployment.js'
import { errorOf, isSignedIn } from './support/login.js'
import { beRealistic, REALISTIC_CLAIMS } from './support/realistic-user.js'
import { hasRedis, startRedis, type RedisServer } from '@tmb-kit/testkit/redis-server'

const PREFIX = 'tmb:session:'

/** What Redis itself says that all keys take, with their names. */
async function octetsOf(redis: ReturnType<RedisServer['connect']>): Promise<number> {
  const keys = await redis.keys('*')
  const octets = await Promise.all(keys.map(async (key) => redis.memory('USAGE', key)))
  return octets.reduce<number>((sum, each) => sum + (each ?? 0), 0)
}

describe.runIf(hasRedis())('redisSessionStore on a real Redis', () => {
  let server: RedisServer
  let redis: ReturnType<RedisServer['connect']>
  beforeAll(async () => {
    server = await startRedis()
    redis = server.connect()
  })
  afterAll(async () => server.dispose())
  beforeEach(async () => {
    await redis.flushall()
  })

  const createStore = (options: { readonly prefix?: string } = {}) => {
    const clock = testClock()
    const store = redisSessionStore({ redis, clock, ...options })
    return { clock, store, row: rowAt(clock()) }
  }
  const rowAt = (now: number, labels: readonly string[] = ['user', 'key']) => ({
    id: 'row-1',
    version: 1,
    sealed: 'sealed-1',
    labels,
    expiresAt: now + 1000,
  })
  /** Takes this many seconds off the life of every key. */
  const pass = async (seconds: number): Promise<void> => {
    for (const key of await redis.keys('*')) {
      await redis.pexpire(key, (await redis.pttl(key)) - seconds * 1000)
    }
  }

  const wraps: readonly (readonly [string, (store: SessionStore) => SessionStore])[] = [
    ['redis', (store) => store],
    ['redis, slow', (store) => slow(store)],
  ]
  for (const [kind, wrap] of wraps) {
    const cases = sessionStoreContract(async () => {
      const { store, clock } = createStore()
      const advance = async (seconds: number): Promise<void> => {
        clock.advance(seconds)
        await pass(seconds)
      }
      return { store: wrap(store), now: clock, advance }
    })
    it.each(cases)(`${kind}: $name`, async ({ run }) => {
      await expect(run()).resolves.toBeUndefined()
    })
  }

  it('SES-24: every key goes by itself, the labels not before the row', async () => {
    const { store, row, clock } = createStore()
    await store.insert({ ...row, tokens: { sealed: 'tokens-1', expiresAt: clock() + 300 } })
    await store.acquireLease(row.id, 'holder', 60)
    await store.mark('logout-token', clock() + 100)
    expect((await redis.keys('*')).sort()).toEqual([
      `${PREFIX}label:key`,
      `${PREFIX}label:user`,
      `${PREFIX}lease:row-1`,
      `${PREFIX}mark:logout-token`,
      `${PREFIX}row:row-1`,
      `${PREFIX}tokens:row-1`,
    ])
    const lives = {
      'row:row-1': 1000,
      'label:user': 1000,
      'tokens:row-1': 300,
      // Sixty, and a minute in which it is known that it ran out.
      'lease:row-1': 120,
      'mark:logout-token': 100,
    }
    for (const [key, seconds] of Object.entries(lives)) {
      expect(await redis.ttl(`${PREFIX}${key}`)).toBeGreaterThan(seconds - 10)
      expect(await redis.ttl(`${PREFIX}${key}`)).toBeLessThanOrEqual(seconds)
    }
  })

  it('LO-06: a row that was written again is found by its labels to its new end', async () => {
    const { store, row, clock } = createStore()
    await store.insert(row)
    await store.insert({ ...rowAt(clock(), ['user']), id: 'row-2', expiresAt: clock() + 500 })
    await store.replace({ ...row, version: 2, expiresAt: clock() + 5000 })
    expect(await redis.ttl(`${PREFIX}label:user`)).toBeGreaterThan(4900)
    clock.advance(1500)
    await pass(1500)
    expect((await store.findByLabel('user')).map(({ id }) => id)).toEqual(['row-1'])
    expect(await store.findByLabel('key')).toHaveLength(1)
  })

  it('a deleted row leaves its labels at the next look', async () => {
    const { store, row } = createStore()
    await store.insert(row)
    await store.delete(row.id)
    expect(await redis.zrange(`${PREFIX}label:user`, '0', '-1')).toEqual(['row-1'])
    expect(await store.findByLabel('user')).toEqual([])
    expect(await redis.keys('*label:user')).toEqual([])
  })

  it('a row that is over leaves its labels when another is written', async () => {
    const { store, row, clock } = createStore()
    await store.insert(row)
    clock.advance(1000)
    await store.insert({ ...rowAt(clock(), ['user']), id: 'row-2' })
    expect(await redis.zrange(`${PREFIX}label:user`, '0', '-1')).toEqual(['row-2'])
  })

  it('two prefixes are two stores', async () => {
    const { store, row } = createStore()
    const other = createStore({ prefix: '{other}:' }).store
    await store.insert(row)
    expect(await other.find(row.id)).toBeUndefined()
    expect(await other.findByLabel('user')).toEqual([])
    await other.insert(row)
    expect(await redis.keys('{other}:*')).toHaveLength(3)
  })

  it('what is no row is no session', async () => {
    const { store, row, clock } = createStore()
    const end = clock() + 1000
    const wrong = [
      '',
      'x',
      '{}',
      JSON.stringify(row),
      `1 ${end} user key t sealed-1`,
      `x ${end} user key t\nsealed-1`,
      `1 x user key t\nsealed-1`,
      `1 ${end} user  key t\nsealed-1`,
      `1 ${end} user key\nsealed-1`,
      `1 ${end} ${'x'.repeat(5000)} t\nsealed-1`,
    ]
    for (const value of wrong) {
      await redis.set(`${PREFIX}row:row-1`, value)
      expect(await store.find('row-1')).toBeUndefined()
    }
    await redis.set(`${PREFIX}row:row-1`, `1 ${end} user key t\nsealed-1`)
    expect(await store.find('row-1')).toEqual(row)
    await redis.set(`${PREFIX}tokens:row-1`, 'x')
    expect(await store.find('row-1')).toEqual(row)
  })

  it('octets and texts come back as they were, whichever they look like', async () => {
    const { store, row, clock } = createStore()
    for (const sealed of ['AA', 'AB', 'AAAA', 'a b', '', 'ü\n', '\u0000', 'A'.repeat(3000)]) {
      const tokens = { sealed, expiresAt: clock() + 10.5 }
      await store.insert({ ...row, sealed, tokens })
      expect(await store.find(row.id)).toEqual({ ...row, sealed, tokens })
    }
    await store.insert({ ...row, labels: [] })
    expect(await store.find(row.id)).toEqual({ ...row, labels: [] })
  })

  it('a Redis that is full refuses what is new, keeps what it has, and recovers', async () => {
    const { store, row } = createStore()
    await store.insert(row)
    await redis.config('SET', 'maxmemory', '1')
    await expect(store.insert({ ...row, id: 'row-2' })).rejects.toThrow(/OOM/)
    await expect(store.replace({ ...row, version: 2 })).rejects.toThrow(/OOM/)
    await expect(store.acquireLease(row.id, 'holder', 60)).rejects.toThrow(/OOM/)
    await expect(store.mark('name', row.expiresAt)).rejects.toThrow(/OOM/)
    expect(await store.find(row.id)).toEqual(row)
    await redis.config('SET', 'maxmemory', '0')
    expect(await store.replace({ ...row, version: 2 })).toBe(true)
  })

  it('the whole flow: sign in, refresh, list, sign out', async () => {
    const clock = testClock()
    const sessions = storedSessions({
      store: redisSessionStore({ redis, clock }),
      secrets: [SECRET],
    })
    const {
      signIn,
      token,
      browser,
      server: authorizationServer,
    } = await deploy({ sessions }, clock)
    expect(errorOf(await signIn())).toBeUndefined()
    clock.advance(300)
    expect((await token()).status).toBe(200)
    expect(await sessions.list({ subject: 'user-1' })).toHaveLength(1)
    const stored = await Promise.all(
      (await redis.keys('*:row:*')).map(async (key) => redis.get(key)),
    )
    for (const secret of [...authorizationServer.secrets, browser.jar.get('__Host-Http-tmb')!]) {
      expect(stored.join()).not.toContain(secret)
    }
    await browser.post('/bff/logout', {})
    expect(await redis.keys('*:row:*')).toEqual([])
    expect((await token()).status).toBe(401)
  })

  it('CC-21: an idle session of a realistic user takes less than 2 kB, all its keys counted', async () => {
    const clock = testClock()
    const sessions = storedSessions({
      store: redisSessionStore({ redis, clock }),
      secrets: [SECRET],
    })
    const deployment = await deploy({ sessions, claims: REALISTIC_CLAIMS }, clock)
    const issued = beRealistic(deployment)
    expect(errorOf(await deployment.signIn())).toBeUndefined()
    const busy = await octetsOf(redis)
    clock.advance(300)
    await pass(300)
    expect(await isSignedIn(deployment)).toBe(true)
    const idle = await octetsOf(redis)
    process.stdout.write(`a session in Redis: ${idle} octets idle, ${busy} with its token\n`)
    expect(idle).toBeLessThan(2048)
    await deployment.token()
    expect(deployment.server.formsTo('/token').at(-1)?.get('refresh_token')).toBe(issued[0])
  })

  describe('while Redis is away', () => {
    const impatient = { enableOfflineQueue: false, maxRetriesPerRequest: 0 }
    afterAll(async () => server.start())

    it('every method rejects, and says nothing of what it was given', async () => {
      const store = redisSessionStore({ redis: server.connect(impatient), clock: testClock() })
      const row = rowAt(1_800_000_000, ['canary-label'])
      const canaries = { ...row, id: 'canary-id', sealed: 'canary-sealed' }
      await server.stop()
      const calls = [
        store.insert(canaries),
        store.find('canary-id'),
        store.replace(canaries),
        store.delete('canary-id'),
        store.findByLabel('canary-label'),
        store.acquireLease('canary-id', 'canary-holder', 60),
        store.renewLease('canary-id', 'canary-holder', 60),
        store.releaseLease('canary-id', 'canary-holder'),
        store.isMarked('canary-name'),
        store.mark('canary-name', row.expiresAt),
      ]
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome.status).toBe('rejected')
        const { reason } = outcome as PromiseRejectedResult
        expect(`${(reason as Error).message} ${JSON.stringify(reason)}`).not.toContain('canary-s')
      }
    })
  })
})
