import { redisReplayStore } from '@tmb-kit/resource-server/redis'
import type { Jkt } from '@tmb-kit/resource-server'
import { replayStoreContract, slow, testClock } from '@tmb-kit/testkit'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bundle } from '@tmb-kit/testkit/bundle'
import { hasRedis, startRedis, type RedisServer } from '@tmb-kit/testkit/redis-server'
import { createTestWorld, outcomeOf } from './support/test-world.js'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' as Jkt
const ROUNDS = 20

describe.runIf(hasRedis())('redisReplayStore on a real Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => server.dispose())
  beforeEach(async () => {
    await server.connect().flushall()
  })

  // One connection a case, as each process has its own.
  replayStoreContract('redis', (clock) => redisReplayStore({ redis: server.connect(), clock }))
  replayStoreContract('redis, slow', (clock) =>
    slow(redisReplayStore({ redis: server.connect(), clock })),
  )

  it('RS-DPOP-17: one command, and the key lives as long as the proof, and one second', async () => {
    const redis = server.connect()
    const clock = testClock()
    const store = redisReplayStore({ redis, prefix: 'test:', clock })
    await store.claim(JKT, 'one', clock() + 70)
    expect(await redis.keys('*')).toEqual([`test:${JKT}:one`])
    expect(await redis.ttl(`test:${JKT}:one`)).toBe(71)
  })

  it('RS-DPOP-17: a request costs one command, accepted or replayed, and one refused for else none', async () => {
    const redis = server.connect()
    const world = await createTestWorld()
    const verifier = world.verifier({
      replayStore: redisReplayStore({ redis, clock: world.clock }),
    })
    const commands = async () => {
      const statistics = await redis.info('commandstats')
      return [...statistics.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)]
        .map(([, name, calls]) => `${calls} ${name}`)
        .filter((line) => !/ (?:info|hello|config\|resetstat|client\|setinfo)$/.test(line))
    }
    const requests = await Promise.all(Array.from({ length: 10 }, async () => world.request()))
    await redis.config('RESETSTAT')
    for (const request of requests) {
      expect(await outcomeOf(verifier, request.clone())).toMatchObject({ code: 'accepted' })
    }
    expect(await commands()).toEqual(['10 set'])
    expect(await outcomeOf(verifier, requests[0]!)).toMatchObject({ code: 'proof_replayed' })
    expect(await commands()).toEqual(['11 set'])

    for (const changes of [{ htm: 'PUT' }, { proof: { claims: { iat: 1 } } }]) {
      const bad = await world.request(changes)
      expect(await outcomeOf(verifier, bad)).toMatchObject({ status: 401 })
    }
    expect(await commands()).toEqual(['11 set'])
  })

  it('RS-DPOP-17: a long jti makes no long key, and another long one is another', async () => {
    const redis = server.connect()
    const store = redisReplayStore({ redis, clock: testClock() })
    const soon = 1_800_000_070
    expect(await store.claim(JKT, 'x'.repeat(256), soon)).toBe(true)
    expect(await store.claim(JKT, 'x'.repeat(255), soon)).toBe(true)
    expect(await store.claim(JKT, 'x'.repeat(256), soon)).toBe(false)
    const keys = await redis.keys('*')
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThan(100)
  })

  it('RS-DPOP-17: of fifty uses of one proof in two instances, one is accepted, twenty times', async () => {
    const world = await createTestWorld()
    const verifiers = [server.connect(), server.connect()].map((redis) =>
      world.verifier({ replayStore: redisReplayStore({ redis, clock: world.clock }) }),
    )
    for (let round = 0; round < ROUNDS; round += 1) {
      const request = await world.request()
      const uses = Array.from({ length: 50 }, async (_, index) =>
        outcomeOf(verifiers[index % 2]!, request.clone()),
      )
      const codes = (await Promise.all(uses)).map(({ code }) => code)
      expect(codes.filter((code) => code === 'accepted')).toHaveLength(1)
      expect(codes.filter((code) => code === 'proof_replayed')).toHaveLength(49)
    }
  })

  it('RS-DPOP-17: of fifty claims in two processes, one wins, twenty times', async () => {
    const claimer = await bundle(
      new URL('./support/replay-claimer.ts', import.meta.url),
      'replay-claimer',
    )
    const claimers = [1, 2].map(() => {
      const child = spawn(process.execPath, [claimer, `${server.port}`, `${ROUNDS}`], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      return { child, next: async () => String((await lines.next()).value) }
    })
    for (const { next } of claimers) expect(await next()).toBe('ready')
    for (const { child } of claimers) child.stdin.write('go\n')
    for (let round = 0; round < ROUNDS; round += 1) {
      const wins = await Promise.all(claimers.map(async ({ next }) => Number(await next())))
      expect(wins.reduce((sum, won) => sum + won, 0)).toBe(1)
    }
  })

  it('RS-DPOP-18: a Redis that is full or gone makes 503, never an acceptance', async () => {
    const world = await createTestWorld()
    const redis = server.connect()
    const verifier = world.verifier({
      replayStore: redisReplayStore({ redis, clock: world.clock }),
    })
    await redis.config('SET', 'maxmemory', '1')
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({ status: 503 })
    await redis.config('SET', 'maxmemory', '0')
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({ code: 'accepted' })

    redis.disconnect()
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({
      code: 'replay_store_unavailable',
      status: 503,
    })
  })
})
