import type { Clock, VerifiedRequest } from '@tmb-kit/resource-server'
import { createService, createTokenExchange, ServiceError } from '@tmb-kit/service'
import type { InventorySettings } from './inventory-settings.js'

/** One token of the journey from the page to the inventory. */
export interface Hop {
  readonly to: string
  /** What the token is bound to. */
  readonly cnf: unknown
}

/** What came of asking the inventory. */
export type InventoryAnswer =
  | { readonly stock: unknown; readonly hops: readonly Hop[] }
  | { readonly unavailable: string; readonly hops: readonly Hop[] }

export interface Inventory {
  /** What is in stock, asked for in the name of whoever made a request to us. */
  ask(verified: VerifiedRequest, accessToken: string): Promise<InventoryAnswer>
  close(): void
}

export interface InventoryEnvironment {
  readonly clock?: Clock
  readonly fetch?: typeof fetch
}

/**
 * Calls the inventory: the user's token, which is bound to his browser, is exchanged for one that is
 * bound to this API's certificate and to the TLS session of the call.
 *
 * Steps 11 and 12 of docs/flow.md.
 */
export async function createInventory(
  { issuer, inventory }: { readonly issuer: string; readonly inventory: InventorySettings },
  environment: InventoryEnvironment = {},
): Promise<Inventory> {
  const { origin, clientId, clientKey } = inventory
  const service = createService({
    ...inventory,
    resourceServers: [origin],
    accessToken: async () => Promise.reject(new TypeError('each request has a token of its own')),
  })
  const { confirmation } = service
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('jwk', clientKey, algorithm, false, ['sign'])
  const exchange = createTokenExchange({
    issuer,
    tokenEndpoint: new URL('/token', issuer).href,
    client: { id: clientId, authentication: { method: 'private_key_jwt', key } },
    confirmation,
    ...environment,
  })

  return {
    ask: async (verified, subjectToken) => {
      const hops = [{ to: 'API', cnf: verified.cnf }]
      const resource = `${origin}/`
      try {
        const response = await service.fetch(`${origin}/stock`, {
          accessToken: async ({ renew }) => {
            const request = { verified, subjectToken, resource, scope: 'stock.read', renew }
            return (await exchange(request)).accessToken
          },
        })
        const answer = (await response.json()) as { stock?: unknown; token?: { cnf?: unknown } }
        if (response.status !== 200) return { unavailable: `answered ${response.status}`, hops }

        return { stock: answer.stock, hops: [...hops, { to: 'inventory', cnf: answer.token?.cnf }] }
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error
        // Orders can be shown without the stock, and the page should say why it is missing.
        return { unavailable: error.code, hops }
      }
    },
    close: service.close,
  }
}
