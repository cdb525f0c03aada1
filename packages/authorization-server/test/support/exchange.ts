import { createProofFactory } from '@tmb-kit/testkit'
import type { TokenExchangeOptions } from '@tmb-kit/authorization-server'
import {
  startAuthorizationServer,
  type Answer,
  type StartOptions,
  type TestAuthorizationServer,
} from './authorization-server.js'
import type { ClientId } from './clients.js'
import { JWT_RESOURCE, OPAQUE_RESOURCE, STOCK_RESOURCE } from './configuration.js'

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'
export const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt'

type Parameters = Readonly<Record<string, string>>

const targets = {
  [STOCK_RESOURCE]: { 'stock.read': 'orders.read', 'stock.write': 'orders.write' },
  [OPAQUE_RESOURCE]: { 'orders.read': 'orders.read' },
  [JWT_RESOURCE]: { 'orders.read': 'stock.read' },
}

/** `orders_api` is the resource server of the JWT resource; `rogue` is one of somewhere else. */
export const EXCHANGE: TokenExchangeOptions = {
  clients: {
    orders_api: { audiences: [JWT_RESOURCE, OPAQUE_RESOURCE, STOCK_RESOURCE], targets },
    rogue: { audiences: ['https://rogue.test/'], targets },
    exchange_only: { audiences: [JWT_RESOURCE], targets },
    exchange_by_certificate: { audiences: [JWT_RESOURCE, OPAQUE_RESOURCE], targets },
    exchange_by_session: { audiences: [JWT_RESOURCE], targets },
    exchange_dpop_only: { audiences: [JWT_RESOURCE], targets },
  },
}

export interface ExchangeInput {
  readonly clientId?: ClientId
  readonly subjectToken: string
  readonly parameters?: Parameters
  /** Taken out of the request. */
  readonly without?: string
  readonly headers?: Parameters
  readonly rawForm?: string
}

export interface SubjectOptions {
  readonly cnf?: object
  readonly resource?: string
  readonly scope?: string
  readonly clientId?: ClientId
}

export interface ExchangeWorld {
  readonly as: TestAuthorizationServer
  /** An access token of alice, bound by `tmb` when there is a `cnf`. */
  subject(options?: SubjectOptions): Promise<string>
  /** Exchanges it for one of the stock service, as `orders_api`. */
  exchange(input: ExchangeInput): Promise<Answer>
  /** A proof for the token endpoint that names the subject token. */
  prove(proofKey: CryptoKeyPair, accessToken?: string): Promise<string>
}

export async function startExchangeWorld(options: StartOptions = {}): Promise<ExchangeWorld> {
  const as = await startAuthorizationServer({ tokenExchange: EXCHANGE, ...options })
  return {
    as,
    subject: async ({ cnf, resource = JWT_RESOURCE, scope = 'orders.read', clientId } = {}) => {
      const who = clientId ?? 'every_method'
      const asked = { resource, scope: `openid ${scope}` }
      const tmb = cnf === undefined ? {} : { tmb: JSON.stringify(cnf) }
      const code = await as.authorize(asked, who)
      const { body } = await as.token({ clientId: who, parameters: { ...code, resource, ...tmb } })
      return String(body['access_token'])
    },
    exchange: async (input) => {
      const { clientId = 'orders_api', subjectToken, without, headers, rawForm } = input
      const parameters = Object.entries({
        grant_type: TOKEN_EXCHANGE,
        subject_token: subjectToken,
        subject_token_type: ACCESS_TOKEN_TYPE,
        resource: STOCK_RESOURCE,
        ...input.parameters,
      }).filter(([name]) => name !== without)
      return as.token({
        clientId,
        parameters: Object.fromEntries(parameters),
        ...(headers === undefined ? {} : { headers }),
        ...(rawForm === undefined ? {} : { rawForm }),
      })
    },
    prove: async (proofKey, accessToken) => {
      const clock = (): number => Math.floor(Date.now() / 1000)
      const request = { htm: 'POST', htu: `${as.issuer}/token`, clock }
      const named = accessToken === undefined ? {} : { accessToken }
      return (await createProofFactory({ proofKey, ...request, ...named })).valid()
    },
  }
}
