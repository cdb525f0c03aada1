import { serve } from '@hono/node-server'
import { createBackend, storedSessions, type SessionStore } from '@tmb-kit/backend'
import { postgresSessionStore } from '@tmb-kit/backend/postgres'
import { redisSessionStore } from '@tmb-kit/backend/redis'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Pool } from 'pg'

/** One of several processes that share a store. Its parent says where everything is. */
const { STORE_URL = '', ISSUER = '' } = process.env
let passedSeconds = 0
const clock = (): number => Math.floor(Date.now() / 1000) + passedSeconds

async function openStore(): Promise<SessionStore> {
  if (STORE_URL.startsWith('postgres:')) {
    const pool = new Pool({ connectionString: STORE_URL, connectionTimeoutMillis: 2000 })
    pool.on('error', () => undefined)
    return postgresSessionStore({ pool, clock })
  }
  const redis = new Redis(STORE_URL, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 100,
  })
  redis.on('error', () => undefined)
  await once(redis, 'ready')
  return redisSessionStore({ redis, clock })
}

const sessions = storedSessions({
  store: await openStore(),
  secrets: ['canary-sealing-secret-of-32-bytes-or-more'],
})
const app = new Hono()
app.route(
  '/bff',
  createBackend({
    origin: 'https://app.test',
    issuer: ISSUER,
    client: {
      id: 'app-backend',
      authentication: { method: 'client_secret_basic', secret: 'canary-client-secret' },
    },
    scope: 'openid offline_access orders.read',
    resources: { 'https://api.test': ['orders.read'] },
    keyContinuity: 'off',
    sessions,
    clock,
  }),
)
const server = serve(
  { fetch: app.fetch, port: 0, hostname: '127.0.0.1' },
  (address: AddressInfo) => {
    process.send?.({ port: address.port })
  },
)
process.on('message', (seconds: number) => {
  passedSeconds += seconds
  process.send?.({ passedSeconds })
})
process.once('disconnect', () => {
  server.close()
  process.exit(0)
})
