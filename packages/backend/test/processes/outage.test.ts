import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  prepareBackend,
  type BackendProcess,
  type StartBackend,
} from '../support/backend-process.js'
import { hasRedis, startRedis, type RedisServer } from '../support/redis-server.js'
import {
  startRotatingAuthorizationServer,
  type RotatingAuthorizationServer,
} from '../support/rotating-authorization-server.js'
import { signInAt } from '../support/sign-in-process.js'

/** Long enough for every attempt that is made at once to have failed, short enough for a test. */
const OUTAGE_MILLISECONDS = 3000
const RECOVERY = { timeout: 10_000, interval: 100 }

describe.runIf(hasRedis())('Redis stops, and starts again', () => {
  let redis: RedisServer
  let authorizationServer: RotatingAuthorizationServer
  let startBackend: StartBackend
  let backend: BackendProcess
  beforeAll(async () => {
    redis = await startRedis()
    authorizationServer = await startRotatingAuthorizationServer()
    const environment = { STORE_URL: redis.url, ISSUER: authorizationServer.issuer }
    startBackend = await prepareBackend(environment, 'outage')
  })
  afterEach(async () => {
    await backend.kill()
  })
  afterAll(async () => {
    await authorizationServer.stop()
    await redis.dispose()
  })
  beforeEach(async () => {
    backend = await startBackend()
  })

  const outage = async (): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, OUTAGE_MILLISECONDS))

  it('503 meanwhile; the session lives on when it comes back with its data', async () => {
    const user = await signInAt(backend, authorizationServer)
    const browser = backend.browser(new Map(user.jar))
    await redis.stop()
    const began = Date.now()
    while (Date.now() - began < OUTAGE_MILLISECONDS) {
      for (const answer of [
        await browser.get('/bff/session'),
        await browser.post('/bff/token', { jkt: user.jkt }),
        await browser.post('/bff/token', { jkt: user.jkt, refresh: true }),
        await browser.post('/bff/logout', {}),
      ]) {
        expect(answer.status).toBe(503)
        expect(await answer.json()).toMatchObject({ error: 'as_unavailable' })
        expect(answer.headers.get('Retry-After')).toMatch(/^[0-9]+$/)
        expect(answer.headers.getSetCookie()).toEqual([])
      }
    }
    await redis.start()
    await vi.waitFor(async () => {
      expect((await user.token(backend)).status).toBe(200)
    }, RECOVERY)
    expect((await user.token(backend, { refresh: true })).status).toBe(200)
    expect(user.grant.revoked).toBe(false)
    expect(backend.isAlive()).toBe(true)
  })

  it('when it comes back empty everybody is signed out, and can sign in', async () => {
    const user = await signInAt(backend, authorizationServer)
    await redis.stop()
    expect((await user.token(backend)).status).toBe(503)
    await redis.wipe()
    await redis.start()
    await vi.waitFor(async () => {
      const answer = await user.token(backend)
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ error: 'no_session' })
    }, RECOVERY)
    const again = await signInAt(backend, authorizationServer)
    expect((await again.token(backend)).status).toBe(200)
    expect(backend.isAlive()).toBe(true)
  })

  it('a refresh that was answered while it was away is kept until it can be written', async () => {
    const user = await signInAt(backend, authorizationServer)
    authorizationServer.behaviour.storeMilliseconds = () => 150
    const waiting = user.token(backend, { refresh: true })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await redis.stop()
    await outage()
    await redis.start()
    await vi.waitFor(async () => {
      expect((await user.token(backend)).status).toBe(200)
    }, RECOVERY)
    expect([200, 503]).toContain((await waiting).status)
    authorizationServer.behaviour.storeMilliseconds = () => 5
    expect((await user.token(backend, { refresh: true })).status).toBe(200)
    expect(user.grant).toMatchObject({ revoked: false })
    expect(user.grant.refreshes).toBeGreaterThanOrEqual(2)
  })
})
