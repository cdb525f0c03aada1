import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  KeyBindingProvider,
  type KeyBindingEvent,
  type KeyBindingEventSink,
  type KeyBindingOptions,
  type OidcConfiguration,
} from '@tmb-kit/authorization-server'
import { exportJWK } from 'jose'
import { authenticate, CLIENTS, REDIRECT_URI, type ClientId } from './clients.js'
import { autoSubmitInteractions, testConfiguration } from './configuration.js'
import { createUserAgent } from './user-agent.js'

type Parameters = Readonly<Record<string, string>>

/** The answer of an endpoint, read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

export interface TokenRequestInput {
  readonly clientId?: ClientId
  readonly parameters: Parameters
  readonly headers?: Parameters
  /** Appended to the form as it stands, for what a map cannot say. */
  readonly rawForm?: string
  readonly query?: string
  /** More claims of the client's assertion, where it makes one. */
  readonly assertionClaims?: Readonly<Record<string, unknown>>
}

export interface TestAuthorizationServer {
  readonly issuer: string
  readonly provider: KeyBindingProvider
  readonly events: readonly KeyBindingEvent[]
  close(): Promise<void>
  get(path: string, headers?: Parameters): Promise<Answer>
  post(path: string, input: TokenRequestInput): Promise<Answer>
  /** `POST /token` with the client's authentication. */
  token(input: TokenRequestInput): Promise<Answer>
  /** Signs alice in by PAR and PKCE, and gives what redeems the code. */
  authorize(parameters?: Parameters, clientId?: ClientId): Promise<Parameters>
}

export interface StartOptions extends KeyBindingOptions {
  /** Replaces members of the usual configuration. */
  readonly configuration?: OidcConfiguration
  /** Which clients there are. Default: all. */
  readonly clientIds?: readonly ClientId[]
  /** Adds to its features. */
  readonly features?: OidcConfiguration['features']
}

/** A real provider on loopback. */
export async function startAuthorizationServer(
  options: StartOptions = {},
): Promise<TestAuthorizationServer> {
  const server = createServer()
  const { port } = await listen(server)
  const issuer = `http://127.0.0.1:${port}`
  const events: KeyBindingEvent[] = []
  const clientAuthKey = await generateKey()
  const { configuration, features, clientIds, ...own } = options
  const onEvent: KeyBindingEventSink = (event) => void events.push(event)
  const usual = await testConfiguration(await clientsOf(clientAuthKey, clientIds))
  const provider = new KeyBindingProvider(
    issuer,
    {
      ...usual,
      features: { ...usual.features, ...features },
      ...configuration,
    },
    { onEvent, ...own },
  )
  autoSubmitInteractions(provider)
  const callback = provider.callback()
  server.on('request', (request, response) => void callback(request, response))

  const post = async (path: string, input: TokenRequestInput): Promise<Answer> => {
    const { clientId = 'basic', parameters, headers = {}, rawForm = '', query = '' } = input
    const { assertionClaims: claims } = input
    const client = await authenticate(clientId, { issuer, clientAuthKey, claims })
    const form = new URLSearchParams({ ...parameters, ...client.parameters }).toString()
    const response = await fetch(`${issuer}${path}${query}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        ...client.headers,
        ...headers,
      },
      body: `${form}${rawForm}`,
    })
    return read(response)
  }
  return {
    issuer,
    provider,
    events,
    post,
    close: async () => close(server),
    get: async (path, headers = {}) => read(await fetch(`${issuer}${path}`, { headers })),
    token: async (input) => post('/token', input),
    authorize: async (parameters = {}, clientId = 'basic') => {
      const codeVerifier = crypto.randomUUID() + crypto.randomUUID()
      const pushed = await post('/request', {
        clientId,
        parameters: {
          client_id: clientId,
          response_type: 'code',
          redirect_uri: REDIRECT_URI,
          scope: 'openid offline_access',
          code_challenge: await challengeOf(codeVerifier),
          code_challenge_method: 'S256',
          ...parameters,
        },
      })
      if (pushed.status !== 201) throw new Error(`PAR: ${JSON.stringify(pushed.body)}`)

      const query = new URLSearchParams({
        client_id: clientId,
        request_uri: String(pushed.body['request_uri']),
      })
      const callbackUrl = await createUserAgent(issuer).navigate(`${issuer}/auth?${query}`)
      return {
        grant_type: 'authorization_code',
        code: callbackUrl.searchParams.get('code') ?? `none in ${callbackUrl.href}`,
        redirect_uri: REDIRECT_URI,
        code_verifier: codeVerifier,
      }
    },
  }
}

async function clientsOf(
  clientAuthKey: CryptoKeyPair,
  clientIds = Object.keys(CLIENTS) as readonly ClientId[],
): Promise<OidcConfiguration['clients']> {
  const keys = [await exportJWK(clientAuthKey.publicKey)]
  return clientIds.map((clientId) => ({
    client_id: clientId,
    ...CLIENTS[clientId],
    ...(CLIENTS[clientId].token_endpoint_auth_method === 'private_key_jwt'
      ? { jwks: { keys } }
      : {}),
  }))
}

async function generateKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
}

async function challengeOf(codeVerifier: string): Promise<string> {
  const octets = new TextEncoder().encode(codeVerifier)
  return Buffer.from(await crypto.subtle.digest('SHA-256', octets)).toString('base64url')
}

async function read(response: Response): Promise<Answer> {
  const { status, headers } = response
  const text = await response.text()
  return { status, headers, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) }
}

async function listen(server: Server): Promise<AddressInfo> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server.address() as AddressInfo
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
