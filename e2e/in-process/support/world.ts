import {
  cookieSessions,
  createBackend,
  type BackendEvent,
  type BackendOptions,
} from '@tmb-kit/backend'
import { createVerifier } from '@tmb-kit/resource-server'
import { protect } from '@tmb-kit/resource-server/hono'
import { Hono } from 'hono'
import { startAuthorizationServer, type Behaviour } from './authorization-server.js'
import { createTestPage, type TestPage } from './page.js'

const APPLICATION = 'https://app.test'
const SECRET = 'a secret of the tests, of 32 bytes or more'
export const API = 'https://api.test'

/** All four roles: the authorization server on loopback, the others as functions of a request. */
export interface World {
  readonly page: TestPage
  readonly events: readonly BackendEvent[]
  /** Starts a login and waits until the browser is back. */
  signIn(): Promise<URL>
  close(): Promise<void>
}

export interface WorldOptions {
  readonly behaviour?: Behaviour
  /** What the backend is configured with beside the usual. */
  readonly backend?: Pick<Partial<BackendOptions>, 'mode' | 'proofOfPossession'>
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { behaviour = 'binds' } = options
  const { privateJwk, publicJwk } = await generateClientAuthKey()
  const authorizationServer = await startAuthorizationServer({
    behaviour,
    clientJwk: publicJwk,
    applicationOrigin: APPLICATION,
    resource: API,
  })
  const { issuer } = authorizationServer
  const events: BackendEvent[] = []
  const backend = createBackend({
    origin: APPLICATION,
    issuer,
    client: { id: 'backend', authentication: { method: 'private_key_jwt', key: privateJwk } },
    scope: 'openid offline_access orders.read',
    resources: { [API]: ['orders.read'] },
    sessions: cookieSessions({ secrets: [SECRET] }),
    onEvent: (event) => events.push(event),
    ...options.backend,
  })
  const application = new Hono().get('/', (c) => c.text('the page')).route('/bff', backend)
  const verifier = createVerifier({ origins: [API], issuer, audience: API })
  const api = new Hono().get('/orders', protect(verifier, { scope: 'orders.read' }), (c) =>
    c.json({ for: c.var.verified.claims.sub, boundTo: c.var.verified.jkt }),
  )
  const page = createTestPage({
    origin: APPLICATION,
    resourceServer: API,
    served: {
      [APPLICATION]: async (request) => application.request(request),
      [API]: async (request) => api.request(request),
    },
  })

  return {
    page,
    events,
    signIn: async () => page.navigateBy(async () => page.tmb.login()),
    close: async () => authorizationServer.close(),
  }
}

async function generateClientAuthKey() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
  const publicJwk = {
    kty: kty ?? '',
    crv: crv ?? '',
    x: x ?? '',
    y: y ?? '',
    kid: 'backend',
    alg: 'ES256',
  }
  return { publicJwk, privateJwk: { ...publicJwk, d: d ?? '' } }
}
