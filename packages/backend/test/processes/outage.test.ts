import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
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
import { signInAt } from '../support/sign-in-process.js'

/**
 * By default long enough for every attempt that is made at once to have failed, and short enough for a
 * test. `TMB_OUTAGE_SECONDS=30` makes it as long as a restart may take.
 */
const OUTAGE_MILLISECONDS = Number(process.env['TMB_OUTAGE_SECONDS'] ?? 3) * 1000
const RECOVERY = { timeout: 60_000, interval: 100 }

// A busy machine makes every process slow: only a very long time says that something hangs.
vi.setConfig({ testTimeout: 240_000 + 10 * OUTAGE_MILLISECONDS })

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

  it('CC-15: 503 meanwhile; the session lives on when it comes back with its data', async () => {
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

  it('SES-24: when it comes back empty everybody is signed out, and can sign in', async () => {
    const user = await signInAt(backend, authorizationServer)
    await redis.stop()
    expect((await user.token(backend)).status).toBe(503)
    await outage()
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

  it('CC-15: a refresh that was answered while it was away is kept until it can be written', async () => {
    const user = await signInAt(backend, authorizationServer)
    const { behaviour } = authorizationServer
    let answer: () => void = () => undefined
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const arrived = new Promise<void>((resolve) => {
      behaviour.gate = async () => {
        resolve()
        return answered
      }
    })
    const waiting = user.token(backend, { refresh: true })
    await arrived
    await redis.stop()
    answer()
    await outage()
    await redis.start()
    await vi.waitFor(async () => {
      expect((await user.token(backend)).status).toBe(200)
    }, RECOVERY)
    expect([200, 503]).toContain((await waiting).status)
    behaviour.gate = async () => undefined
    // The first may still be the one that waits for Redis; the second presents what that one brought.
    expect((await user.token(backend, { refresh: true })).status).toBe(200)
    expect((await user.token(backend, { refresh: true })).status).toBe(200)
    expect(user.grant).toMatchObject({ revoked: false })
    expect(user.grant.refreshes).toBeGreaterThanOrEqual(2)
  })

  // The lease has to be over by then, so this is for long outages only.
  const isLong = OUTAGE_MILLISECONDS > 5000
  const isNotPresented = async (): Promise<void> => {
    const user = await signInAt(backend, authorizationServer)
    const other = await startBackend()
    const { behaviour } = authorizationServer
    let answer: () => void = () => undefined
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const arrived = new Promise<void>((resolve) => {
      behaviour.gate = async () => {
        resolve()
        return answered
      }
    })
    const waiting = user.token(backend, { refresh: true })
    await arrived
    await redis.stop()
    answer()
    await waiting
    behaviour.gate = async () => undefined
    await outage()
    await redis.start()
    await vi.waitFor(async () => {
      expect((await user.token(other, { refresh: true })).status).toBe(200)
    }, RECOVERY)
    expect(user.grant).toMatchObject({ revoked: false })
    expect((await user.token(backend, { refresh: true })).status).toBe(200)
    expect(user.grant).toMatchObject({ revoked: false })
    await other.kill()
  }
  if (isLong) {
    it(
      'CC-15: another process does not present the refresh token that waits to be replaced',
      isNotPresented,
    )
  }
})
