import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createVerifier, type Clock } from '@tmb-kit/resource-server'
import { protect } from '@tmb-kit/resource-server/node'
import { sessionBindingServerOptions } from '@tmb-kit/resource-server/tls-session'
import type { DemoInventorySettings } from './settings.js'
import { STOCK } from './stock.js'

/** What a test brings along in place of the real thing. */
export interface DemoInventoryEnvironment {
  readonly clock?: Clock
  readonly fetch?: typeof fetch
}

/**
 * The demo's inventory, which no browser calls: it takes tokens that are bound to the certificate of
 * the service that calls it, and to the TLS session of the call.
 *
 * Step 13 of docs/flow.md.
 */
export function createDemoInventory(
  { origin, issuer, certificate, privateKey }: DemoInventorySettings,
  environment: DemoInventoryEnvironment = {},
): Server {
  const verifier = createVerifier({
    origins: [origin],
    issuer,
    audience: `${origin}/`,
    ...environment,
  })
  const guard = protect(verifier, { scope: 'stock.read' })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const verified = await guard(request, response)
    if (verified === undefined) return

    const isStock = request.method === 'GET' && request.url === '/stock'
    const { sub, client_id } = verified.claims
    const body = isStock
      ? { stock: STOCK, token: { sub, client_id, cnf: verified.cnf } }
      : { error: 'not_found' }
    response.writeHead(isStock ? 200 : 404, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(body))
  }

  const tls = { cert: certificate, key: privateKey, ...sessionBindingServerOptions() }
  return createServer(tls, (request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
}
