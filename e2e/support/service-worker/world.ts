import { serve } from '@hono/node-server'
import { cookieSessions, createBackend } from '@tmb-kit/backend'
import { Hono } from 'hono'
import { startAuthorizationServer } from '../../in-process/support/authorization-server.js'
import { createApi, type Received } from './api.js'
import { bundle } from './bundle.js'

/** The application with a service worker, its backend, an API and a real authorization server. */
export interface WorkerWorld {
  readonly application: string
  readonly api: string
  /** What reached the API, oldest first. */
  readonly received: readonly Received[]
  /** How often somebody asked the backend for a token. */
  tokenRequests(): number
  close(): Promise<void>
}

export async function startWorkerWorld(port: number): Promise<WorkerWorld> {
  const applicationOrigin = `http://localhost:${port}`
  const apiOrigin = `http://localhost:${port + 1}`
  const { privateJwk, publicJwk } = await generateClientKey()
  const authorizationServer = await startAuthorizationServer({
    behaviour: 'binds',
    clientJwk: publicJwk,
    applicationOrigin,
    resource: apiOrigin,
  })
  const { issuer } = authorizationServer
  const received: Received[] = []
  let tokenRequests = 0
  const backend = createBackend({
    origin: applicationOrigin,
    issuer,
    client: { id: 'backend', authentication: { method: 'private_key_jwt', key: privateJwk } },
    scope: 'openid offline_access orders.read',
    resources: { [apiOrigin]: ['orders.read'] },
    sessions: cookieSessions({ secrets: ['a secret of the tests, of 32 bytes or more'] }),
  })
  const scripts = { page: await bundle('page'), worker: await bundle('worker') }
  const script = { 'Content-Type': 'text/javascript', 'Cache-Control': 'no-cache' }
  const policy =
    "default-src 'none'; script-src 'self'; worker-src 'self'; frame-src 'self'; " +
    `connect-src 'self' ${apiOrigin}; img-src ${apiOrigin}; media-src ${apiOrigin}`
  const application = new Hono()
    .get('/', (c) => {
      c.header('Content-Security-Policy', policy)
      return c.html('<!doctype html><title>A page</title><script src="/page.js"></script>')
    })
    .get('/empty', (c) => c.html('<!doctype html>'))
    .get('/page.js', (c) => c.body(scripts.page, 200, script))
    .get('/sw.js', (c) => c.body(scripts.worker, 200, script))
    .use('/bff/token', async (_, next) => {
      tokenRequests += 1
      await next()
    })
    .route('/bff', backend)
  const api = createApi({ origin: apiOrigin, issuer, applicationOrigin }, received)
  const closers = [await listen(application.fetch, port), await listen(api.fetch, port + 1)]

  return {
    application: applicationOrigin,
    api: apiOrigin,
    received,
    tokenRequests: () => tokenRequests,
    close: async () => {
      await Promise.all([...closers, authorizationServer.close].map(async (close) => close()))
    },
  }
}

async function listen(fetch: Hono['fetch'], port: number): Promise<() => Promise<void>> {
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const starting = serve({ fetch, port, hostname: 'localhost' }, () => {
      resolve(starting)
    })
    starting.once('error', reject)
  })
  return async () => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

async function generateClientKey() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { crv = '', x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', privateKey)
  const publicJwk = { kty: 'EC', crv, x, y, kid: 'backend', alg: 'ES256' }
  return { publicJwk, privateJwk: { ...publicJwk, d } }
}
