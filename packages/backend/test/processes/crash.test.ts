import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  prepareBackend,
  type BackendProcess,
  type StartBackend,
} from '../support/backend-process.js'
import { hasRedis, startRedis, type RedisServer } from '@tmb-kit/testkit/redis-server'
import {
  startRotatingAuthorizationServer,
  type RotatingAuthorizationServer,
} from '../support/rotating-authorization-server.js'
import { signInAt, type SignedIn } from '../support/sign-in-process.js'

const STORE_MILLISECONDS = 20
/** How long the store knows that a lease ran out. */
const LEASE_MEMORY_MILLISECONDS = 60_000
/** From before the refresh to after it: two calls of the server's store, and what is around them. */
const LONGEST_MILLISECONDS = 80

// A busy machine makes every process slow: only a very long time says that something hangs.
vi.setConfig({ testTimeout: 240_000 })

describe.runIf(hasRedis())('kill -9 in the middle of a refresh, with Redis', () => {
  let redis: RedisServer
  let authorizationServer: RotatingAuthorizationServer
  let startBackend: StartBackend
  let survivor: BackendProcess
  let connection: ReturnType<RedisServer['connect']>
  const leasesOfTheDead = new Set<string>()
  beforeAll(async () => {
    redis = await startRedis()
    connection = redis.connect()
    authorizationServer = await startRotatingAuthorizationServer()
    authorizationServer.behaviour.storeMilliseconds = () => STORE_MILLISECONDS
    const environment = { STORE_URL: redis.url, ISSUER: authorizationServer.issuer }
    startBackend = await prepareBackend(environment, 'crash')
    survivor = await startBackend()
  })
  beforeEach(async () => {
    await connection.flushall()
    leasesOfTheDead.clear()
  })
  afterAll(async () => {
    await survivor.kill()
    await authorizationServer.stop()
    await redis.dispose()
  })

  interface Crash {
    readonly user: SignedIn
    /** What the page got, if the process lived that long. */
    readonly status: number | undefined
    /** Whether the authorization server rotated the refresh token, for a process that lived or died. */
    readonly wasRotated: boolean
  }

  /**
   * When to kill: a third as the refresh token has arrived, a third as it has been rotated and the answer
   * is not sent, and a third at any time.
   */
  function choosePoint(index: number, count: number) {
    const { behaviour } = authorizationServer
    let letGo = (): void => undefined
    const killed = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const stage = index % 3
    let calls = 0
    const reached = new Promise<void>((resolve) => {
      behaviour.gate = async () => {
        calls += 1
        if (calls !== stage) return undefined
        resolve()
        return killed
      }
    })
    const milliseconds = (LONGEST_MILLISECONDS * (index + Math.random())) / count
    const anyTime = new Promise<void>((resolve) => setTimeout(resolve, milliseconds))
    return { point: stage === 0 ? anyTime : reached, letGo }
  }

  /** As many users, refreshes and dead processes, at points spread over a refresh. */
  async function crash(count: number): Promise<readonly Crash[]> {
    const crashes: Omit<Crash, 'wasRotated'>[] = []
    let next = startBackend()
    for (let index = 0; index < count; index += 1) {
      const [user, victim] = await Promise.all([signInAt(survivor, authorizationServer), next])
      next = startBackend()
      // Its first refresh fetches metadata: the crash is to meet a refresh, not that.
      expect((await user.token(victim, { refresh: true })).status).toBe(200)
      const { point, letGo } = choosePoint(index, count)
      const answer = user.token(victim, { refresh: true }).then(
        ({ status }) => status,
        () => undefined,
      )
      await point
      await victim.kill()
      letGo()
      for (const lease of await findLeases()) leasesOfTheDead.add(lease)
      crashes.push({ user, status: await answer })
    }
    await (await next).kill()
    // What the dead asked for, the server still does.
    await vi.waitFor(() => expect(authorizationServer.underWay()).toBe(0), { timeout: 60_000 })
    return crashes.map((each) => ({ ...each, wasRotated: each.user.grant.refreshes > 1 }))
  }

  /** The leases that nobody has given back. Each is over in four seconds, or is over. */
  async function findLeases(): Promise<readonly string[]> {
    const leases = await connection.keys('tmb:session:lease:*')
    for (const lease of leases) {
      const milliseconds = (await connection.pttl(lease)) - LEASE_MEMORY_MILLISECONDS
      expect(milliseconds).toBeLessThanOrEqual(4000)
    }
    return leases
  }

  /** What the page sees in the end: it comes again when it is told to. */
  async function statusFor(user: SignedIn): Promise<number> {
    for (;;) {
      const { status } = await user.token(survivor, { refresh: true })
      if (status !== 503) return status
    }
  }

  it('CC-15: fifty times, and no session is lost where the server honours the grant', async () => {
    authorizationServer.behaviour.forgivesLostAnswers = true
    const crashes = await crash(50)
    // Some died before, some in, some after: a test that only killed idle processes would say nothing.
    expect(crashes.filter(({ status }) => status === undefined).length).toBeGreaterThan(10)
    expect(crashes.some(({ status, wasRotated }) => status === undefined && wasRotated)).toBe(true)
    expect(leasesOfTheDead.size).toBeGreaterThan(5)
    const began = performance.now()
    const statuses = await Promise.all(crashes.map(async ({ user }) => statusFor(user)))
    const seconds = (performance.now() - began) / 1000
    process.stdout.write(`sessions of a process that was killed: back in ${seconds.toFixed(1)} s\n`)
    expect(statuses).toEqual(Array(50).fill(200))
    for (const { user } of crashes) {
      expect((await user.token(survivor, { refresh: true })).status).toBe(200)
      expect(user.grant.revoked).toBe(false)
    }
    expect(await findLeases()).toEqual([])
  })

  it('CC-15: a server that forgives nothing costs only sessions whose answer died on the way', async () => {
    authorizationServer.behaviour.forgivesLostAnswers = false
    const crashes = await crash(15)
    const outcomes = await Promise.all(crashes.map(async ({ user }) => statusFor(user)))
    crashes.forEach(({ status, wasRotated }, index) => {
      const mustLive = !wasRotated || status === 200
      expect(mustLive ? [200] : [200, 401]).toContain(outcomes[index])
    })
    expect(outcomes.filter((status) => status === 200).length).toBeGreaterThan(0)
  })
})
