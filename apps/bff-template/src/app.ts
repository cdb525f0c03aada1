import {
  cookieSessions,
  createBackend,
  createHealthCheck,
  type BackendOptions,
} from '@tmb-kit/backend'
import { Hono } from 'hono'
import type { Configuration } from './configuration.js'
import { pages } from './pages.js'

/** Where the browser package looks for the backend, unless it is told otherwise. */
const BASE_PATH = '/bff'

/** What is not configuration: where sessions and events go, and what tests put in place of the real thing. */
export type AppPorts = Partial<
  Pick<BackendOptions, 'clock' | 'fetch' | 'live' | 'onEvent' | 'sessions'>
>

/**
 * The whole server: the backend, two health routes, and the built pages on one origin.
 *
 * @throws {TypeError} where the backend refuses the configuration; the message says what to change.
 */
export function createApp(configuration: Configuration, ports: AppPorts = {}): Hono {
  const options = backendOptions(configuration, ports)
  const checkHealth = createHealthCheck(options)
  const app = new Hono()
  app.route(BASE_PATH, createBackend(options))
  app.get('/healthz', (c) => {
    c.header('Cache-Control', 'no-store')
    return c.json({ status: 'ok' })
  })
  app.get('/readyz', async (c) => {
    const report = await checkHealth()
    c.header('Cache-Control', 'no-store')
    return c.json(report, report.status === 'unavailable' ? 503 : 200)
  })
  app.route('/', pages(configuration))
  return app
}

/** What the backend gets of the configuration. */
export function backendOptions(configuration: Configuration, ports: AppPorts = {}): BackendOptions {
  const { origin, issuer, client, scope, resources, claims, mode } = configuration
  return {
    origin,
    basePath: BASE_PATH,
    issuer,
    client,
    scope,
    resources,
    claims,
    sessions: cookieSessions({ secrets: configuration.sessionSecrets }),
    keyContinuity: configuration.keyContinuity,
    proofOfPossession: configuration.proofOfPossession,
    ...(mode === undefined ? {} : { mode }),
    ...ports,
  }
}
