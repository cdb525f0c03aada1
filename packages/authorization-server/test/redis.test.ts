import { redisOneTimeUseStore } from '@tmb-kit/authorization-server/redis'
import { slow, testClock } from '@tmb-kit/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { oneTimeUseStoreContract } from './support/one-time-use-store-contract.js'
import { expectOneWinner, raceOfFifty } from './support/race.js'
import { redisAdapter } from './support/redis-adapter.js'
import { hasRedis, startRedis, type RedisServer } from '@tmb-kit/testkit/redis-server'

const tmb = JSON.stringify({ jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' })
const ROUNDS = Array.from({ length: 20 }, (_, index) => index + 1)

describe.runIf(hasRedis())('redisOneTimeUseStore on a real Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => server.dispose())
  beforeEach(async () => {
    await server.connect().flushall()
  })

  oneTimeUseStoreContract('redis', (clock) =>
    redisOneTimeUseStore({ redis: server.connect(), clock }),
  )
  oneTimeUseStoreContract('redis, slow', (clock) =>
    slow(redisOneTimeUseStore({ redis: server.connect(), clock })),
  )

  it('AS-22: it is one command, and the key lives as long as it must', async () => {
    const redis = server.connect()
    const clock = testClock()
    const store = redisOneTimeUseStore({ redis, prefix: 'test:', clock })
    await store.claim('one', clock() + 300)
    expect(await redis.keys('*')).toEqual(['test:one'])
    expect(await redis.ttl('test:one')).toBe(300)
  })

  describe('AS-22: two providers that share one Redis, twenty times out of twenty', () => {
    let processes: readonly TestAuthorizationServer[]
    beforeAll(async () => {
      processes = await Promise.all([startOn(server), startOn(server)])
    })
    afterAll(async () => Promise.all(processes.map(async (as) => as.close())))

    it.each(ROUNDS)('a code has one winner of fifty (%i)', async () => {
      const parameters = { ...(await processes[0]!.authorize()), tmb }
      expectOneWinner(
        await raceOfFifty(async (index) => processes[index % 2]!.token({ parameters })),
      )
    })

    it.each(ROUNDS)('a refresh token that rotates has one winner of fifty (%i)', async () => {
      const [as] = processes
      const { body } = await as!.token({ parameters: { ...(await as!.authorize()), tmb } })
      const refreshToken = String(body['refresh_token'])
      const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken }
      expectOneWinner(
        await raceOfFifty(async (index) => processes[index % 2]!.token({ parameters })),
      )
    })
  })

  it('a Redis that is full leads to no token, and the code survives', async () => {
    const redis = server.connect()
    const as = await startAuthorizationServer({ oneTimeUseStore: redisOneTimeUseStore({ redis }) })
    const parameters = { ...(await as.authorize()), tmb }
    await redis.config('SET', 'maxmemory', '1')
    const refused = await as.token({ parameters })
    await redis.config('SET', 'maxmemory', '0')
    const accepted = await as.token({ parameters })
    await as.close()
    expect(refused).toMatchObject({ status: 500, body: { error: 'server_error' } })
    expect(accepted.status).toBe(200)
  })
})

/** Each has a connection of its own, as a process has. */
async function startOn(server: RedisServer): Promise<TestAuthorizationServer> {
  const redis = server.connect()
  return startAuthorizationServer({
    configuration: { adapter: redisAdapter(redis) },
    oneTimeUseStore: redisOneTimeUseStore({ redis }),
  })
}
