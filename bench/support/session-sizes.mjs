import { cookieSessions, createBackend, storedSessions } from '@tmb-kit/backend'
import { redisSessionStore } from '@tmb-kit/backend/redis'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import { exposeGarbageCollector } from './collector.mjs'
import { backendOptions, SECRET, signIn } from './backend-world.mjs'

const SESSIONS = 300
const secrets = [SECRET]

/** What a session takes, in octets: its cookie, this process when it is idle, Redis. */
export async function sizesOfSessions(redisUrl) {
  exposeGarbageCollector()
  const app = await createApp(cookieSessions({ secrets }))
  const { session } = await signIn(app)
  return {
    cookie: session.headers.Cookie.length,
    idle: await idleOctets(session),
    redis: redisUrl === undefined ? undefined : await redisOctets(redisUrl),
  }
}

/** A process that did not see the login holds nothing of it after the cookie was used there. */
async function idleOctets(session) {
  const app = await createApp(cookieSessions({ secrets }))
  const use = async (count) => {
    for (let index = 0; index < count; index += 1) {
      await app.request(`https://app.test${session.path}`, { headers: session.headers })
    }
    globalThis.gc()
    return process.memoryUsage().heapUsed
  }
  const before = await use(2 * SESSIONS)
  return Math.max(0, Math.round(((await use(SESSIONS)) - before) / SESSIONS / 100) * 100)
}

/** Of sessions that nobody uses: their access tokens are over, and Redis has let them go. */
async function redisOctets(redisUrl) {
  const redis = new Redis(redisUrl)
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1])
  const sessions = storedSessions({ store: redisSessionStore({ redis }), secrets })
  const app = await createApp(sessions, { lifetimeSeconds: 1 })
  await signIn(app)
  const before = await used()
  for (let count = 0; count < SESSIONS; count += 1) await signIn(app)
  await allExpired(redis)
  const octets = ((await used()) - before) / SESSIONS
  redis.disconnect()
  return octets
}

/** Redis drops what is over when it is looked at, or in its own time. */
async function allExpired(redis) {
  await new Promise((resolve) => setTimeout(resolve, 2000))
  for (const key of await redis.keys('*')) await redis.exists(key)
}

async function createApp(sessions, settings) {
  return new Hono().route('/bff', createBackend(await backendOptions(sessions, settings)))
}
