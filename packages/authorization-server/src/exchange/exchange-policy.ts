/** What one client may exchange, and for what. */
export interface TokenExchangeClient {
  /**
   * The `aud` of access tokens that this client gets as their resource server: it may exchange them.
   * Default: none, and it must prove the key of each token that it exchanges.
   */
  readonly audiences?: readonly string[]
  /**
   * For each resource, the scopes it may get there, each with the scope that the subject token must
   * have for it: `{ 'https://stock.example/': { 'stock.read': 'orders.read' } }`.
   */
  readonly targets: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export interface TokenExchangeOptions {
  /** By `client_id`. A client that is not here exchanges nothing, whatever its `grant_types` say. */
  readonly clients: Readonly<Record<string, TokenExchangeClient>>
}

/** The policy of one client, to be asked with values from outside. */
export interface ExchangePolicy {
  readonly audiences: readonly string[]
  /** @returns each scope with the one it needs; `undefined` when the resource is none of its targets. */
  scopesAt(resource: string): ReadonlyMap<string, string> | undefined
}

/**
 * Reads the option. Maps, since `__proto__` is a name that a request can send.
 *
 * @throws {TypeError} when a client could never exchange anything.
 */
export function createExchangePolicies({
  clients,
}: TokenExchangeOptions): ReadonlyMap<string, ExchangePolicy> {
  return new Map(
    Object.entries(clients).map(([clientId, { audiences = [], targets }]) => {
      const scopes = Object.entries(targets).map(
        ([resource, needed]) => [resource, new Map(Object.entries(needed))] as const,
      )
      if (scopes.length === 0 || scopes.some(([, needed]) => needed.size === 0)) {
        throw new TypeError(`tokenExchange: client ${clientId} needs a target with a scope`)
      }
      const byResource = new Map(scopes)
      return [clientId, { audiences, scopesAt: (resource) => byResource.get(resource) }]
    }),
  )
}
