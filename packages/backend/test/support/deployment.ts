import {
  createBackend,
  cookieSessions,
  type BackendEvent,
  type BackendOptions,
} from '@tmb-kit/backend'
import type { Jkt } from '@tmb-kit/core'
import {
  createOrigins,
  generateProofKey,
  jktOf,
  testClock,
  type Origins,
  type TestClock,
} from '@tmb-kit/testkit'
import { Hono } from 'hono'
import {
  CLIENT_ID,
  createFakeAuthorizationServer,
  ISSUER,
  type FakeAuthorizationServer,
} from './fake-authorization-server.js'
import { createTestBrowser, ORIGIN, type TestBrowser } from './test-browser.js'

export const API = 'https://api.test'
export const SECRET = 'canary-sealing-secret-of-32-bytes-or-more'
export const CLIENT_SECRET = 'canary-client-secret'

/** One backend, its authorization server and a browser. */
export interface Deployment {
  readonly options: BackendOptions
  readonly clock: TestClock
  readonly origins: Origins
  readonly server: FakeAuthorizationServer
  readonly app: Hono
  readonly browser: TestBrowser
  readonly jkt: Jkt
  readonly events: BackendEvent[]
  /** Another process with the same configuration. */
  readonly restart: (changes?: Partial<BackendOptions>) => Hono
  /** A whole login. @returns the answer of the callback. */
  readonly signIn: (body?: Record<string, unknown>, browser?: TestBrowser) => Promise<Response>
  readonly token: (body?: Record<string, unknown>, browser?: TestBrowser) => Promise<Response>
}

export async function deploy(
  changes: Partial<BackendOptions> = {},
  clock: TestClock = testClock(),
): Promise<Deployment> {
  const server = await createFakeAuthorizationServer(clock)
  const origins = createOrigins({ [ISSUER]: server.handler })
  const events: BackendEvent[] = []
  const jkt = await jktOf(await generateProofKey())
  const options: BackendOptions = {
    origin: ORIGIN,
    issuer: ISSUER,
    client: {
      id: CLIENT_ID,
      authentication: { method: 'client_secret_basic', secret: CLIENT_SECRET },
    },
    scope: 'openid offline_access orders.read orders.write',
    resources: { [API]: ['orders.read', 'orders.write'] },
    claims: ['sub', 'name'],
    sessions: cookieSessions({ secrets: [SECRET] }),
    keyContinuity: 'off',
    clock,
    fetch: origins.fetch,
    onEvent: (event) => void events.push(event),
    ...changes,
  }
  const mount = (more: Partial<BackendOptions> = {}): Hono => {
    const app = new Hono()
    app.route('/bff', createBackend({ ...options, ...more }))
    return app
  }
  const app = mount()
  const browser = createTestBrowser(app)

  return {
    options,
    clock,
    origins,
    server,
    app,
    browser,
    jkt,
    events,
    restart: mount,
    signIn: async (body = {}, inBrowser = browser) => {
      const answer = await inBrowser.post('/bff/login', { jkt, ...body })
      const { authorization_url: url } = (await answer.json()) as { authorization_url: string }
      return inBrowser.navigate(server.authorize(url))
    },
    token: async (body = {}, inBrowser = browser) => inBrowser.post('/bff/token', { jkt, ...body }),
  }
}
