import { cookieSessions, createBackend, memorySessionStore, storedSessions } from '@tmb-kit/backend'
import { redisSessionStore } from '@tmb-kit/backend/redis'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import { backendOptions, SECRET, signIn } from './backend-world.mjs'
import { createExpressOpenid, createHonoOidc } from './backend-rivals.mjs'

const secrets = [SECRET]

/** Who signs in before anything is measured. */
const USERS = 100

/** What can be served and measured: each gives a listener for node:http, and the requests to send. */
export const APPS = {
  hello: async () => ({
    app: new Hono().get('/hello', (c) => c.text('hello')),
    requests: { hello: [{ method: 'GET', path: '/hello', headers: {} }] },
  }),
  memory: async () => createKit(storedSessions({ store: memorySessionStore(), secrets })),
  cookies: async () => createKit(cookieSessions({ secrets })),
  redis: async ({ redisUrl }) => {
    const redis = new Redis(redisUrl, { enableOfflineQueue: true, maxRetriesPerRequest: 0 })
    return createKit(storedSessions({ store: redisSessionStore({ redis }), secrets }))
  },
  'express-openid-connect': async () => createExpressOpenid(),
  '@hono/oidc-auth': async () => createHonoOidc(),
}

async function createKit(sessions) {
  const app = new Hono().route('/bff', createBackend(await backendOptions(sessions)))
  const users = []
  for (let count = 0; count < USERS; count += 1) users.push(await signIn(app))
  return {
    app,
    requests: {
      session: users.map(({ session }) => session),
      token: users.map(({ token }) => token),
    },
  }
}
