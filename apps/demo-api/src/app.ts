import { createVerifier, hmacNonceSource, type Clock } from '@tmb-kit/resource-server'
import { cors, protect, type ProtectEnv } from '@tmb-kit/resource-server/hono'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Inventory } from './inventory.js'
import { ORDERS } from './orders.js'
import type { DemoApiSettings } from './settings.js'

/** What a test brings along in place of the real thing. */
export interface DemoApiEnvironment {
  readonly clock?: Clock
  readonly fetch?: typeof fetch
  /** The service behind this API. */
  readonly inventory?: Inventory
}

const MAX_BODY_OCTETS = 65_536

/**
 * The demo's API: a few orders behind the verifier.
 *
 * The last step of docs/flow.md: the browser presents its token with a proof made by its own key.
 */
export function createDemoApi(
  settings: DemoApiSettings,
  { inventory, ...environment }: DemoApiEnvironment = {},
): Hono<ProtectEnv> {
  const verifier = createVerifier({
    origins: [settings.apiOrigin],
    issuer: settings.issuer,
    audience: settings.audience,
    ...(settings.demandNonces && { nonceSource: createNonceSource(settings, environment) }),
    ...environment,
  })
  const api = new Hono<ProtectEnv>()

  api.use(async (c, next) => {
    await next()
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'no-referrer')
    c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  })
  api.use(cors({ origins: [settings.applicationOrigin] }))
  api.use(
    bodyLimit({ maxSize: MAX_BODY_OCTETS, onError: (c) => c.json({ error: 'too_large' }, 413) }),
  )

  api.get('/', (c) =>
    c.json({
      name: 'tmb-kit demo API',
      description: 'Orders behind a verifier of DPoP-bound access tokens.',
      routes: ['GET /orders', 'POST /orders', 'GET /whoami', 'GET /vault'],
    }),
  )
  api.get('/orders', protect(verifier, { scope: 'orders.read' }), async (c) => {
    const [, accessToken = ''] = (c.req.header('Authorization') ?? '').split(' ')
    const behind = inventory && { inventory: await inventory.ask(c.var.verified, accessToken) }
    return c.json({ orders: ORDERS, ...behind })
  })
  api.post('/orders', protect(verifier, { scope: 'orders.write' }), async (c) => {
    const body = parseJson(await c.req.text())
    return body === undefined
      ? c.json({ error: 'invalid_request', error_description: 'the body must be JSON' }, 400)
      : c.json({ received: body })
  })
  api.get('/whoami', protect(verifier), (c) => {
    const { claims, scopes, cnf, jkt } = c.var.verified
    const { sub, client_id } = claims
    return c.json({ sub, client_id, scope: scopes.join(' '), cnf, jkt })
  })
  api.get('/vault', protect(verifier, { scope: 'orders.read', maxAgeSeconds: 60 }), (c) =>
    c.json({ secret: 'The key is under the mat. The other key never leaves your browser.' }),
  )
  api.notFound((c) => c.json({ error: 'not_found' }, 404))
  return api
}

/** One process, so its nonces need no secret that others share. */
function createNonceSource(
  { nonceLifetimeSeconds }: DemoApiSettings,
  { clock }: DemoApiEnvironment,
) {
  const secret = Array.from(crypto.getRandomValues(new Uint8Array(32)), (octet) =>
    octet.toString(16).padStart(2, '0'),
  ).join('')
  return hmacNonceSource({
    secrets: [secret],
    lifetimeSeconds: nonceLifetimeSeconds,
    ...(clock !== undefined && { clock }),
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: answered 400.
    return undefined
  }
}
